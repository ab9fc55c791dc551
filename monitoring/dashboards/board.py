"""What the dashboards share: variables, links to each other, refresh, and where panels stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DashboardLinkType,
    VariableOption,
    VariableRefresh,
    VariableSort,
)

from monitoring.dashboards.panels import SOURCE, Panel
from monitoring.dashboards.query import HERE

TAG = "sla-streams"
WINDOWS = {"1d": "a day", "7d": "7 days", "30d": "30 days"}
"""The windows of the workers' ledgers (R26)."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a dashboard: its heading and its panels, in lines of 24 cells."""

    heading: str
    panels: Sequence[Panel]


@dataclass(frozen=True, slots=True)
class Board:
    """A dashboard: `since` is how far it looks back, `refresh` how often it asks again."""

    uid: str
    title: str
    told: str
    since: str
    refresh: str
    parts: Sequence[Part]
    promises: bool = True
    window: bool = False


def made(board: Board) -> dashboard.Dashboard:
    """Make the dashboard; panels are numbered as they stand."""
    built = (
        dashboard.Dashboard(board.title)
        .uid(board.uid)
        .description(board.told)
        .tags([TAG])
        .timezone("browser")
        .time(f"now-{board.since}", "now")
        .refresh(board.refresh)
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .readonly()
        .link(_links())
        .annotations([])
    )
    for variable in _variables(board):
        built.with_variable(variable)
    number = 0
    for part in board.parts:
        number += 1
        built.with_row(dashboard.Row(part.heading).id(number))
        for panel in part.panels:
            number += 1
            built.with_panel(panel.id(number))
    return built


def _links() -> dashboard.DashboardLink:
    """Lead to the others, which are found by their tag; what was chosen goes along."""
    link = dashboard.DashboardLink("SLA").type(DashboardLinkType.DASHBOARDS).tags([TAG])
    return link.as_dropdown(as_dropdown=False).include_vars(include_vars=True).icon("external link")


def _variables(
    board: Board,
) -> list[dashboard.DatasourceVariable | dashboard.QueryVariable | dashboard.CustomVariable]:
    some = f'{HERE}, policy=~"$policy"'
    found: list[
        dashboard.DatasourceVariable | dashboard.QueryVariable | dashboard.CustomVariable
    ] = [
        dashboard.DatasourceVariable("datasource").label("Data source").type("prometheus"),
        _asked("job", "Job", "label_values(sla_build_info, job)"),
        _asked("instance", "Instance", 'label_values(sla_build_info{job=~"$job"}, instance)'),
    ]
    if board.promises:
        found += [
            _asked("policy", "Policy", f"label_values(sla_objective_ratio{{{HERE}}}, policy)"),
            _asked("metric", "Metric", f"label_values(sla_overdue_clocks{{{some}}}, metric)"),
        ]
    if board.window:
        found.append(_window())
    return found


def _asked(name: str, label: str, query: str) -> dashboard.QueryVariable:
    """Make a variable of which many values or all may be chosen, all by default."""
    return (
        dashboard.QueryVariable(name)
        .label(label)
        .datasource(SOURCE)
        .query(query)
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(VariableSort.ALPHABETICAL_ASC)
        .multi(multi=True)
        .include_all(include_all=True)
        .all_value(".+")
        .current(VariableOption(selected=True, text=["All"], value=["$__all"]))
    )


def _window() -> dashboard.CustomVariable:
    options = [VariableOption(name == "30d", words, name) for name, words in WINDOWS.items()]
    return (
        dashboard.CustomVariable("window")
        .label("Rate over")
        .values(", ".join(f"{words} : {name}" for name, words in WINDOWS.items()))
        .options(options)
        .current(options[-1])
    )

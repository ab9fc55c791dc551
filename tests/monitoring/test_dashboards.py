"""The dashboards that are shipped: fresh from their generator, and made as dashboards should be."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from monitoring.dashboards import DASHBOARDS, text
from streams.worker.collector import WINDOWS
from tests.monitoring import lint
from tests.monitoring.boards import ALL, FOLDER, NAMES, Board, load, panels, put_in, queries, times
from tests.prometheus import promtool

each_board = pytest.mark.parametrize("name", NAMES)
Break = Callable[[Board], object]


def test_every_dashboard_is_shipped_and_no_other() -> None:
    """A file for each that the generator makes, where Grafana takes them from."""
    assert set(NAMES) == set(DASHBOARDS)
    assert {path.stem for path in FOLDER.glob("*.json")} == set(NAMES)


@each_board
def test_what_is_shipped_is_what_the_generator_makes(name: str) -> None:
    """The same bytes again: `make dashboards` has been run."""
    assert (FOLDER / f"{name}.json").read_bytes() == text(name).encode()


@each_board
@pytest.mark.parametrize("rule", lint.RULES)
def test_a_dashboard_keeps_the_rule(name: str, rule: Callable[[Board], Iterator[str]]) -> None:
    """The rules of Grafana's linter, and ours."""
    assert list(rule(load(name))) == []


def test_the_windows_that_can_be_chosen_are_those_of_the_ledger() -> None:
    """R26: another one would show nothing."""
    (window,) = (one for one in load("promise")["templating"]["list"] if one["name"] == "window")
    assert [option["value"] for option in window["options"]] == list(WINDOWS)
    assert window["query"] == ", ".join(
        f"{option['text']} : {option['value']}" for option in window["options"]
    )


def rules_file(board: Board) -> dict[str, Any]:
    """Write the queries as recording rules, with values for the variables."""
    rules = [
        {
            "record": f"q{panel['id']}:{letter}",
            "expr": put_in(query, {**ALL, "window": "30d", **times(panel, 15, 15, 3600)}),
        }
        for panel, letter, query in queries(board)
    ]
    return {"groups": [{"name": "queries", "rules": rules}]}


def checked(board: Board, folder: Path) -> str:
    """Let promtool judge the queries."""
    path = folder / "rules.yml"
    path.write_text(json.dumps(rules_file(board)))  # JSON is YAML
    return promtool("check", "rules", path)


@each_board
def test_every_query_is_promql(name: str, tmp_path: Path) -> None:
    """`promtool check rules` reads them, variables put in."""
    count = len(list(queries(load(name))))
    assert f"{count} rules found" in checked(load(name), tmp_path)


def test_a_query_that_is_no_promql_is_seen(tmp_path: Path) -> None:
    """The check above can fail."""
    board = load("now")
    panels(board)[0]["targets"][0]["expr"] += ")"
    with pytest.raises(AssertionError, match="could not parse expression"):
        checked(board, tmp_path)


def first(board: Board) -> dict[str, Any]:
    """Give the first query."""
    target: dict[str, Any] = panels(board)[0]["targets"][0]
    return target


def asking(query: str) -> Break:
    """Make the first panel ask something else."""
    return lambda board: first(board).update(expr=query)


def changed(name: str, **how: Any) -> Break:
    """Change a variable."""

    def change(board: Board) -> None:
        for one in board["templating"]["list"]:
            if one["name"] == name:
                one.update(how)

    return change


def without(name: str) -> Break:
    """Take a variable away."""
    return lambda board: board["templating"].update(
        list=[one for one in board["templating"]["list"] if one["name"] != name]
    )


HERE = 'job=~"$job", instance=~"$instance"'
EACH = f'{HERE}, policy=~"$policy", metric=~"$metric"'
BREAKS: list[tuple[str, Callable[[Board], Iterator[str]], Break]] = [
    ("no data source", lint.source, without("datasource")),
    ("a source's label", lint.source, changed("datasource", label="Source")),
    (
        "a fixed source",
        lint.source,
        lambda b: panels(b)[1].update(datasource={"type": "prometheus", "uid": "prometheus"}),
    ),
    (
        "a query's source",
        lint.source,
        lambda b: first(b).update(datasource={"type": "prometheus", "uid": "prometheus"}),
    ),
    ("no job", lint.variables, without("job")),
    ("no instance", lint.variables, without("instance")),
    ("one value", lint.variables, changed("job", multi=False)),
    ("all of them", lint.variables, changed("instance", allValue=".*")),
    ("a label", lint.variables, changed("job", label="job")),
    ("never anew", lint.variables, changed("policy", refresh=1)),
    ("another source", lint.variables, changed("policy", datasource={"uid": "x"})),
    ("another question", lint.variables, changed("metric", query="up")),
    ("no selector", lint.selectors, asking("sum(sla_open_tickets)")),
    ("a lone selector", lint.selectors, asking(f"sla_rows{{{HERE}}} + sla_open_tickets")),
    ("no job in it", lint.selectors, asking('sla_open_tickets{instance=~"$instance"}')),
    ("no instance", lint.selectors, asking('sla_open_tickets{job=~"$job"}')),
    ("equal is not like", lint.selectors, asking(f"sla_rows{{{HERE.replace('=~', '=')}}}")),
    ("no policy", lint.selectors, asking(f'sla_overdue_clocks{{{HERE}, metric=~"$metric"}}')),
    ("no metric", lint.selectors, asking(f'sla_overdue_clocks{{{HERE}, policy=~"$policy"}}')),
    ("nobody has it", lint.names, asking(f"sla_overdue{{{EACH}}}")),
    ("no such label", lint.names, asking(f'sla_rows{{{HERE}, team="x"}}')),
    ("no label to go by", lint.names, asking(f"sum by (team) (sla_overdue_clocks{{{EACH}}})")),
    ("a bare counter", lint.rates, asking(f"sum(sla_breaches_total{{{EACH}}})")),
    ("a bare bucket", lint.rates, asking(f"sum(sla_commit_seconds_bucket{{{HERE}}})")),
    ("its own interval", lint.rates, asking(f"rate(sla_ticks_total{{{HERE}}}[5m])")),
    ("its own growth", lint.rates, asking(f"increase(sla_ticks_total{{{HERE}}}[1d])")),
    ("a gauge's rate", lint.rates, asking(f"rate(sla_rows{{{HERE}}}[$__rate_interval])")),
    (
        "a gauge histogram's rate",
        lint.rates,
        asking(f"rate(sla_open_clock_remaining_seconds_bucket{{{EACH}}}[$__rate_interval])"),
    ),
    ("no title", lint.words, lambda b: panels(b)[0].update(title="")),
    ("one title", lint.words, lambda b: panels(b)[0].update(title=panels(b)[1]["title"])),
    ("no description", lint.words, lambda b: panels(b)[0].pop("description")),
    ("no sentence", lint.words, lambda b: panels(b)[0].update(description="Breaches")),
    ("no unit", lint.words, lambda b: panels(b)[0]["fieldConfig"]["defaults"].pop("unit")),
    ("no query", lint.words, lambda b: panels(b)[0].update(targets=[])),
    ("no words for all", lint.words, lambda b: b.pop("description")),
    ("one id", lint.places, lambda b: panels(b)[0].update(id=panels(b)[1]["id"])),
    ("overlap", lint.places, lambda b: panels(b)[1]["gridPos"].update(x=1)),
    ("a hole", lint.places, lambda b: panels(b)[0]["gridPos"].update(w=2)),
    ("a step", lint.places, lambda b: panels(b)[0]["gridPos"].update(h=2)),
    ("edited", lint.manners, lambda b: b.update(editable=True)),
    ("stale", lint.manners, lambda b: b.update(refresh="")),
    ("numbered", lint.manners, lambda b: b.update(id=7)),
    ("no way on", lint.manners, lambda b: b.update(links=[])),
    ("forgetful", lint.manners, lambda b: b["links"][0].update(includeVars=False)),
]


@pytest.mark.parametrize(
    ("rule", "breaks"), [one[1:] for one in BREAKS], ids=[b[0] for b in BREAKS]
)
def test_a_dashboard_that_breaks_a_rule_is_seen(
    rule: Callable[[Board], Iterator[str]], breaks: Break
) -> None:
    """Each rule can fail, at each thing that it demands."""
    board = copy.deepcopy(load("now"))
    breaks(board)
    assert list(rule(board)) != []

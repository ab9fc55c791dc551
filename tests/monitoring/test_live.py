"""Every query of every dashboard, asked of a real Prometheus after a real run."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from importlib.resources import files
from pathlib import Path

import pytest

from tests.monitoring.boards import ALL, NAMES, Panel, load, panels, put_in, times
from tests.monitoring.expected import Answer, Expected, Range, Some, certain, exactly
from tests.monitoring.run import PARTITIONS, Run, played
from tests.prometheus import Series, program
from tests.worker.rig import Rig

STEP = 59
"""Seconds: with it a rate looks back a minute, which is all of the run."""

INF = float("inf")
SOME: Range = (0.001, INF)
DAY = 86_400.0
each_board = pytest.mark.parametrize("board", NAMES)


@pytest.fixture(scope="module")
def run(broker: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Play once; all questions are asked of the same instant."""
    program("prometheus")  # before all else is started
    folder = tmp_path_factory.mktemp("run")
    policies = Path(str(files("streams") / "demo_data" / "policies.yaml"))
    rig = Rig(broker, "dashboards", folder, policies, {})
    try:
        with played(rig, folder) as made:
            yield made
    finally:
        rig.close()


def values(run: Run, panel: Panel, **chosen: str) -> dict[str, str]:
    """Give what is put in for variables: everything, but for what is chosen."""
    lengths = times(panel, STEP, 1, round(run.seconds) + 5)
    return {**ALL, "window": "30d", **lengths, **chosen}


def answer(panel: Panel, letter: str, found: Series) -> dict[str, float]:
    """Name what was answered as the panel does: by its legend, or by the labels of its lines."""
    (target,) = (one for one in panel["targets"] if one["refId"] == letter)

    def name(labels: dict[str, str]) -> str:
        if target.get("format") == "table":
            order = ("policy", "metric", "instance", "state", "version")
            return " · ".join(labels[label] for label in order if label in labels)
        return re.sub(r"{{(\w+)}}", lambda found: labels.get(found[1], ""), target["legendFormat"])

    named = {name(labels): value for labels, value in found}
    assert len(named) == len(found), f"{panel['title']} {letter}: two have one name: {found}"
    return named


def faults(found: dict[str, float], wanted: Answer) -> list[str]:
    """Say what is missing, too much or of the wrong size."""
    told = []
    missing, more = wanted.keys() - found.keys(), found.keys() - wanted.keys()
    if isinstance(wanted, Some):
        if not wanted.least <= len(found) <= wanted.most:
            told.append(f"{len(found)} series, not {wanted.least} to {wanted.most}")
    elif missing:
        told.append(f"missing: {sorted(missing)}")
    if more:
        told.append(f"too much: {sorted(more)}")
    for key in found.keys() & wanted.keys():
        low, high = wanted[key]
        if not low <= found[key] <= high:
            told.append(f"{key}: {found[key]} is not within {low} and {high}")
    return told


def one(name: str, bounds: Range) -> list[Answer]:
    """Expect a single number of a single query."""
    return [{name: bounds}]


PROMISE: dict[str, Callable[[Expected], Sequence[Answer]]] = {
    "Promises to customers": lambda e: e.kept_and_meant(),
    "Tickets kept whole": lambda e: e.whole(),
    "Below objective": lambda e: e.below(),
    "Least budget left": lambda e: e.least(),
    "Overdue now": lambda e: one("overdue", e.overdue()),
    "Reopened": lambda e: one("reopened", (0, 30)),
    "Each promise": lambda e: e.promises_table(),
    "Rate and objective": lambda e: e.rates(),
    "Budget left": lambda e: e.budgets(),
    "Breaches by what brought them about": lambda e: e.by_cause(),
    "Breaches by promise": lambda e: e.by_promise(),
    "Breaches by team": lambda e: e.by_team(),
    "Where the time of breached cycles went": lambda e: e.spent(),
    "Of breaches": lambda e: e.of_breaches(),
    "How much of the target was used": lambda e: e.shares(),
    "Half used at most, nine in ten at most": lambda _: [
        {"half": (0.02, 0.6)},
        {"nine in ten": (0.5, 3)},
    ],
    "Reopened after met, by the hour": lambda e: [e.reopened()],
}

NOW: dict[str, Callable[[Expected], Sequence[Answer]]] = {
    "Open tickets": lambda e: one("Open tickets", exactly(len(e.run.statuses))),
    "Clocks that run": lambda e: one("Clocks that run", e.state("running")),
    "Clocks that are paused": lambda e: one("Clocks that are paused", e.state("paused")),
    "An hour or less left": lambda e: one("An hour or less left", e.left(0, 3600)),
    "Overdue": lambda e: one("Overdue", e.overdue()),
    "Unmatched tickets": lambda _: one("Unmatched tickets", exactly(0)),
    "Open clocks by the time they have left": lambda e: [
        {"over 4 h late": e.left(-INF, -14400)},
        {"up to 4 h late": e.left(-14400, 0)},
        {"under 15 min left": e.left(0, 900)},
        {"15 min to 1 h": e.left(900, 3600)},
        {"1 to 4 h": e.left(3600, 14400)},
        {"4 h to a day": e.left(14400, 86400)},
        {"1 to 3 days": e.left(86400, 259200)},
        {"over 3 days": e.left(259200, INF)},
    ],
    "Each promise": lambda e: e.open_table(),
    "Overdue clocks": lambda e: [e.overdue_each()],
    "At risk by team": lambda e: e.risk_by_team(),
    "Breaches by team": lambda e: e.by_team(),
    "Warnings by level": lambda e: e.warned(),
    "Breaches by promise": lambda e: e.by_promise(),
    "What came in": lambda e: [
        {"tickets": certain(e.run.sent["ticket.created"])},
        {"messages": certain(e.run.sent["ticket.message"])},
    ],
    "How cycles ended": lambda e: e.outcomes(),
}

ENGINE: dict[str, Callable[[Expected], Sequence[Answer]]] = {
    "Workers that run": lambda _: one("Workers that run", exactly(1)),
    "Partitions not ready": lambda _: one("Partitions not ready", exactly(0)),
    "Records behind": lambda _: one("Records behind", exactly(0)),
    "Latest fact": lambda _: one("Latest fact", (0.05, DAY)),
    "Oldest uncommitted": lambda _: one("Oldest uncommitted", (0, DAY)),
    "Dead letters": lambda _: one("Dead letters", certain(1)),
    "Workers": lambda e: e.workers(),
    "How late facts are said": lambda _: [
        {"half, at most": (0.05, DAY)},
        {"99 %, at most": (0.05, DAY)},
        {"the latest, its bucket": (0.05, DAY)},
    ],
    "Overdue and not said": lambda _: one("clocks", (0, 200)),
    "How far behind its clock a worker is": lambda e: one(e.run.instance, (-DAY, 2 * DAY)),
    "Records behind, by partition": lambda _: [
        {f"partition {number}": exactly(0) for number in range(PARTITIONS)}
    ],
    "Commits and transactions": lambda _: [
        {"commits": SOME},
        {"transactions": SOME},
        {"ticks": SOME},
    ],
    "How long a commit takes": lambda _: [
        {"half, at most": (0.001, 30)},
        {"99 %, at most": (0.001, 30)},
    ],
    "Oldest uncommitted change": lambda e: one(e.run.instance, (0, DAY)),
    "Aborted and fenced": lambda _: [{}, {}],
    "Ticket events": lambda e: [
        {
            "applied": a_second(e.run.sent.total()),
            "duplicate": exactly(0),
            "ignored": exactly(0),
            "rejected": (0.9 / 60, 1.35 / 60),
        }
    ],
    "Delivered, written, said": lambda e: [
        {"delivered, applied": a_second(e.run.sent.total()), "delivered, skipped": exactly(0)},
        {"rows written": SOME},
        # Besides what is told, each change of a ticket's status is.
        {"records said": (0.5 * (len(e.facts) - e.run.before) / 60, INF)},
    ],
    "Dead letters by reason": lambda _: [{"not_json": certain(1)}],
    "Workers by state": lambda _: [{"running": exactly(1)}],
    "Rebalances": lambda e: [Some({e.run.instance: (0, 3)})],
    "Reading rows back": lambda _: [
        {"still to read": exactly(0)},
        {"read, a second": exactly(0)},
        {"seconds spent": (0, 60)},
    ],
    "Taken back and corrected": lambda e: e.corrected(),
    "Labels folded": lambda _: [{}],
    "Missed": lambda _: [Some({"ticks": (0, 100)}), {}],
    "Memory": lambda e: one(e.run.instance, (3e7, 2e9)),
    "Processor": lambda e: one(e.run.instance, (0.0001, 2)),
    "Rows held": lambda e: one(e.run.instance, (e.run.sent["ticket.created"], INF)),
}
EXPECTED = {"promise": PROMISE, "now": NOW, "engine": ENGINE}


def a_second(count: int) -> Range:
    """Give the rate over a minute of what grew by so much within it."""
    low, high = certain(count)
    return low / 60, high / 60


@each_board
def test_every_query_answers_what_was_said(run: Run, board: str) -> None:
    """As many series as there are promises, teams, causes …, each of the right size."""
    expected, told = Expected(run), []
    for panel in panels(load(board)):
        answers = EXPECTED[board][panel["title"]](expected)
        for target, wanted in zip(panel["targets"], answers, strict=True):
            query = put_in(target["expr"], values(run, panel))
            found = answer(panel, target["refId"], run.prometheus.ask(query, run.at))
            told += [f"{panel['title']} {target['refId']}: {one}" for one in faults(found, wanted)]
    assert told == []


@each_board
def test_no_expectation_is_left_over(board: str) -> None:
    """Each is of a panel that there is."""
    assert {panel["title"] for panel in panels(load(board))} == set(EXPECTED[board])


def test_there_was_something_to_see(run: Run) -> None:
    """Breaches, warnings of levels, pauses, reopens, overdue clocks: nothing is vacuous."""
    expected = Expected(run)
    assert sum(fact.type == "breached" for fact in expected.live) > 50
    assert len(expected.warned()[0]) > 2
    assert expected.reopened()
    assert expected.state("paused")[0] > 0
    assert expected.overdue()[0] > 0
    assert len(expected.by_team()[0]) > 5
    (risk,) = expected.risk_by_team()
    assert isinstance(risk, Some)
    assert risk.least > 3


@each_board
def test_what_is_drawn_over_time_is_there_over_time(run: Run, board: str) -> None:
    """The same series as at an instant, or more: some have come and gone."""
    for panel in panels(load(board)):
        for target in panel["targets"]:
            if not target["range"]:
                continue
            query = put_in(target["expr"], values(run, panel))
            now = {tuple(sorted(one.items())) for one, _ in run.prometheus.ask(query, run.at)}
            drawn = run.prometheus.over(query, run.at - 10, run.at, 1)
            assert now <= {tuple(sorted(one.items())) for one in drawn}, panel["title"]


@each_board
def test_what_is_chosen_is_all_that_is_shown(run: Run, board: str) -> None:
    """One policy and one metric: no series of another; and of a worker that is none, nothing."""
    for panel in panels(load(board)):
        for target in panel["targets"]:
            query = put_in(
                target["expr"], values(run, panel, policy="critical", metric="first_response")
            )
            for labels, _ in run.prometheus.ask(query, run.at):
                assert labels.get("policy", "critical") == "critical", panel["title"]
                assert labels.get("metric", "first_response") == "first_response", panel["title"]
            nobody = put_in(target["expr"], values(run, panel, instance="nobody:1"))
            assert run.prometheus.ask(nobody, run.at) == [], panel["title"]


@each_board
def test_what_can_be_chosen_is_what_there_is(run: Run, board: str) -> None:
    """The variables' questions, asked as Grafana asks them."""
    policies = run.sample.policies.policies
    there = {
        "job": {"sla-worker"},
        "instance": {run.instance},
        "policy": {policy.name for policy in policies},
        "metric": {metric for policy in policies for metric in policy.targets},
    }
    for variable in load(board)["templating"]["list"]:
        if variable["type"] != "query":
            continue
        asked = re.fullmatch(r"label_values\((.*), (\w+)\)", variable["query"])
        assert asked
        found = run.prometheus.values(asked[2], put_in(asked[1], ALL), run.at - 60, run.at)
        assert set(found) == there[variable["name"]]


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        ({}, {"a": (0, 1)}),
        ({"a": 0.5, "b": 0.5}, {"a": (0, 1)}),
        ({"a": 2.0}, {"a": (0, 1)}),
        ({"a": float("nan")}, {"a": (0, INF)}),
        ({}, Some({"a": (0, 1)}, least=1)),
        ({"a": 0.5, "b": 0.5}, Some({"a": (0, 1), "b": (0, 1)}, most=1)),
    ],
)
def test_a_wrong_answer_is_seen(found: dict[str, float], wanted: Answer) -> None:
    """The comparison can fail: at what is missing, too much, too large, or no number."""
    assert faults(found, wanted) != []

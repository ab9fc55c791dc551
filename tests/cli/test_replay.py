"""`sla replay --summary`: numbers as tables and as JSON."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from streams.cli.main import sla
from streams.cli.summary import show_summary
from streams.cli.summary_json import as_object
from streams.history.summary import Summary, summarize
from streams.insight.shares import tenths
from streams.sla.causes import Spent
from streams.sla.compliance import Tally
from streams.sla.quality import Margins
from tests.sla.numbers import POLICIES, told
from tests.sla.test_tickets import CREATED, MET, MISSED

DATA = Path(__file__).parents[2] / "streams" / "demo_data"
TEAMS = "Mon 09:00  created by customer: tier=standard, priority=urgent, team=t0"
MOVES = "".join(f"\nMon 09:{10 * place}  changed: team=t{place}" for place in range(1, 6))


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Import the sample as the demo does."""
    path = tmp_path_factory.mktemp("sample") / "events.ndjson"
    sample = str(DATA / "incidents-sample.csv.gz")
    done = CliRunner().invoke(sla, ["import", "-m", str(DATA / "mapping.yaml"), sample])
    path.write_text(done.stdout, "utf-8")
    return str(path)


def run(*arguments: str) -> Result:
    """Run the command."""
    return CliRunner().invoke(
        sla, ["replay", "--policies", str(DATA / "policies.yaml"), *arguments]
    )


def shown(summary: Summary, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Print a summary; give its lines with single spaces."""
    show_summary(summary)
    return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]


def test_the_numbers_come_instead_of_the_events_and_fit_100_columns(events: str) -> None:
    """R26-R30: three tables, data on stdout and words on stderr."""
    done = run("--summary", events)
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= 100
    words = [" ".join(line.split()) for line in lines]
    row = "standard sla total_resolution 234 37 86.34 % 85 % 18 9.2 % 91.1 %"
    assert [line for line in words if line.startswith("standard sla total")] == [row]
    assert "policy kind metric met breached rate objective reopened used used" in words
    assert "all tickets 250 50 83.33 %" in words
    group = (
        "standard · sla · total_resolution: 37 breaches, 988.1 h, 262.8 h of it before assignment"
    )
    assert f"{group}, 2 reopens" in words
    assert "2093 events of 300 tickets" in done.stderr


def test_the_shares_of_every_group_add_up_to_100_percent(events: str) -> None:
    """R28: as they are printed."""
    groups = run("--summary", events).stdout.split(" · ")[2::2]
    assert len(groups) == 5
    for group in groups:
        columns: dict[int, list[int]] = {}
        for line in group.splitlines()[2:6]:
            for share in re.finditer(r"(\d+)\.(\d) %", line):
                columns.setdefault(share.end(), []).append(int(share[1]) * 10 + int(share[2]))
        assert [sum(shares) for shares in columns.values()] == [1000] * 3


def test_json_has_the_same_numbers_exact(events: str) -> None:
    """R26-R30: numbers, the fractions that they come from, seconds that add up."""
    done = run("--summary", "--json", events)
    assert done.exit_code == 0, done.output
    told_ = json.loads(done.stdout)
    assert list(told_) == [
        *("until", "tickets", "unmatched_tickets", "compliance", "ticket_rate", "causes", "credits")
    ]
    assert told_["credits"] == []
    assert (told_["until"], told_["tickets"]) == ("2016-05-18T17:07:00.000Z", 300)
    kept = told_["compliance"][3]
    assert [kept[name] for name in ("policy", "kind", "metric")] == [
        *("standard", "sla", "total_resolution")
    ]
    assert (kept["met"], kept["breached"], kept["reopened"]) == (234, 37, 18)
    assert kept["rate_fraction"] == [234, 271]
    assert kept["budget_used_fraction"] == [740, 813]
    for name in ("rate", "objective", "median_used", "p90_used", "budget", "budget_used"):
        numerator, denominator = kept[f"{name}_fraction"]
        assert kept[name] == numerator / denominator
    tickets = told_["ticket_rate"]
    assert (tickets["met"], tickets["missed"], tickets["rate_fraction"]) == (250, 50, [250, 300])
    assert [one["policy"] for one in tickets["by_policy"]] == ["critical", "standard"]
    assert len(told_["causes"]) == 5
    for spent in told_["causes"]:
        _adds_up(spent)


def _adds_up(spent: dict[str, Any]) -> None:
    whole = round(spent["elapsed_seconds"] * 1000)
    for hand in ("team", "status", "assignee"):
        parts = spent[f"by_{hand}"]
        assert sum(round(part["seconds"] * 1000) for part in parts) == whole
        assert sum(Fraction(*part["share_fraction"]) for part in parts) == 1
    (nobody,) = (part for part in spent["by_assignee"] if part["assignee"] is None)
    assert nobody["seconds"] == spent["before_assignment_seconds"]


def test_json_without_the_summary_is_a_mistake(events: str) -> None:
    """The exit status of a mistake in use is 2."""
    done = run("--json", events)
    assert done.exit_code == 2
    assert "--json goes with --summary" in done.stderr
    assert done.stdout == ""


def test_the_events_come_without_it(events: str) -> None:
    """A line an SLA event, as before."""
    done = run(events)
    assert done.exit_code == 0, done.output
    assert all(json.loads(line)["type"].startswith("sla.") for line in done.stdout.splitlines())


def test_the_tables_say_where_there_is_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """R26: before the first outcome."""
    lines = shown(summarize(told(CREATED, until="Mon 09:10"), POLICIES), capsys)
    assert "No cycle has an outcome." in lines
    assert "No ticket is resolved." in lines
    assert not any(line.startswith(("policy", "all tickets")) for line in lines)
    assert not any(line.startswith("Where") for line in lines)


def test_resolved_tickets_without_an_outcome_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    """R27: the rate says what it leaves out."""
    free = "Mon 09:00  created by customer\nMon 10:00  changed: status=solved"
    lines = shown(summarize(told(MET, MISSED, free), POLICIES), capsys)
    assert "all tickets 1 1 50.00 %" in lines
    assert "No part of it: 1 resolved ticket without an outcome of an SLA clock." in lines
    lines = shown(summarize(told(MET, free, free), POLICIES), capsys)
    assert "No part of it: 2 resolved tickets without an outcome of an SLA clock." in lines


def test_what_cannot_be_told_is_a_dash_and_what_is_no_budget_says_so(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """R30: 100 % leaves none; a policy that is not in the file has no objective."""
    summary = summarize(
        told(f"{MET}\nMon 11:00  changed: status=open", until="Mon 11:30"), POLICIES
    )
    first, second = summary.kept
    summary = replace(summary, kept=(replace(first, objective=Fraction(1)), second))
    lines = shown(summary, capsys)
    assert "standard sla first_response 1 0 100.00 % 100 % 0 50.0 % no budget" in lines
    assert "standard sla total_resolution 0 0 - 95 % 1 - -" in lines
    told_ = as_object(summary)["compliance"]
    assert told_[0]["budget_used"] is told_[0]["budget_used_fraction"] is None
    assert told_[0]["no_budget"].startswith("an objective of 100%")
    assert "no_budget" not in told_[1]
    unknown = replace(summary, kept=(replace(first, objective=None),))
    assert "standard sla first_response 1 0 100.00 % - 0 50.0 % -" in shown(unknown, capsys)
    assert "no_budget" not in as_object(unknown)["compliance"][0]


def test_nothing_is_rounded_in_the_promise_s_favour(capsys: pytest.CaptureFixture[str]) -> None:
    """R5: 99.996 % is not 100, and what is overspent by a hair is overspent."""
    summary = summarize(told(MET), POLICIES)
    kept = replace(
        summary.kept[0],
        cycles=Tally(met=24_999, breached=1),
        objective=Fraction("0.99996001"),
        margins=Margins.of([Fraction(10_001, 10_000)]),
    )
    lines = shown(replace(summary, kept=(kept,)), capsys)
    assert "standard sla first_response 24,999 1 99.99 % 99.996001 % 0 100.1 % 100.1 %" in lines


def test_the_longest_come_first_and_the_rest_together(capsys: pytest.CaptureFixture[str]) -> None:
    """R28: four names as they are, of six the first three."""
    four = TEAMS + MOVES.partition("\nMon 09:40")[0]
    lines = shown(summarize(told(four, until="Mon 10:30"), POLICIES), capsys)
    names = [line.split(" ")[0] for line in lines if re.match(r"t\d ", line)]
    assert names == ["t3", "t0", "t1", "t2"]
    lines = shown(summarize(told(TEAMS + MOVES, until="Mon 10:30"), POLICIES), capsys)
    place = next(at for at, line in enumerate(lines) if line.startswith("team"))
    assert lines[place + 1] == "t0 16.7 % (none) 100.0 % (none) 100.0 %"
    assert lines[place + 2 : place + 5] == ["t1 16.7 %", "t2 16.6 %", "3 others 50.0 %"]
    assert (
        "standard · sla · first_response: 1 breach, 1.0 h, 1.0 h of it before assignment" in lines
    )


def test_names_from_upstream_cannot_move_the_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    """A team may be called anything."""
    summary = summarize(told(CREATED, until="Mon 10:30"), POLICIES)
    name, _ = summary.causes[0]
    by = {"team": {"[bold]\x1b[2Jx": 5}, "status": {None: 5}, "assignee": {"a": 5}}
    spent = Spent(breaches=1, elapsed=5, reopens=1, by=by)
    lines = shown(replace(summary, causes=((name, spent),)), capsys)
    assert "[bold]·[2Jx 100.0 % (none) 100.0 % a 100.0 %" in lines
    assert any(line.endswith("0.0 h of it before assignment, 1 reopen") for line in lines)


def test_breaches_that_took_no_time_have_no_shares(capsys: pytest.CaptureFixture[str]) -> None:
    """R28: there is nothing to share."""
    summary = summarize(told(CREATED, until="Mon 10:30"), POLICIES)
    causes = ((summary.causes[0][0], Spent(breaches=1)),)
    assert any("1 breach, 0.0 h" in line for line in shown(replace(summary, causes=causes), capsys))
    assert tenths([0, 0]) == [0, 0]


@given(st.lists(st.integers(0, 10**12), min_size=1).filter(any))
def test_shares_add_up_and_are_off_by_less_than_one_step(amounts: list[int]) -> None:
    """R28: the largest remainders are rounded up."""
    shares, whole = tenths(amounts), sum(amounts)
    assert sum(shares) == 1000
    for share, amount in zip(shares, amounts, strict=True):
        assert abs(share - Fraction(1000 * amount, whole)) < 1

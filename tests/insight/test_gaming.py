"""Signs that are worth a look: what counts, and near it what must not."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from streams.cli.main import sla
from streams.insight.gaming import USUAL, Found, Limits, signs
from tests.insight.test_cycle import replayed
from tests.report.histories import DEMO, History, demo_events, demo_policies, imported
from tests.scenario import FOLDER, instant, read
from tests.sla.numbers import POLICIES

# Policies of tests/scenarios: standard is 09:00-17:00 in Paris, with 2 h and 8 h for high; pending
# pauses its resolution. Premium is always open, 8 h, and a customer's message resumes it.
STANDARD = "Mon 09:00  created by customer: tier=standard, priority=high, team=bills, assignee=Ann"
ASKED = f"{STANDARD}\nMon 09:30  message by agent\nMon 09:30  changed: status=pending"
LATER = "until Wed 12:00"
WRITTEN = f"{ASKED}\nMon 11:00  message by customer"
UNASKED = (
    f"{STANDARD}\nMon 09:10  changed: status=pending\nMon 10:00  message by customer\n"
    "Mon 15:00  message by agent\nuntil Tue 12:00"
)
RESUMED = (
    "Mon 09:00  created by customer: tier=premium\nMon 09:10  message by agent\n"
    "Mon 09:20  changed: status=pending\nMon 11:00  message by customer\nuntil Mon 15:00"
)
MOVED = (
    "Mon 09:00  created by customer: account=acme, priority=urgent\n"
    "Mon 09:55  changed: priority=low, account=none, tier=standard\nuntil Mon 10:55"
)


def found(text: str, limits: Limits = USUAL) -> list[Found]:
    """Look at a small history, all its tickets."""
    scenario = read(f"t\n{text}\n=>")
    tickets = replayed(scenario, arrival=False)
    return [one for it in tickets for one in signs(it, POLICIES, scenario.until, limits)]


def when(text: str) -> int:
    """Give a scenario's time."""
    day, time = text.split()
    return instant(day, None, time)


def test_a_pause_goes_on_after_the_customer_has_answered() -> None:
    """From the answer to the agent's next word: 2 h of open time, of the resolution alone."""
    (one,) = found(f"{WRITTEN}\nMon 13:00  message by agent\nuntil Tue 12:00")
    assert one == Found(
        "answered_pause",
        "t",
        when("Mon 11:00"),
        {
            "tier": "standard",
            "priority": "high",
            "team": "bills",
            "assignee": "Ann",
            "status": "pending",
        },
        ("standard", "sla", "total_resolution"),
        ms=2 * 3_600_000,
    )


def test_a_pause_that_begins_when_the_customer_has_answered_counts_from_there() -> None:
    """The answer was there before the pause; it lasts to the end of the history."""
    asked = f"{STANDARD}\nMon 09:30  message by agent\nMon 10:00  message by customer"
    (one,) = found(f"{asked}\nMon 11:00  changed: status=pending\nuntil Mon 12:00")
    assert (one.sign, one.at, one.ms) == ("answered_pause", when("Mon 11:00"), 3_600_000)


@pytest.mark.parametrize(
    "text",
    [
        f"{WRITTEN}\nMon 11:30  message by agent\nuntil Tue 12:00",
        f"{WRITTEN}\nMon 11:10  changed: status=open\nuntil Mon 12:00",
        f"{ASKED}\nMon 17:00  message by customer\nTue 09:30  message by agent\nuntil Tue 12:00",
        f"{ASKED}\nuntil Tue 12:00",
        UNASKED,
        f"{ASKED}\nMon 11:00  note by customer\nMon 13:00  message by agent\nuntil Tue 12:00",
        RESUMED,
    ],
    ids=[
        "exactly as long as is let pass",
        "taken up in time",
        "overnight, when nothing is open",
        "not answered",
        "nobody had asked",
        "not in public",
        "the answer resumes the clock",
    ],
)
def test_a_pause_that_need_not_be_looked_at(text: str) -> None:
    """Near misses."""
    assert found(text) == []


def test_how_long_a_pause_may_go_on_is_adjustable() -> None:
    """30 minutes are let pass, unless said otherwise."""
    text = f"{WRITTEN}\nMon 11:30  message by agent\nuntil Tue 12:00"
    (one,) = found(text, replace(USUAL, answered=29 * 60_000))
    assert one.ms == 30 * 60_000


SOLVED = f"{STANDARD}\nMon 09:30  message by agent\nMon 10:00  changed: status=solved"


def test_a_ticket_that_the_desk_solves_and_takes_up_again_flips() -> None:
    """Once a reopen, from the solve before it."""
    one, other = found(
        f"{SOLVED}\nMon 10:20  changed: status=open\nMon 11:00  changed: status=solved\n"
        "Tue 11:00  changed: status=open\nuntil Wed 12:00"
    )
    assert (one.sign, one.at, one.ms, one.name) == ("flip", when("Mon 10:20"), 20 * 60_000, None)
    assert (other.at, other.ms) == (when("Tue 11:00"), 24 * 3_600_000)
    assert one.attributes["assignee"] == "Ann"


@pytest.mark.parametrize(
    "text",
    [
        f"{SOLVED}\nTue 10:00:00.001  changed: status=open\nuntil Wed 12:00",
        f"{SOLVED}\nMon 10:10  message by customer\nMon 10:20  changed: status=open\n{LATER}",
        f"{SOLVED}\nMon 10:20  changed: status=closed\nuntil Wed 12:00",
        f"{SOLVED}\nMon 10:20  changed: team=network\nuntil Wed 12:00",
    ],
    ids=["later than a day", "the customer wrote", "still done", "not taken up"],
)
def test_a_reopen_that_need_not_be_looked_at(text: str) -> None:
    """Near misses."""
    assert found(text) == []


def test_a_longer_target_by_a_lower_priority_shortly_before_the_deadline() -> None:
    """R16: 8 h become 2 business days, with 80 % of the 8 h used."""
    (one,) = found(
        f"{STANDARD}\nMon 09:30  message by agent\nMon 15:24  changed: priority=low\n{LATER}"
    )
    assert (one.sign, one.at) == ("lowered", when("Mon 15:24"))
    assert (one.used, one.name) == (Fraction(4, 5), ("standard", "sla", "total_resolution"))


def test_of_several_clocks_the_one_with_most_used_is_told() -> None:
    """One change is one sign: the first response has used 1 h 54 of 2 h, the resolution less."""
    (one,) = found(f"{STANDARD}\nMon 10:54  changed: priority=low\nuntil Mon 11:00")
    assert (one.used, one.name) == (Fraction(19, 20), ("standard", "sla", "first_response"))


@pytest.mark.parametrize(
    "text",
    [
        f"{STANDARD}\nMon 10:35  changed: priority=low\nuntil Mon 10:40",
        f"{STANDARD}\nMon 11:01  changed: priority=low\nuntil Mon 11:30",
        f"{STANDARD}\nMon 10:50  changed: priority=urgent\nuntil Mon 10:55",
        f"{STANDARD}\nMon 10:50  changed: priority=high, team=network\nuntil Mon 10:55",
        f"{STANDARD}\nMon 10:50  changed: tier=none\nuntil Mon 10:55",
        MOVED,
    ],
    ids=[
        "with more time left",
        "after the breach",
        "a shorter target",
        "the same priority",
        "another attribute",
        "another schedule",
    ],
)
def test_a_change_that_need_not_be_looked_at(text: str) -> None:
    """Near misses."""
    assert found(text) == []


OTHER = "Mon 09:00  [other] created by customer: tier=standard, priority=high"
SURVIVOR = f"{OTHER}\nMon 09:00  created by customer: tier=standard, priority=low"


def test_a_merge_shortly_before_the_deadline() -> None:
    """R20: it leaves the rate with 1 h 40 of 2 h used."""
    (one,) = found(f"{SURVIVOR}\nMon 10:40  [other] merged\nuntil Mon 10:50")
    assert (one.sign, one.ticket, one.at) == ("merged", "t.other", when("Mon 10:40"))
    assert one.used == Fraction(5, 6)


@pytest.mark.parametrize(
    "text",
    [
        f"{SURVIVOR}\nMon 10:35  [other] merged\nuntil Mon 10:50",
        f"{SURVIVOR}\nMon 10:40  [other] deleted\nuntil Mon 10:50",
        f"{SURVIVOR}\nMon 11:30  [other] merged\nuntil Mon 12:00",
        f"{SURVIVOR}\nMon 10:30  [other] message by agent\nMon 10:40  [other] merged\n{LATER}",
    ],
    ids=["with more time left", "deleted", "after the breach", "answered before"],
)
def test_a_merge_that_need_not_be_looked_at(text: str) -> None:
    """Near misses."""
    assert found(text) == []


@pytest.mark.parametrize("which", ["demo", "uci"])
def test_flips_of_real_incidents_are_those_of_their_statuses(
    which: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Counted again from the events' status words alone; that log knows no merges."""
    if which == "uci":
        log = request.getfixturevalue("shared") / "data" / "uci_incident_event_log.csv.gz"
        events = imported(tmp_path / "e.ndjson", log, str(DEMO / "mapping.yaml"), 3_000)
    else:
        events = demo_events(tmp_path / "e.ndjson")
    policies = demo_policies(tmp_path / "p.yaml")
    history = History(events, policies)
    told: dict[str, Any] = json.loads(history.run("gaming", "--json"))
    counted = {one["sign"]: one for one in told["signs"]}
    again = history.recount()
    assert {(case["ticket"], case["at"]) for case in counted["flip"]["cases"]} == set(
        again.flips(24 * 3600)
    )
    assert counted["flip"]["count"] == len(again.flips(24 * 3600)) > 10
    lowered = again.lowered(Fraction(4, 5))
    assert {(case["ticket"], case["at"]) for case in counted["lowered"]["cases"]} == lowered
    assert counted["merged"]["count"] == 0
    paused = again.answered_pauses(30 * 60)
    found_ = counted["answered_pause"]["cases"]
    assert {(case["ticket"], case["at"]) for case in found_} == paused
    assert len(paused) > 3 or which == "demo"
    for one in counted.values():
        for who in ("team", "assignee"):
            assert sum(held["count"] for held in one[f"by_{who}"]) == one["count"]
        assert one["tickets"] == len({case["ticket"] for case in one["cases"]})


def test_the_table_names_tickets_and_accuses_nobody(tmp_path: Path) -> None:
    """`sla gaming`: counts, tickets, and why it may be innocent."""
    history = History(demo_events(tmp_path / "e.ndjson"), demo_policies(tmp_path / "p.yaml"))
    words = history.run("gaming", "--limit", "3")
    assert "Worth a look; no proof of anything" in words
    assert "may be innocent" in words
    assert "INC0025123" in words
    assert "11 more, see them with --limit or --json" in words
    fewer = history.run("gaming", "--flip-within", "10m", "--limit", "3")
    assert fewer != words


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (["--flip-within", "2bd"], "in business days"),
        (["--flip-within", "1d"], "fix:"),
        (["--near", "0"], "1<=x<=100"),
        (["--broker", "h:1"], "name files of ticket events, or with --broker"),
    ],
)
def test_a_wrong_limit_is_told_with_its_fix(option: list[str], said: str) -> None:
    """Status 2, no traceback."""
    arguments = ["gaming", "x.ndjson", "--policies", str(FOLDER / "policies.yaml"), *option]
    result = CliRunner().invoke(sla, arguments)
    assert result.exit_code == 2
    assert said in result.stderr

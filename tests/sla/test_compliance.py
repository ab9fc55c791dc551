"""Met and breached, counted once a cycle (R26)."""

from __future__ import annotations

from fractions import Fraction

import orjson
import pytest

from streams.history.replay import replay
from streams.policies import load_file
from streams.sla.compliance import Tally, outcome
from streams.wire.ticket_events import decode
from tests.scenario import FOLDER, Scenario, read_all

POLICIES = load_file(FOLDER / "policies.yaml")
NAME = ("standard", "sla", "total_resolution")


def tally(title: str, *, arrival: bool = True) -> dict[tuple[str, str, str], Tally]:
    """Count what a scenario says."""
    (scenario,) = (one for one in read_all() if one.title == title)
    return _replayed(scenario, arrival=arrival).compliance().tallies


def _replayed(scenario: Scenario, *, arrival: bool):  # type: ignore[no-untyped-def]  # noqa: ANN202
    events = [decode(orjson.dumps(event), keyed=False) for event in scenario.events]
    known = [event for event in events if event is not None]
    return replay(known, POLICIES, until=scenario.until, arrival=arrival)


def test_a_breach_counts_at_the_breach_even_while_the_ticket_stays_open() -> None:
    """R26: and its later fulfilment counts no more."""
    counted = tally("R9 It counts from its start even where the policy came to apply later")
    assert counted["standard", "sla", "first_response"] == Tally(met=0, breached=1)
    both = tally("R19 A policy of each kind runs side by side")
    assert both["inside", "olo", "first_response"] == Tally(met=0, breached=1)
    assert both["standard", "sla", "first_response"] == Tally(met=1, breached=0)


def test_a_resolution_that_is_reopened_gives_its_met_back_until_the_next_outcome() -> None:
    """R12, R26: a cycle is counted once, whatever is solved and reopened."""
    assert tally("R12 Solved time does not count, and a reopen goes on where the solve left off")[
        NAME
    ] == Tally(met=1, breached=0)
    assert tally("R12 Solving and reopening does not buy time")[NAME] == Tally(met=0, breached=1)
    twice = tally("R12 R26 What was breached is not breached again after a reopen")
    assert twice[NAME] == Tally(met=0, breached=1)


def test_a_met_is_given_back_to_the_policy_that_it_was_met_under() -> None:
    """R16, R26: another policy that takes over owes nothing for it."""
    title = "R16 R26 A met that is given back is given back to the policy that it was met under"
    counted = tally(title)
    assert counted["standard", "sla", "total_resolution"] == Tally(met=0, breached=0)
    assert counted["premium", "sla", "total_resolution"] == Tally(met=0, breached=1)


def test_a_cancelled_clock_is_not_counted() -> None:
    """R20, R26."""
    assert tally("R20 The clocks of a merged ticket end without a verdict") == {}


@pytest.mark.parametrize("scenario", read_all(), ids=lambda scenario: scenario.title)
def test_retractions_take_back_what_they_name(scenario: Scenario) -> None:
    """R7, R26: late events leave the count of the ordered history."""
    by_arrival = _replayed(scenario, arrival=True).compliance().tallies
    ordered = _replayed(scenario, arrival=False).compliance().tallies
    assert {k: v for k, v in by_arrival.items() if v != Tally()} == {
        k: v for k, v in ordered.items() if v != Tally()
    }


def test_a_rate_is_exact_and_absent_where_nothing_has_an_outcome() -> None:
    """R26: met / (met + breached)."""
    assert Tally().rate is None
    assert Tally(met=2, breached=1).rate == Fraction(2, 3)


def test_what_is_no_outcome_counts_nothing() -> None:
    """Each type of fact is either an outcome, takes one back, or counts nothing."""
    seen = {}
    for scenario in read_all():
        for _, fact in _replayed(scenario, arrival=True).facts:
            seen.setdefault((fact.type, fact.retracts_type, fact.outcome, fact.withdraws), fact)
    counts = {key: outcome(fact) for key, fact in seen.items()}
    assert counts["started", None, None, None] == (0, 0)
    assert counts["breached", None, None, None] == (0, 1)
    assert counts["breach_retracted", "breached", None, None] == (0, -1)
    assert counts["retracted", "fulfilled", "breached", None] == (0, 0)
    assert counts["resumed", None, None, "met"] == (-1, 0)
    (reopened,) = (fact for fact in seen.values() if fact.withdraws == "met" and not fact.retracts)
    assert outcome(reopened.taken_back(reopened.time)) == (1, 0)

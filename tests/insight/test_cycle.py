"""Cycles say what the facts add up to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import orjson
import pytest

from streams.history.replay import Replayed, each
from streams.insight.cycle import Cycle, cycles
from streams.sla.compliance import Compliance
from streams.wire.ticket_events import decode
from tests.scenario import Scenario, read, read_all
from tests.sla.numbers import POLICIES


def replayed(scenario: Scenario, *, arrival: bool) -> list[Replayed]:
    """Replay a scenario, ticket by ticket."""
    known = [decode(orjson.dumps(event), keyed=False) for event in scenario.events]
    events = [event for event in known if event is not None]
    return [one for (one,) in each(events, [POLICIES], until=scenario.until, arrival=arrival)]


def gathered(tickets: Iterable[Replayed], until: int) -> list[Cycle]:
    """Give all their cycles."""
    return [cycle for one in tickets for cycle in cycles(one, until)]


def told(text: str) -> list[Cycle]:
    """Give the cycles of a small history under the scenarios' policies."""
    scenario = read(f"t\n{text}\n=>")
    return gathered(replayed(scenario, arrival=False), scenario.until)


@pytest.mark.parametrize("arrival", [False, True])
@pytest.mark.parametrize("scenario", read_all(), ids=lambda scenario: scenario.title)
def test_cycles_have_the_outcomes_that_compliance_counts(
    scenario: Scenario, *, arrival: bool
) -> None:
    """R26: one outcome a cycle, under the policy that it counts under, whatever was taken back."""
    tickets = replayed(scenario, arrival=arrival)
    compliance = Compliance()
    for one in tickets:
        for _, fact in one.facts:
            compliance.add(fact)
    counted = Counter((one.name, one.outcome) for one in gathered(tickets, scenario.until))
    for name, tally in compliance.tallies.items():
        assert (counted[name, "met"], counted[name, "breached"]) == (tally.met, tally.breached)
    judged = sum(counted[name, how] for name, how in counted if how in ("met", "breached"))
    assert judged == sum(one.met + one.breached for one in compliance.tallies.values())


@pytest.mark.parametrize("scenario", read_all(), ids=lambda scenario: scenario.title)
def test_what_is_open_is_what_the_ticket_has_open(scenario: Scenario) -> None:
    """A clock that runs or is paused is a cycle without an end, and no other is."""
    tickets = replayed(scenario, arrival=True)
    for one in tickets:
        assert one.ticket is not None
        still = {(clock.kind, clock.metric, clock.cycle) for clock in one.ticket.open_clocks()}
        found = list(cycles(one, scenario.until))
        assert {(*c.name[1:], c.number) for c in found if c.ended_at is None} == still
        assert len({(*c.name[1:], c.number) for c in found}) == len(found)


def test_a_cycle_that_is_breached_and_answered_late_has_its_end_and_its_breach() -> None:
    """R26: the breach is the outcome; how long it took in the end is there as well."""
    first = next(
        one
        for one in told(
            "Mon 09:00  created by customer: tier=premium, priority=high\n"
            "Mon 11:00  message by agent\n"
            "until Mon 12:00"
        )
        if one.name[2] == "first_response"
    )
    assert (first.outcome, first.fulfilled) == ("breached", True)
    assert (first.elapsed, first.target) == (7_200_000, 3_600_000)
    assert first.breach is not None
    assert first.judged_at == first.deadline == first.breach.time
    assert first.ended_at is not None
    assert first.ended_at - first.started_at == 7_200_000


def test_an_open_cycle_has_counted_up_to_the_end_of_the_history() -> None:
    """What is open is known only to have taken so long so far."""
    first = next(
        one
        for one in told(
            "Mon 09:00  created by customer: tier=premium, priority=high\nuntil Mon 09:40"
        )
        if one.name[2] == "first_response"
    )
    assert (first.outcome, first.judged_at, first.fulfilled) == ("open", None, False)
    assert first.elapsed == 40 * 60_000

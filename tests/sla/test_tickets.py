"""Tickets resolved with all their SLA clocks met (R27)."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.history.replay import Replay, replay
from streams.sla.compliance import Tally
from streams.sla.engine import Engine
from streams.sla.events import Changed, Created, Deleted, TicketEvent
from streams.sla.tickets import TicketOutcomes
from tests.sla.numbers import told
from tests.sla.test_properties import MINUTE, POLICIES, STARTS, end_of, histories

CREATED = "Mon 09:00  created by customer: tier=standard, priority=urgent"
MET = f"{CREATED}\nMon 09:30  message by agent\nMon 10:00  changed: status=solved"
MISSED = f"{CREATED}\nMon 10:30  message by agent\nMon 11:00  changed: status=solved"


def outcomes(done: Replay) -> TicketOutcomes:
    """Count a replay."""
    counted = TicketOutcomes()
    for _, fact in done.facts:
        counted.add(fact)
    return counted


def judged(*tickets: str, arrival: bool = True) -> Tally:
    """Judge histories, a ticket each."""
    done = told(*tickets, arrival=arrival)
    return outcomes(done).judged(done.resolved)


def test_a_ticket_counts_once_whatever_the_number_of_its_clocks() -> None:
    """R27: two of three resolved tickets kept both of their promises."""
    assert judged(MET, MISSED, MET) == Tally(met=2, breached=1)


def test_one_breached_clock_is_enough_to_miss_a_ticket() -> None:
    """R27: all of its SLA clocks; the resolution of this one was in time."""
    done = told(MISSED)
    assert done.compliance().tallies["standard", "sla", "total_resolution"].met == 1
    assert outcomes(done).judged(done.resolved) == Tally(met=0, breached=1)


@pytest.mark.parametrize(
    "more",
    [
        "Mon 11:00  changed: status=open",
        "Mon 11:00  merged: into=4712",
        "Mon 11:00  deleted",
    ],
)
def test_a_ticket_that_is_open_again_or_gone_at_the_end_is_not_resolved(more: str) -> None:
    """R20, R27."""
    assert judged(MET, f"{MET}\n{more}") == Tally(met=1, breached=0)
    assert judged(f"{MET}\n{more}", f"{MISSED}\n{more}") == Tally()


def test_a_ticket_that_is_not_solved_yet_is_no_part_of_it() -> None:
    """R27: its open breach shows in R26's rate, not here."""
    assert judged(CREATED) == Tally()


def test_a_cancelled_clock_neither_helps_nor_harms() -> None:
    """R20, R27: unanswered at the solve, the first response has no outcome; the resolution has."""
    assert judged(f"{CREATED}\nMon 09:30  changed: status=solved") == Tally(met=1, breached=0)
    only = "Mon 09:00  created by customer: tier=talk\nMon 09:30  changed: status=solved"
    assert judged(only) == Tally()


def test_a_breach_stays_though_its_clock_is_cancelled() -> None:
    """R26, R27: unanswered for two hours, then solved."""
    assert judged(f"{CREATED}\nMon 11:00  changed: status=solved") == Tally(met=0, breached=1)


def test_a_ticket_that_nobody_promised_anything_is_no_part_of_it() -> None:
    """R19, R27."""
    done = told("Mon 09:00  created by customer\nMon 10:00  changed: status=solved")
    assert done.resolved == {"t0"}
    assert outcomes(done).judged(done.resolved) == Tally()


def test_a_ticket_whose_met_was_given_back_for_nothing_is_no_part_of_it() -> None:
    """R26, R27: reopened, then out of every policy, then solved: no outcome stands."""
    history = (
        f"{CREATED}\nMon 09:30  changed: status=solved\nMon 09:40  changed: status=open\n"
        "Mon 09:50  changed: tier=none\nMon 10:00  changed: status=solved"
    )
    done = told(history)
    assert done.resolved == {"t0"}
    assert [fact.outcome for _, fact in done.facts if fact.type == "fulfilled"] == ["met"]
    assert outcomes(done).judged(done.resolved) == Tally()
    assert outcomes(done).judged_by_policy(done.resolved) == {"standard": Tally()}


def test_an_internal_objective_does_not_count() -> None:
    """R27: SLA clocks; here the stricter one inside is missed and the promise is kept."""
    inside = MET.replace("urgent", "low, team=billing").replace("09:30", "11:30")
    done = told(inside.replace("10:00", "12:00"))
    assert done.compliance().tallies["inside", "olo", "first_response"] == Tally(0, 1)
    assert outcomes(done).judged(done.resolved) == Tally(met=1, breached=0)


def test_a_breach_that_is_taken_back_does_not_miss_the_ticket() -> None:
    """R7, R27: the reply of 09:30 arrives after the breach was said."""
    late = f"{MISSED}\nMon 09:30  message by agent"
    assert judged(MISSED) == Tally(met=0, breached=1)
    assert judged(late) == judged(late, arrival=False) == Tally(met=1, breached=0)


def test_a_ticket_that_changed_policies_counts_under_each_and_once_over_all() -> None:
    """R16, R27: answered in time as standard, solved too late as premium."""
    moved = (
        f"{CREATED}\nMon 09:30  message by agent\n"
        "Mon 10:00  changed: tier=premium\nTue 09:00  changed: status=solved"
    )
    done = told(moved, MET)
    counted = outcomes(done)
    assert counted.judged_by_policy(done.resolved) == {
        "standard": Tally(met=2, breached=0),
        "premium": Tally(met=0, breached=1),
    }
    assert counted.judged(done.resolved) == Tally(met=1, breached=1)


@settings(max_examples=200)
@given(histories(tiers=True), st.randoms(use_true_random=False))
def test_the_rate_is_that_of_the_ordered_history_counted_by_other_means(
    events: list[TicketEvent], order: object
) -> None:
    """R7, R27: resolved by the raw events, judged by what each cycle came to last."""
    end = end_of(events)
    arrivals = list(events)
    order.shuffle(arrivals)  # type: ignore[attr-defined]
    done = replay(arrivals, POLICIES, until=end, arrival=True)
    statuses = [event.attributes["status"] for event in events if "status" in _told(event)]
    gone = any(isinstance(event, Deleted) for event in events)
    resolved = statuses[-1] == "solved" and not gone
    assert done.resolved == ({"t"} if resolved else set())

    breached, last = False, Counter[tuple[str, int]]()
    for _, fact in replay(events, POLICIES, until=end).facts:
        if fact.kind == "sla":
            breached = breached or fact.type == "breached"
            if fact.type == "fulfilled":
                last[fact.metric, fact.cycle] = fact.outcome == "met"
            elif fact.type == "resumed" and fact.reason:
                last[fact.metric, fact.cycle] = 0
    met = not breached and last.total() > 0
    expected = Tally(met=int(resolved and met), breached=int(resolved and breached))
    assert outcomes(done).judged(done.resolved) == expected

    engine, ticket = Engine(POLICIES), None
    for event in arrivals:
        ticket, _ = engine.apply(ticket, event)
    assert ticket is not None
    engine.settle(ticket, end)
    solved_at = None
    for event in events:
        status = _told(event).get("status", "solved" if solved_at is not None else None)
        solved_at = (solved_at or event.time) if status == "solved" else None
    judged = met or breached
    assert ticket.resolution == ((solved_at, met) if resolved and judged else None)


def test_a_ticket_knows_when_it_was_resolved_and_whether_all_was_met() -> None:
    """R27: since its solve, not its closing; none while it is open again, or gone."""
    engine, start = Engine(POLICIES), STARTS[0]
    first = {"tier": "standard", "priority": "urgent", "status": "open"}
    ticket, _ = engine.apply(None, Created("t", start, 0, first))
    found = [ticket.resolution]
    for key, status in enumerate(("solved", "closed", "open", "solved"), 1):
        engine.apply(ticket, Changed("t", start + key * MINUTE, key, {"status": status}))
        found.append(ticket.resolution)
    engine.apply(ticket, Deleted("t", start + 5 * MINUTE, 5))
    found.append(ticket.resolution)
    solved = [(start + MINUTE, True)] * 2
    assert found == [None, *solved, None, (start + 4 * MINUTE, True), None]


def _told(event: TicketEvent) -> dict[str, object]:
    return dict(getattr(event, "attributes", {}))

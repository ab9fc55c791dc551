"""Reopened after a met outcome, and how much of the targets was used (R29)."""

from __future__ import annotations

import random
from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.history.replay import Replay, replay
from streams.sla.events import TicketEvent
from streams.sla.facts import Fact
from streams.sla.quality import Margins, Name, Quality
from tests.sla.numbers import told
from tests.sla.test_properties import POLICIES, end_of, histories

RESPONSE, RESOLUTION = (
    ("standard", "sla", name) for name in ("first_response", "total_resolution")
)
CREATED = "Mon 09:00  created by customer: tier=standard, priority=urgent"
MET = f"{CREATED}\nMon 10:00  changed: status=solved"
AGAIN = "Mon 11:00  changed: status=open"
CYCLES = "Mon 09:00  created by customer: tier=work\nMon 10:00  changed: status=solved"


def quality(done: Replay) -> Quality:
    """Take a replay in."""
    taken = Quality()
    for _, fact in done.facts:
        taken.add(fact)
    return taken


def used(done: Replay, name: Name) -> tuple[Fraction, ...]:
    """Give what was used of the targets, ascending."""
    return quality(done).used().get(name, ())


def test_a_met_resolution_that_is_reopened_is_counted_each_time() -> None:
    """R29: solved in time twice, reopened twice."""
    history = f"{MET}\n{AGAIN}\nMon 11:30  changed: status=solved\nMon 11:40  changed: status=open"
    assert quality(told(history, MET)).reopened() == {RESOLUTION: 2}


def test_a_reopen_after_a_breach_is_no_botched_success() -> None:
    """R29: it was late before."""
    history = f"{CREATED}\nTue 10:00  changed: status=solved\nTue 11:00  changed: status=open"
    assert quality(told(history)).reopened() == {}


def test_a_reopen_is_counted_under_the_policy_that_it_was_met_under() -> None:
    """R16, R29: premium takes a ticket over that standard had solved."""
    history = f"{MET}\nMon 10:30  changed: tier=premium\n{AGAIN}"
    assert quality(told(history)).reopened() == {RESOLUTION: 1}


def test_a_cycle_of_the_resolution_that_another_follows_was_reopened() -> None:
    """R12, R29: its met is not given back, yet the ticket came back; of the last none has."""
    again = f"{CYCLES}\n{AGAIN}\nMon 12:00  changed: status=solved"
    counts = quality(told(again, CYCLES)).reopened()
    assert counts["work", "sla", "resolution_cycle"] == 1
    late = again.replace("Mon 10:00", "Mon 14:00").replace("Mon 11:00", "Mon 15:00")
    late = late.replace("Mon 12:00", "Mon 16:00")
    assert ("work", "sla", "resolution_cycle") not in quality(told(late)).reopened()


def test_a_resolution_that_is_final_tells_of_no_reopen() -> None:
    """R12, R29: no fact follows a first resolution."""
    counts = quality(told(f"{CYCLES}\n{AGAIN}")).reopened()
    assert ("work", "sla", "first_resolution") not in counts
    assert counts["work", "sla", "agent_work"] == 1


@pytest.mark.parametrize("history", [CYCLES, MET])
def test_a_reopen_that_is_taken_back_was_none(history: str) -> None:
    """R7, R29: the event that merged the ticket in time arrives after its reopen."""
    late = f"{history}\n{AGAIN}\nMon 10:30  merged: into=4712"
    assert quality(told(late)).reopened() == quality(told(late, arrival=False)).reopened() == {}


def test_what_was_used_is_elapsed_over_target_of_met_and_late_fulfilments() -> None:
    """R29: 1 h and 6 h of the 4 h that an urgent ticket may take."""
    late = f"{CREATED}\nMon 15:00  changed: status=solved"
    assert used(told(late, MET), RESOLUTION) == (Fraction(1, 4), Fraction(3, 2))


def test_a_cycle_has_the_margin_of_its_last_fulfilment_and_none_while_open_again() -> None:
    """R12, R29: a cycle counts once, here as in the rate."""
    assert used(told(f"{MET}\n{AGAIN}"), RESOLUTION) == ()
    once_more = f"{MET}\n{AGAIN}\nMon 12:00  changed: status=solved"
    assert used(told(once_more), RESOLUTION) == (Fraction(1, 2),)
    late = f"{CREATED}\nMon 15:00  changed: status=solved\nMon 15:30  changed: status=open\n"
    assert used(told(late + "Mon 16:30  changed: status=solved"), RESOLUTION) == (Fraction(7, 4),)


def test_a_pause_is_no_reopen() -> None:
    """R15, R29: a clock that resumes from a pause has no outcome to lose."""
    history = f"{CREATED}\nMon 09:30  changed: status=pending\nMon 11:00  changed: status=open"
    done = told(f"{history}\nMon 11:30  changed: status=solved")
    assert used(done, RESOLUTION) == (Fraction(1, 4),)
    assert quality(done).reopened() == {}


def test_a_pause_after_a_reopen_does_not_hide_it() -> None:
    """R15, R29: the clock resumes twice in one revision, of which once after an outcome."""
    pause = "Mon 11:10  changed: status=pending\nMon 11:20  changed: status=open"
    assert quality(told(f"{MET}\n{AGAIN}\n{pause}")).reopened() == {RESOLUTION: 1}


def test_a_fulfilment_that_is_taken_back_leaves_the_margin_that_holds() -> None:
    """R7, R29: the earlier solve arrives late."""
    late = f"{CREATED}\nMon 12:00  changed: status=closed\nMon 10:00  changed: status=solved"
    assert used(told(late), RESOLUTION) == (Fraction(1, 4),)


@pytest.mark.parametrize(
    ("values", "median", "most"),
    [
        ([], None, None),
        ([3], 3, 3),
        ([1, 2], 1, 2),
        ([1, 2, 3], 2, 3),
        ([1, 1, 1, 1, 1, 1, 1, 1, 1, 9], 1, 1),
        ([1, 1, 1, 1, 1, 1, 1, 1, 8, 9], 1, 8),
        ([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], 6, 10),
    ],
)
def test_a_quantile_is_what_so_many_of_the_cycles_did_not_exceed(
    values: list[int], median: int | None, most: int | None
) -> None:
    """R29: one that was seen (nearest rank), so one outlier moves it no further than it counts."""
    margins = Margins.of(tuple(map(Fraction, values)))
    assert margins == Margins(len(values), *(one and Fraction(one) for one in (median, most)))


@settings(max_examples=300)
@given(histories(tiers=True), st.randoms(use_true_random=False))
def test_reopens_and_margins_are_those_of_the_ordered_history_walked_through(
    events: list[TicketEvent], order: random.Random
) -> None:
    """R7, R29: told late and taken back, or told once in order: the same numbers."""
    arrivals = list(events)
    order.shuffle(arrivals)
    end = end_of(events)
    taken = quality(replay(arrivals, POLICIES, until=end, arrival=True))
    reopened, margins = _walked([fact for _, fact in replay(events, POLICIES, until=end).facts])
    assert taken.reopened() == reopened
    assert {name: Counter(used) for name, used in taken.used().items()} == margins


def _walked(facts: list[Fact]) -> tuple[Counter[Name], dict[Name, Counter[Fraction]]]:
    """Walk facts in order, one at a time, with no thought of revisions."""
    reopened: Counter[Name] = Counter()
    last: dict[tuple[str, str, int], Fact] = {}
    followed: set[tuple[str, str, int]] = set()
    for fact in facts:
        run = fact.kind, fact.metric, fact.cycle
        if fact.type == "fulfilled":
            last[run] = fact
        elif fact.type == "resumed" and fact.discriminator == "reopened":
            before = last.pop(run, None)
            if before is not None and before.outcome == "met":
                reopened[before.policy, before.kind, before.metric] += 1
        elif fact.type == "started" and fact.metric == "resolution_cycle":
            for other, before in last.items():
                if other[:2] == run[:2] and other not in followed and before.outcome == "met":
                    reopened[before.policy, before.kind, before.metric] += 1
                    followed.add(other)
    margins: dict[Name, Counter[Fraction]] = {}
    for fact in last.values():
        name = fact.policy, fact.kind, fact.metric
        margins.setdefault(name, Counter())[Fraction(fact.elapsed, fact.target)] += 1
    return reopened, margins

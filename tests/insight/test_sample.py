"""A sample says what a promise must be to be kept; the engine is asked whether that is so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from streams.history.replay import each
from streams.insight.cycle import cycles
from streams.insight.measure import measure
from streams.insight.sample import Sample, Taken, samples
from streams.policies import load
from streams.sla.duration import Active
from streams.sla.events import Changed, Created, Deleted, Messaged, TicketEvent
from streams.sla.policy import METRICS, PolicySet
from tests.scenario import instant

OFFICE = load(
    """
schedules:
  office: {time_zone: UTC, hours: {mon-fri: ["09:00-17:00"]}}
policies:
  - name: all
    schedule: office
    targets: {METRICS}
    pause: {statuses: [pending], metrics: [total_resolution, first_response]}
""".replace("METRICS", ", ".join(f"{metric}: {{default: 1h}}" for metric in METRICS))
)
MEASURE = measure(OFFICE)
MONDAY = instant("Mon", None, "01:00")  # midnight in UTC
HALF = 30 * 60_000
END = MONDAY + 7 * 86_400_000

slots = st.integers(0, 6 * 48).map(lambda slot: MONDAY + slot * HALF)
happenings = st.one_of(
    st.tuples(st.just(Messaged), st.sampled_from(["customer", "agent", "bot"]), st.booleans()),
    st.tuples(st.just(Changed), st.sampled_from(["open", "pending", "on_hold", "solved"])),
    st.tuples(st.just(Changed), st.sampled_from(["a", "b"]), st.just("team")),
    st.tuples(st.just(Deleted)),
)


def event(number: int, at: int, what: tuple[Any, ...]) -> TicketEvent:
    """Make an event of a drawn happening."""
    kind, *told = what
    if kind is Messaged:
        return Messaged("t", at, number, *told)
    if kind is Changed:
        return Changed("t", at, number, {told[1] if len(told) > 1 else "status": told[0]})
    return Deleted("t", at, number)


def taken(
    events: Sequence[TicketEvent],
    *,
    by: tuple[str, ...] = (),
    until: int = END,
    since: int = 0,
    policies: PolicySet | None = OFFICE,
) -> list[Taken]:
    """Measure a history."""
    how = MEASURE if policies is OFFICE else measure(policies)
    return [
        found
        for (one,) in each(events, (how.set,), until=until)
        for found in samples(one, by, how.schedules, since, until)
    ]


def outcomes(events: Sequence[TicketEvent], target: int) -> dict[tuple[str, int], str]:
    """Replay a history of one ticket under a target; give outcomes by metric and start."""
    policies = tuple(
        replace(one, targets={metric: {"default": Active(target)} for metric in one.targets})
        for one in OFFICE.policies
    )
    promised = PolicySet("1", policies, OFFICE.schedules, OFFICE.statuses)
    return {
        (cycle.name[2], cycle.started_at): cycle.outcome
        for (one,) in each(events, (promised,), until=END)
        for cycle in cycles(one, END)
    }


def expected(sample: Sample, target: int) -> str:
    """Say what a sample foretells of a target."""
    if target < sample.need:
        return "breached"
    if sample.ended:
        return "met"
    return "cancelled" if sample.cancelled else "open"


@settings(max_examples=300)
@given(
    st.lists(st.tuples(slots, happenings), max_size=9),
    st.integers(1, 100).map(lambda halves: halves * HALF),
)
@example([(MONDAY + 40 * HALF, (Messaged, "agent", True))], 16 * HALF)
def test_a_target_is_kept_from_what_was_needed_on(
    drawn: list[tuple[int, tuple[Any, ...]]], target: int
) -> None:
    """R5, R26, R32: met iff the target is no less, whatever paused, reopened or ended at night."""
    events: list[TicketEvent] = [Created("t", MONDAY, 0, {"status": "new"})]
    events += [event(n, at, what) for n, (at, what) in enumerate(drawn, 1)]
    found = {(one.metric, one.sample.started_at): one.sample for one in taken(events)}
    said = outcomes(events, target)
    assert said == {name: expected(sample, target) for name, sample in found.items()}


def test_what_is_answered_after_closing_takes_a_longer_promise_than_it_counted() -> None:
    """R5: eight hours are over at 17:00, so an answer at 20:00 is late, after eight hours."""
    created = Created("t", MONDAY, 0)
    in_time = Messaged("t", MONDAY + 34 * HALF, 1, "agent")
    at_night = Messaged("t", MONDAY + 40 * HALF, 1, "agent")
    needs = [
        one.sample.need
        for answer in (in_time, at_night)
        for one in taken([created, answer])
        if one.metric == "first_response"
    ]
    assert needs == [16 * HALF, 16 * HALF + 1]


def test_a_segment_is_that_of_the_start_or_of_the_first_value_that_came() -> None:
    """R16, R32: escalated later is no reason; what was not known yet counts as it came to be."""
    events: list[TicketEvent] = [
        Created("t", MONDAY, 0, {"priority": "low"}),
        Changed("t", MONDAY + HALF, 1, {"tier": "gold", "priority": "urgent"}),
        Changed("t", MONDAY + 2 * HALF, 2, {"tier": "basic"}),
        Messaged("t", MONDAY + 30 * HALF, 3, "agent"),
    ]
    first = next(
        one
        for one in taken(events, by=("priority", "tier", "channel"))
        if one.metric == "first_response"
    )
    assert first.cell == ("low", "gold", None)
    assert first.sample.moved


def test_what_started_before_the_part_that_is_learnt_from_is_left_out() -> None:
    """--since: the cycles count that started from there on, of a ticket whose past is known."""
    events: list[TicketEvent] = [
        Created("t", MONDAY, 0),
        Messaged("t", MONDAY + 20 * HALF, 1, "agent"),
        Messaged("t", MONDAY + 22 * HALF, 2, "customer"),
    ]
    found = taken(events, since=MONDAY + 21 * HALF)
    assert [one.metric for one in found] == ["next_response"]
    sample = found[0].sample
    assert (sample.started_at, sample.open) == (MONDAY + 22 * HALF, True)


def test_without_a_file_time_counts_around_the_clock() -> None:
    """The neutral policies: every hour, and a pause while pending for the resolution alone."""
    events: list[TicketEvent] = [
        Created("t", MONDAY, 0, {"status": "new"}),
        Changed("t", MONDAY + HALF, 1, {"status": "pending"}),
        Changed("t", MONDAY + 10 * HALF, 2, {"status": "solved"}),
    ]
    found = {one.metric: one.sample for one in taken(events, policies=None)}
    assert (found["total_resolution"].need, found["total_resolution"].ended) == (HALF, True)
    assert found["first_response"].cancelled
    assert found["first_response"].need == 10 * HALF

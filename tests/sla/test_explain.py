"""R33: anyone can add a deadline up by hand; here a walk by the minute does, from the JSON."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import UTC, date
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.demo.sample import open_sample
from streams.sla.duration import Active, BusinessDays, EndOfDay
from streams.sla.engine import Engine
from streams.sla.events import Changed, Created, Deleted, Merged, Messaged, TicketEvent
from streams.sla.explain import explain
from streams.sla.explanation import Explanation
from streams.sla.hours import WeeklyHours, parse_window
from streams.sla.policy import Pause, Policy, PolicySet
from streams.sla.rules import Special
from streams.sla.schedule import Schedule
from streams.sla.ticket import HISTORY_LIMIT, Ticket
from streams.wire import explanation as wire
from streams.wire import row
from streams.wire.instant import parse, show
from tests.sla.minutes import MINUTE, Minutes
from tests.sla.oracle import tell
from tests.sla.test_properties import (
    HOURS,
    OFFICE,
    PARIS,
    POLICIES,
    STANDARD,
    STARTS,
    end_of,
    histories,
)

HOUR = 60 * MINUTE
START = parse("2026-03-26T08:00:00Z")
ENGINE = Engine(POLICIES)
Shown = dict[str, Any]


@cache
def minutes_of(schedule: str, start: int) -> Minutes:
    """Look up the minutes of a schedule of the properties' policies."""
    if schedule == "24x7":
        return Minutes(start, 40, lambda _: True)
    return Minutes.local(start, 40, PARIS, HOURS)


def folded(events: list[TicketEvent], engine: Engine = ENGINE, until: int | None = None) -> Ticket:
    """Fold events in the order given, and let time reach `until`."""
    ticket: Ticket | None = None
    for event in events:
        ticket, _ = engine.apply(ticket, event)
    assert ticket is not None
    if until is not None:
        engine.settle(ticket, until)
    return ticket


def ms(seconds: float) -> int:
    """Read an amount of the JSON."""
    assert round(seconds * 1000) / 1000 == seconds
    return round(seconds * 1000)


def add_up(told: Shown, minutes: Minutes) -> int:
    """Add a sum up again; every open minute is in its windows, and nothing else is."""
    start, end, total = parse(told["from"]), parse(told["to"]), ms(told["before_seconds"])
    at = start
    for window in told["windows"]:
        opens, closes = parse(window["opens"]), parse(window["closes"])
        assert at <= opens < closes <= end
        assert minutes.count(opens, closes) == closes - opens == ms(window["seconds"])
        total += closes - opens
        assert total == ms(window["sum_seconds"])
        at = closes
    assert total == ms(told["sum_seconds"])
    assert total - ms(told["before_seconds"]) == ms(told["open_seconds"])
    return total


def check(told: Shown, minutes: dict[str, Minutes]) -> None:
    """Check an explanation's JSON in itself."""
    used, at = None, None
    for segment in told["segments"]:
        of = minutes[segment["schedule"]]
        total = add_up(segment, of)
        start, end = parse(segment["from"]), parse(segment["to"])
        before, target = ms(segment["before_seconds"]), ms(segment["terms"]["target_seconds"])
        running = segment["state"] == "running"
        assert total == before + (of.count(start, end) if running else 0)
        assert running or not segment["windows"]
        if (ahead := segment["deadline"]) is not None:
            assert running
            assert ahead["from"] == segment["from"]
            assert add_up(ahead, of) == target
            assert parse(ahead["to"]) == of.reach(start, target - before)
        none = running and ahead is None and not segment["counted_late"]
        assert segment["no_deadline"] == ("breached" if none else None)
        if not segment["superseded"]:
            assert before == (ms(told["segments"][0]["before_seconds"]) if used is None else used)
            used = total
            if not segment["inherited"]:
                assert at in (None, start)
                at = end
    assert used == ms(told["elapsed_seconds"])
    assert used + ms(told["remaining_seconds"]) == ms(told["terms"]["target_seconds"])
    breach = told["breach"]
    if breach is not None and breach["reason"] is not None:
        total, target = add_up(breach["sum"], minutes[breach["sum"]["schedule"]]), None
        assert breach["sum"]["to"] == breach["at"]
        if breach["reason"] == "deadline_passed":
            assert total == ms(breach["target_seconds"])
        else:
            assert breach["sum"]["windows"] == []
            assert total > ms(breach["target_seconds"])
    if told["deadline"] is not None:
        add_up(told["deadline"], minutes[told["deadline"]["schedule"]])


def agree(told: Shown, ticket: Ticket, as_of: int) -> None:
    """Compare an explanation with the clock that it explains."""
    clock = ticket.clocks[told["kind"], told["metric"]]
    if clock.cycle != told["cycle"]:
        assert told["state"] in ("fulfilled", "cancelled")
        return
    assert (clock.state, clock.revision) == (told["state"], told["revision"])
    assert (clock.policy.name, clock.target) == (
        told["terms"]["policy"],
        ms(told["terms"]["target_seconds"]),
    )
    assert parse(told["as_of"]) == as_of
    assert clock.elapsed(max(as_of, clock.since)) == ms(told["elapsed_seconds"])
    breach = told["breach"]
    assert clock.breached_at == (None if breach is None else parse(breach["at"]))
    if told["deadline"] is not None:
        assert clock.deadline == parse(told["deadline"]["to"])
    elif told["known_since"] is None:
        assert clock.deadline is None
    else:
        assert clock.state != "running" or clock.deadline == clock.breached_at


def explained(ticket: Ticket, as_of: int, engine: Engine = ENGINE) -> list[Shown]:
    """Give the explanations as somebody else reads them: as JSON."""
    told = [wire.explanation(one) for one in explain(ticket, engine, as_of)]
    again: list[Shown] = json.loads(json.dumps(told))
    assert again == told
    return again


@settings(max_examples=300)
@given(histories(tiers=True, distinct=False))
def test_a_walk_by_the_minute_adds_every_explanation_up(events: list[TicketEvent]) -> None:
    """R33, R9, R15-R17: pauses, reopens, other targets and schedules, policies that come late."""
    events.sort(key=lambda event: event.order(POLICIES.category))
    end = end_of(events)
    ticket = folded(events, until=end)
    minutes = {name: minutes_of(name, events[0].time) for name in ("office", "24x7")}
    found = explained(ticket, end)
    assert {(one["kind"], one["metric"]) for one in found} == set(ticket.clocks)
    for told in found:
        check(told, minutes)
        agree(told, ticket, end)


@settings(max_examples=200)
@given(histories())
def test_what_is_explained_is_what_another_walk_finds(events: list[TicketEvent]) -> None:
    """R33, R5, R9, R12, R15, R16: elapsed and breach are those of the oracle of the properties."""
    end = end_of(events)
    runs = tell(events, end, (STANDARD,), {}).runs
    for one in explain(folded(events, until=end), ENGINE, end):
        if one.kind == "sla":
            run = runs[one.kind, one.metric][-1]
            assert one.elapsed == run.used * MINUTE
            breached_at = None if one.breach is None else one.breach.at // MINUTE
            assert breached_at == run.breached_at


@settings(max_examples=200)
@given(histories(tiers=True), st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_no_explanation(
    events: list[TicketEvent], order: random.Random
) -> None:
    """R7, R33: late events, and rows at rest between them, leave what the ordered history says."""
    end = end_of(events)
    arrivals, ticket = list(events), None
    order.shuffle(arrivals)
    for event in arrivals:
        ticket, _ = ENGINE.apply(ticket, event)
        ticket = row.decode(row.encode(ticket), ENGINE)
    assert isinstance(ticket, Ticket)
    ENGINE.settle(ticket, end)
    before = row.encode(ticket)
    assert explained(ticket, end) == explained(folded(events, until=end), end)
    assert row.encode(ticket) == before


@settings(max_examples=40)
@given(st.integers(0, 2**32), st.sampled_from(["standard", "vip", None]))
def test_what_was_folded_into_the_base_is_said_and_the_rest_adds_up(
    seed: int, tier: str | None
) -> None:
    """R7, R33: from when on details are known, and what had been used by then."""
    draw = random.Random(seed)
    events: list[TicketEvent] = [Created("t", STARTS[0], 0, {"tier": tier, "status": "open"})]
    for key in range(1, HISTORY_LIMIT + 10):
        change = draw.choice(
            [{"status": draw.choice(["open", "pending", "solved"])}, {"assignee": str(key)}]
        )
        events.append(Changed("t", STARTS[0] + key * 30 * MINUTE, key, change))
    last = events[-1].time + MINUTE
    events.append(Changed("t", last, 999, {"tier": "standard", "team": "ann", "status": "open"}))
    end = last + 30 * HOUR
    ticket = folded(events, until=end)
    assert ticket.base is not None
    minutes = {name: minutes_of(name, events[0].time) for name in ("office", "24x7")}
    for told in explained(replace(ticket, history=events, base=None), end):
        check(told, minutes)
        agree(told, ticket, end)
        assert told["known_since"] is None
    for told in explained(ticket, end):
        check(told, minutes)
        agree(told, ticket, end)
        since = ticket.base.newest[0]
        folded_in = parse(told["started_at"]) <= since
        assert told["known_since"] == (show(since) if folded_in else None)
        assert folded_in or told["segments"][0]["cause"] is not None


def test_the_explanations_of_real_tickets_add_up() -> None:
    """R33: the sample that ships with the package, imported; business days among its targets."""
    with open_sample() as sample:
        histories_: dict[str, list[TicketEvent]] = {}
        for record in sample.records:
            histories_.setdefault(record.event.ticket, []).append(record.event)
        policies = sample.policies
    engine = Engine(policies)
    start = min(events[0].time for events in histories_.values()) // MINUTE * MINUTE
    end = max(events[-1].time for events in histories_.values())
    days = (end - start) // (24 * HOUR) + 60
    office = dict.fromkeys(range(5), (14 * 60, 23 * 60))
    minutes = {
        "always": Minutes(start, days, lambda _: True),
        "office": Minutes.local(start, days, UTC, office),
    }
    explained_ = 0
    for events in list(histories_.values())[:400]:
        as_of = events[len(events) // 2].time + 100 * HOUR
        known = [event for event in events if event.time <= as_of]
        ticket = folded(known, engine, as_of)
        for told in explained(ticket, as_of, engine):
            check(told, minutes)
            agree(told, ticket, as_of)
            explained_ += 1
    assert explained_ > 500


# -- one by one


def one(events: list[TicketEvent], until: int, metric: str = "total_resolution") -> Explanation:
    """Explain the one clock of the customer's promise for a metric."""
    found = explain(folded(events, until=until), ENGINE, until)
    (explanation,) = [one for one in found if (one.kind, one.metric) == ("sla", metric)]
    return explanation


def created(**attributes: str) -> Created:
    """Give a creation on Thursday at 9:00 in Paris."""
    return Created("t", START, 0, {"tier": "standard", "status": "open", **attributes})


def test_a_pause_a_new_target_and_a_breach_are_told_with_their_windows() -> None:
    """R33: windows, sums, and the events that changed the pace."""
    told = one(
        [
            created(priority="high"),
            Changed("t", START + 4 * HOUR, 1, {"status": "pending"}),
            Changed("t", START + 8 * HOUR, 2, {"status": "open"}),
            Changed("t", START + 24 * HOUR, 3, {"priority": "low"}),
        ],
        START + 72 * HOUR,
    )
    assert [
        (part.state, part.changes, part.sum.added // HOUR, part.sum.total // HOUR)
        for part in told.segments
    ] == [
        ("running", ("started",), 4, 4),
        ("paused", ("paused",), 0, 4),
        ("running", ("resumed",), 0, 4),
        ("running", ("retargeted",), 8 + 3, 15),
    ]
    first, paused, _, last = told.segments
    assert paused.deadline is None
    assert first.deadline is not None
    assert first.deadline.windows == ((START, START + 8 * HOUR),)
    assert last.deadline == told.deadline
    assert told.deadline is not None
    assert (told.deadline.before, told.deadline.total) == (4 * HOUR, last.terms.target)
    assert str(first.terms.promise) == "8h"
    assert str(told.terms.promise) == "16h"
    assert (told.elapsed, told.breach, told.known_since) == (15 * HOUR, None, None)


def test_a_target_that_is_past_at_the_change_has_a_reason_and_no_windows() -> None:
    """R16, R33: one breach at the instant of the change."""
    told = one(
        [created(priority="low"), Changed("t", START + 4 * HOUR, 1, {"priority": "urgent"})],
        START + 5 * HOUR,
    )
    assert told.breach is not None
    assert told.breach.sum is not None
    assert (told.breach.at, told.breach.reason) == (START + 4 * HOUR, "target_tightened")
    assert (told.breach.sum.total, told.breach.target) == (4 * HOUR, 2 * HOUR)
    assert told.deadline == told.breach.sum
    assert told.segments[-1].no_deadline == "breached"


def test_a_policy_that_left_and_came_back_counts_anew_and_says_so() -> None:
    """R9, R33: what counted on its terms before is told apart from what counts."""
    told = one(
        [
            created(),
            Changed("t", START + HOUR, 1, {"tier": "free"}),
            Changed("t", START + 2 * HOUR, 2, {"status": "pending"}),
            Messaged("t", START + 3 * HOUR, 3, "customer"),
            Changed("t", START + 4 * HOUR, 4, {"tier": "standard", "status": "open"}),
        ],
        START + 5 * HOUR,
    )
    assert [
        (part.state, part.counted_late, part.superseded, part.sum.total // HOUR)
        for part in told.segments
    ] == [
        ("running", False, True, 1),
        ("cancelled", False, True, 1),
        ("running", True, False, 2),
        ("paused", True, False, 2),
        ("running", False, False, 3),
    ]
    assert told.segments[1].reason == "no_policy"
    assert told.segments[-1].reason == "policy_applied"


@pytest.mark.parametrize(
    ("resume_on", "used"), [(frozenset(), 2), (frozenset({"customer_message"}), 3)]
)
def test_what_is_counted_late_stands_still_as_the_policy_says(
    resume_on: frozenset[str], used: int
) -> None:
    """R9, R15, R33: a customer's word lifts a pause, if the policy says so, looking back too."""
    target = {"total_resolution": {"default": Active(8 * HOUR)}}
    match, pause = {"tier": frozenset({"late"})}, Pause(resume_on=resume_on)
    policy = Policy("late", "sla", Schedule.always(), target, match, pause=pause)
    engine = Engine(PolicySet("late", (policy,)))
    events: list[TicketEvent] = [
        Created("t", START, 0, {"status": "open"}),
        Changed("t", START + HOUR, 1, {"status": "pending"}),
        Messaged("t", START + 2 * HOUR, 2, "customer"),
        Changed("t", START + 3 * HOUR, 3, {"status": "open"}),
        Changed("t", START + 4 * HOUR, 4, {"tier": "late"}),
    ]
    ticket = folded(events, engine)
    (told,) = explained(ticket, START + 4 * HOUR, engine)
    check(told, {"24x7": minutes_of("24x7", START)})
    agree(told, ticket, START + 4 * HOUR)
    assert ms(told["elapsed_seconds"]) == used * HOUR
    assert [part["state"] for part in told["segments"]][:3] == ["running", "paused", "running"]


def test_a_target_in_business_days_says_how_it_was_fixed() -> None:
    """R24, R33: the same local time on the second following open day, over a change of clocks."""
    policy = Policy("days", "sla", OFFICE, {"total_resolution": {"default": BusinessDays(2)}})
    engine = Engine(PolicySet("days", (policy,)))
    friday = START + 24 * HOUR
    ticket = folded([Created("t", friday, 0)], engine)
    (told,) = explain(ticket, engine, friday + HOUR)
    assert told.deadline is not None
    assert str(told.terms.promise) == "2bd"
    assert told.terms.fixed_until == friday + 72 * HOUR - HOUR  # Sunday and Monday are open
    assert told.terms.target == minutes_of("office", START).count(friday, told.terms.fixed_until)
    assert told.deadline.total == told.terms.target


def test_a_target_until_the_end_of_a_business_day_says_when_that_is() -> None:
    """R24, R33: fixed at the start, so a pause moves the deadline but not what was promised."""
    policy = Policy("end", "sla", OFFICE, {"total_resolution": {"default": EndOfDay(0)}})
    engine = Engine(PolicySet("end", (policy,)))
    paused = Changed("t", START + HOUR, 1, {"status": "pending"})
    resumed = Changed("t", START + 3 * HOUR, 2, {"status": "open"})
    ticket = folded([created(), paused, resumed], engine)
    (told,) = explain(ticket, engine, START + 4 * HOUR)
    assert str(told.terms.promise) == "end of 0bd"
    assert (told.terms.fixed_until, told.terms.target) == (START + 8 * HOUR, 8 * HOUR)
    assert told.deadline is not None
    assert told.deadline.end == START + 24 * HOUR + 2 * HOUR


def test_a_schedule_that_does_not_open_again_has_no_deadline() -> None:
    """R25, R33: and the explanation says why."""
    day = date(2026, 3, 26)
    once = Special(day, day, (parse_window("09:00-10:00"),))
    schedule = Schedule("once", "UTC", WeeklyHours(), exceptions=(once,))
    policy = Policy("once", "sla", schedule, {"total_resolution": {"default": Active(2 * HOUR)}})
    engine = Engine(PolicySet("once", (policy,)))
    (told,) = explain(folded([Created("t", START, 0)], engine), engine, START + 12 * HOUR)
    assert told.deadline is None
    assert told.segments[-1].no_deadline == "never"
    assert told.elapsed == HOUR


def test_a_breach_from_before_the_kept_history_is_known_without_its_sum() -> None:
    """R7, R33: nobody guesses."""
    events: list[TicketEvent] = [created(priority="urgent")]
    events += [
        Changed("t", START + key * HOUR // 4, key, {"tags": str(key)})
        for key in range(1, HISTORY_LIMIT + 10)
    ]
    told = one(events, events[-1].time)
    assert told.breach is not None
    assert (told.breach.at, told.breach.sum, told.deadline) == (START + 2 * HOUR, None, None)


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (Merged("t", START, 1, "u"), {"type": "ticket.merged", "into": "u"}),
        (Deleted("t", START, 1, "spam"), {"type": "ticket.deleted", "reason": "spam"}),
    ],
)
def test_what_ended_a_clock_is_told(event: TicketEvent, words: Shown) -> None:
    """R20, R33: every kind of event can be a cause."""
    (ended,) = [
        told
        for told in explained(folded([created(), event]), START)
        if told["metric"] == "total_resolution"
    ]
    assert ended["segments"][-1]["cause"] == {"time": "2026-03-26T08:00:00.000Z", **words}
    assert ended["segments"][-1]["state"] == "cancelled"


def test_the_walk_finds_a_wrong_window() -> None:
    """The check can fail: a window moved by a minute, a sum off by a millisecond."""
    told = explained(folded([created()], until=START + HOUR), START + HOUR)
    minutes = {"office": minutes_of("office", START - 24 * HOUR)}
    for explanation in told:
        check(explanation, minutes)
    told[0]["segments"][0]["windows"][0]["opens"] = "2026-03-26T07:59:00.000Z"
    with pytest.raises(AssertionError):
        check(told[0], minutes)
    told[1]["segments"][0]["deadline"]["sum_seconds"] += 0.001
    with pytest.raises(AssertionError):
        check(told[1], minutes)

"""The promises that hold for every history: R1, R2, R7, R8, R12, R15, R16 as properties."""

from __future__ import annotations

import random
from collections import Counter
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.history.replay import replay
from streams.sla.duration import Active, BusinessDays
from streams.sla.engine import Engine
from streams.sla.events import Author, Changed, Created, Deleted, Messaged, TicketEvent
from streams.sla.facts import Fact
from streams.sla.hours import WeeklyHours
from streams.sla.policy import METRICS, Contract, Credit, Pause, Policy, PolicySet, Warning_
from streams.sla.schedule import Schedule
from streams.sla.ticket import Ticket
from streams.wire import row
from tests.sla.local import Hours
from tests.sla.oracle import MINUTE, tell
from tests.sla.promise import Promise, Warn

PARIS = ZoneInfo("Europe/Paris")
# The week in which the clocks of Paris go forward (2026-03-29) and, in other draws, back.
STARTS = [1774479600000, 1792710000000]
HOURS = dict.fromkeys(range(5), (9 * 60, 17 * 60)) | {6: (60, 5 * 60)}
OFFICE = Schedule(
    "office", "Europe/Paris", WeeklyHours.of({"mon-fri": ["09:00-17:00"], "sun": ["01:00-05:00"]})
)
TARGETS = {
    "first_response": {"urgent": 30, "high": 120, "default": 480},
    "total_resolution": {"urgent": 120, "high": 480, "default": 960},
}
LATE = ((30, Fraction(2, 100)), (120, Fraction(5, 100)), (600, Fraction(6, 100)))
CONTRACT = Contract(
    "acme",
    Fraction(5000),
    "EUR",
    (
        Credit(Fraction(5, 100), below=Fraction(95, 100)),
        Credit(Fraction(10, 100), below=Fraction(90, 100)),
        *(Credit(credit, late_ms=minutes * MINUTE) for minutes, credit in LATE),
    ),
    Fraction(20, 100),
)
STANDARD = Promise(
    "standard",
    "sla",
    Hours("office", "Europe/Paris", (((540, 1020),),) * 5 + ((), ((60, 300),))),
    TARGETS,
    warns=(Warn(percent=50), Warn(left=20, level=1), Warn(after=60, level=2)),
)
"""The policy of that name in plain words, for the oracle."""
POLICIES = PolicySet(
    "test",
    (
        Policy(
            "vip",
            "sla",
            Schedule.always(zone="Europe/Paris"),
            {metric: {"default": Active(90 * MINUTE)} for metric in METRICS}
            | {"first_response": {"default": Active(15 * MINUTE)}},
            match={"tier": frozenset({"vip"})},
            contract=CONTRACT,
        ),
        Policy(
            "standard",
            "sla",
            OFFICE,
            {
                metric: {name: Active(minutes * MINUTE) for name, minutes in by_priority.items()}
                for metric, by_priority in TARGETS.items()
            },
            match={"tier": frozenset({"standard"})},
            pause=Pause(),
            warnings=(
                Warning_(percent=Fraction(1, 2)),
                Warning_(left=Active(20 * MINUTE), level=1),
                Warning_(after=Active(60 * MINUTE), level=2),
                Warning_(left=BusinessDays(1), level=3),
                Warning_(after=BusinessDays(1), level=4),
            ),
            contract=CONTRACT,
        ),
        Policy(
            "inside",
            "olo",
            OFFICE,
            {metric: {"default": Active(60 * MINUTE)} for metric in METRICS},
            match={"team": frozenset({"ann"})},
            bots_answer=True,
        ),
    ),
)

minutes = st.integers(0, 7 * 24 * 60) | st.integers(0, 7 * 48).map(lambda half: half * 30)
asking: list[tuple[Author, bool]] = [("customer", True)] * 4
answering: list[tuple[Author, bool]] = [("agent", True)] * 4
aside: list[tuple[Author, bool]] = [("bot", True), ("agent", False), ("customer", False)]
# Mostly what makes clocks run: a customer who asks in public, and agents who answer.
openings = st.sampled_from([*asking, *aside, ("agent", True)])
words = st.sampled_from([*asking, *answering, *aside])
statuses = st.sampled_from(["open", "pending", "solved"])
priorities = st.sampled_from(["urgent", "high", "low"])
hands = st.sampled_from(["ann", "bob"])


@st.composite
def histories(draw: st.DrawFn, *, tiers: bool = False, distinct: bool = True) -> list[TicketEvent]:
    """Draw a ticket's history: a creation, then up to 12 events on whole minutes, in order.

    With `tiers` all ten metrics are timed, and the ticket changes policies or is deleted.
    """
    start = draw(st.sampled_from(STARTS))
    times = sorted(draw(st.lists(minutes, max_size=12, unique=distinct)))
    tier = draw(st.sampled_from(["vip", "vip", "standard", None])) if tiers else "standard"
    attributes = {"tier": tier, "priority": draw(priorities), "status": "open"}
    if tiers:
        attributes["team"] = draw(hands | st.none())
    events: list[TicketEvent] = [Created("t", start, 0, attributes, *draw(openings))]
    for key, minute in enumerate(times, 1):
        at = start + minute * MINUTE
        match draw(st.integers(0, 19 if tiers else 15)):
            case 0 | 1 | 2 | 3 | 4 | 5:
                events.append(Messaged("t", at, key, *draw(words)))
            case 6 | 7 | 8 | 9 | 10:
                events.append(Changed("t", at, key, {"status": draw(statuses)}))
            case 11 | 12 | 13:
                change = draw(
                    st.fixed_dictionaries({"priority": priorities})
                    | st.fixed_dictionaries({"team": hands | st.none()})
                    | st.fixed_dictionaries({"assignee": hands | st.none()})
                )
                events.append(Changed("t", at, key, change))
            case 14 | 15:
                change = {"status": draw(statuses), "priority": draw(priorities)}
                events.append(Changed("t", at, key, change))
            case 16 | 17 | 18:
                tier = draw(st.sampled_from(["vip", "standard", "free"]))
                events.append(Changed("t", at, key, {"tier": tier}))
            case _:
                events.append(Deleted("t", at, key))
    return events


def end_of(events: list[TicketEvent]) -> int:
    """An instant after everything, before the next Monday."""
    return events[0].time + 7 * 24 * 60 * MINUTE + 30 * MINUTE


def net(facts: list[Fact]) -> Counter[tuple[object, ...]]:
    """What stands after everything taken back is gone; every id at most once (R8)."""
    ids = Counter(fact.id for fact in facts)
    assert max(ids.values(), default=1) == 1, ids.most_common(3)
    standing = {fact.id: fact for fact in facts if fact.retracts is None}
    for fact in facts:
        if fact.retracts is not None:
            assert standing.pop(fact.retracts).type == fact.retracts_type
    return Counter(
        (f.key, f.time, f.policy, f.deadline, f.target, f.elapsed, f.outcome, f.reason, _earned(f))
        for f in standing.values()
    )


def _earned(fact: Fact) -> tuple[object, ...] | None:
    """What was earned, without what is foreseen."""
    return fact.credit and (fact.credit.month, fact.credit.share, fact.credit.adds)


def fold(events: list[TicketEvent], end: int) -> list[Fact]:
    """Fold in the order given."""
    engine, ticket, facts = Engine(POLICIES), None, []
    for event in events:
        ticket, said = engine.apply(ticket, event)
        facts += said
    assert ticket is not None
    return facts + engine.settle(ticket, end)


@settings(max_examples=300)
@given(histories())
def test_a_walk_by_the_minute_finds_the_same_breaches_and_outcomes(
    events: list[TicketEvent],
) -> None:
    """R5, R9, R12, R15, R16: an oracle that shares no code with the engine agrees."""
    end = end_of(events)
    facts = [fact for fact in fold(events, end) if fact.kind == "sla"]
    runs = tell(events, end, (STANDARD,), {}).runs
    for metric in TARGETS:
        found = runs["sla", metric]
        breaches = [f.time // MINUTE for f in facts if (f.metric, f.type) == (metric, "breached")]
        assert breaches == [run.breached_at for run in found if run.breached_at is not None]
        outcomes = [
            (f.time // MINUTE, f.outcome, f.elapsed // MINUTE)
            for f in facts
            if (f.metric, f.type) == (metric, "fulfilled")
        ]
        assert outcomes == [
            (said.minute, *said.more, said.used)
            for run in found
            for said in run.said
            if said.type == "fulfilled"
        ]


@settings(max_examples=300)
@given(histories(tiers=True, distinct=False), st.lists(minutes, max_size=40), st.booleans())
def test_what_is_said_does_not_depend_on_ticks(
    events: list[TicketEvent],
    ticks: list[int],
    at_rest: bool,  # noqa: FBT001
) -> None:
    """R2: whether, when and how often time is told to pass changes no fact; nor does a restart."""
    end = end_of(events)
    events = sorted(events, key=lambda event: event.order(POLICIES.category))
    pending = sorted(events[0].time + minute * MINUTE for minute in ticks)
    engine, ticket, facts = Engine(POLICIES), None, []
    for event in events:
        while pending and pending[0] <= event.time:
            tick = pending.pop(0)
            if ticket is not None and ticket.due is not None and ticket.due < tick:
                facts += engine.settle(ticket, tick)
        ticket, said = engine.apply(ticket, event)
        facts += said
        if at_rest:
            again = row.decode(row.encode(ticket), engine)
            assert again == ticket
            ticket = again
    assert ticket is not None
    for tick in [*(tick for tick in pending if tick < end), end]:
        facts += engine.settle(ticket, tick)
    assert facts == fold(events, end)


@settings(max_examples=300)
@given(histories(tiers=True, distinct=False), st.randoms(use_true_random=False), st.booleans())
def test_late_and_duplicate_events_leave_the_facts_of_the_ordered_history(
    events: list[TicketEvent],
    order: random.Random,
    ticking: bool,  # noqa: FBT001
) -> None:
    """R7: emitted minus retracted is what the ordered history says, whatever the arrival."""
    end = end_of(events)
    arrivals = events + order.sample(events, k=min(3, len(events)))
    order.shuffle(arrivals)
    engine, ticket, facts = Engine(POLICIES), None, []
    for event in arrivals:
        ticket, said = engine.apply(ticket, event)
        facts += said
        if ticking:
            facts += engine.settle(ticket, order.randrange(events[0].time, end))
        ticket = row.decode(row.encode(ticket), engine)
    assert isinstance(ticket, Ticket)
    facts += engine.settle(ticket, end)
    # At one instant and rank arrival decides (R6), so the order to compare with is that of arrival.
    first_seen = {event.key: place for place, event in reversed(list(enumerate(arrivals)))}
    events.sort(key=lambda event: (event.order(POLICIES.category), first_seen[event.key]))
    assert net(facts) == net(fold(events, end))


@given(histories(tiers=True))
def test_revisions_and_cycles_only_ever_count_up(events: list[TicketEvent]) -> None:
    """R8: a clock begins at revision 0 of its cycle, and each change of its terms is the next."""
    numbers: dict[tuple[str, str], tuple[int, int]] = {}
    for fact in fold(events, end_of(events)):
        cycle, revision = numbers.get((fact.kind, fact.metric), (0, 0))
        assert fact.cycle >= cycle
        began = fact.cycle > cycle
        allowed = (0,) if began else (revision, revision + 1)
        assert fact.revision in allowed
        numbers[fact.kind, fact.metric] = fact.cycle, fact.revision


@settings(max_examples=300)
@given(histories(tiers=True))
def test_the_causes_of_a_breach_add_up_to_its_elapsed_time(events: list[TicketEvent]) -> None:
    """R28: in integers, to 100 %, whatever was handed over, paused, retargeted or reopened."""
    for fact in fold(events, end_of(events)):
        assert (sum(ms for _, ms in fact.causes) == fact.elapsed) == (
            fact.type == "breached" or fact.elapsed == 0
        )


@given(histories(tiers=True), st.integers(1, 100_000))
def test_a_replay_says_what_the_core_says(events: list[TicketEvent], seed: int) -> None:
    """R1: a replay puts events into the order of their time by itself."""
    shuffled = list(events)
    random.Random(seed).shuffle(shuffled)
    said = [fact for _, fact in replay(shuffled, POLICIES, until=end_of(events)).facts]
    assert sorted(said, key=lambda fact: fact.id) == sorted(
        fold(events, end_of(events)), key=lambda fact: fact.id
    )


@pytest.mark.parametrize("count", [1_000])
def test_a_ticket_with_very_many_updates_keeps_a_small_row(count: int) -> None:
    """R7: history is bounded, and what it was bounded to gives the same facts."""
    engine, ticket, facts = Engine(POLICIES), None, []
    events: list[TicketEvent] = [Created("t", STARTS[0], 0, {"tier": "standard", "status": "open"})]
    for key in range(1, count):
        status = ["pending", "open"][key % 2]
        events.append(Changed("t", STARTS[0] + key * MINUTE, key, {"status": status}))
    for event in events:
        ticket, said = engine.apply(ticket, event)
        facts += said
        assert len(ticket.history) <= 200
    assert ticket is not None
    assert len(row.encode(ticket)) < 30_000
    known = {fact.id for fact in facts}
    assert len(known) == len(facts)
    late = Messaged("t", STARTS[0] + (count - 50) * MINUTE - 1, count + 1, "agent")
    ticket, said = engine.apply(ticket, late)
    ordered = sorted([*events, late], key=lambda event: event.time)
    assert net(facts + said) == net(fold(ordered, ticket.reached))

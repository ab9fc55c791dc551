"""From when a clock counts, where a policy answers for its own time only (R9, R16)."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.sla.duration import Active
from streams.sla.engine import Engine
from streams.sla.events import Absorbed, Changed, Created, Messaged, Since, TicketEvent
from streams.sla.explain import explain
from streams.sla.facts import Fact
from streams.sla.policy import COUNTS_FROM, MATCH, START, Policy, PolicySet
from streams.sla.schedule import Schedule
from streams.sla.ticket import HISTORY_LIMIT, Ticket
from streams.sla.versions import Adoption
from streams.wire import row
from tests.sla.oracle import MINUTE
from tests.sla.test_explain import agree, check, explained, folded, minutes_of
from tests.sla.test_properties import POLICIES, STARTS, end_of, histories, net

HOUR = 60 * MINUTE
MORNING = STARTS[0] + 9 * HOUR
"""When the office opens."""


@cache
def engine_of(counts_from: tuple[str, ...]) -> Engine:
    """Make the engine of the properties' policies, each counting from there."""
    told = zip(POLICIES.policies, counts_from, strict=True)
    policies = tuple(replace(policy, counts_from=from_) for policy, from_ in told)
    return Engine(PolicySet("test", policies))


engines = st.tuples(*[st.sampled_from(COUNTS_FROM)] * len(POLICIES.policies)).map(engine_of)


def said(engine: Engine, events: list[TicketEvent], end: int) -> list[Fact]:
    """Fold in the order given."""
    ticket, facts = None, []
    for event in events:
        ticket, more = engine.apply(ticket, event)
        facts += more
    assert ticket is not None
    return facts + engine.settle(ticket, end)


def apart(events: list[TicketEvent]) -> list[TicketEvent]:
    """Leave out what came at the instant of the creation: ties are another matter (R6)."""
    return events[:1] + [event for event in events[1:] if event.time > events[0].time]


class Stretch(NamedTuple):
    """An uninterrupted time, in ms UTC, in which a policy applied to a metric."""

    begin: int
    end: int


def stretches(
    events: list[TicketEvent], policies: PolicySet, policy: Policy, metric: str
) -> list[Stretch]:
    """Walk through the events, and find when the policy applied to the metric."""
    attributes: dict[str, object] = {}
    held: list[tuple[int, bool]] = []
    for event in events:
        if isinstance(event, Created | Changed):
            attributes |= event.attributes
        matched = policies.match(policy.kind, attributes) is policy
        target = policy.target(metric, attributes.get("priority"))
        held.append((event.time, matched and target is not None))
    found: list[Stretch] = []
    for (begin, applies), (end, _) in pairwise([*held, (2**53, False)]):
        if applies and found and found[-1].end == begin:
            found[-1] = Stretch(found[-1].begin, end)
        elif applies:
            found.append(Stretch(begin, end))
    return found


@settings(max_examples=300)
@given(histories(tiers=True), engines)
def test_nothing_counts_from_before_the_policy_came_to_apply(
    events: list[TicketEvent], engine: Engine
) -> None:
    """R9: the start is that of the stretch in which the policy applies, or a later, true one."""
    events, policies = apart(events), engine.versions.current
    for fact in said(engine, events, end_of(events)):
        policy = engine.policy("test", fact.kind, fact.policy)
        if policy.counts_from == START:
            continue
        ended = fact.type in ("fulfilled", "cancelled")  # on the terms from before the event
        (stretch,) = [
            one
            for one in stretches(events, policies, policy, fact.metric)
            if (one.begin < fact.time <= one.end if ended else one.begin <= fact.time < one.end)
        ]
        assert fact.started_at >= stretch.begin
        assert fact.elapsed <= policy.schedule.elapsed(fact.started_at, fact.time)
        if fact.metric == "total_resolution":
            assert fact.started_at == max(stretch.begin, events[0].time)


@settings(max_examples=200)
@given(histories())
def test_to_come_to_apply_is_as_good_as_a_ticket_that_comes_to_be(
    events: list[TicketEvent],
) -> None:
    """R9: the resolution is that of a ticket which is created when the policy comes to match."""
    engine = engine_of((MATCH,) * len(POLICIES.policies))
    creation, *rest = apart(events)
    assert isinstance(creation, Created)
    at, attributes = creation.time, creation.attributes
    came = Changed("t", at, "came", attributes)
    late = [Created("t", at - HOUR, "before", {"status": "open"}), came, *rest]
    fresh = [Created("t", at, "came", attributes), *rest]
    assert resolution(said(engine, late, end_of(events))) == resolution(
        said(engine, fresh, end_of(events))
    )


def resolution(facts: list[Fact]) -> list[Fact]:
    """Give the facts of the metric that every event of a ticket's status moves."""
    return [fact for fact in facts if fact.metric == "total_resolution"]


@settings(max_examples=200)
@given(histories(tiers=True, distinct=False), engines, st.randoms(use_true_random=False))
def test_late_events_leave_the_facts_of_the_ordered_history(
    events: list[TicketEvent], engine: Engine, order: random.Random
) -> None:
    """R7: a policy that is found to have applied earlier, or later, counts from there after all."""
    end = end_of(events)
    arrivals = events + order.sample(events, k=min(3, len(events)))
    order.shuffle(arrivals)
    ticket, facts = None, []
    for event in arrivals:
        ticket, more = engine.apply(ticket, event)
        facts += more
        ticket = row.decode(row.encode(ticket), engine)
    assert isinstance(ticket, Ticket)
    facts += engine.settle(ticket, end)
    first_seen = {event.key: place for place, event in reversed(list(enumerate(arrivals)))}
    events.sort(key=lambda event: (event.order(POLICIES.category), first_seen[event.key]))
    assert net(facts) == net(said(engine, events, end))


@settings(max_examples=300)
@given(histories(tiers=True, distinct=False), engines)
def test_a_walk_by_the_minute_adds_every_explanation_up(
    events: list[TicketEvent], engine: Engine
) -> None:
    """R33, R28: what had been counted on other terms is told apart, and causes are what counts."""
    events.sort(key=lambda event: event.order(POLICIES.category))
    end = end_of(events)
    ticket = folded(events, engine, end)
    minutes = {name: minutes_of(name, events[0].time) for name in ("office", "24x7")}
    for told in explained(ticket, end, engine):
        check(told, minutes)
        agree(told, ticket, end)
    for fact in said(engine, events, end):
        if fact.type == "breached":
            assert sum(ms for _, ms in fact.causes) == fact.elapsed


def test_a_clock_that_was_met_goes_on_only_under_the_policy_that_it_was_met_under() -> None:
    """R12, R9: a policy that came back while the ticket was solved has counted nothing yet."""
    engine = engine_of((START, MATCH, START))
    at = MORNING
    events: list[TicketEvent] = [
        Created("t", at, 0, {"tier": "standard", "status": "open"}),
        Changed("t", at + HOUR, 1, {"status": "solved"}),
    ]
    back: list[TicketEvent] = [
        Changed("t", at + 2 * HOUR, 2, {"tier": "free"}),
        Changed("t", at + 3 * HOUR, 3, {"tier": "standard"}),
    ]
    reopened = Changed("t", at + 4 * HOUR, 4, {"status": "open"})
    for between, start, used in (([], at, HOUR), (back, at + 3 * HOUR, 0)):
        ticket = folded([*events, *between, reopened], engine)
        clock = ticket.clocks["sla", "total_resolution"]
        assert (clock.started_at, clock.used) == (start, used)


def test_a_policy_that_applied_before_the_kept_events_keeps_the_start_of_its_clock() -> None:
    """R7: since when it applied is known no more, but the clock is."""
    engine = engine_of((MATCH, START, START))
    at = MORNING
    events: list[TicketEvent] = [
        Created("t", at, 0, {"status": "open"}),
        Changed("t", at + HOUR, 1, {"tier": "vip"}),
        *(
            Changed("t", at + HOUR + key, key, {"tags": str(key)})
            for key in range(2, HISTORY_LIMIT)
        ),
        Changed("t", at + 2 * HOUR, 998, {"status": "solved"}),
        Changed("t", at + 3 * HOUR, 999, {"status": "open", "team": "bob"}),
    ]
    ticket = folded(events, engine)
    assert ticket.base is not None
    clock = ticket.clocks["sla", "total_resolution"]
    assert (clock.started_at, clock.used) == (at + HOUR, HOUR)
    for metric in ("team_ownership", "resolution_cycle"):
        held = ticket.clocks["sla", metric]
        assert (held.started_at, held.used) == (at + 3 * HOUR, 0)


def test_a_policy_that_counts_from_the_true_start_counts_what_another_left_out() -> None:
    """R9, R16: it takes over as if it had always held, and the first one's count is superseded."""
    engine = engine_of((START, MATCH, START))
    at = MORNING
    ticket = folded(
        [
            Created("t", at, 0, {"tier": "free", "status": "open"}),
            Changed("t", at + HOUR, 1, {"tier": "standard"}),
            Changed("t", at + 3 * HOUR, 2, {"tier": "vip"}),
        ],
        engine,
    )
    clock = ticket.clocks["sla", "total_resolution"]
    assert (clock.started_at, clock.used, clock.breached_at) == (at, 3 * HOUR, at + 3 * HOUR)
    (told,) = [one for one in explain(ticket, engine, at + 3 * HOUR) if one.metric == clock.metric]
    assert [
        (one.terms.policy, one.counted_late, one.superseded, one.sum.total // HOUR)
        for one in told.segments
    ] == [("standard", False, True, 2), ("vip", True, False, 3), ("vip", False, False, 3)]


def test_what_ran_before_the_policy_came_to_apply_is_not_told_as_counted() -> None:
    """R33: the wait that a message began, of which the policy counts only a part."""
    target = {"total_resolution": {"urgent": Active(8 * HOUR)}}
    policy = Policy("late", "sla", Schedule.always(), target, counts_from=MATCH)
    engine = Engine(PolicySet("late", (policy,)))
    at = MORNING
    ticket = folded(
        [
            Created("t", at, 0, {"status": "solved"}),
            Changed("t", at + HOUR, 1, {"status": "open"}),
            Changed("t", at + 2 * HOUR, 2, {"status": "solved"}),
            Changed("t", at + 3 * HOUR, 3, {"priority": "urgent"}),
            Changed("t", at + 5 * HOUR, 4, {"status": "open"}),
        ],
        engine,
    )
    (told,) = explain(ticket, engine, at + 6 * HOUR)
    assert told.started_at == at + 3 * HOUR
    assert [(one.state, one.sum.start, one.sum.total) for one in told.segments] == [
        ("fulfilled", at + 3 * HOUR, 0),
        ("running", at + 5 * HOUR, HOUR),
    ]


# -- versions and merges


def one_policy(version: str, name: str = "p", target: int = 8, **more: object) -> PolicySet:
    """Make a version of one policy that counts from when it came to match, around the clock."""
    targets = {"total_resolution": {"default": Active(target * HOUR)}}
    policy = Policy(name, "sla", Schedule.always(), targets, counts_from=MATCH)
    return PolicySet(version, (replace(policy, **more),))  # type: ignore[arg-type]


TIER = {"match": {"tier": frozenset({"x"})}}


@pytest.mark.parametrize(
    ("new", "since", "start"),
    [
        (one_policy("v2", target=6, **TIER), "now", 1),  # the same promise in another version
        (one_policy("v2", target=6), "now", 1),  # though it would have matched earlier
        (one_policy("v2", target=6), "start", 0),  # as if it had always held
        (one_policy("v2", name="q", **TIER), "now", 3),  # another promise
        (one_policy("v2", name="q", **TIER), "start", 1),
        (one_policy("v2", target=6, **TIER), None, 1),  # only for what starts later
        (one_policy("v2", counts_from=START, **TIER), "now", 1),  # what counted stays
        (one_policy("v2", counts_from=START, **TIER), "start", 0),
    ],
)
def test_another_version_of_a_policy_goes_on_and_another_policy_begins(
    new: PolicySet, since: Since | None, start: int
) -> None:
    """R18: applied from now it comes to apply now, unless it did so under its name already."""
    old = one_policy("v1", **TIER)
    engine = Engine(
        old, {"v2": new}, [Adoption(0, "v1"), Adoption(MORNING + 3 * HOUR, "v2", since)]
    )
    events: list[TicketEvent] = [
        Created("t", MORNING, 0, {"status": "open"}),
        Changed("t", MORNING + HOUR, 1, {"tier": "x"}),
        Changed("t", MORNING + 4 * HOUR, 2, {"assignee": "ann"}),
    ]
    ticket = folded(events, engine, MORNING + 4 * HOUR)
    clock = ticket.clocks["sla", "total_resolution"]
    assert clock.started_at == MORNING + start * HOUR
    assert clock.elapsed(MORNING + 4 * HOUR) == (4 - start) * HOUR
    (told,) = explained(ticket, MORNING + 5 * HOUR, engine)
    check(told, {"24x7": minutes_of("24x7", MORNING)})
    agree(told, ticket, MORNING + 5 * HOUR)


def test_a_policy_that_is_new_in_a_version_came_to_apply_with_it() -> None:
    """R18: where it holds only for what starts later, and the ticket had no such clock."""
    old = one_policy("v1", name="other", match={"tier": frozenset({"y"})})
    engine = Engine(
        old, {"v2": one_policy("v2")}, [Adoption(0, "v1"), Adoption(MORNING + HOUR, "v2")]
    )
    for key, adopted in ((1, None), (2, MORNING + HOUR)):
        events: list[TicketEvent] = [
            Created("t", MORNING, 0, {"status": "open"}),
            Changed("t", MORNING + key * HOUR, key, {"assignee": "ann"}),
        ]
        clock = folded(events, engine).clocks.get(("sla", "total_resolution"))
        assert (clock and clock.started_at) == adopted


def test_a_clock_of_an_earlier_version_changes_hands_within_that_version() -> None:
    """R18: it knows nothing of a version that holds for what starts later."""
    first, second = one_policy("-").policies[0], one_policy("-", name="q").policies[0]
    old = PolicySet("v1", (replace(first, match={"tier": frozenset({"x"})}), second))
    engine = Engine(
        old, {"v2": one_policy("v2", name="r")}, [Adoption(0, "v1"), Adoption(MORNING, "v2")]
    )
    ticket = folded(
        [
            Created("t", MORNING - HOUR, 0, {"status": "open", "tier": "x"}),
            Changed("t", MORNING + HOUR, 1, {"tier": "y"}),
        ],
        engine,
    )
    clock = ticket.clocks["sla", "total_resolution"]
    assert (clock.policy.name, clock.version) == ("q", "v1")
    assert (clock.started_at, clock.used) == (MORNING + HOUR, 0)


def test_a_policy_that_would_have_applied_earlier_is_said_to_count_from_there() -> None:
    """R18: the policy is the same, but the one before it in the file is gone."""
    own = one_policy("v2", **TIER)
    other = one_policy("-", name="q", match={"priority": frozenset({"urgent"})}).policies[0]
    old = PolicySet("v1", (other, *own.policies))
    adoptions = [Adoption(0, "v1"), Adoption(MORNING + 4 * HOUR, "v2", "start")]
    events: list[TicketEvent] = [
        Created("t", MORNING, 0, {"status": "open", "tier": "x", "priority": "urgent"}),
        Changed("t", MORNING + 2 * HOUR, 1, {"priority": "low"}),
        Changed("t", MORNING + 5 * HOUR, 2, {"assignee": "ann"}),
    ]
    facts = said(Engine(old, {"v2": own}, adoptions), events, MORNING + 5 * HOUR)
    assert [(fact.type, fact.started_at, fact.elapsed) for fact in facts] == [
        ("started", MORNING, 0),
        ("retargeted", MORNING + 2 * HOUR, 0),
        ("retargeted", MORNING, 4 * HOUR),
    ]


@pytest.mark.parametrize(("matched", "start"), [(1, 2), (3, 3), (4, 4)])
def test_of_an_inherited_wait_only_the_policys_own_time_counts(matched: int, start: int) -> None:
    """R20: the merged ticket's customer asked at 2, this one's at 4; merged at 5."""
    targets = {"first_response": {"default": Active(8 * HOUR)}}
    engine = Engine(one_policy("v1", targets=targets, **TIER))
    ticket = folded(
        [
            Created("t", MORNING, 0, {"status": "open"}, "agent", public=False),
            Changed("t", MORNING + matched * HOUR, 1, {"tier": "x"}),
            Messaged("t", MORNING + 4 * HOUR, 2, "customer"),
            Absorbed("t", MORNING + 5 * HOUR, 3, "u", (MORNING + 2 * HOUR, MORNING + 2 * HOUR)),
        ],
        engine,
    )
    clock = ticket.clocks["sla", "first_response"]
    assert clock.started_at == MORNING + start * HOUR
    assert clock.elapsed(MORNING + 5 * HOUR) == (5 - start) * HOUR
    (told,) = explained(ticket, MORNING + 6 * HOUR, engine)
    agree(told, ticket, MORNING + 6 * HOUR)
    assert not any(segment["superseded"] for segment in told["segments"])


def test_of_an_inherited_wait_the_policys_own_time_counts_in_looking_back_too() -> None:
    """R18, R20: a version that brings the promise is applied as if it had always held."""
    targets = {"first_response": {"default": Active(8 * HOUR)}}
    old = one_policy("v1", match={"tier": frozenset({"none"})})
    adoptions = [Adoption(0, "v1"), Adoption(MORNING + 6 * HOUR, "v2", "start")]
    engine = Engine(old, {"v2": one_policy("v2", targets=targets, **TIER)}, adoptions)
    ticket = folded(
        [
            Created("t", MORNING, 0, {"status": "open"}, "agent", public=False),
            Changed("t", MORNING + 3 * HOUR, 1, {"tier": "x"}),
            Messaged("t", MORNING + 4 * HOUR, 2, "customer"),
            Absorbed("t", MORNING + 5 * HOUR, 3, "u", (MORNING + 2 * HOUR, MORNING + 2 * HOUR)),
        ],
        engine,
        MORNING + 7 * HOUR,
    )
    clock = ticket.clocks["sla", "first_response"]
    assert (clock.started_at, clock.used) == (MORNING + 3 * HOUR, 3 * HOUR)
    (told,) = explained(ticket, MORNING + 7 * HOUR, engine)
    agree(told, ticket, MORNING + 7 * HOUR)


def test_a_policy_that_comes_after_a_merge_counts_nothing_of_the_wait() -> None:
    """R20, R9: unless it is one that counts from the true start."""
    targets = {"first_response": {"default": Active(8 * HOUR)}}
    for counts_from, start in ((MATCH, 6), (START, 2)):
        policies = one_policy("v1", targets=targets, counts_from=counts_from, **TIER)
        engine = Engine(policies)
        ticket = folded(
            [
                Created("t", MORNING, 0, {"status": "open"}, "agent", public=False),
                Messaged("t", MORNING + 4 * HOUR, 2, "customer"),
                Absorbed("t", MORNING + 5 * HOUR, 3, "u", (MORNING + 2 * HOUR,) * 2),
                Changed("t", MORNING + 6 * HOUR, 4, {"tier": "x"}),
            ],
            engine,
        )
        clock = ticket.clocks["sla", "first_response"]
        assert clock.started_at == MORNING + start * HOUR
        assert clock.elapsed(MORNING + 6 * HOUR) == (6 - start) * HOUR
        (told,) = explained(ticket, MORNING + 7 * HOUR, engine)
        check(told, {"24x7": minutes_of("24x7", MORNING)})
        agree(told, ticket, MORNING + 7 * HOUR)

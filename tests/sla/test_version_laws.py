"""R18 as properties: versions that are adopted while a ticket lives, whatever happens to it."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.sla.duration import Active
from streams.sla.engine import Engine
from streams.sla.events import Adopted, TicketEvent
from streams.sla.facts import Fact
from streams.sla.hours import WeeklyHours
from streams.sla.policy import METRICS, Pause, Policy, Warning_
from streams.sla.schedule import Schedule
from streams.sla.ticket import Ticket
from streams.sla.versions import Adoption
from streams.wire import row
from tests.sla.minutes import MINUTE, Minutes
from tests.sla.test_explain import agree, check, explained
from tests.sla.test_properties import (
    HOURS,
    OFFICE,
    PARIS,
    POLICIES,
    end_of,
    histories,
    minutes,
    net,
)

EARLY_HOURS = dict.fromkeys(range(7), (6 * 60, 12 * 60))
EARLY = Schedule("early", "UTC", WeeklyHours.of({"mon-sun": ["06:00-12:00"]}))


def targets(*metrics: str, minutes: int) -> dict[str, Any]:
    """Promise the same for each metric."""
    return {metric: {"default": Active(minutes * MINUTE)} for metric in metrics}


VIP, STANDARD, INSIDE = POLICIES.policies
ANOTHER = replace(
    POLICIES,
    version="another",
    policies=(
        replace(
            STANDARD,
            schedule=EARLY,
            targets=targets("first_response", "total_resolution", "agent_work", minutes=200),
            pause=Pause(statuses=frozenset({"open"}), metrics=("total_resolution",)),
            warnings=(Warning_(percent=Fraction(1, 4), level=3),),
        ),
        Policy("rest", "sla", OFFICE, targets("first_response", "requester_wait", minutes=90)),
    ),
    statuses={"pending": "solved"},
)
ALIKE = replace(
    POLICIES,
    version="alike",
    policies=(VIP, replace(STANDARD, objective=Fraction(1, 2)), INSIDE),
)
TIGHT = replace(
    POLICIES,
    version="tight",
    policies=(
        VIP,
        replace(STANDARD, targets=targets("first_response", "total_resolution", minutes=25)),
        replace(INSIDE, targets=targets(*METRICS, minutes=600)),
    ),
)
SETS = {one.version: one for one in (POLICIES, ANOTHER, ALIKE, TIGHT)}

adopted = st.lists(
    st.tuples(minutes, st.sampled_from(sorted(SETS)), st.sampled_from([None, "now", "start"])),
    max_size=4,
    unique_by=lambda drawn: drawn[0],
)
Drawn = list[tuple[int, str, Any]]


def rules(events: list[TicketEvent], drawn: Drawn) -> Engine:
    """Give an engine that knows of adoptions at whole minutes after the ticket's first event."""
    start = events[0].time
    known = [Adoption(start + minute * MINUTE, *what) for minute, *what in drawn]
    return Engine(POLICIES, SETS, [Adoption(0, "test"), *known])


def fold(engine: Engine, events: list[TicketEvent], end: int) -> tuple[Ticket, list[Fact]]:
    """Fold in the order given, and settle."""
    ticket: Ticket | None = None
    facts: list[Fact] = []
    for event in events:
        ticket, said = engine.apply(ticket, event)
        facts += said
    assert ticket is not None
    return ticket, facts + engine.settle(ticket, end)


@settings(max_examples=200)
@given(histories(tiers=True, distinct=False), adopted, st.lists(minutes, max_size=40))
def test_what_is_said_does_not_depend_on_ticks_nor_on_rest(
    events: list[TicketEvent], drawn: Drawn, ticks: list[int]
) -> None:
    """R2, R18: adoptions come in at their instants, whoever looks when; rows lose nothing."""
    end, engine = end_of(events), rules(events, drawn)
    pending = sorted(events[0].time + minute * MINUTE for minute in ticks)
    ticket: Ticket | None = None
    facts: list[Fact] = []
    for event in events:
        while pending and pending[0] <= event.time:
            tick = pending.pop(0)
            if ticket is not None and (due := engine.due(ticket)) is not None and due < tick:
                facts += engine.settle(ticket, tick)
        ticket, said = engine.apply(ticket, event)
        facts += said
        again = row.decode(row.encode(ticket), engine)
        assert again == ticket
        assert isinstance(again, Ticket)
        ticket = again
    assert ticket is not None
    for tick in [*(tick for tick in pending if tick < end), end]:
        facts += engine.settle(ticket, tick)
    assert facts == fold(engine, events, end)[1]


@settings(max_examples=200)
@given(
    histories(tiers=True, distinct=False),
    adopted,
    st.randoms(use_true_random=False),
    st.booleans(),
)
def test_late_events_leave_the_facts_of_the_ordered_history(
    events: list[TicketEvent],
    drawn: Drawn,
    order: random.Random,
    ticking: bool,  # noqa: FBT001
) -> None:
    """R7, R18: where the ticket's first event comes first, the rest may come in any order."""
    end, engine = end_of(events), rules(events, drawn)
    first, *rest = events
    arrivals = rest + order.sample(rest, k=min(3, len(rest)))
    order.shuffle(arrivals)
    ticket: Ticket | None = None
    facts: list[Fact] = []
    for event in [first, *arrivals]:
        ticket, said = engine.apply(ticket, event)
        facts += said
        if ticking:
            facts += engine.settle(ticket, order.randrange(first.time, end))
        again = row.decode(row.encode(ticket), engine)
        assert isinstance(again, Ticket)
        ticket = again
    assert ticket is not None
    facts += engine.settle(ticket, end)
    seen = {event.key: place for place, event in reversed(list(enumerate([first, *arrivals])))}

    def place(event: TicketEvent) -> tuple[tuple[int, int], int]:
        """At one instant the statuses' meaning decides (R6), which is that of the version."""
        version, _ = engine.versions.at(event.time)
        return event.order(SETS[version].category), seen[event.key]

    events.sort(key=place)
    assert net(facts) == net(fold(engine, events, end)[1])


@settings(max_examples=200)
@given(histories(tiers=True, distinct=False), adopted)
def test_every_explanation_adds_up(events: list[TicketEvent], drawn: Drawn) -> None:
    """R33, R18: what was counted on the old terms, and what was counted again on the new ones."""
    end, engine = end_of(events), rules(events, drawn)
    ticket, _ = fold(engine, events, end)
    start = events[0].time
    found = {
        "24x7": Minutes(start, 40, lambda _: True),
        "office": Minutes.local(start, 40, PARIS, HOURS),
        "early": Minutes.local(start, 40, UTC, EARLY_HOURS),
    }
    for told in explained(ticket, end, engine):
        check(told, found)
        agree(told, ticket, end)


@settings(max_examples=200)
@given(st.data(), st.sampled_from([None, "now", "start"]))
def test_versions_that_come_to_the_same_change_nothing_that_is_said(
    data: st.DataObject, since: Any
) -> None:
    """R18, R21: not a fact more, not a warning twice, not a revision.

    But where the tier moved a ticket from one schedule to another (R17), its start is counted anew.
    """

    def but_its_version(fact: Fact) -> Fact:
        return replace(fact, version="")

    events = data.draw(histories(tiers=since != "start"))
    instants = data.draw(st.lists(minutes, min_size=1, max_size=3, unique=True))
    end = end_of(events)
    plain = fold(Engine(POLICIES), events, end)[1]
    versions = ("alike", "test", "alike")
    drawn = [(at, name, since) for at, name in zip(sorted(instants), versions, strict=False)]
    said = fold(rules(events, drawn), events, end)[1]
    assert list(map(but_its_version, said)) == list(map(but_its_version, plain))


@settings(max_examples=200)
@given(histories(tiers=True), adopted)
def test_a_clock_changes_its_version_only_where_one_is_applied(
    events: list[TicketEvent], drawn: Drawn
) -> None:
    """R18: an open clock keeps the version it started with, and what is finished is not touched."""
    end, engine = end_of(events), rules(events, drawn)
    ticket, facts = fold(engine, events, end)
    applied = {event.time for event in ticket.history if isinstance(event, Adopted) and event.since}
    last: dict[tuple[str, str, int], Fact] = {}
    for fact in facts:
        before = last.get(fact.key[:3])
        last[fact.key[:3]] = fact
        if before is None or before.version == fact.version:
            continue
        again = fact.type == "resumed" and fact.reason == "policy_applied"
        assert again or any(before.time <= at <= fact.time for at in applied)
        assert before.type != "fulfilled"


@given(histories(tiers=True), minutes, st.sampled_from(["now", "start"]))
def test_a_target_that_is_past_is_breached_once(
    events: list[TicketEvent], minute: int, since: Any
) -> None:
    """R18, R8: whatever the new version says of it, a cycle is breached at most once."""
    facts = fold(rules(events, [(minute, "tight", since)]), events, end_of(events))[1]
    breaches = [fact.key[:3] for fact in facts if fact.type == "breached"]
    assert len(breaches) == len(set(breaches))
    at = events[0].time + minute * MINUTE
    for fact in facts:
        if fact.reason == "policies_changed":
            assert fact.type in ("retargeted", "breached")
            assert fact.time == at

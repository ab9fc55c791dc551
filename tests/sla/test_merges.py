"""R20: what a merged ticket leaves to its survivor, whenever and in whatever order it is told."""

from __future__ import annotations

import random
from collections import deque
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.history.replay import replay
from streams.sla.engine import Engine, TooLate
from streams.sla.events import Absorbed, Changed, Created, Merged, Messaged, TicketEvent
from streams.sla.facts import Fact
from streams.sla.ticket import HISTORY_LIMIT, Ticket
from streams.sla.versions import Adoption
from streams.wire import absorbed, row
from tests.sla.test_explain import agree, check, explained, minutes_of
from tests.sla.test_properties import MINUTE, POLICIES, STARTS, end_of, histories, minutes, net

START = STARTS[0]
VIP = {"tier": "vip"}
"""A policy that times every metric, on 24x7: the first response within 15 minutes."""


class House:
    """Tickets by id, as the partitions of a worker hold them; waits are handed on at once."""

    def __init__(self, *, at_rest: bool = False) -> None:
        self.engine = Engine(POLICIES)
        self.tickets: dict[str, Ticket] = {}
        self.facts: list[Fact] = []
        self.handed_on = 0
        self._at_rest = at_rest

    def apply(self, event: TicketEvent) -> None:
        """Apply an event, and what it makes a merged ticket leave."""
        arriving = deque([event])
        while arriving:
            self._apply(arriving.popleft(), arriving)

    def _apply(self, event: TicketEvent, arriving: deque[TicketEvent]) -> None:
        known = self.tickets.get(event.ticket)
        if known is None and isinstance(event, Absorbed):
            return
        told = known.story.bequests if known is not None else {}
        ticket, said = self.engine.apply(known, event)
        self.facts += said
        for left in ticket.story.news(told):
            self.handed_on += 1
            arriving.append(absorbed.event(left))
        if self._at_rest:
            again = row.decode(row.encode(ticket), self.engine)
            assert again == ticket
            assert isinstance(again, Ticket)
            ticket = again
        self.tickets[ticket.id] = ticket

    def settle(self, instant: int) -> None:
        """Let time reach an instant."""
        for ticket in self.tickets.values():
            self.facts += self.engine.settle(ticket, instant)

    def of(self, ticket: str) -> list[Fact]:
        """Give what was said of a ticket."""
        return [fact for fact in self.facts if fact.ticket == ticket]


def told(events: list[TicketEvent], until: int) -> House:
    """Tell events in the order given, then let time reach an instant."""
    house = House()
    for event in events:
        house.apply(event)
    house.settle(until)
    return house


def lines(facts: list[Fact], *metrics: str) -> list[tuple[str, str, int, str | None]]:
    """Give metric, type, minute and reason of what was said under kind sla."""
    return [
        (fact.metric, fact.type, (fact.time - START) // MINUTE, fact.reason)
        for fact in facts
        if fact.kind == "sla" and fact.metric in metrics
    ]


@st.composite
def merges(draw: st.DrawFn) -> list[TicketEvent]:
    """Draw the histories of two or three tickets that are merged one into the next, in order."""
    count, start = draw(st.integers(2, 3)), draw(st.sampled_from(STARTS))
    events: list[TicketEvent] = []
    for number in range(count):
        own = draw(histories(tiers=True))
        offset = start - own[0].time + draw(st.integers(0, 120)) * MINUTE
        events += [
            replace(one, ticket=f"t{number}", key=100 * number + one.key, time=one.time + offset)
            for one in own
        ]
        if number + 1 < count:
            at = start + draw(minutes) * MINUTE
            events.append(Merged(f"t{number}", at, 100 * number + 99, f"t{number + 1}"))
    return sorted(events, key=lambda event: event.order(POLICIES.category))


@settings(max_examples=300)
@given(merges(), st.randoms(use_true_random=False), st.booleans())
def test_whatever_the_order_of_arrival_the_net_is_that_of_the_ordered_histories(
    events: list[TicketEvent],
    order: random.Random,
    at_rest: bool,  # noqa: FBT001
) -> None:
    """R1, R7, R20: also where the merge, or what changes the wait, arrives late."""
    until = max(end_of([event]) for event in events)
    arrivals = list(events)
    order.shuffle(arrivals)
    # A survivor that has not been heard of inherits nothing; it is heard of first here.
    arrivals.sort(key=lambda event: not isinstance(event, Created))
    house = House(at_rest=at_rest)
    for event in arrivals:
        house.apply(event)
        if order.random() < 0.2:
            house.settle(order.randrange(events[0].time, until))
    house.settle(until)
    place = {event.key: number for number, event in enumerate(arrivals)}
    ordered = sorted(events, key=lambda one: (one.order(POLICIES.category), place[one.key]))
    said = [fact for _, fact in replay(ordered, POLICIES, until=until).facts]
    for ticket in house.tickets:
        assert net(house.of(ticket)) == net([fact for fact in said if fact.ticket == ticket])


@settings(max_examples=100)
@given(merges())
def test_the_explanation_of_a_survivor_adds_up(events: list[TicketEvent]) -> None:
    """R33: what was inherited is a sum of windows like all else."""
    until = max(end_of([event]) for event in events)
    house = told(events, until)
    start = min(event.time for event in events) - 24 * 60 * MINUTE
    by_name = {name: minutes_of(name, start) for name in ("office", "24x7")}
    for ticket in house.tickets.values():
        for one in explained(ticket, until):
            check(one, by_name)
            agree(one, ticket, until)


def test_the_time_that_is_inherited_is_of_the_hands_that_held_the_merged_ticket() -> None:
    """R28: the shares of the breach add up, and say whose the wait was."""
    attributes = {**VIP, "team": "blue", "status": "open"}
    house = told(
        [
            Created("a", START, 1, attributes),
            Created("b", START + 10 * MINUTE, 2, {**VIP, "team": "red", "status": "open"}),
            Merged("a", START + 12 * MINUTE, 3, "b"),
        ],
        START + 60 * MINUTE,
    )
    breach = next(
        fact
        for fact in house.of("b")
        if (fact.type, fact.metric, fact.kind) == ("breached", "first_response", "sla")
    )
    assert breach.time == START + 15 * MINUTE
    assert dict(breach.causes) == {
        ("blue", "open", None): 10 * MINUTE,
        ("red", "open", None): 5 * MINUTE,
    }


def test_an_answer_that_arrives_late_takes_the_wait_back() -> None:
    """R7: the merged ticket had been answered, so the survivor owes no more than its own."""
    house = told(
        [
            Created("a", START, 1, VIP),
            Created("b", START + 20 * MINUTE, 2, VIP),
            Merged("a", START + 22 * MINUTE, 3, "b"),
        ],
        START + 30 * MINUTE,
    )
    before = len(house.facts)
    assert ("first_response", "breached", 22, "merged") in lines(house.of("b"), "first_response")
    house.apply(Messaged("a", START + 5 * MINUTE, 4, "agent"))
    assert house.handed_on == 2
    said = lines([fact for fact in house.facts[before:] if fact.ticket == "b"], "first_response")
    assert {(type_, reason) for _, type_, _, reason in said} == {
        ("retracted", "merged"),
        ("breach_retracted", "merged"),
    }
    clock = house.tickets["b"].clocks["sla", "first_response"]
    assert (clock.started_at, clock.deadline) == (START + 20 * MINUTE, START + 35 * MINUTE)


def test_what_the_same_ticket_left_before_is_replaced_not_added() -> None:
    """R20: an earlier question comes to light; one wait is inherited, not two."""
    house = told(
        [
            Created("a", START, 1, VIP, "agent", public=False),
            Messaged("a", START + 10 * MINUTE, 2, "customer"),
            Created("b", START + 12 * MINUTE, 3, VIP),
            Merged("a", START + 13 * MINUTE, 4, "b"),
            Messaged("a", START + 4 * MINUTE, 5, "customer"),
        ],
        START + 14 * MINUTE,
    )
    kept = [event for event in house.tickets["b"].history if isinstance(event, Absorbed)]
    assert [event.waits[0] for event in kept] == [START + 4 * MINUTE]
    clock = house.tickets["b"].clocks["sla", "first_response"]
    assert clock.deadline == START + 19 * MINUTE
    assert clock.elapsed(START + 14 * MINUTE) == 10 * MINUTE


def test_a_merge_that_is_repeated_hands_nothing_on_again() -> None:
    """R7: a duplicate changes nothing, here and at the survivor."""
    events: list[TicketEvent] = [
        Created("a", START, 1, VIP),
        Created("b", START + MINUTE, 2, VIP),
        Merged("a", START + 2 * MINUTE, 3, "b"),
    ]
    house = told([*events, *events], START + 3 * MINUTE)
    assert house.handed_on == 1
    (left,) = house.tickets["a"].story.bequests.values()
    before = len(house.facts)
    house.apply(absorbed.event(left))
    assert len(house.facts) == before


def test_two_tickets_merged_into_each_other_come_to_rest() -> None:
    """Nonsense from upstream ends: a wait can only become earlier."""
    house = told(
        [
            Created("a", START, 1, VIP),
            Created("b", START + MINUTE, 2, VIP),
            Merged("a", START + 2 * MINUTE, 3, "b"),
            Merged("b", START + 3 * MINUTE, 4, "a"),
        ],
        START + 10 * MINUTE,
    )
    assert not any(ticket.open_clocks() for ticket in house.tickets.values())
    assert house.handed_on <= 4


def test_a_wait_of_a_solved_ticket_is_over() -> None:
    """R10, R20: nobody waits on a solved ticket, so it leaves nothing."""
    house = told(
        [
            Created("a", START, 1, VIP),
            Created("b", START + 10 * MINUTE, 2, VIP),
            Changed("a", START + 11 * MINUTE, 3, {"status": "solved"}),
            Merged("a", START + 12 * MINUTE, 4, "b"),
        ],
        START + 13 * MINUTE,
    )
    assert house.handed_on == 0
    clock = house.tickets["b"].clocks["sla", "first_response"]
    assert clock.started_at == START + 10 * MINUTE


def test_bots_are_waited_for_apart() -> None:
    """R9, R20: where a bot has answered the merged ticket, only humans still owe a word."""
    house = told(
        [
            Created("a", START, 1, {**VIP, "team": "ann"}),
            Messaged("a", START + MINUTE, 2, "bot"),
            Created("b", START + 5 * MINUTE, 3, {**VIP, "team": "ann"}),
            Merged("a", START + 6 * MINUTE, 4, "b"),
        ],
        START + 7 * MINUTE,
    )
    clocks = house.tickets["b"].clocks
    assert clocks["sla", "first_response"].started_at == START
    assert clocks["olo", "first_response"].policy.bots_answer
    assert clocks["olo", "first_response"].started_at == START + 5 * MINUTE


def test_a_policy_that_comes_to_apply_after_the_merge_counts_the_inherited_wait() -> None:
    """R9, R20: it counts from the true start, which is the merged ticket's."""
    events: list[TicketEvent] = [
        Created("a", START, 1, {"tier": "free"}),
        Created("b", START + 5 * MINUTE, 2, {"tier": "free"}),
        Merged("a", START + 6 * MINUTE, 3, "b"),
        Changed("b", START + 8 * MINUTE, 4, VIP),
    ]
    house = told(events, START + 9 * MINUTE)
    clock = house.tickets["b"].clocks["sla", "first_response"]
    assert clock.elapsed(START + 9 * MINUTE) == 9 * MINUTE
    assert clock.deadline == START + 15 * MINUTE


def test_a_survivor_that_is_not_known_inherits_nothing() -> None:
    """A ticket that nobody told of must not come to be by what is left to it."""
    events: list[TicketEvent] = [Created("a", START, 1, VIP), Merged("a", START + MINUTE, 2, "b")]
    done = replay(events, POLICIES, until=START + 60 * MINUTE)
    assert (done.tickets, {fact.ticket for _, fact in done.facts}) == (1, {"a"})


def test_what_is_left_before_the_survivor_is_opened_counts_from_the_opening() -> None:
    """A clock of another system is ahead: the ticket is not there yet by its own time."""
    wait = Absorbed("b", START, 9, "a", (START - MINUTE, START - MINUTE), ("blue", None, None))
    house = told([Created("b", START + MINUTE, 1, VIP), wait], START + 2 * MINUTE)
    clock = house.tickets["b"].clocks["sla", "first_response"]
    assert clock.state == "running"
    assert house.tickets["b"].story.opened_at == START + MINUTE


def test_a_wait_from_before_the_kept_history_is_refused() -> None:
    """R7: nobody can say any more what it would have changed."""
    house = House()
    house.apply(Created("b", START, 0, VIP))
    for key in range(1, HISTORY_LIMIT + 2):
        house.apply(Changed("b", START + key * MINUTE, key, {"assignee": str(key)}))
    wait = Absorbed("b", START + MINUTE, 9_999, "a", (START, START))
    with pytest.raises(TooLate):
        house.apply(wait)


def test_of_two_merged_questions_the_older_waits_for_the_next_response() -> None:
    """R10, R20: one wait, that of the oldest message."""
    house = told(
        [
            Created("c", START, 1, VIP),
            Messaged("c", START + MINUTE, 2, "agent"),
            Created("a", START + 2 * MINUTE, 3, VIP),
            Created("b", START + 3 * MINUTE, 4, VIP),
            Merged("b", START + 4 * MINUTE, 5, "c"),
            Merged("a", START + 5 * MINUTE, 6, "c"),
        ],
        START + 6 * MINUTE,
    )
    assert house.tickets["c"].story.humans.waiting_since == START + 2 * MINUTE
    assert house.tickets["c"].story.humans.asked == 1


def test_a_version_that_is_adopted_again_is_no_event_of_a_ticket() -> None:
    """R18: nothing changes by it."""
    engine = Engine(POLICIES, adoptions=[Adoption(0, "test"), Adoption(START + MINUTE, "test")])
    ticket, _ = engine.apply(None, Created("a", START, 1, VIP))
    ticket, _ = engine.apply(ticket, Messaged("a", START + 2 * MINUTE, 2, "agent"))
    assert (len(ticket.history), ticket.adopted) == (2, START + MINUTE)

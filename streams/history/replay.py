"""Replay: what would have been said of a history of ticket events, by event time, without a broker.

The same engine that runs behind Kafka. By default a ticket's events are put into the order of their
time first, so the outcome is that of the ordered history (R1); in the order of `arrival` late ones
are compensated for as they would be live (R7). Tickets know of each other only what a merge hands
on, which is found beforehand, so each is folded by itself and settled up to the end; the facts then
come out by the instant at which they hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from streams.history.merges import hand_on
from streams.sla.compliance import Compliance
from streams.sla.engine import Engine, TooLate
from streams.sla.events import TicketEvent
from streams.sla.facts import Fact
from streams.sla.policy import PolicySet
from streams.sla.ticket import Ticket


@dataclass(slots=True)
class Replay:
    """The outcome of a replay: facts with the instant (ms UTC) at which each came to be known.

    `resolved`: the ids of the tickets that are resolved at the end (R27).
    """

    facts: list[tuple[int, Fact]] = field(default_factory=list)
    until: int = 0
    tickets: int = 0
    events: int = 0
    unmatched: int = 0
    resolved: set[str] = field(default_factory=set)
    refused: list[tuple[TicketEvent, str]] = field(default_factory=list)

    def compliance(self) -> Compliance:
        """Count the cycles met and breached (R26)."""
        compliance = Compliance()
        for _, fact in self.facts:
            compliance.add(fact)
        return compliance


def by_ticket(events: Iterable[TicketEvent]) -> dict[str, list[TicketEvent]]:
    """Gather events by ticket, each ticket's in the order of their arrival."""
    tickets: dict[str, list[TicketEvent]] = {}
    for event in events:
        tickets.setdefault(event.ticket, []).append(event)
    return tickets


def replay(
    events: Iterable[TicketEvent],
    policies: PolicySet,
    *,
    until: int | None = None,
    arrival: bool = False,
    advance: Callable[[int], None] = lambda _: None,
) -> Replay:
    """Fold a history; `until` (ms UTC) is the instant reached, by default that of the last event.

    Events after `until` have not happened yet and are left out. `advance` is told the events done.
    """
    arrived = list(events)
    tickets = by_ticket(arrived)
    hand_on(tickets, policies, arrived)
    times = [event.time for history in tickets.values() for event in history]
    end = max(times, default=0) if until is None else until
    engine = Engine(policies)
    done = Replay(until=end)
    for history in tickets.values():
        advance(len(history))
        known = [event for event in history if event.time <= end]
        if not known:
            continue
        if not arrival:
            known.sort(key=lambda event: event.order(policies.category))
        done.tickets += 1
        done.events += len(known)
        done.facts.extend(_ticket(engine, known, end, done))
    done.facts.sort(key=(lambda known: known[0]) if arrival else (lambda known: known[1].time))
    return done


def _ticket(
    engine: Engine, events: list[TicketEvent], end: int, done: Replay
) -> Iterator[tuple[int, Fact]]:
    """Fold one ticket's events, then settle up to the end."""
    ticket: Ticket | None = None
    reached = 0
    for event in events:
        first = ticket is None
        try:
            ticket, facts = engine.apply(ticket, event)
        except TooLate as fault:
            done.refused.append((event, str(fault)))
            continue
        reached = max(reached, event.time)
        if first:
            done.unmatched += engine.unmatched(ticket)
        for fact in facts:
            yield max(fact.time, reached), fact
    if ticket is not None:
        for fact in engine.settle(ticket, end):
            yield end, fact
        if ticket.story.resolved:
            done.resolved.add(ticket.id)

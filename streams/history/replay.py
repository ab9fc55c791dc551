"""Replay: what would have been said of a history of ticket events, by event time, without a broker.

The same engine that runs behind Kafka. By default a ticket's events are put into the order of their
time first, so the outcome is that of the ordered history (R1); in the order of `arrival` late ones
are compensated for as they would be live (R7). Tickets know of each other only what a merge hands
on, which is found beforehand, so each is folded by itself and settled up to the end; the facts then
come out by the instant at which they hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from streams.history.merges import hand_on
from streams.sla.compliance import Compliance
from streams.sla.engine import Engine, TooLate
from streams.sla.events import TicketEvent
from streams.sla.facts import Fact
from streams.sla.policy import PolicySet
from streams.sla.ticket import Ticket


@dataclass(frozen=True, slots=True)
class Replayed:
    """One ticket's history, folded: instants in ms UTC.

    `place`: that of its first event among all that arrived. `events`: those that had happened by
    the end, in the order in which they were applied. `facts`, each with the instant at which it
    came to be known. `ticket`: how it stands at the end, None where every event was refused.
    `unmatched`: no policy was there for its first event.
    """

    id: str
    place: int
    events: list[TicketEvent]
    facts: list[tuple[int, Fact]]
    ticket: Ticket | None
    unmatched: bool
    refused: list[tuple[TicketEvent, str]]


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

    def add(self, one: Replayed) -> None:
        """Take a ticket in; the facts stay in the order of the tickets."""
        self.facts += one.facts
        self.tickets += 1
        self.events += len(one.events)
        self.unmatched += one.unmatched
        self.refused += one.refused
        if one.ticket is not None and one.ticket.story.resolved:
            self.resolved.add(one.id)

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
    end = max((event.time for event in arrived), default=0) if until is None else until
    done = Replay(until=end)
    for (one,) in each(arrived, (policies,), until=end, arrival=arrival, advance=advance):
        done.add(one)
    done.facts.sort(key=(lambda known: known[0]) if arrival else (lambda known: known[1].time))
    return done


def each(
    arrived: Sequence[TicketEvent],
    promises: Sequence[PolicySet],
    *,
    until: int,
    arrival: bool = False,
    places: Sequence[int] | None = None,
    advance: Callable[[int], None] = lambda _: None,
) -> Iterator[tuple[Replayed, ...]]:
    """Fold tickets one by one, each settled up to `until` (ms UTC), under each of the policy sets.

    `arrived`: events in the order of their arrival, all of a ticket and of those that were merged
    with it; `places`: theirs among more than these. A ticket of which nothing has happened by the
    end is left out, unless a merge left it something under one of the sets: under the others it
    is there without events then. `advance` is told the events done.
    """
    tickets = by_ticket(arrived)
    first: dict[str, int] = {}
    for place, event in enumerate(arrived) if places is None else zip(places, arrived, strict=True):
        first.setdefault(event.ticket, place)
    sides = [(Engine(policies), _inheriting(tickets, policies, arrived)) for policies in promises]
    for id_, history in tickets.items():
        known = [[one for one in side[id_] if one.time <= until] for _, side in sides]
        if any(known):
            yield tuple(
                _fold(engine, (id_, first[id_]), events, until, arrival=arrival)
                for (engine, _), events in zip(sides, known, strict=True)
            )
        advance(len(history))


def _inheriting(
    tickets: dict[str, list[TicketEvent]], policies: PolicySet, arrived: Sequence[TicketEvent]
) -> dict[str, list[TicketEvent]]:
    """Give the histories with what merges hand on under these policies (R20)."""
    histories = {id_: list(history) for id_, history in tickets.items()}
    hand_on(histories, policies, arrived)
    return histories


def _fold(
    engine: Engine,
    which: tuple[str, int],
    events: list[TicketEvent],
    until: int,
    *,
    arrival: bool,
) -> Replayed:
    """Fold one ticket's events, then settle up to the end; `which`: its id and its place."""
    category = engine.versions.current.category
    if not arrival:
        events.sort(key=lambda event: event.order(category))
    ticket: Ticket | None = None
    unmatched, reached = False, 0
    told: list[tuple[int, Fact]] = []
    refused: list[tuple[TicketEvent, str]] = []
    for event in events:
        first = ticket is None
        try:
            ticket, facts = engine.apply(ticket, event)
        except TooLate as fault:
            refused.append((event, str(fault)))
            continue
        reached = max(reached, event.time)
        if first:
            unmatched = engine.unmatched(ticket)
        told += [(max(fact.time, reached), fact) for fact in facts]
    if ticket is not None:
        told += [(until, fact) for fact in engine.settle(ticket, until)]
    return Replayed(*which, events, told, ticket, unmatched, refused)

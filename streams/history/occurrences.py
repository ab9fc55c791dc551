"""`rows: events`: every row is an event, or holds several.

Decisions that bind this module:

- Events of a row come by time, those of several rows in the order of the file. A row older than
  one before it keeps its own time and its place: it is late (R7), the engine's affair. Only what
  is older than the ticket's creation is taken at the creation.
- At the same instant the file's order holds (`ties: spread`, see `places`); of what different
  lists of a row say, messages come before changes: who solves has answered.
- An id is the export's own where a rule names one, else made of time, kind and content, so that
  importing again, or an export that overlaps with another, makes duplicates (R7).
- With `grouped: true` a ticket is forgotten when the next one begins, save its id.
- Everything that can fail is read before anything is remembered: a bad row changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import orjson

from streams.history.cells import BadRow, Cells
from streams.history.moment import Moments
from streams.history.occurrence import Occurrence, Rule, in_order, rewound
from streams.history.places import Place
from streams.wire.instant import show
from streams.wire.outgoing import TicketEvent

if TYPE_CHECKING:
    from streams.history.rules import EventMapping
    from streams.history.tally import Tally


@dataclass(slots=True)
class _Ticket:
    """What is remembered of a ticket between its rows; times in milliseconds UTC.

    `names` are those given to events of the instant `named`, each with the data it was given for.
    """

    newest: int
    place: Place
    created: int | None = None
    named: int = -1
    names: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


class Occurrences:
    """Makes the ticket events of rows that are events, or hold them."""

    def __init__(self, mapping: EventMapping, tally: Tally) -> None:
        """Take a checked mapping, and where to count."""
        self.moments = Moments(mapping.time.formats, mapping.time.zone)
        self._mapping = mapping
        self._tally = tally
        self._rules = [Rule(number, mapping, self.moments) for number in range(len(mapping.events))]
        self._cells = Cells(mapping, mapping.events[0], self.moments)
        self._lists = any(rule.each is not None for rule in mapping.events)
        self._rewinds = any(rule.rewind for rule in mapping.events)
        self._tickets: dict[str, _Ticket] = {}
        self._ended: set[str] = set()

    def events(self, fields: dict[str, Any]) -> list[TicketEvent]:
        """Answer the events of the next row; raises BadRow, and then nothing has changed."""
        subject = self._cells.ticket(fields, self._mapping.ticket)
        if subject in self._ended:
            message = f"{subject} stands here again after others; set `grouped: false`"
            raise BadRow(message)
        ticket = self._tickets.get(subject)
        told = [one for rule in self._rules for one in rule.read(fields, first=ticket is None)]
        if not told:
            self._tally.unchanged += 1
            return []
        told = in_order(told) if len(told) > 1 else told
        if self._rewinds:
            rewound(told, self._mapping.events)
        created = self._created(subject, ticket, told)
        if ticket is None:
            ticket = self._begin(subject, told[0].at)
        ticket.created = created
        if self._lists:
            ticket.names.clear()
        return [self._event(subject, ticket, one) for one in told]

    def _created(self, subject: str, ticket: _Ticket | None, told: list[Occurrence]) -> int | None:
        """Answer when the ticket was created, None where nobody has said so yet."""
        known = None if ticket is None else ticket.created
        for one in told:
            if one.kind != "created":
                continue
            if known is not None and known != one.at:
                message = f"{subject} was created at another time before; drop one of the two"
                raise BadRow(message)
            known = one.at
        return known

    def _begin(self, subject: str, at: int) -> _Ticket:
        if self._mapping.grouped:
            self._ended.update(self._tickets)
            self._tickets.clear()
        ticket = self._tickets[subject] = _Ticket(at, Place(at))
        self._tally.tickets += 1
        return ticket

    def _event(self, subject: str, ticket: _Ticket, one: Occurrence) -> TicketEvent:
        kind = f"ticket.{one.kind}"
        name = self._name(ticket, one)
        at = one.at
        if ticket.created is not None and at < ticket.created:
            self._tally.early += 1
            at = ticket.created
        if at < ticket.newest:
            self._tally.late += 1
        else:
            ticket.newest = at
            if self._mapping.ties == "spread" and one.kind != "created":
                placed = ticket.place.put(at, kind, one.data)
                self._tally.spread += placed != at
                at = placed
        return TicketEvent(f"{subject}/{name}", self._mapping.source, kind, subject, at, one.data)

    def _name(self, ticket: _Ticket, one: Occurrence) -> str:
        """Name an event uniquely within its ticket, the same on every import."""
        if one.kind == "created":
            return "created"
        if ticket.named != one.at:
            ticket.named = one.at
            ticket.names.clear()
        if one.mark is None:
            content = orjson.dumps(one.data, option=orjson.OPT_SORT_KEYS)
            digest = blake2b(content, digest_size=6).hexdigest()
            name = f"{show(one.at)}/{one.kind}-{digest}"
            again = len(ticket.names.setdefault(name, []))
        else:
            name = f"{one.kind}/{one.mark}"
            before = ticket.names.setdefault(name, [])
            again = before.index(one.data) if one.data in before else len(before)
        if again == len(ticket.names[name]):
            ticket.names[name].append(one.data)
        return f"{name}.{again}" if again else name

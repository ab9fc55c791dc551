"""`rows: snapshots`: every row is the ticket as it stood after an update.

Decisions that bind this module:

- The first row of a ticket makes `ticket.created` at the created time; each row that changes an
  attribute makes one `ticket.changed` with only what changed, at the row's own time.
- An id is made from ticket, time and sequence, so importing again makes the same ids and the
  engine takes the second time as a duplicate (R7).
- The file's order counts where times do not tell (`ties: spread`, see `places`).
- A row older than one before it keeps its own time and its place: it is late (R7), the engine's
  affair. Only a row older than the ticket's creation is taken at the creation: by event time it
  would come first, and the creation would then set the ticket back to its first state.
- `messages` that a change of status implies come just before it: whoever solves has answered.
- With `grouped: true` a ticket is forgotten when the next one begins, save its id.
- Everything that can fail is read before anything is remembered: a bad row changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from streams.history.cells import BadRow, Cells
from streams.history.moment import Moments
from streams.history.places import Place
from streams.wire.instant import show
from streams.wire.outgoing import TicketEvent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streams.history.mapping import SnapshotMapping
    from streams.history.tally import Tally


@dataclass(slots=True)
class _Ticket:
    """What is remembered of a ticket between its rows; times in milliseconds UTC."""

    created: int
    newest: int
    place: Place
    known: list[Any]
    marks: list[str] = field(default_factory=list)
    late: int = 0


class Snapshots:
    """Makes the ticket events of rows that are snapshots."""

    def __init__(self, mapping: SnapshotMapping, tally: Tally) -> None:
        """Take a checked mapping, and where to count."""
        self.moments = Moments(mapping.time.formats, mapping.time.zone)
        self._cells = Cells(mapping, mapping, self.moments)
        self._mapping = mapping
        self._tally = tally
        self._spread = mapping.ties == "spread"
        self._tickets: dict[str, _Ticket] = {}
        self._ended: set[str] = set()

    def events(self, fields: dict[str, Any]) -> list[TicketEvent]:
        """Answer the events of the next row; raises BadRow, and then nothing has changed."""
        cells, mapping = self._cells, self._mapping
        subject = cells.ticket(fields, mapping.ticket)
        if subject in self._ended:
            message = f"{subject} stands here again after others; set `grouped: false`"
            raise BadRow(message)
        updated = cells.needed(fields, mapping.updated)
        now = cells.attributes(fields)
        mark = cells.word(fields, mapping.sequence) if mapping.sequence else None
        ticket = self._tickets.get(subject)
        made = []
        if ticket is None:
            created = cells.moment(fields, mapping.created)
            speaker = cells.speaker(fields)
            ticket = self._begin(subject, updated if created is None else created, now)
            made.append(self._created(subject, ticket, speaker))
        if updated < ticket.created:
            self._tally.early += 1
            updated = ticket.created
        name, late = self._name(ticket, updated, mark)
        before, ticket.known = ticket.known, now
        if now != before:
            for suffix, kind, data in self._said(before, now):
                at = updated if late else self._instant(ticket, updated, kind, data)
                made.append(self._event(f"{subject}/{name}{suffix}", kind, subject, at, data))
        elif not made:
            self._tally.unchanged += 1
        return made

    def _begin(self, subject: str, created: int, now: list[Any]) -> _Ticket:
        if self._mapping.grouped:
            self._ended.update(self._tickets)
            self._tickets.clear()
        at_creation = self._mapping.at_creation
        known = [
            at_creation.get(name, value) for name, value in zip(self._cells.names, now, strict=True)
        ]
        ticket = _Ticket(created, created, Place(created), known)
        self._tickets[subject] = ticket
        self._tally.tickets += 1
        return ticket

    def _created(self, subject: str, ticket: _Ticket, speaker: dict[str, Any]) -> TicketEvent:
        pairs = zip(self._cells.names, ticket.known, strict=True)
        data = {name: value for name, value in pairs if value is not None} | speaker
        return self._event(f"{subject}/created", "ticket.created", subject, ticket.created, data)

    def _name(self, ticket: _Ticket, updated: int, mark: object) -> tuple[str, bool]:
        """Name a row uniquely within its ticket; say whether it is late."""
        if updated < ticket.newest:
            ticket.late += 1
            self._tally.late += 1
            return f"{show(updated)}/late-{ticket.late}", True
        if updated > ticket.newest:
            ticket.newest = updated
            ticket.marks.clear()
        word = str(len(ticket.marks) if mark is None else mark)
        again = ticket.marks.count(word)
        ticket.marks.append(word)
        return f"{show(updated)}/{word}" + (f".{again}" if again else ""), False

    def _instant(self, ticket: _Ticket, updated: int, kind: str, data: dict[str, Any]) -> int:
        """Place an event of an in-order row so that R6 leaves it after those before it."""
        if not self._spread:
            return updated
        at = ticket.place.put(updated, kind, data)
        self._tally.spread += at != updated
        return at

    def _said(self, before: list[Any], now: list[Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Say what a row changed: the id's suffix, the type and the data of each event."""
        names = self._cells.names
        if self._mapping.messages:
            place = names.index("status")
            old, new = before[place], now[place]
            for number, rule in enumerate(self._mapping.messages if old != new else ()):
                if rule.implied(old, new):
                    spoken = {"author": rule.author, "public": rule.public}
                    yield f"/message-{number}", "ticket.message", spoken
        rows = zip(names, before, now, strict=True)
        yield "", "ticket.changed", {name: new for name, old, new in rows if old != new}

    def _event(
        self, name: str, kind: str, subject: str, at: int, data: dict[str, Any]
    ) -> TicketEvent:
        return TicketEvent(name, self._mapping.source, kind, subject, at, data)

"""`rows: tickets`: every row is a whole ticket, with the times of its stages in columns.

Decisions that bind this module:

- A stage without a time has not happened (yet): it makes no event.
- The attributes of such a row are the last ones; nothing better is known, so the ticket is
  created with them. The status follows from the stages.
- A stage before the creation is taken at the creation. Stages at the same instant need no
  spreading: a creation comes first, and answers and solutions keep their order (R6).
- An answer that is told as a number of minutes after the creation is put there: that is right for
  minutes of the calendar alone, so a mapping must not name a column of business hours.
- A ticket that was opened again may keep the time of its solution; with `finished` that time
  counts only where the ticket's last status says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from streams.history.cells import BadRow, Cells
from streams.history.mapping import Lapse
from streams.history.moment import Moments
from streams.wire.outgoing import TicketEvent

if TYPE_CHECKING:
    from streams.history.mapping import TicketMapping
    from streams.history.tally import Tally


class Stages:
    """Makes the ticket events of rows that are whole tickets."""

    def __init__(self, mapping: TicketMapping, tally: Tally) -> None:
        """Take a checked mapping, and where to count."""
        self.moments = Moments(mapping.time.formats, mapping.time.zone)
        self._cells = Cells(mapping, mapping, self.moments)
        self._mapping = mapping
        self._tally = tally
        self._seen: set[str] = set()
        words = mapping.statuses
        answer = {"author": "agent", "public": True}
        self._stages: list[tuple[str, str | Lapse | None, str, dict[str, Any]]] = [
            ("first_response", mapping.first_response, "ticket.message", answer),
            ("solved", mapping.solved, "ticket.changed", {"status": words.solved}),
            ("closed", mapping.closed, "ticket.changed", {"status": words.closed}),
        ]

    def events(self, fields: dict[str, Any]) -> list[TicketEvent]:
        """Answer the events of the next row; raises BadRow, and then nothing has changed."""
        cells, mapping = self._cells, self._mapping
        subject = cells.ticket(fields, mapping.ticket)
        if subject in self._seen:
            message = f"{subject} stands on a second row; set `rows: snapshots`, or drop the row"
            raise BadRow(message)
        created = cells.needed(fields, mapping.created)
        pairs = zip(cells.names, cells.attributes(fields), strict=True)
        data = {name: value for name, value in pairs if value is not None}
        data |= {"status": mapping.statuses.created, **cells.speaker(fields)}
        happened = [
            (at, name, kind, what)
            for name, column, kind, what in self._stages
            if (at := self._when(fields, column, created)) is not None
        ]
        if not self._is_finished(fields):
            happened = [stage for stage in happened if stage[1] == "first_response"]
        self._seen.add(subject)
        self._tally.tickets += 1
        made = [self._event(subject, "created", "ticket.created", created, data)]
        for at, name, kind, what in sorted(happened, key=lambda stage: stage[0]):
            made.append(self._event(subject, name, kind, self._instant(at, made), what))
        return made

    def _when(self, fields: dict[str, Any], column: str | Lapse | None, created: int) -> int | None:
        if not isinstance(column, Lapse):
            return self._cells.moment(fields, column)
        lapse = self._cells.lapse(fields, column.column, column.milliseconds)
        return None if lapse is None else created + lapse

    def _is_finished(self, fields: dict[str, Any]) -> bool:
        finished = self._mapping.finished
        if finished is None:
            return True
        word = self._cells.word(fields, finished.column)
        return str(word).casefold() in {known.casefold() for known in finished.words}

    def _instant(self, at: int, made: list[TicketEvent]) -> int:
        if at < made[0].time:
            self._tally.early += 1
            return made[0].time
        return at

    def _event(
        self, subject: str, name: str, kind: str, at: int, data: dict[str, Any]
    ) -> TicketEvent:
        return TicketEvent(f"{subject}/{name}", self._mapping.source, kind, subject, at, data)

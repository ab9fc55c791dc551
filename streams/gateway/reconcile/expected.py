"""Rows of an export → what the topic should have of them, by the mappings of `sla import`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from streams.gateway.hook import Happening, Unmappable
from streams.gateway.reconcile.compare import Expected
from streams.gateway.reconcile.desk import Desk
from streams.history.export import Row, Unreadable
from streams.history.importer import Importer, Rejection
from streams.wire.outgoing import TicketEvent
from streams.wire.ticket_events import decode


class Bounds(NamedTuple):
    """The time that is compared, in ms UTC: from `since`, and before `until`.

    What is younger may be on its way as a hook.
    """

    since: int
    until: int


@dataclass(slots=True)
class Expecting:
    """What is expected of one help desk; `told` hears of each row that cannot be read, and why.

    `now` in ms UTC. `unknown`: statuses that nobody maps, so that a hook may have told another.
    """

    desk: Desk
    bounds: Bounds
    now: int
    told: Callable[[str], None] = lambda _: None
    events: list[Expected] = field(default_factory=list)
    rows: int = 0
    rejected: int = 0
    unknown: set[str] = field(default_factory=set)
    _importer: Importer = field(init=False)

    def __post_init__(self) -> None:
        self._importer = Importer(self.desk.mapping, self._bad_row)

    def add(self, rows: Iterable[Row | Unreadable]) -> None:
        """Take in rows, in their order. Raises ExportError where they cannot be read further."""
        for event in self._importer.events(self._counted(rows)):
            if self.bounds.since <= event.time < self.bounds.until:
                self._expect(event)

    def _counted(self, rows: Iterable[Row | Unreadable]) -> Iterable[Row | Unreadable]:
        for row in rows:
            self.rows += 1
            yield row

    def _expect(self, event: TicketEvent) -> None:
        source = self.desk.source
        data = {
            name: source.words.of(name, value) if isinstance(value, str) else value
            for name, value in event.data.items()
        }
        happened = Happening(event.id, event.type, event.subject, event.time, data)
        try:
            out = source.event(happened, self.now)
        except Unmappable as fault:
            self._reject(f"ticket {event.subject}: {fault}")
            return
        read = decode(out.encode(), out.subject.encode())
        if read is not None:
            self.unknown.update(source.unknown([out]))
            self.events.append(Expected(out, read))

    def _bad_row(self, rejection: Rejection) -> None:
        row = rejection.row
        self._reject(f"{row.file}:{row.line}: {rejection.reason}")

    def _reject(self, why: str) -> None:
        self.rejected += 1
        self.told(why)

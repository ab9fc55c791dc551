"""Rows of an export → encoded ticket events, by a mapping.

Decisions that bind this module:

- One bad row is one rejected row: it is counted, told with its reason, and the rest goes on.
- Nothing is known before its row: no look ahead, no second pass.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from streams.history.cells import BadRow
from streams.history.export import Row, Unreadable
from streams.history.mapping import SnapshotMapping, TicketMapping
from streams.history.occurrences import Occurrences
from streams.history.snapshots import Snapshots
from streams.history.stages import Stages
from streams.history.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from streams.history.mapping import AnyMapping
    from streams.wire.outgoing import TicketEvent


class Rejection(NamedTuple):
    """A row that was not imported, and why."""

    row: Row | Unreadable
    reason: str


class Importer:
    """Imports the rows of one or more exports by one mapping; `tally` counts what it does."""

    def __init__(
        self,
        mapping: AnyMapping,
        rejected: Callable[[Rejection], None] = lambda _: None,
    ) -> None:
        """Take a checked mapping, and whom to tell of each rejected row."""
        self.tally = Tally()
        self._rejected = rejected
        self._shape = _shape(mapping, self.tally)

    @property
    def doubtful(self) -> int:
        """Tell how many different local times exist twice, or not at all."""
        return self._shape.moments.doubtful

    def events(self, rows: Iterable[Row | Unreadable]) -> Iterator[TicketEvent]:
        """Turn rows into ticket events, in the order of the rows."""
        tally = self.tally
        for row in rows:
            tally.rows += 1
            if isinstance(row, Unreadable):
                self._reject(row, row.reason)
                continue
            try:
                made = self._shape.events(row.fields)
            except BadRow as error:
                self._reject(row, str(error))
                continue
            tally.events += len(made)
            yield from made

    def _reject(self, row: Row | Unreadable, reason: str) -> None:
        self.tally.rejected += 1
        self._rejected(Rejection(row, reason))


def _shape(mapping: AnyMapping, tally: Tally) -> Snapshots | Stages | Occurrences:
    if isinstance(mapping, SnapshotMapping):
        return Snapshots(mapping, tally)
    if isinstance(mapping, TicketMapping):
        return Stages(mapping, tally)
    return Occurrences(mapping, tally)

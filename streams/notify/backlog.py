"""The deadlines that are still to be written, pure: one a ticket and desk, the latest.

What was read of the topic is done once it was written, or once something later took its place; the
offsets tell from where to read again after a crash. To write again what was written harms nobody.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass

from streams.notify.deadline import Fields


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """A ticket's fields at a desk, `key` its own id there; from `offset` of a partition `part`.

    `since`: when it came, `due`: not before; both ms UTC.
    """

    desk: str
    ticket: str
    key: str
    fields: Fields
    part: Hashable
    offset: int
    since: int
    due: int = 0
    attempts: int = 0


class Backlog:
    """Items in the order in which they came."""

    def __init__(self) -> None:
        self._items: dict[tuple[str, str], Item] = {}

    def __len__(self) -> int:
        return len(self._items)

    def items(self) -> list[Item]:
        """List what waits."""
        return list(self._items.values())

    def waiting(self, desk: str) -> int:
        """Count what waits for a desk."""
        return sum(item.desk == desk for item in self._items.values())

    def put(self, item: Item) -> None:
        """Take the latest of a ticket; it comes last, and what waited of it is done."""
        self.drop(item.desk, item.ticket)
        self._items[item.desk, item.ticket] = item

    def drop(self, desk: str, ticket: str) -> None:
        """Take note that there is nothing to be written any more."""
        self._items.pop((desk, ticket), None)

    def next(self, desk: str, now: int) -> Item | None:
        """Give the first of a desk that is due; it stays until it is done."""
        found = (one for one in self._items.values() if one.desk == desk and one.due <= now)
        return next(found, None)

    def done(self, item: Item) -> None:
        """Take note that an item was written, unless a later one took its place meanwhile."""
        if self._items.get((item.desk, item.ticket)) is item:
            self.drop(item.desk, item.ticket)

    def again(self, item: Item, later: Item) -> None:
        """Put an item off, unless a later one took its place meanwhile."""
        if self._items.get((item.desk, item.ticket)) is item:
            self._items[item.desk, item.ticket] = later

    def forget(self, parts: Iterable[Hashable]) -> None:
        """Let go of partitions that are another's now."""
        gone = set(parts)
        self._items = {name: one for name, one in self._items.items() if one.part not in gone}

    def floor(self, part: Hashable, position: int) -> int:
        """Give the offset of a partition before which all is done."""
        offsets = (one.offset for one in self._items.values() if one.part == part)
        return min(offsets, default=position)

"""Which ticket needs attention next.

A heap of (due, ticket), and beside it each ticket's present due. An entry that does not agree with
that is stale and is dropped when it comes up, so a change costs one push and no search. Volatile:
the rows are the truth, the index is rebuilt from them.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from heapq import heapify, heappop, heappush
from typing import Generic, TypeVar

Name = TypeVar("Name", bound=Hashable)


class DueIndex(Generic[Name]):
    """Tickets by the instant (ms UTC) at which they are due."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Name]] = []
        self._due: dict[Name, int] = {}
        self._pushed = 0

    def __len__(self) -> int:
        """Count the tickets that are due at some time."""
        return len(self._due)

    def put(self, name: Name, due: int | None) -> None:
        """Set when a ticket is due next; None where nothing awaits it."""
        if due is None:
            self._due.pop(name, None)
            return
        if self._due.get(name) == due:
            return
        self._due[name] = due
        self._pushed += 1
        heappush(self._heap, (due, self._pushed, name))
        if len(self._heap) > 4 * len(self._due) + 64:
            self._clean()

    def fill(self, dues: Iterable[tuple[Name, int]]) -> None:
        """Put many at once, none of which is there: quicker than one by one."""
        for name, due in dues:
            self._due[name] = due
            self._pushed += 1
            self._heap.append((due, self._pushed, name))
        heapify(self._heap)

    def next(self) -> int | None:
        """Give the earliest due, in ms UTC."""
        while self._heap and self._due.get(self._heap[0][2]) != self._heap[0][0]:
            heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def pop(self, instant: int) -> Name | None:
        """Take the earliest ticket that is due strictly before an instant; None where none is."""
        due = self.next()
        if due is None or due >= instant:
            return None
        name = heappop(self._heap)[2]
        del self._due[name]
        return name

    def between(self, since: int, until: int) -> Iterator[Name]:
        """Give what is due from an instant up to another, in no order; nothing is taken out."""
        places = [0]
        while places:
            place = places.pop()
            if place >= len(self._heap):
                continue
            due, _, name = self._heap[place]
            if due >= until:
                continue  # and so is all that hangs on it
            places += (2 * place + 1, 2 * place + 2)
            if due >= since and self._due.get(name) == due:
                yield name

    def _clean(self) -> None:
        self._heap = [entry for entry in self._heap if self._due.get(entry[2]) == entry[0]]
        heapify(self._heap)

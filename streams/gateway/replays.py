"""Signatures that were let in: none is let in twice while its time could still be right.

A mark is reserved while its hook is being published and kept once Kafka has it; where that failed
it is let go, for the help desk will send the very same again, and must be let in then. What is kept
is bounded: at most `most` marks, the oldest go first, and a source's events carry ids that make a
replay harmless even then (R7).
"""

from __future__ import annotations

from collections import OrderedDict

Marked = tuple[str, bytes]
"""A source's name and what tells the signature from any other."""


class Replays:
    """The marks of all sources; time is an argument, ms UTC."""

    def __init__(self, most: int = 100_000) -> None:
        self._most = most
        self._until: OrderedDict[Marked, int] = OrderedDict()
        self._held: set[Marked] = set()

    def reserve(self, mark: Marked, now: int) -> bool:
        """Take a mark up; False where it was let in before, or is being published now."""
        self._forget(now)
        if mark in self._held or self._until.get(mark, now) > now:
            return False
        self._held.add(mark)
        return True

    def keep(self, mark: Marked, until: int) -> None:
        """Remember a reserved mark until an instant, ms UTC."""
        self._held.discard(mark)
        self._until[mark] = until
        self._until.move_to_end(mark)
        if len(self._until) > self._most:
            self._until.popitem(last=False)

    def release(self, mark: Marked) -> None:
        """Let a reserved mark go: nothing came of it."""
        self._held.discard(mark)

    def _forget(self, now: int) -> None:
        while self._until:
            mark, until = next(iter(self._until.items()))
            if until > now:
                return
            del self._until[mark]

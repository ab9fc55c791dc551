"""Tickets that were taken over and are not on the board yet.

A worker is ready when it knows when each ticket is due. What the board shows of a ticket takes five
times as long to find out and nobody's promise hangs on it, so it is found while there is time: in
portions, between which the work goes on; before the ticket changes, since the board holds what was
said of it; and at once where somebody looks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

PORTION = 250
"""Tickets that are shown at a time: some milliseconds."""


class Takeover:
    """Has the tickets of one partition shown, each once, by the key of its row."""

    def __init__(self, keys: list[bytes], show: Callable[[bytes], None]) -> None:
        """Take the keys over, to be shown from the end; `show` puts a ticket on the board."""
        self._left = keys
        self._shown: set[bytes] = set()
        self._show = show

    def __len__(self) -> int:
        """Count the tickets that may still have to be shown."""
        return len(self._left)

    def first(self, key: bytes) -> None:
        """Show a ticket now, because it is about to change."""
        if self._left and key not in self._shown:
            self._shown.add(key)
            self._show(key)

    def portions(self) -> Iterator[None]:
        """Show all that are left, and pause after each portion."""
        while portion := self._left[-PORTION:]:
            del self._left[-PORTION:]
            for key in portion:
                if key not in self._shown:
                    self._show(key)
            yield
        self._shown.clear()

    def whole(self) -> None:
        """Show all that are left, at once."""
        for _ in self.portions():
            pass

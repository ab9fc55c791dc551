"""What is too much to be said one by one, and is said as one.

More than `most` messages within `window` ms of one route through one channel: what is ready then
goes out as one digest, and after it at most one digest a window. What was held, by quiet hours say,
and falls due together is one digest however little it is. The bound is a partition's: the rows of a
digest are fixed by one transaction, and move with their partition. What ends something is never
part of a digest: it closes what one message opened.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from streams.notify.row import Row

LARGEST = 500
"""Notices in one digest; its transaction must stay small enough to commit in seconds."""


@dataclass(slots=True)
class Flood:
    """What one route said through one channel of late; ms UTC."""

    most: int
    window: int
    recent: deque[int] = field(default_factory=deque)
    last: int | None = None

    def sent(self, now: int, *, digest: bool = False) -> None:
        """Take note of a message that goes out."""
        self.recent.append(now)
        if digest:
            self.last = now

    def groups(self, ready: Sequence[Row], now: int) -> tuple[list[list[Row]], int | None]:
        """Split what is ready into what is said together; and when to ask again, if some waits."""
        while self.recent and self.recent[0] <= now - self.window:
            self.recent.popleft()
        held = [row for row in ready if row.held]
        groups = _cut(held)
        rest = [row for row in ready if not row.held]
        if len(self.recent) + len(groups) + len(rest) <= self.most:
            return groups + [[row] for row in rest], None
        if self.last is not None and now < self.last + self.window:
            return groups, self.last + self.window
        return groups + _cut(rest), None


def _cut(rows: Sequence[Row]) -> list[list[Row]]:
    return [list(rows[at : at + LARGEST]) for at in range(0, len(rows), LARGEST)]


def digest_key(members: Sequence[Row]) -> str:
    """Give a digest's key, the same for the same members in any order."""
    keys = "\n".join(sorted(row.key for row in members))
    route, channel = members[0].route, members[0].channel
    return "digest-" + sha256(f"{route}\n{channel}\n{keys}".encode()).hexdigest()[:32]

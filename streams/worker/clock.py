"""The shell's clock, a dependency: the machine's own, or one that starts elsewhere and runs faster.

A demo or a rehearsal plays a log of another year at many times its speed; opening hours and
holidays still mean what they say, because the worker lives in that year too.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

Clock = Callable[[], int]


def wall() -> int:
    """Give the machine's time in ms UTC."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class FastClock:
    """Shows `start` (ms UTC) when the machine shows `origin`, and runs `rate` times as fast."""

    start: int
    origin: int
    rate: float = 1.0

    def __call__(self) -> int:
        """Give the time it shows, in ms UTC."""
        return self.at(wall())

    def at(self, instant: int) -> int:
        """Give what it shows (ms UTC) when the machine shows `instant`."""
        return self.start + int((instant - self.origin) * self.rate)

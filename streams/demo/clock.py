"""The demo's clock: it starts in the log's year and runs many times as fast as ours.

The publisher, the worker and the screen must agree on it, so it is three numbers that can be handed
to another process: what it shows (`start`) at which instant of ours (`origin`), and how fast it
runs. Office hours and holidays still mean what they say, because all three live in that year.
"""

from __future__ import annotations

import time
from dataclasses import dataclass


def wall() -> int:
    """Give the machine's time in ms UTC."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class DemoClock:
    """Shows `start` when the machine shows `origin` (both ms UTC); runs `rate` times as fast."""

    start: int
    origin: int
    rate: float

    def at(self, instant: int) -> int:
        """Give what it shows (ms UTC) when the machine shows `instant`."""
        return self.start + int((instant - self.origin) * self.rate)

    def now(self) -> int:
        """Give what it shows now, in ms UTC."""
        return self.at(wall())

    def wait_for(self, shown: int) -> float:
        """Give the seconds of ours until it shows `shown`; negative when that is past."""
        return (self.origin - wall()) / 1000 + (shown - self.start) / self.rate / 1000

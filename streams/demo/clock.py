"""The demo's clock: it starts in the log's year and runs many times as fast as ours.

The publisher, the worker and the screen must agree on it, so it is three numbers that can be handed
to another process: what it shows (`start`) at which instant of ours (`origin`), and how fast it
runs. Office hours and holidays still mean what they say, because all three live in that year.
"""

from __future__ import annotations

from dataclasses import dataclass

from streams.worker.clock import FastClock, wall


@dataclass(frozen=True, slots=True)
class DemoClock(FastClock):
    """The worker's fast clock, and what a publisher and a screen ask of it besides."""

    def now(self) -> int:
        """Give what it shows now, in ms UTC."""
        return self()

    def wait_for(self, shown: int) -> float:
        """Give the seconds of ours until it shows `shown`; negative when that is past."""
        return (self.origin - wall()) / 1000 + (shown - self.start) / self.rate / 1000

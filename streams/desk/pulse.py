"""Whether the worker is fit for work: assigned, recovered, and ticking.

Ticking is judged by the machine's monotonic time, since the worker's clock may run at another rate.
A partition whose backlog holds its tick back (R4) does not tick either, and the reason says so.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from streams.desk.interface import Work
from streams.work import PartitionStats, Readiness

PATIENCE = 30.0
"""Seconds without a tick after which a partition counts as stalled."""


class Pulse:
    """Asks the work how it is, and remembers since when each partition has stood still."""

    def __init__(
        self,
        work: Work,
        patience: float = PATIENCE,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._work = work
        self._patience = patience
        self._monotonic = monotonic
        self._seen: dict[int, tuple[int | None, float]] = {}

    def readiness(self) -> Readiness:
        """Give (ready, state, reason)."""
        said = self._work.readiness()
        reasons = [self._stalled(part) for part in self._work.partition_stats()]
        if not said.ready:
            return said
        reason = next(filter(None, reasons), "")
        return Readiness(not reason, said.state, reason or said.reason)

    def _stalled(self, part: PartitionStats) -> str:
        now = self._monotonic()
        tick, since = self._seen.get(part.number, (None, now))
        if part.number not in self._seen or tick != part.last_tick_ms:
            self._seen[part.number] = part.last_tick_ms, now
            since = now
        behind = f"; {part.lag} records are still to be applied" if part.lag else ""
        if part.last_tick_ms is None:
            return f"partition {part.number} has not ticked yet{behind}"
        if now - since > self._patience:
            return f"partition {part.number} has not ticked for {now - since:.0f} s{behind}"
        return ""

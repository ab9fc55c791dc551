"""When work comes in, and when what came in is missed: the hours of the week, local."""

from __future__ import annotations

from dataclasses import dataclass, field

from streams.sla.compliance import Tally

WEEKDAYS, HOURS = 7, 24


@dataclass(slots=True)
class HoursOfWeek:
    """Tickets by the hour of the week in which they came, Monday's first hour first.

    `cycles`: outcomes by the hour of the week in which the cycle's clock had started.
    """

    arrivals: list[int] = field(default_factory=lambda: [0] * WEEKDAYS * HOURS)
    cycles: list[Tally] = field(default_factory=lambda: [Tally() for _ in range(WEEKDAYS * HOURS)])

    def merge(self, other: HoursOfWeek) -> None:
        """Add other tickets."""
        self.arrivals = [a + b for a, b in zip(self.arrivals, other.arrivals, strict=True)]
        for tally, more in zip(self.cycles, other.cycles, strict=True):
            tally.met += more.met
            tally.breached += more.breached


def hour_of_week(ordinal: int, ms: int) -> int:
    """Number an hour of the week by the local date's ordinal and its millisecond."""
    return (ordinal - 1) % WEEKDAYS * HOURS + min(ms // 3_600_000, HOURS - 1)

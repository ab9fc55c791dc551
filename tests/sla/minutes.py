"""A walk by the minute, to add explanations up again.

It shares no code with schedules or the engine: which minutes are open is looked up on the local
clock, one by one, and counted. Instants between two minutes are cut out of their minute.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, tzinfo

MINUTE = 60_000


class Minutes:
    """Which minutes from `start` on are open; instants and amounts in ms."""

    def __init__(self, start: int, days: int, opened: Callable[[int], bool]) -> None:
        self.first = start // MINUTE
        self.open = bytes(opened(self.first + n) for n in range(days * 24 * 60))

    @classmethod
    def local(
        cls, start: int, days: int, zone: tzinfo, hours: dict[int, tuple[int, int]]
    ) -> Minutes:
        """Look at the local clock; `hours`: day of the week → minutes of the day."""

        def opened(minute: int) -> bool:
            local = datetime.fromtimestamp(minute * 60, UTC).astimezone(zone)
            window = hours.get(local.weekday())
            return window is not None and window[0] <= local.hour * 60 + local.minute < window[1]

        return cls(start, days, opened)

    def count(self, start: int, end: int) -> int:
        """Count the open ms in [start, end)."""
        assert start <= end
        first, last = start // MINUTE, end // MINUTE
        whole = sum(self.open[first - self.first : last - self.first]) * MINUTE
        return whole - self._at(first) * (start % MINUTE) + self._at(last) * (end % MINUTE)

    def reach(self, start: int, active: int) -> int:
        """Walk on until so many open ms have passed."""
        minute, at = start // MINUTE, start
        while active:
            step = min((minute + 1) * MINUTE - at, active)
            if self._at(minute):
                active -= step
                if not active:
                    return at + step
            minute += 1
            at = minute * MINUTE
        return at

    def _at(self, minute: int) -> int:
        assert minute >= self.first
        return self.open[minute - self.first]

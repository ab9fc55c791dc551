"""How long each schedule has been open, counted from one origin.

A scrape asks for every open clock, so the answer is prepared: what a schedule has been open since a
common origin is the same for all clocks on it, its *pace*, and a clock keeps how much of that it
has seen. Counting on is then one addition.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from streams.sla.engine import Engine
from streams.sla.schedule import Schedule

Opened = Sequence[int]
"""By pace: how long a schedule has been open since the origin, in ms. Pace 0 stands still."""

STILL = 0

AHEAD = 14 * 86_400_000
"""How far ahead a schedule's next change is looked for, in ms."""


class Counting(NamedTuple):
    """Whether time counts, and when that changes (ms UTC); None where it is not soon."""

    counts: bool
    changes_at: int | None


class Paces:
    """The schedules that clocks are counted on, by number; `origin` in ms UTC."""

    def __init__(self, engine: Engine, origin: int) -> None:
        self._engine = engine
        self._origin = origin
        self._schedules: list[Schedule] = []
        self._found: dict[tuple[str, str, str], int] = {}

    def of(self, version: str, kind: str, policy: str) -> int:
        """Give the pace of a policy's schedule (R17, R18). Raises UnknownVersion."""
        name = (version, kind, policy)
        pace = self._found.get(name)
        if pace is None:
            schedule = self._engine.policy(version, kind, policy).schedule
            if schedule not in self._schedules:
                self._schedules.append(schedule)
            pace = self._found[name] = self._schedules.index(schedule) + 1
        return pace

    def opened(self, now: int) -> Opened:
        """Give how long each schedule has been open since the origin, up to an instant."""
        return [0, *(self._open(schedule, now) for schedule in self._schedules)]

    def seen(self, pace: int, instant: int) -> int:
        """Give how long the schedule of a pace had been open at an instant."""
        return self._open(self._schedules[pace - 1], instant)

    def counting(self, now: int) -> list[Counting]:
        """Give of each pace whether time counts at an instant, and when that changes."""
        return [Counting(False, None), *(_counting(schedule, now) for schedule in self._schedules)]  # noqa: FBT003 - it is a tuple

    def _open(self, schedule: Schedule, instant: int) -> int:
        if instant < self._origin:
            return -schedule.elapsed(instant, self._origin)
        return schedule.elapsed(self._origin, instant)


def _counting(schedule: Schedule, now: int) -> Counting:
    end = now + AHEAD
    opens, closes = next(schedule.windows(now, end), (end, end))
    counts = schedule.is_open(now)
    changes = closes if counts else opens
    return Counting(counts, changes if changes < end else None)

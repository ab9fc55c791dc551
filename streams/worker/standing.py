"""The open clocks as they stand now.

A board holds each ticket's clocks as of the ticket's last change. Counting on from there takes the
clock's schedule, which is found by the version that the ticket runs under (R17, R18).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from streams.sla.engine import Engine, UnknownVersion
from streams.sla.schedule import Schedule
from streams.wire.instant import EPOCH, MILLISECOND


@dataclass(frozen=True, slots=True)
class Standing:
    """An open clock at an instant. `deadline` in ms UTC, None while paused; amounts in ms.

    `clock` is its entry on the board.
    """

    clock: Mapping[str, Any]
    deadline: int | None
    target: int
    elapsed: int
    overdue: bool

    @property
    def remaining(self) -> int:
        """Active ms left, negative after the deadline."""
        return self.target - self.elapsed

    @property
    def used(self) -> float:
        """Elapsed as a share of the target."""
        return self.elapsed / self.target if self.target else 1.0


class Standings:
    """Counts the clocks of a board on to an instant."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._schedules: dict[tuple[str, str, str], Schedule | None] = {}

    def of(self, status: Mapping[str, Any], now: int) -> Iterator[Standing]:
        """Give a ticket's open clocks as they stand at an instant (ms UTC)."""
        as_of = _instant(status["as_of"])
        for clock in status["clocks"]:
            text = clock["deadline"]
            deadline = None if text is None else _instant(text)
            elapsed = round(clock["elapsed_seconds"] * 1000)
            target = round(clock["target_seconds"] * 1000)
            if clock["state"] == "running" and now > as_of:
                elapsed += self._counted(status["policy_version"], clock, as_of, now)
            if deadline is None:
                overdue = clock["breached_at"] is not None and elapsed >= target
            else:
                overdue = deadline < now
            yield Standing(clock, deadline, target, elapsed, overdue)

    def _counted(self, version: str, clock: Mapping[str, Any], since: int, now: int) -> int:
        """Count active ms on the clock's schedule; 0 where that cannot be told."""
        schedule = self._schedule(version, clock["kind"], clock["policy"])
        return 0 if schedule is None else schedule.elapsed(since, now)

    def _schedule(self, version: str, kind: str, policy: str) -> Schedule | None:
        name = (version, kind, policy)
        if name not in self._schedules:
            try:
                self._schedules[name] = self._engine.policy(version, kind, policy).schedule
            except UnknownVersion:
                self._schedules[name] = None
        return self._schedules[name]


def _instant(text: str) -> int:
    """Read an instant of our own writing; unlike an event's it may lie in any year."""
    return (datetime.fromisoformat(text) - EPOCH) // MILLISECOND

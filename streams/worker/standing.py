"""The open clocks as they stand now.

A board holds each ticket's clocks as of the ticket's last change. Counting on from there takes the
clock's schedule, which is found by the version that the clock is held to (R17, R18).

A scrape asks for every open clock, so the answer is prepared: what a schedule has been open since
a common origin is the same for all clocks on it, and a clock keeps how much of that it has seen.
Counting on is then one addition. What was prepared holds until the ticket's status is replaced.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from streams.sla.engine import Engine
from streams.sla.schedule import Schedule
from streams.sla.versions import UnknownVersion
from streams.wire.instant import EPOCH, MILLISECOND
from streams.worker.board import Board, Status

Opened = Sequence[int]
"""By pace: how long a schedule has been open since the origin, in ms. Pace 0 stands still."""

STILL = 0


@dataclass(slots=True)
class Standing:
    """An open clock, prepared. `deadline` in ms UTC, None while paused; amounts in active ms.

    `clock` is its entry on the board; `counted` is what had elapsed when its pace stood at `seen`.
    """

    clock: Mapping[str, Any]
    name: tuple[str, str, str]
    deadline: int | None
    target: int
    counted: int
    pace: int
    seen: int

    def elapsed(self, opened: Opened) -> int:
        """Count the active ms up to now; none is taken back before the ticket's last change."""
        return self.counted + max(0, opened[self.pace] - self.seen)

    def overdue(self, now: int, elapsed: int) -> bool:
        """Say whether it is past its deadline, or was when it was paused (R5, R15)."""
        if self.deadline is None:
            return self.clock["breached_at"] is not None and elapsed >= self.target
        return self.deadline < now


class Standings:
    """Prepares the clocks of boards, and counts the paces of their schedules."""

    def __init__(self, engine: Engine, origin: int) -> None:
        self._engine = engine
        self._origin = origin
        self._paces: list[Schedule] = []
        self._pace_of: dict[tuple[str, str, str], int] = {}
        self._prepared: dict[str, tuple[Status, list[Standing]]] = {}

    def opened(self, now: int) -> Opened:
        """Give how long each schedule has been open since the origin, up to an instant."""
        return [0, *(self._open(schedule, now) for schedule in self._paces)]

    def all(self, boards: Iterable[Board]) -> Iterator[tuple[Status, list[Standing], bool]]:
        """Give every ticket's status, its open clocks, and whether they were prepared just now."""
        before, self._prepared = self._prepared, {}
        for board in boards:
            for status in board:
                known = before.get(status["ticket"])
                new = known is None or known[0] is not status
                prepared = (status, self.of(status)) if known is None or new else known
                self._prepared[status["ticket"]] = prepared
                yield *prepared, new

    def of(self, status: Status) -> list[Standing]:
        """Prepare a ticket's open clocks."""
        as_of = _instant(status["as_of"])
        standings = []
        for clock in status["clocks"]:
            text = clock["deadline"]
            policy, kind, version = clock["policy"], clock["kind"], clock["policy_version"]
            pace = self._pace(version, kind, policy) if clock["state"] == "running" else STILL
            standings.append(
                Standing(
                    clock,
                    (policy, kind, clock["metric"]),
                    None if text is None else _instant(text),
                    round(clock["target_seconds"] * 1000),
                    round(clock["elapsed_seconds"] * 1000),
                    pace,
                    self._open(self._paces[pace - 1], as_of) if pace else 0,
                )
            )
        return standings

    def _open(self, schedule: Schedule, instant: int) -> int:
        if instant < self._origin:
            return -schedule.elapsed(instant, self._origin)
        return schedule.elapsed(self._origin, instant)

    def _pace(self, version: str, kind: str, policy: str) -> int:
        """Find a policy's pace; it stands still where the version is not known."""
        name = (version, kind, policy)
        pace = self._pace_of.get(name)
        if pace is None:
            try:
                schedule = self._engine.policy(version, kind, policy).schedule
            except UnknownVersion:
                pace = STILL
            else:
                if schedule not in self._paces:
                    self._paces.append(schedule)
                pace = self._paces.index(schedule) + 1
            self._pace_of[name] = pace
        return pace


def _instant(text: str) -> int:
    """Read an instant of our own writing; unlike an event's it may lie in any year."""
    return (datetime.fromisoformat(text) - EPOCH) // MILLISECOND

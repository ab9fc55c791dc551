"""The census of the open clocks: how many there are, and how much time they have left.

It is taken when somebody looks. A worker may hold millions of clocks, and to count them takes
seconds in which deadlines pass; so it is taken in portions, between which the work may go on.
A ticket that changes meanwhile is counted as it was or as it is.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import accumulate

from prometheus_client.metrics_core import Metric

from streams.desk.board import BREACHED, NOBODY, Board, Place
from streams.desk.subjects import NAMES
from streams.wire.status import AT_RISK
from streams.worker import metrics
from streams.worker.interface import Measured

PORTION = 5_000
"""Clocks that are counted at a time: some milliseconds."""
EDGES = [edge * 1000 for edge in metrics.LEFT]

TEAM = NAMES.index("team")

Name = tuple[str, ...]
"""Policy, kind and metric, as labels."""


class Tally:
    """The open clocks of one name."""

    __slots__ = ("left", "overdue", "paused", "risky", "running", "total", "unfired")

    def __init__(self) -> None:
        """Begin at 0; `left` by EDGES, `total` is the sum of what is left, in active ms."""
        self.running = self.paused = self.overdue = self.unfired = self.total = 0
        self.left = [0] * (len(EDGES) + 1)
        self.risky: Counter[str | None] = Counter({None: 0})
        """At risk, by team."""


class Census:
    """Counts the clocks of a worker's boards as they stand at `now` (ms UTC), `known` from 0."""

    def __init__(self, worker: Measured, known: Iterable[Name], now: int) -> None:
        self._worker = worker
        self._now = now
        self._tallies: dict[Name, Tally] = {name: Tally() for name in known}
        self.tickets = 0
        """Those with an open clock."""

    def take(self) -> Iterator[None]:
        """Count all, and pause after each portion."""
        for board in self._worker.boards():
            self.tickets += len(board)
            tallies: dict[int, Tally] = {}
            for places in board.portions(PORTION):
                self._count(board, tallies, places)
                yield

    def _count(self, board: Board, tallies: dict[int, Tally], places: list[Place]) -> None:
        # Anew for each portion: there may be a schedule more by then.
        now, opened = self._now, self._worker.paces.opened(self._now)
        told = now - self._worker.grace
        for number, pace, deadline, target, counted, seen, marks, about in places:
            if number == NOBODY:
                continue
            tally = tallies.get(number)
            if tally is None:
                name = self._worker.meter.clock(board.names[number])
                tally = tallies[number] = self._tallies.setdefault(name, Tally())
            since = opened[pace] - seen
            remaining = target - counted - max(0, since)
            if pace:
                tally.running += 1
            else:
                tally.paused += 1
            # As `Standing.overdue` has it (R5, R15).
            if deadline == NOBODY:
                late = bool(marks & BREACHED) and remaining <= 0
            else:
                late = deadline < now
                tally.unfired += deadline < told and not marks & BREACHED
            tally.overdue += late
            if late or marks or target - remaining >= AT_RISK * target:
                tally.risky[board.subjects.by_number[about][TEAM]] += 1
            tally.left[bisect_left(EDGES, remaining)] += 1
            tally.total += remaining

    def families(self) -> Iterator[Metric]:
        """Give the gauges."""
        states, overdue = metrics.OPEN.gauges(), metrics.OVERDUE.gauges()
        unfired, risky = metrics.UNFIRED.gauges(), metrics.AT_RISK.gauges()
        left = metrics.LEFT_SECONDS.gauge_histograms()
        edges = [*(f"{edge:.1f}" for edge in metrics.LEFT), "+Inf"]
        for name, tally in self._tallies.items():
            states.add_metric([*name, "running"], tally.running)
            states.add_metric([*name, "paused"], tally.paused)
            overdue.add_metric(name, tally.overdue)
            unfired.add_metric(name, tally.unfired)
            teams: Counter[Name] = Counter()
            for team, count in tally.risky.items():
                teams[self._worker.meter.team(name, team)] += count
            for labels, count in teams.items():
                risky.add_metric(labels, count)
            counts = accumulate(map(float, tally.left))
            left.add_metric(name, list(zip(edges, counts, strict=True)), tally.total / 1000)
        yield from (states, overdue, unfired, risky, left)

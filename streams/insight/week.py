"""The week by its hours: what comes, is done and waits, and where the queue outruns the team.

Hours are those of the local clock on which a schedule opens, Monday 00:00 first. All amounts are
means over the times that an hour of the week came by in the history, so an hour that is skipped in
spring or comes twice in autumn is counted as often as it came. The queue is what is open at the end
of the hour.

The queue outruns the team in an hour in which time counts and more comes than is done, beyond what
chance explains: (come - done) is more than twice the square root of (come + done), as for counts.
Such hours in a row on a day are told as one stretch.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import sqrt

from streams.insight.hours_of_week import hour_of_week
from streams.sla.hours import DAYS
from streams.sla.schedule import Schedule
from streams.sla.zone import local_of, parse_zone

HOUR = 3_600_000
HOURS = len(DAYS) * 24
BEYOND_CHANCE = 2


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour of the week, over the whole history.

    `passed`: how often it came by. `tickets` and `messages` are what customers sent; `come` and
    `done` cycles of the metric; `queue` the sum of what was open at its ends. `kept` and `broken`
    are outcomes by the hour in which their cycle started. `open`: how often time counted in it.
    """

    passed: int = 0
    tickets: int = 0
    messages: int = 0
    come: int = 0
    done: int = 0
    queue: int = 0
    kept: int = 0
    broken: int = 0
    open: int = 0

    @property
    def breach_rate(self) -> float | None:
        """The share of those that came in this hour that were breached; None without an outcome."""
        judged = self.kept + self.broken
        return self.broken / judged if judged else None

    def each(self, amount: int) -> float:
        """Give the mean of an amount over the times that the hour came by."""
        return amount / self.passed if self.passed else 0.0

    @property
    def outrun(self) -> bool:
        """Whether more comes than is done while time counts, beyond chance."""
        beyond = self.come - self.done > BEYOND_CHANCE * sqrt(self.come + self.done)
        return 2 * self.open >= self.passed and self.open > 0 and beyond


@dataclass(frozen=True, slots=True)
class Stretch:
    """Hours in a row on a day of the week in which the queue outruns the team: [first, last]."""

    day: int
    first: int
    last: int
    come: float
    done: float
    queue: float
    breach_rate: float | None

    @property
    def grows(self) -> float:
        """By how much the queue grows in a usual week."""
        return self.come - self.done


@dataclass(frozen=True, slots=True)
class Flow:
    """What happened when, in ms UTC, of one metric; `ended` are fulfilments and cancellations."""

    tickets: Sequence[int]
    messages: Sequence[int]
    started: Sequence[int]
    ended: Sequence[int]
    kept: Sequence[int]
    broken: Sequence[int]


@dataclass(frozen=True, slots=True)
class Week:
    """The hours of the week of a metric, Monday 00:00 first, in a zone."""

    metric: str
    zone: str
    hours: tuple[Hour, ...]

    @property
    def breach_rate(self) -> float | None:
        """The share that was breached over the whole week."""
        kept, broken = (sum(h.kept for h in self.hours), sum(h.broken for h in self.hours))
        return broken / (kept + broken) if kept + broken else None

    def stretches(self) -> list[Stretch]:
        """Give where the queue outruns the team, the fastest growth first."""
        found = list(self._stretches())
        return sorted(found, key=lambda one: (-one.grows, one.day, one.first))

    def _stretches(self) -> Iterator[Stretch]:
        for day in range(len(DAYS)):
            row = self.hours[24 * day : 24 * day + 24]
            first: int | None = None
            for hour in range(25):
                outrun = hour < 24 and row[hour].outrun
                if outrun and first is None:
                    first = hour
                elif not outrun and first is not None:
                    yield _stretch(day, first, row[first:hour])
                    first = None


def week(metric: str, schedule: Schedule, flow: Flow, since: int, until: int) -> Week:
    """Count a history from `since` to `until` by the hours of the week."""
    counts = [[0] * 9 for _ in range(HOURS)]
    zone = parse_zone(schedule.zone)

    def place(instant: int) -> int:
        return hour_of_week(*local_of(zone, instant))

    told = (flow.tickets, flow.messages, flow.started, flow.ended)
    for column, instants in enumerate(told, 1):
        for instant in instants:
            counts[place(instant)][column] += 1
    for column, instants in ((6, flow.kept), (7, flow.broken)):
        for instant in instants:
            counts[place(instant)][column] += 1
    started, ended = sorted(flow.started), sorted(flow.ended)
    for at in range(since - since % HOUR, until, HOUR):
        hour = counts[place(at)]
        end = min(at + HOUR, until)
        hour[0] += 1
        hour[5] += bisect_left(started, end) - bisect_left(ended, end)
        hour[8] += schedule.elapsed(at, end) > 0
    return Week(metric, schedule.zone, tuple(Hour(*row) for row in counts))


def _stretch(day: int, first: int, hours: Sequence[Hour]) -> Stretch:
    kept, broken = sum(h.kept for h in hours), sum(h.broken for h in hours)
    return Stretch(
        day=day,
        first=first,
        last=first + len(hours) - 1,
        come=sum(h.each(h.come) for h in hours),
        done=sum(h.each(h.done) for h in hours),
        queue=hours[-1].each(hours[-1].queue),
        breach_rate=broken / (kept + broken) if kept + broken else None,
    )

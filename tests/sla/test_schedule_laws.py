"""The laws of a schedule (R22, R25), and a slow clock that knows nothing of how it is done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from streams.sla.holidays_ import Holidays
from streams.sla.hours import WeeklyHours, Window, join
from streams.sla.rules import Special
from streams.sla.schedule import Schedule
from streams.sla.zone import local_of

MINUTE = 60_000
DAYS = 1440 * MINUTE
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

ODD_WEEKS = {
    "Europe/Paris": ["2026-03-29T01:00", "2026-10-25T01:00"],
    "America/New_York": ["2026-03-08T07:00", "2026-11-01T06:00"],
    "Australia/Lord_Howe": ["2026-04-04T15:00", "2026-10-03T15:30"],  # half an hour
    "Antarctica/Troll": ["2026-03-29T01:00", "2026-10-25T01:00"],  # two hours
    "Pacific/Apia": ["2011-12-30T10:00", "2012-03-31T14:00"],  # a date that never was
    "Africa/Casablanca": ["2026-02-15T02:00", "2026-03-22T02:00"],  # back for Ramadan
    "America/Havana": ["2026-03-08T05:00", "2026-11-01T05:00"],  # at midnight
    "America/St_Johns": ["2006-04-02T03:31", "2006-10-29T02:31"],  # at 00:01
    "Asia/Kathmandu": ["1985-12-31T18:30"],  # a quarter of an hour, once
    "UTC": ["1999-12-31T23:00"],
}
"""Zones, and instants at which their clocks are changed."""


@dataclass(frozen=True)
class Case:
    """A schedule and the parts that it was made of."""

    zone: str
    hours: WeeklyHours
    off: frozenset[date]
    exceptions: tuple[Special, ...]

    @property
    def schedule(self) -> Schedule:
        """Make it."""
        return Schedule("x", self.zone, self.hours, Holidays(add=self.off), self.exceptions)


def minutes(first: str, last: str) -> st.SearchStrategy[int]:
    """Draw an instant, in ms, on a minute."""
    ends = [int(datetime.fromisoformat(d + "+00:00").timestamp()) // 60 for d in (first, last)]
    return st.integers(*ends).map(lambda minute: minute * MINUTE)


windows = st.builds(
    lambda opens, length: Window(opens * 60, (opens + length) * 60),
    st.integers(0, 1439),
    st.integers(1, 1440),
).filter(lambda window: window.closes <= 2 * 86_400)
days = st.frozensets(windows, max_size=3).map(join)
weeks = st.tuples(days, days, days, days, days, days, days).map(WeeklyHours).filter(
    lambda hours: any(hours.days)
)  # fmt: skip


@st.composite
def odd_cases(draw: st.DrawFn) -> tuple[Case, int, int]:
    """Draw a schedule and a short span about an instant at which its clocks are changed."""
    zone = draw(st.sampled_from(sorted(ODD_WEEKS)))
    change = datetime.fromisoformat(draw(st.sampled_from(ODD_WEEKS[zone])) + "+00:00")
    near = st.integers(-3, 3).map(lambda day: (change + timedelta(days=day)).date())
    special = st.builds(
        lambda first, length, hours, closed: Special(
            first, first + timedelta(days=length), hours, closed
        ),
        near,
        st.integers(0, 2),
        st.none() | days,
        days,
    )
    off = draw(st.frozensets(near, max_size=2))
    case = Case(zone, draw(weeks), off, tuple(draw(st.lists(special, max_size=2))))
    middle = int(change.timestamp()) * 1000
    start = middle + draw(st.integers(-2880, 1440)) * MINUTE
    return case, start, start + draw(st.integers(0, 2880)) * MINUTE


def walk(case: Case, start: int, end: int) -> int:
    """Count the open minutes between two instants one by one, by the local clock.

    A window is open from the first minute at which the clock has shown its opening until the last
    at which it will still show a time before its closing: R22 in other words.
    """
    margin = 6 * 60  # clocks go back by three hours at the most
    first, count = start // MINUTE - margin, (end - start) // MINUTE + 2 * margin
    shown = [
        (EPOCH + timedelta(minutes=first + step))
        .astimezone(ZoneInfo(case.zone))
        .replace(tzinfo=None)
        for step in range(count)
    ]
    latest = list(accumulate(shown, max))
    earliest = list(accumulate(reversed(shown), min))[::-1]
    dates = {moment.date() + timedelta(days=n) for moment in shown for n in (-2, -1, 0, 1)}
    opened = [span for day in dates for span in local_windows(case, day)]
    closed = [
        local_span(day, window)
        for day in dates
        for special in case.exceptions
        if special.first <= day <= special.last
        for window in special.closed
    ]

    def within(spans: list[tuple[datetime, datetime]], step: int) -> bool:
        return any(latest[step] >= begin and earliest[step] < finish for begin, finish in spans)

    steps = range(margin, count - margin)
    return sum(within(opened, step) and not within(closed, step) for step in steps) * MINUTE


def local_windows(case: Case, day: date) -> list[tuple[datetime, datetime]]:
    """Give a date's windows as times of the local clock."""
    replaced = [
        special.hours
        for special in case.exceptions
        if special.first <= day <= special.last and special.hours is not None
    ]
    if replaced:
        return [local_span(day, window) for window in replaced[-1]]
    if day in case.off:
        return []
    return [local_span(day, window) for window in case.hours.days[day.weekday()]]


def local_span(day: date, window: Window) -> tuple[datetime, datetime]:
    """Place a window on a date."""
    midnight = datetime.combine(day, time())
    return midnight + timedelta(seconds=window.opens), midnight + timedelta(seconds=window.closes)


@settings(max_examples=100, deadline=None)
@given(odd_cases())
def test_elapsed_is_what_a_walk_by_the_local_clock_counts(drawn: tuple[Case, int, int]) -> None:
    """R22: local rules are resolved per local date; odd hours, skipped days and all."""
    case, start, end = drawn
    assert case.schedule.elapsed(start, end) == walk(case, start, end)


zones = st.sampled_from([*sorted(ODD_WEEKS), "Asia/Tehran", "America/Sao_Paulo", "Pacific/Chatham"])
cases = st.builds(
    Case,
    zones,
    weeks,
    st.frozensets(st.dates(date(1970, 1, 1), date(2100, 12, 31)), max_size=5),
    st.just(()),
)
instants = st.integers(0, 4_102_444_800_000)
amounts = st.integers(0, 40 * 86_400_000)
SATURDAYS = Case("Europe/Paris", WeeklyHours.of({"sat": ["23:59-00:01"]}), frozenset(), ())


@settings(max_examples=50, deadline=None)
@given(cases, instants, amounts)
@example(SATURDAYS, 0, 60_000)
def test_elapsed_until_the_deadline_is_the_amount(case: Case, start: int, active: int) -> None:
    """R25: elapsed(s, deadline(s, d)) = d."""
    schedule = case.schedule
    deadline = schedule.deadline(start, min(active, schedule.rules.capacity()[0]))
    assert schedule.elapsed(start, deadline) == min(active, schedule.rules.capacity()[0])


@settings(max_examples=50, deadline=None)
@given(cases, instants, st.integers(1, 40 * 86_400_000))
def test_no_instant_before_the_deadline_has_the_amount(case: Case, start: int, active: int) -> None:
    """R25: the deadline is the earliest instant that fits."""
    schedule = case.schedule
    active = min(active, schedule.rules.capacity()[0])
    assert schedule.elapsed(start, schedule.deadline(start, active) - 1) == active - 1


@settings(max_examples=50, deadline=None)
@given(cases, instants, amounts)
def test_the_deadline_of_what_elapsed_is_no_later(case: Case, start: int, span: int) -> None:
    """R25: deadline(s, elapsed(s, t)) <= t."""
    schedule = case.schedule
    assert schedule.deadline(start, schedule.elapsed(start, start + span)) <= start + span


@settings(max_examples=50, deadline=None)
@given(cases, instants, amounts, st.integers(0, 10**9), st.integers(0, 10**9))
def test_both_are_monotone(case: Case, start: int, active: int, more: int, later: int) -> None:
    """R25: more time is never due earlier, and neither is a later start."""
    schedule = case.schedule
    deadline = schedule.deadline(start, active)
    assert deadline <= schedule.deadline(start, active + more)
    assert deadline <= schedule.deadline(start + later, active)
    assert schedule.elapsed(start, start + later) <= schedule.elapsed(start, start + later + more)


@settings(max_examples=50, deadline=None)
@given(cases, instants, amounts, amounts)
def test_elapsed_adds_up(case: Case, start: int, first: int, second: int) -> None:
    """R17 rests on it: what is counted piecewise is what is counted at once."""
    schedule = case.schedule
    middle, end = start + first, start + first + second
    parts = schedule.elapsed(start, middle) + schedule.elapsed(middle, end)
    assert parts == schedule.elapsed(start, end)


@settings(max_examples=50, deadline=None)
@given(cases, instants, amounts, st.integers(0, 10**9))
def test_the_windows_are_the_sum(case: Case, start: int, span: int, probe: int) -> None:
    """R33: the windows that are shown are those that were counted, apart and in order."""
    schedule = case.schedule
    shown = list(schedule.windows(start, start + span))
    assert sum(closes - opens for opens, closes in shown) == schedule.elapsed(start, start + span)
    edges = [edge for window in shown for edge in window]
    assert edges == sorted(set(edges))
    instant = start + probe
    assume(instant < start + span)
    assert schedule.is_open(instant) == any(o <= instant < c for o, c in shown)


@settings(max_examples=40, deadline=None)
@given(cases, instants, st.integers(1, 5))
def test_business_days_end_at_the_same_local_time_on_an_open_day(
    case: Case, start: int, count: int
) -> None:
    """R24: and are never nothing, nor fewer for more days."""
    schedule = case.schedule
    active = schedule.business_days(start, count)
    assert active > 0
    assert active <= schedule.business_days(start, count + 1)


@settings(max_examples=60, deadline=None)
@given(odd_cases() | st.tuples(cases, instants, instants), st.integers(0, 4))
def test_the_end_of_a_business_day_is_a_closing_ahead(
    drawn: tuple[Case, int, int], count: int
) -> None:
    """R24: never before the start nor at it, never nothing, and the deadline lies at it."""
    case, start, _ = drawn
    schedule = case.schedule
    end = schedule.day_end(start, count)
    assert start < end
    active = schedule.elapsed(start, end)
    assert active > 0
    assert schedule.deadline(start, active) == end
    ordinal, _ = local_of(ZoneInfo(case.zone), end)
    near = range(ordinal - 2, ordinal + 1)
    assert end in {closes for day in near for _, closes in schedule.rules.spans(day)}


@settings(max_examples=60, deadline=None)
@given(odd_cases() | st.tuples(cases, instants, instants), st.integers(0, 4))
def test_the_end_of_a_business_day_is_monotone(drawn: tuple[Case, int, int], count: int) -> None:
    """R24: neither more days nor a later start end earlier."""
    case, *ends = drawn
    schedule = case.schedule
    start, later = sorted(ends)
    end = schedule.day_end(start, count)
    assert end <= schedule.day_end(start, count + 1)
    assert end <= schedule.day_end(later, count)


@settings(max_examples=60, deadline=None)
@given(odd_cases() | st.tuples(cases, instants, instants), st.integers(1, 4))
def test_business_days_before_an_instant_lie_between_the_start_and_it(
    drawn: tuple[Case, int, int], count: int
) -> None:
    """R24: more of them are never later, and an earlier start never makes them so."""
    case, *ends = drawn
    schedule = case.schedule
    start, instant = sorted(ends)
    before = schedule.business_days_before(instant, count, start)
    assert start <= before <= instant
    assert schedule.business_days_before(instant, count + 1, start) <= before
    assert schedule.business_days_before(instant, count, start - 90 * DAYS) <= before

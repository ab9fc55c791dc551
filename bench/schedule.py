"""How fast a schedule answers, beside the libraries that a team would take instead.

    pip install businesstimedelta==1.0.1 pandas==3.1.1 workalendar==17.0.0
    python bench/schedule.py

The same questions (`ASKED`; 09:00 to 17:00 on weekdays, no holidays, UTC, so that every library can
be asked them) go to each in turn, round by round, so that a change of the machine's speed falls on
all. What is printed are medians of the rounds and the ratio to ours; README.md holds a run.
Answers are compared first, and one that differs from ours is a failure. A library that is not
installed is left out, and so is a question that a library has no words for. Turning ms into a
datetime and back is counted to it.
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time
from importlib.util import find_spec

from streams.sla.hours import WeeklyHours
from streams.sla.schedule import Schedule

HOUR = 3_600_000
DAY = 24 * HOUR
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MONDAY = 1_767_571_200_000
"""2026-01-05, at midnight."""

ROUNDS, QUESTIONS = 9, 400
ASKED = {
    "deadline": "the instant by which 1 to 79 h of open time have passed",
    "elapsed": "the open time between two instants",
    "business days": "the same time of day on the 1st to 15th weekday that follows",
    "working days": "how many weekdays come after a date, up to another within 60 days",
}

Question = tuple[int, int]
Answer = Callable[[int, int], int]


def questions(dice: random.Random, deadline: Answer) -> dict[str, list[Question]]:
    """Draw starts in three years; amounts are never up to a window's very end."""
    minutes = 3 * 365 * 24 * 60
    amounts = [
        (MONDAY + dice.randrange(minutes) * 60_000, dice.randrange(60, 4_740) * 60_000 + 1_000)
        for _ in range(QUESTIONS)
    ]
    weekdays = [week * 7 + day for week in range(3 * 52) for day in range(5)]
    return {
        "deadline": amounts,
        "elapsed": [(start, deadline(start, active)) for start, active in amounts],
        "business days": [
            (
                MONDAY + dice.choice(weekdays) * DAY + dice.randrange(9 * 60, 17 * 60) * 60_000,
                dice.randrange(1, 16),
            )
            for _ in range(QUESTIONS)
        ],
        "working days": [
            (date, date + dice.randrange(61) * DAY)
            for date in (MONDAY + dice.randrange(3 * 365) * DAY for _ in range(QUESTIONS))
        ],
    }


def moment(instant: int) -> datetime:
    """Give a datetime without a zone, as the libraries want it."""
    return (EPOCH + timedelta(milliseconds=instant)).replace(tzinfo=None)


def instant_of(when: datetime) -> int:
    """Give ms UTC."""
    return round((when.replace(tzinfo=UTC) - EPOCH) / timedelta(milliseconds=1))


def ours() -> dict[str, Answer]:
    """Ask this project; weekdays are the open time of whole dates, of which each has 8 h."""
    schedule = Schedule("bench", "UTC", WeeklyHours.of({"mon-fri": ["09:00-17:00"]}))
    return {
        "deadline": schedule.deadline,
        "elapsed": schedule.elapsed,
        "business days": schedule.business_days_end,
        "working days": lambda first, last: schedule.elapsed(first + DAY, last + DAY) // (8 * HOUR),
    }


def businesstimedelta_() -> dict[str, Answer]:
    """Ask businesstimedelta, which counts hours and no days."""
    import businesstimedelta as library

    day = library.WorkDayRule(
        start_time=clock_time(9), end_time=clock_time(17), working_days=[0, 1, 2, 3, 4]
    )

    def deadline(start: int, active: int) -> int:
        rest = library.BusinessTimeDelta(day, timedelta=timedelta(milliseconds=active))
        return instant_of(moment(start) + rest)

    def elapsed(start: int, end: int) -> int:
        return round(day.difference(moment(start), moment(end)).timedelta.total_seconds() * 1000)

    return {"deadline": deadline, "elapsed": elapsed}


def pandas_() -> dict[str, Answer]:
    """Ask pandas' offsets, which have no way back from two instants to an amount."""
    import pandas as pd

    def deadline(start: int, active: int) -> int:
        offset = pd.offsets.BusinessHour(start="09:00", end="17:00", offset=timedelta(0), n=0)
        hours, rest = divmod(active, HOUR)
        when = pd.Timestamp(moment(start))
        when = offset.rollforward(when)
        if hours:
            when += pd.offsets.BusinessHour(n=hours, start="09:00", end="17:00")
        end = when.normalize() + pd.Timedelta(hours=17)
        left = pd.Timedelta(milliseconds=rest)
        if when + left > end:
            left -= end - when
            when = offset.rollforward(end + pd.Timedelta(hours=1))
        return instant_of((when + left).to_pydatetime())

    def business_days(start: int, days: int) -> int:
        when = pd.Timestamp(moment(start)) + pd.offsets.BusinessDay(n=days)
        return instant_of(when.to_pydatetime())

    return {"deadline": deadline, "business days": business_days}


def workalendar_() -> dict[str, Answer]:
    """Ask workalendar, which counts days and no hours."""
    from workalendar.core import SAT, SUN, CoreCalendar

    class Weekdays(CoreCalendar):  # type: ignore[misc]
        WEEKEND_DAYS = (SAT, SUN)

    days = Weekdays()
    return {
        "business days": lambda start, count: instant_of(
            days.add_working_days(moment(start), count, keep_datetime=True)
        ),
        "working days": lambda first, last: days.get_working_days_delta(
            moment(first), moment(last)
        ),
    }


LIBRARIES = {
    "businesstimedelta": businesstimedelta_,
    "pandas": pandas_,
    "workalendar": workalendar_,
}


def timed(answer: Answer, asked: list[Question]) -> float:
    """Give µs of CPU a question: what else the machine does meanwhile is not counted."""
    began = time.thread_time()
    for start, amount in asked:
        answer(start, amount)
    return (time.thread_time() - began) / len(asked) * 1e6


def main() -> int:
    """Ask, compare, print."""
    mine = ours()
    asked = questions(random.Random(1), mine["deadline"])
    libraries = {"sla-streams": mine}
    libraries |= {name: made() for name, made in LIBRARIES.items() if find_spec(name)}
    differ = 0
    for name, answers in libraries.items():
        for what, answer in answers.items():
            wrong = sum(answer(*question) != mine[what](*question) for question in asked[what])
            print(f"{name}, {what}: {wrong} answers differ from ours", file=sys.stderr)
            differ += wrong
    if differ:
        return 1
    figures: dict[tuple[str, str], list[float]] = {}
    for _ in range(ROUNDS):
        for name, answers in libraries.items():
            for what, answer in answers.items():
                figures.setdefault((what, name), []).append(timed(answer, asked[what]))
    for what, words in ASKED.items():
        print(f"{what}: {words}")
        ours_median = statistics.median(figures[what, "sla-streams"])
        for name in libraries:
            if rounds := figures.get((what, name)):
                median = statistics.median(rounds)
                span = f"{min(rounds):.1f}-{max(rounds):.1f}"
                print(f"  {name:20} {median:8.1f} µs {span:>16} {median / ours_median:7.1f}x")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

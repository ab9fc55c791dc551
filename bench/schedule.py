"""How fast a schedule answers, beside the libraries that a team would take instead.

    pip install businesstimedelta pandas
    python bench/schedule.py

The same questions (09:00 to 17:00 on weekdays, no holidays, UTC, so that every library can be asked
them) go to each in turn, round by round, so that a change of the machine's speed falls on all. What
is printed are medians of the rounds and the ratio to ours; answers are compared first. A library
that is not installed is left out.
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
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ROUNDS, QUESTIONS = 9, 400

Question = tuple[int, int]
Answer = Callable[[int, int], int]


def questions(dice: random.Random) -> list[Question]:
    """Draw starts in three years, and amounts of 1 to 79 h, never up to a window's very end."""
    first, minutes = 1_767_225_600_000, 3 * 365 * 24 * 60
    return [
        (first + dice.randrange(minutes) * 60_000, dice.randrange(60, 4_740) * 60_000 + 1_000)
        for _ in range(QUESTIONS)
    ]


def moment(instant: int) -> datetime:
    """Give a datetime without a zone, as the libraries want it."""
    return (EPOCH + timedelta(milliseconds=instant)).replace(tzinfo=None)


def instant_of(when: datetime) -> int:
    """Give ms UTC."""
    return round((when.replace(tzinfo=UTC) - EPOCH) / timedelta(milliseconds=1))


def ours() -> tuple[Answer, Answer]:
    """Deadline and elapsed of this project."""
    schedule = Schedule("bench", "UTC", WeeklyHours.of({"mon-fri": ["09:00-17:00"]}))
    return schedule.deadline, schedule.elapsed


def businesstimedelta_() -> tuple[Answer, Answer]:
    """The same with businesstimedelta."""
    import businesstimedelta as library

    day = library.WorkDayRule(
        start_time=clock_time(9), end_time=clock_time(17), working_days=[0, 1, 2, 3, 4]
    )

    def deadline(start: int, active: int) -> int:
        rest = library.BusinessTimeDelta(day, timedelta=timedelta(milliseconds=active))
        return instant_of(moment(start) + rest)

    def elapsed(start: int, end: int) -> int:
        return round(day.difference(moment(start), moment(end)).timedelta.total_seconds() * 1000)

    return deadline, elapsed


def pandas_() -> tuple[Answer, Answer | None]:
    """The deadline with pandas' business hours, which have no elapsed of their own."""
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

    return deadline, None


def timed(answer: Answer, asked: list[Question]) -> float:
    """Give µs a question."""
    began = time.perf_counter()
    for start, amount in asked:
        answer(start, amount)
    return (time.perf_counter() - began) / len(asked) * 1e6


def main() -> int:
    """Ask, compare, print."""
    asked = questions(random.Random(1))
    libraries = {"sla-streams": ours()}
    if find_spec("businesstimedelta"):
        libraries["businesstimedelta"] = businesstimedelta_()
    if find_spec("pandas"):
        libraries["pandas"] = pandas_()
    our_deadline, our_elapsed = libraries["sla-streams"]
    spans = [(start, our_deadline(start, active)) for start, active in asked]
    for name, (deadline, elapsed) in libraries.items():
        wrong = sum(deadline(*question) != our_deadline(*question) for question in asked)
        wrong += sum(elapsed(*span) != our_elapsed(*span) for span in spans) if elapsed else 0
        print(f"{name}: {wrong} answers differ from ours", file=sys.stderr)
    figures: dict[tuple[str, str], list[float]] = {}
    for _ in range(ROUNDS):
        for name, (deadline, elapsed) in libraries.items():
            figures.setdefault(("deadline", name), []).append(timed(deadline, asked))
            if elapsed:
                figures.setdefault(("elapsed", name), []).append(timed(elapsed, spans))
    print(f"{'question':10} {'library':20} {'µs, median':>12} {'min-max':>18} {'ratio':>8}")
    for (what, name), rounds in sorted(figures.items()):
        ours_median = statistics.median(figures[what, "sla-streams"])
        median = statistics.median(rounds)
        span = f"{min(rounds):.1f}-{max(rounds):.1f}"
        print(f"{what:10} {name:20} {median:12.1f} {span:>18} {median / ours_median:7.1f}x")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

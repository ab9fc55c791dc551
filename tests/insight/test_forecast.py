"""A prediction holds as often as it says, also where weeks differ."""

from __future__ import annotations

from random import Random

import pytest

from streams.insight.forecast import WEEK, Forecast, by_week, forecast
from streams.insight.survival import CONFIDENCE, wilson

Cycles = tuple[list[int], list[float], list[bool]]


def drawn(random: Random, weeks: int, weekly: int, share: float, between: float) -> Cycles:
    """Draw weeks whose shares differ by so much (one standard deviation), and cycles in each."""
    starts: list[int] = []
    used: list[float] = []
    for week in range(weeks):
        kept = min(max(random.gauss(share, between), 0.01), 0.99)
        starts += [week * WEEK + cycle for cycle in range(weekly)]
        used += [0.5 if random.random() < kept else 2.0 for _ in range(weekly)]
    return starts, used, [True] * len(used)


@pytest.mark.parametrize("between", [0.0, 0.04])
def test_predictions_hold_as_often_as_they_say(between: float) -> None:
    """R32: of 400 histories, the share of the eight weeks after lies within in some 95 %."""
    random = Random(8)
    held = plain = 0
    for _ in range(400):
        known = forecast(*drawn(random, 26, 200, 0.9, between))
        starts, used, _ = drawn(random, 8, 200, 0.9, between)
        rate = sum(one <= 1 for one in used) / len(used)
        foreseen = known.interval(by_week(starts))
        held += foreseen.low <= rate <= foreseen.high
        bounds = Forecast(known.share, 0.0, 0.0, 26).interval(by_week(starts))
        plain += bounds.low <= rate <= bounds.high
    assert 0.92 <= held / 400 <= 0.99
    # It is the weeks that make the difference: by chance alone it holds far less often.
    assert (plain / 400 < 0.75) == (between > 0)


def test_weeks_that_do_not_differ_leave_chance_alone() -> None:
    """The interval is that of two shares, the known one and the later one."""
    starts, used, ended = drawn(Random(1), 20, 500, 0.9, 0.0)
    seen = forecast(starts, used, ended)
    assert seen.between < 0.02
    assert seen.weeks == 20
    wide, narrow = seen.interval([50]), seen.interval([50_000])
    assert wide.low < narrow.low < seen.share < narrow.high < wide.high
    assert wide.low == pytest.approx(wilson(round(50 * seen.share), 50).low, abs=0.05)


def test_an_undecided_week_says_nothing_of_how_weeks_differ() -> None:
    """Of the last week the quick ones are known first: it would look too good."""
    starts, used, ended = drawn(Random(2), 10, 100, 0.8, 0.0)
    late = [10 * WEEK + cycle for cycle in range(100)]
    quick = [0.2 if cycle < 40 else 0.1 for cycle in range(100)]
    seen = forecast(starts + late, used + quick, ended + [cycle < 40 for cycle in range(100)])
    assert seen.weeks == 10


def test_one_week_and_no_spread_are_foreseen_too() -> None:
    """All kept: not certain, and of no later cycle nothing is said."""
    seen = forecast([0, 1, 2], [0.5, 0.5, 0.5], [True] * 3)
    assert seen.between == 0
    foreseen = seen.interval([20])
    assert foreseen.value == 1
    assert 0 <= foreseen.low < foreseen.high <= 1
    with pytest.raises(ValueError, match="no cycle"):
        seen.interval([])
    assert CONFIDENCE == 0.95

"""Kaplan-Meier against numbers that stand in textbooks, and against the definition."""

from __future__ import annotations

from fractions import Fraction
from math import exp, log, sqrt
from statistics import mean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.insight.survival import Curve, Z, differ, least_cycles, wilson

# Freireich et al. (1963), weeks of remission of acute leukaemia, 21 with 6-mercaptopurine and 21
# without, as every textbook has it; + is still in remission when last seen.
WITH = "6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+"
WITHOUT = "1 1 2 2 3 4 4 5 5 8 8 8 8 11 11 12 12 15 17 22 23"

samples = st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=1, max_size=30)


def group(text: str) -> tuple[list[float], list[bool]]:
    """Read times; + is not over yet."""
    times = text.split()
    return [float(one.rstrip("+")) for one in times], [not one.endswith("+") for one in times]


def done(found: list[tuple[int, bool]], at: int) -> Fraction:
    """Count Kaplan and Meier's product as they define it."""
    left = Fraction(1)
    for time in sorted({time for time, over in found if over and time <= at}):
        risk = sum(other >= time for other, _ in found)
        left *= 1 - Fraction(sum(over and other == time for other, over in found), risk)
    return 1 - left


def test_remission_with_6_mp_is_as_published() -> None:
    """S(t) of the textbooks: .857 .807 .753 .690 .627 .538 .448; the median is 23 weeks."""
    curve = Curve.of(*group(WITH))
    published = {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448}
    assert {week: round(1 - curve.by(week).value, 3) for week in published} == published
    assert curve.by(5.999).value == 0
    assert curve.by(12.999) == curve.by(11)
    # Bounds of log(-log S), as SAS gives them: from 13 weeks to beyond what is seen.
    assert curve.within(0.5) == (23, 13, None)
    assert curve.within(0.8) == (None, 23, None)
    assert (curve.cycles, curve.ended, curve.complete) == (21, 9, False)


def test_remission_without_it_is_as_published() -> None:
    """The median is 8 weeks, by log(-log S) from 4 to 11; nobody is left out of sight."""
    curve = Curve.of(*group(WITHOUT))
    assert curve.within(0.5) == (8, 4, 11)
    assert curve.mean() == pytest.approx(mean(group(WITHOUT)[0]))
    assert curve.complete


def test_the_bounds_are_greenwoods_by_hand() -> None:
    """At 10 weeks: S = .7529, Greenwood's sum 3/21/18 + 1/17/16 + 1/15/14."""
    curve = Curve.of(*group(WITH))
    left = (18 / 21) * (16 / 17) * (14 / 15)
    greenwood = 3 / (21 * 18) + 1 / (17 * 16) + 1 / (15 * 14)
    reach = Z * sqrt(greenwood) / abs(log(left))
    kept = curve.by(10)
    assert kept.value == pytest.approx(1 - left)
    assert kept.low == pytest.approx(1 - left ** exp(-reach))
    assert kept.high == pytest.approx(1 - left ** exp(reach))
    assert curve.variance(10) == pytest.approx(left**2 * greenwood)


def test_the_two_groups_differ_as_published() -> None:
    """The log-rank test of these two has a chi-square of 16.79: z = 4.098, p = 0.0000417."""
    chance = differ(group(WITH), group(WITHOUT))
    assert chance == pytest.approx(4.17e-5, rel=1e-3)
    assert differ(([1, 2], [False, False]), ([3], [False])) is None


@given(samples)
def test_the_curve_is_the_product_of_the_definition(found: list[tuple[int, bool]]) -> None:
    """R32: at every time, against fractions; bounds lie around it, whatever is censored."""
    curve = Curve.of([time for time, _ in found], [over for _, over in found])
    for at in range(14):
        kept = curve.by(at)
        assert kept.value == pytest.approx(float(done(found, at)), abs=1e-9)
        assert 0 <= kept.low <= kept.value + 1e-9
        assert kept.value - 1e-9 <= kept.high <= 1
    for share in (50, 80, 90, 95):
        times = [at for at in range(13) if done(found, at) >= Fraction(share, 100)]
        assert curve.within(share / 100).value == (times[0] if times else None)


@given(samples)
def test_times_grow_with_the_share_and_lie_within_their_bounds(
    found: list[tuple[int, bool]],
) -> None:
    """R32: what 90 % kept is no less than what 80 % kept, and not reached stays not reached."""
    curve = Curve.of([time for time, _ in found], [over for _, over in found])
    never = 1e9
    spans = [
        [never if end is None else end for end in curve.within(share / 100)]
        for share in (50, 80, 90, 95)
    ]
    assert all(low <= value <= high for value, low, high in spans)
    for ends in zip(*spans, strict=True):
        assert list(ends) == sorted(ends)


@given(samples, st.data())
def test_what_is_no_longer_seen_never_makes_things_quicker(
    found: list[tuple[int, bool]], data: st.DataObject
) -> None:
    """R32: who loses sight of one that ended must not take the others for quicker."""
    which = data.draw(st.integers(0, len(found) - 1))
    blind = [(t, over and place != which) for place, (t, over) in enumerate(found)]
    before, after = (
        Curve.of([time for time, _ in one], [over for _, over in one]) for one in (found, blind)
    )
    for at in range(14):
        assert after.by(at).value <= before.by(at).value + 1e-9


@given(samples, st.randoms())
def test_the_order_of_cycles_is_none(found: list[tuple[int, bool]], random: object) -> None:
    """R32: a permutation changes nothing."""
    mixed = sorted(found, key=lambda _: random.random())  # type: ignore[attr-defined]
    one, other = (Curve.of([t for t, _ in all_], [o for _, o in all_]) for all_ in (found, mixed))
    assert [one.by(at) for at in range(14)] == [other.by(at) for at in range(14)]
    assert one.mean() == other.mean()


def test_all_kept_proves_no_more_than_there_are_cycles() -> None:
    """Where all ended at once there is no variance, and yet no certainty: Wilson's bounds."""
    kept = Curve.of([5.0] * 10, [True] * 10).by(5)
    assert kept == wilson(10, 10)
    assert kept.low == pytest.approx(10 / (10 + Z * Z))
    assert Curve.of([5.0] * 10, [False] * 10).by(9) == (0.0, 0.0, 1.0)


@pytest.mark.parametrize(("objective", "cycles"), [(0.9, 35), (0.95, 73), (0.99, 381)])
def test_so_many_cycles_are_needed_to_prove_an_objective(objective: float, cycles: int) -> None:
    """One fewer, all of them kept, has a lower bound below it."""
    assert least_cycles(objective) == cycles
    assert wilson(cycles, cycles).low >= objective > wilson(cycles - 1, cycles - 1).low


def test_of_no_cycle_nothing_is_estimated() -> None:
    """An error in the program, not in the history: nobody asks for a segment without cycles."""
    with pytest.raises(ValueError, match="no cycle"):
        Curve.of([], [])
    assert wilson(0, 0) == (0.0, 0.0, 1.0)

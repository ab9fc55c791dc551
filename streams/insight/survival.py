"""Kaplan-Meier: what share was done by when, where some are not done yet.

The estimate and its bounds are scipy's (`ecdf` of censored data, Greenwood's variance on the scale
of log(-log S), which keeps bounds between 0 and 1). What R calls the quantiles of a survival curve:
the least time by which a share was done, and for its bounds the least times at which the bounds of
the curve get there. "Not reached" is None, and stands for a time that nobody has seen.

Where the variance says nothing, at 0 % and at 100 % done, stand Wilson's bounds for as many cycles
as were seen to the end. Beyond the longest that was seen, where that one was not done, the curve
stays where it is and its upper bound is 1: more may have been done, and nobody has looked.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

CONFIDENCE = 0.95
"""Two-sided: a lower bound is passed by mistake once in forty times."""

Z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
"""How many standard deviations that reaches to either side."""

SEVERAL = 10
"""So many cycles must still be watched for a share to be compared with another."""

_ROUNDING = 1e-9
"""Shares are products of many fractions, so that 0.5 may come out a little less."""

Floats = NDArray[np.float64]


class Share(NamedTuple):
    """A share of 1 and its bounds."""

    value: float
    low: float
    high: float


class Span(NamedTuple):
    """A time and its bounds, in the unit of the curve; None where it is not reached."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """The share that was done, by time: steps at `times`, ascending, and bounds."""

    times: Floats
    done: Floats
    low: Floats
    high: Floats
    cycles: int
    ended: int
    complete: bool
    watched: float

    @classmethod
    def of(cls, times: Sequence[float], ended: Sequence[bool]) -> Curve:
        """Estimate it; `ended` is false where a time is only known to be longer. None: ValueError.

        What ends at the very time at which another is lost from sight, ends before that (R5: at
        the deadline a promise is kept).
        """
        if not len(times):
            raise ValueError("no cycle to estimate from")
        took, over = np.asarray(times, dtype=np.float64), np.asarray(ended, dtype=bool)
        survival = stats.ecdf(stats.CensoredData.right_censored(took, ~over)).sf
        seen = int(over.sum())
        with warnings.catch_warnings():
            # Where nothing or everything is done there is no variance; filled in below.
            warnings.simplefilter("ignore", RuntimeWarning)
            bounds = survival.confidence_interval(CONFIDENCE, method="log-log")
        left = np.clip(survival.probabilities, 0.0, 1.0)
        left[left < _ROUNDING] = 0.0
        low, high = 1 - bounds.high.probabilities, 1 - bounds.low.probabilities
        none, all_ = wilson(0, seen), wilson(seen, seen)
        for at, share in ((left >= 1 - _ROUNDING, none), (left == 0.0, all_)):
            low, high = np.where(at, share.low, low), np.where(at, share.high, high)
        longest = survival.quantiles[-1]
        complete = bool(over[took == longest].all())
        watched = float(np.sort(took)[-min(SEVERAL, len(took))])
        return cls(survival.quantiles, 1 - left, low, high, len(took), seen, complete, watched)

    @property
    def longest(self) -> float:
        """The longest time that was seen, done or not."""
        return float(self.times[-1])

    @property
    def followed(self) -> float:
        """The longest time that several were watched for; all of it where all ended."""
        return self.longest if self.complete else float(self.watched)

    def by(self, time: float) -> Share:
        """Give the share that was done by a time, that time included."""
        at = int(np.searchsorted(self.times, time, side="right")) - 1
        if at < 0:
            return Share(0.0, 0.0, wilson(0, self.ended).high)
        high = 1.0 if time > self.longest and not self.complete else float(self.high[at])
        return Share(float(self.done[at]), float(self.low[at]), high)

    def variance(self, time: float) -> float:
        """Give the variance (Greenwood's) of the share that was done by a time; 0 at 0 and at 1."""
        at = int(np.searchsorted(self.times, time, side="right")) - 1
        left = 1 - float(self.done[at]) if at >= 0 else 1.0
        if not _ROUNDING < left < 1 - _ROUNDING:
            return 0.0
        # Read off the bounds: log(-log S) lies z deviations from each, dS = S log S of its change.
        ends = [np.log(-np.log(1 - float(bound[at]))) for bound in (self.low, self.high)]
        return float((left * np.log(left) * (ends[1] - ends[0]) / (2 * Z)) ** 2)

    def within(self, share: float) -> Span:
        """Give the least time by which at least this share was done.

        Its lower bound is where the upper bound of the curve gets there, and the other way round.
        """
        value, low, high = (_first(self.times, c, share) for c in (self.done, self.high, self.low))
        return Span(value, low, high)

    def mean(self) -> float:
        """Give the area over the curve up to the longest time seen: the plain mean if all ended."""
        steps = np.concatenate(([0.0], self.times))
        left = np.concatenate(([1.0], 1 - self.done[:-1]))
        return float(np.sum(np.diff(steps) * left))


def wilson(hits: int, of: int) -> Share:
    """Give a share of independent cycles with Wilson's bounds; of none, anything is possible."""
    if not of:
        return Share(0.0, 0.0, 1.0)
    bounds = stats.binomtest(hits, of).proportion_ci(CONFIDENCE, method="wilson")
    return Share(hits / of, float(bounds.low), float(bounds.high))


def least_cycles(objective: float) -> int:
    """Give how many cycles it takes, all of them kept, for the lower bound to be the objective."""
    return int(np.ceil(Z * Z * objective / (1 - objective)))


def differ(one: Sequence[Sequence[float]], other: Sequence[Sequence[float]]) -> float | None:
    """Give the p-value of the log-rank test that two groups are alike; None where nothing ended.

    A group is its times, and whether each ended.
    """
    ended = np.concatenate([np.asarray(group[1], dtype=bool) for group in (one, other)])
    if not ended.any():
        return None
    first, second = (
        stats.CensoredData.right_censored(
            np.asarray(group[0], dtype=np.float64), ~np.asarray(group[1], dtype=bool)
        )
        for group in (one, other)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # all at one time: nothing to compare
        found = float(stats.logrank(first, second).pvalue)
    return None if np.isnan(found) else found


def furthest_apart(one: Curve, other: Curve, until: float) -> float:
    """Give the time, no later than one, at which two curves are furthest apart; the first of it."""
    times = np.union1d(one.times, other.times)
    times = times[times <= until]
    if not times.size:
        return until
    gaps = np.abs(_at(one, times) - _at(other, times))
    return float(times[np.argmax(gaps > gaps.max() - _ROUNDING)])


def _at(curve: Curve, times: Floats) -> Floats:
    done = np.concatenate(([0.0], curve.done))
    return done[np.searchsorted(curve.times, times, side="right")]


def _first(times: Floats, curve: Floats, share: float) -> float | None:
    there = np.flatnonzero(curve >= share - _ROUNDING)
    return float(times[there[0]]) if there.size else None

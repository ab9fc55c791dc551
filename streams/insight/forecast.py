r"""What share a promise will keep: a prediction for cycles that are yet to come.

Theory
------
The bounds of a Kaplan-Meier curve say how well the *past* share F is known. A share that is counted
on m later cycles has an error of its own, F (1 - F) / m. And cycles are not drawn one by one: those
of a week share a queue, a team and its outages, so weeks differ by more than chance. The variance
between weeks, tau^2, is what the spread of the weeks' shares leaves when chance is taken off it
(DerSimonian and Laird's moment estimator, the weights being the weeks' cycles n_w of n):

    Q     = sum n_w (F_w - F)^2 / (F (1 - F))
    tau^2 = max(0, (Q - (W - 1)) F (1 - F) / (n - sum n_w^2 / n))

    variance = V(F) + tau^2 sum (n_w / n)^2  +  F (1 - F) / m + tau^2 sum (m_w / m)^2
               what is known of the past        the later cycles' own error

A week is the shortest span that has every hour of the week in it once, so the daily and the weekly
rhythm are no differences between weeks. The interval is made on the scale of log-odds, and so lies
within 0 and 1. It reaches as far as Student's t with W - 2 degrees of freedom, since tau itself is
only estimated (Higgins, Thompson and Spiegelhalter 2009): who knows a week or two knows little of
the next.

What it does not foresee is a process that changes: it takes the weeks to come for weeks like those
before. Where they drift in one direction, `advice.Drift` says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log, sqrt

from scipy import stats

from streams.insight.survival import CONFIDENCE, Curve, Share

WEEK = 7 * 86_400_000
DECIDED = 0.9
"""Of a week, the share of cycles whose outcome must be known; the quick ones are known first."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is known of a share, and by how much (one standard deviation) weeks differ in it."""

    share: float
    variance: float
    between: float
    weeks: int

    def interval(self, by_week: Sequence[int]) -> Share:
        """Predict the share of later cycles, so many in each week; ValueError for none."""
        later = sum(by_week)
        if not later:
            raise ValueError("no cycle to foresee")
        f = min(max(self.share, 0.5 / later), 1 - 0.5 / later)
        spread = sum((weekly / later) ** 2 for weekly in by_week)
        variance = self.variance + f * (1 - f) / later + self.between**2 * spread
        student = float(stats.t.ppf((1 + CONFIDENCE) / 2, max(1, self.weeks - 2)))
        reach = student * sqrt(variance) / (f * (1 - f))
        odds = log(f / (1 - f))
        return Share(self.share, _share(odds - reach), _share(odds + reach))


def forecast(starts: Sequence[int], used: Sequence[float], ended: Sequence[bool]) -> Forecast:
    """Learn from cycles: when each started (ms UTC), and what it used of the target (1 is all).

    `ended` is false where it is only known to use more.
    """
    curve = Curve.of(used, ended)
    f = curve.by(1.0).value
    weeks = _weeks(starts, used, ended)
    n = sum(cycles for _, cycles in weeks)
    chance = f * (1 - f)
    between = 0.0
    known = 0.0
    if len(weeks) > 1 and chance:
        q = sum(cycles * (kept / cycles - f) ** 2 for kept, cycles in weeks) / chance
        squares = sum(cycles**2 for _, cycles in weeks)
        if n * n > squares:
            between = max(0.0, (q - (len(weeks) - 1)) * chance / (n - squares / n))
        known = between * squares / n**2
    return Forecast(f, curve.variance(1.0) + known, sqrt(between), len(weeks))


def by_week(starts: Sequence[int]) -> list[int]:
    """Count cycles by the week in which they started, of weeks that have any."""
    counts: dict[int, int] = {}
    for start in starts:
        counts[start // WEEK] = counts.get(start // WEEK, 0) + 1
    return [counts[week] for week in sorted(counts)]


def _weeks(
    starts: Sequence[int], used: Sequence[float], ended: Sequence[bool]
) -> list[tuple[int, int]]:
    """Count kept and decided cycles by week, of the weeks that are decided."""
    counts: dict[int, tuple[int, int, int]] = {}
    for start, share, over in zip(starts, used, ended, strict=True):
        kept, decided, all_ = counts.get(start // WEEK, (0, 0, 0))
        met = over and share <= 1
        counts[start // WEEK] = (kept + met, decided + (met or share > 1), all_ + 1)
    return [
        (kept, decided)
        for kept, decided, all_ in (counts[week] for week in sorted(counts))
        if decided and decided >= DECIDED * all_
    ]


def _share(odds: float) -> float:
    return 1 / (1 + exp(-odds))

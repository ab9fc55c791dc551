"""What an objective leaves to be missed, how fast that goes, and when to be told (R30).

    budget     = 1 - objective               the share of the cycles that may be breached
    burn rate  = breached share / budget     1 spends it just in time, 1 / budget is the fastest
    factor     = share x period / window     the burn rate that spends this share in the window

The factors are those of the multiwindow alerts in Google's SRE Workbook, chapter "Alerting on SLOs"
(https://sre.google/workbook/alerting-on-slos): 2 % of 30 days' budget in an hour is 14.4, 5 % in
six hours is 6, 10 % in three days is 1. They were made for 99.9 %. At 90 % a burn rate of 14.4
means that 144 % of the cycles are breached, so it would never fire; at 95 % it takes 72 %.

So a factor is at most half way between the burn rate that keeps the objective and the fastest:

    cap        = (1 + 1 / budget) / 2        5.5 at 90 %, where 55 % of the cycles are breached

It is more than 1 and less than 1 / budget for every objective above 0 %, so each alert can fire,
and the cap makes none fire while the objective is kept. From 96.5 % on it leaves the Workbook's
factors as they are.

Cycles are few where requests are many. With n cycles in the window one breach burns 1 / (n budget);
`least` is the smallest n with which that does not exceed the factor, and with fewer nothing fires.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from streams.sla.compliance import Tally

NO_BUDGET = "an objective of 100% leaves no budget: every breach misses it"


@dataclass(frozen=True, slots=True)
class Budget:
    """The share of the cycles that may be breached: above 0, up to 1."""

    share: Fraction

    @classmethod
    def of(cls, objective: Fraction) -> Budget | None:
        """Give what the objective leaves; None for 100 %, see `NO_BUDGET`."""
        return cls(1 - objective) if objective < 1 else None

    @property
    def fastest(self) -> Fraction:
        """The burn rate with every cycle breached."""
        return 1 / self.share

    def burn(self, tally: Tally) -> Fraction | None:
        """Give the burn rate over the window of the tally; None where no cycle has an outcome.

        Over the whole period it is the share of the budget that is used: above 1 is overspent.
        """
        return None if tally.rate is None else (1 - tally.rate) / self.share

    def alert(self, window: int, period: int, share: Fraction) -> Alert:
        """Derive the alert on this share of a period's budget being spent within a window.

        Window and period in any one unit.
        """
        asked, cap = share * period / window, (1 + self.fastest) / 2
        return Alert(self, min(asked, cap), capped=asked > cap)


@dataclass(frozen=True, slots=True)
class Alert:
    """Fires at a burn rate above the factor; `capped` where less was taken than was asked for."""

    budget: Budget
    factor: Fraction
    capped: bool

    @property
    def least(self) -> int:
        """The number of cycles in the window from which on one breach alone cannot fire it."""
        cycles = self.budget.fastest / self.factor
        return -(-cycles.numerator // cycles.denominator)

    def fires(self, tally: Tally) -> bool:
        """Whether the outcomes within the window are enough, and burn too fast."""
        burn = self.budget.burn(tally)
        return burn is not None and tally.met + tally.breached >= self.least and burn > self.factor

"""A word for a promise: kept, at risk or broken; and how sure a rate is.

- *broken*: the rate is below the objective, exactly; with an objective of 100 %, any breach.
- *at risk*: it is kept, but more than `SPENT` of the budget is used; or of what had its outcome in
  the last `RECENT_DAYS` days, at least `FEW` cycles, the rate is below the objective.
- *kept*: else. *open*: no cycle has an outcome. *unknown*: the file has no such policy, and so no
  objective.

A rate of fewer than `FEW` cycles is said to be one of few, for one breach more or less turns it.
"""

from __future__ import annotations

from fractions import Fraction
from math import sqrt
from typing import Literal, get_args

from streams.sla.budget import Budget
from streams.sla.compliance import Tally

Verdict = Literal["kept", "at_risk", "broken", "open", "unknown"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
Reason = Literal["rate", "budget", "recent", "none"]

SPENT = Fraction(3, 4)
RECENT_DAYS = 28
FEW = 10
Z = 1.959963984540054
"""The normal distribution lies within ± Z by 95 %."""


def verdict(objective: Fraction | None, tally: Tally, recent: Tally) -> tuple[Verdict, Reason]:
    """Judge a promise by its cycles, and by the recent ones among them."""
    if objective is None:
        return "unknown", "none"
    if tally.rate is None:
        return "open", "none"
    if tally.rate < objective:
        return "broken", "rate"
    budget = Budget.of(objective)
    used = None if budget is None else budget.burn(tally)
    if used is not None and used > SPENT:
        return "at_risk", "budget"
    enough = cycles(recent) >= FEW
    if enough and recent.rate is not None and recent.rate < objective:
        return "at_risk", "recent"
    return "kept", "rate"


def cycles(tally: Tally) -> int:
    """Count the cycles with an outcome."""
    return tally.met + tally.breached


def wilson(tally: Tally) -> tuple[float, float] | None:
    """Give the 95 % interval of a rate by Wilson's score; None where no cycle has an outcome."""
    number = cycles(tally)
    if not number:
        return None
    rate, square = tally.met / number, Z * Z / number
    centre = rate + square / 2
    spread = Z * sqrt(rate * (1 - rate) / number + square / (4 * number))
    low, high = (centre - spread) / (1 + square), (centre + spread) / (1 + square)
    # At the ends the formula gives 0 and 1, but for what floats lose.
    return (0.0 if not tally.met else low), (1.0 if not tally.breached else high)

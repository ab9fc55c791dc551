"""How much of what was promised it took: the distribution of elapsed / target (R29).

Kept as counts, not as a list, so that a history of any length fits: shares of the target by the
tenth of a percent, times by the minute, both rounded up. Rounding up keeps the order, so a median
of what is kept is the true median, rounded up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

MINUTE = 60_000
BARS = 20
"""Bars of a tenth of the target each; what took longer than all of them is one more."""
PER_BAR = 100


def nearest(counts: Mapping[int, int], share: Fraction) -> int | None:
    """Give the least value that this share of them does not exceed (nearest rank); None of none."""
    rank = max(1, -(-sum(counts.values()) * share.numerator // share.denominator))
    for value in sorted(counts):
        rank -= counts[value]
        if rank <= 0:
            return value
    return None


@dataclass(slots=True)
class Margin:
    """What fulfilled cycles took, met or late.

    `used`: cycles by thousandths of their target. `took`: by target (ms of active time), cycles by
    minutes of active time.
    """

    used: Counter[int] = field(default_factory=Counter)
    took: dict[int, Counter[int]] = field(default_factory=dict)

    def add(self, elapsed: int, target: int) -> None:
        """Count a cycle: active ms that it took, of its target."""
        share = Fraction(elapsed, target) if target else Fraction(elapsed > 0)
        self.used[-(-share.numerator * 1000 // share.denominator)] += 1
        self.took.setdefault(target, Counter())[-(-elapsed // MINUTE)] += 1

    def merge(self, other: Margin) -> None:
        """Add the cycles of other tickets."""
        self.used += other.used
        for target, counts in other.took.items():
            self.took[target] = self.took.get(target, Counter()) + counts

    @property
    def cycles(self) -> int:
        """How many cycles were fulfilled."""
        return self.used.total()

    def within(self, share: Fraction) -> Fraction | None:
        """Give the part of the target that this share of the cycles did not exceed, rounded up."""
        found = nearest(self.used, share)
        return None if found is None else Fraction(found, 1000)

    def usual(self) -> tuple[int, Counter[int]] | None:
        """Give the target (ms) that most cycles had, the shortest of several, and their minutes."""
        if not self.took:
            return None
        return max(self.took.items(), key=lambda one: (one[1].total(), -one[0]))

    def bars(self) -> list[int]:
        """Count cycles by tenths of the target, each without its lower end; the last has the rest.

        The one that ends with the target itself holds what was answered at the very deadline (R5).
        """
        bars = [0] * (BARS + 1)
        for used, count in self.used.items():
            bars[min(max(0, (used - 1) // PER_BAR), BARS)] += count
        return bars

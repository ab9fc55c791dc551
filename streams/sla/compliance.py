"""Met and breached, counted once a cycle, at the instant of the outcome (R26).

A breach counts when it happens, even while the ticket stays open; a fulfilment counts where it was
met; a cancelled clock counts not at all. A resolution that was met and then reopened gives its
"met" back until the next outcome (R12), and a retraction takes back what it names (R7).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from streams.sla.facts import Fact


def outcome(fact: Fact) -> tuple[int, int]:
    """Give what a fact adds to (met, breached): +1, 0 or -1 each."""
    sign = -1 if fact.retracts else 1
    match fact.retracts_type or fact.type:
        case "breached":
            return 0, sign
        case "fulfilled" if fact.outcome == "met":
            return sign, 0
        case "resumed" if fact.withdraws == "met":
            return -sign, 0
        case _:
            return 0, 0


@dataclass(slots=True)
class Tally:
    """Cycles met and breached."""

    met: int = 0
    breached: int = 0

    def add(self, fact: Fact) -> None:
        """Count a fact."""
        met, breached = outcome(fact)
        self.met += met
        self.breached += breached

    def merge(self, other: Tally) -> None:
        """Count the cycles of another."""
        self.met += other.met
        self.breached += other.breached

    @property
    def rate(self) -> Fraction | None:
        """Met / (met + breached), exact; None where no cycle has an outcome."""
        cycles = self.met + self.breached
        return Fraction(self.met, cycles) if cycles else None


class Compliance:
    """Tallies by policy, kind and metric."""

    def __init__(self) -> None:
        self.tallies: dict[tuple[str, str, str], Tally] = {}

    def add(self, fact: Fact) -> None:
        """Count a fact under its policy, kind and metric."""
        if outcome(fact) != (0, 0):
            self.tallies.setdefault(fact.counted_under, Tally()).add(fact)

    def merge(self, other: Compliance) -> None:
        """Take over what another has counted."""
        for name, tally in other.tallies.items():
            self.tallies.setdefault(name, Tally()).merge(tally)

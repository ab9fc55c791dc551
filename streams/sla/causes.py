"""Where the time of breached cycles went, added up (R28).

A breach says in whose hands its active time was spent, up to the breach, in whole ms that add up to
its elapsed time; so do the totals. A retraction takes back what the breach that it names had said.
What it carries itself may differ: causes that an event arriving late has changed are not said again
while the breach stands (R7), so what came in is kept by id until it is taken back.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from streams.sla.facts import Fact

HANDS = ("team", "status", "assignee")
"""What the parts of a `Where` are."""

Parts = dict[str | None, int]
"""Active ms by name; None is the time without one."""


@dataclass(slots=True)
class Spent:
    """What breaches add up to: their number, active ms, the reopens before them; ms by whose hands.

    `by` has the same ms three times: by team, by status and by assignee.
    """

    breaches: int = 0
    elapsed: int = 0
    reopens: int = 0
    by: dict[str, Parts] = field(default_factory=lambda: {hand: {} for hand in HANDS})

    @property
    def before_assignment(self) -> int:
        """Active ms in which nobody had the ticket."""
        return self.by["assignee"].get(None, 0)

    def longest(self, hand: str) -> list[tuple[str | None, int]]:
        """Give names and active ms, the longest first, then by name."""
        return sorted(
            self.by[hand].items(), key=lambda one: (-one[1], one[0] or "", one[0] is not None)
        )

    def add(self, breach: Fact, sign: int) -> None:
        """Add a breach, or take it out again with sign -1."""
        self.breaches += sign
        self.elapsed += sign * breach.elapsed
        self.reopens += sign * breach.reopens
        for where, ms in breach.causes:
            for hand, name in zip(HANDS, where, strict=True):
                self._spend(hand, name, sign * ms)

    def merge(self, other: Spent) -> None:
        """Add what other breaches add up to."""
        self.breaches += other.breaches
        self.elapsed += other.elapsed
        self.reopens += other.reopens
        for hand, parts in other.by.items():
            for name, ms in parts.items():
                self._spend(hand, name, ms)

    def _spend(self, hand: str, name: str | None, ms: int) -> None:
        parts = self.by[hand]
        parts[name] = parts.get(name, 0) + ms
        if not parts[name]:
            del parts[name]


class Causes:
    """What was spent by policy, kind and metric."""

    def __init__(self) -> None:
        self.totals: defaultdict[tuple[str, str, str], Spent] = defaultdict(Spent)
        self._said: dict[str, Fact] = {}

    def add(self, fact: Fact) -> None:
        """Add a breach, or take back the one that a retraction names."""
        if fact.type == "breached":
            self._said[fact.id] = fact
            self.totals[fact.counted_under].add(fact, 1)
        elif fact.retracts is not None and fact.retracts_type == "breached":
            # One from before these totals began is not part of them.
            said = self._said.pop(fact.retracts, None)
            if said is not None:
                self.totals[said.counted_under].add(said, -1)

    def close(self) -> None:
        """Forget what was said of the tickets so far: nothing more comes of them."""
        self._said.clear()

    def merge(self, other: Causes) -> None:
        """Take over what another has added up, of other tickets that are closed."""
        for name, spent in other.totals.items():
            self.totals[name].merge(spent)

"""Policies in plain words, in whole minutes, for the oracle and for the machine's world."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.sla.local import Hours


@dataclass(frozen=True)
class Warn:
    """A warning at so many percent of the target, minutes before it, or minutes after it."""

    percent: int = 0
    left: int = 0
    after: int = 0
    level: int = 0

    @property
    def key(self) -> str:
        """Name the threshold as sla-events do."""
        if self.percent:
            return f"{self.percent}%"
        return f"left:{self.left}m" if self.left else f"after:{self.after}m"

    def at(self, target: int) -> int:
        """Say after how many active minutes it falls."""
        if self.percent:
            assert target * self.percent % 100 == 0, "not on a whole minute"
            return target * self.percent // 100
        return max(0, target - self.left) if self.left else target + self.after


@dataclass(frozen=True, eq=False)
class Promise:
    """A policy in plain words: targets in minutes, or in business days as a text such as "2bd".

    `rests`: the statuses, by word or category, in which the metrics in `resting` stand still, until
    the customer writes where `wakes` (R15). `answering`: whose public words are answers.
    """

    name: str
    kind: str
    hours: Hours
    targets: Mapping[str, Mapping[str, int | str]]
    match: Mapping[str, frozenset[str]] = field(default_factory=dict)
    warns: tuple[Warn, ...] = ()
    rests: frozenset[str] = frozenset({"pending"})
    resting: frozenset[str] = frozenset(
        {"total_resolution", "first_resolution", "resolution_cycle"}
    )
    wakes: bool = False
    answering: tuple[str, ...] = ("agent",)

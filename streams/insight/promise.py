"""What became of one promise: all cycles of a policy, kind and metric, added up.

Counts by local day, so that days, weeks and months can be made of them; the size is that of the
calendar and of the attributes' values, not of the history.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from streams.insight.cycle import Cycle
from streams.insight.margin import Margin
from streams.sla.causes import HANDS, Spent
from streams.sla.compliance import Tally
from streams.sla.events import Value

Days = dict[int, Tally]
"""Cycles by the local day (its ordinal) of their outcome."""
Segment = tuple[str, str | None]
"""An attribute and its value; None where the ticket had none."""


@dataclass(slots=True)
class Promise:
    """Cycles by what came of them (R26), when, of whom, and how well.

    `reopened`: met outcomes that were taken up again (R29). `spent`: where the time of breached
    cycles went (R28).
    """

    open: int = 0
    cancelled: int = 0
    reopened: int = 0
    days: Days = field(default_factory=dict)
    segments: dict[Segment, Days] = field(default_factory=dict)
    spent: Spent = field(default_factory=Spent)
    margin: Margin = field(default_factory=Margin)

    def add(self, cycle: Cycle, day: int | None, segments: Sequence[str]) -> None:
        """Count a cycle; `day` is that of its outcome, `segments` the attributes to tell apart."""
        self.open += cycle.outcome == "open"
        self.cancelled += cycle.outcome == "cancelled"
        if cycle.breach is not None:
            self.spent.add(cycle.breach, 1)
        if day is None:
            return
        met = cycle.outcome == "met"
        _count(self.days, day, met=met)
        for attribute in segments:
            where = attribute, said(cycle.attributes.get(attribute))
            _count(self.segments.setdefault(where, {}), day, met=met)

    def merge(self, other: Promise) -> None:
        """Add the cycles of other tickets."""
        self.open += other.open
        self.cancelled += other.cancelled
        self.reopened += other.reopened
        _merge(self.days, other.days)
        for segment, days in other.segments.items():
            _merge(self.segments.setdefault(segment, {}), days)
        _add(self.spent, other.spent)
        self.margin.merge(other.margin)

    @property
    def tally(self) -> Tally:
        """All cycles with an outcome."""
        return total(self.days)

    @property
    def seen(self) -> bool:
        """Whether there is anything to say of it."""
        return bool(self.days or self.open or self.cancelled or self.reopened or self.margin.used)


def total(days: Mapping[int, Tally], since: int = 0) -> Tally:
    """Add up what had its outcome on a day or later."""
    found = [tally for day, tally in days.items() if day >= since]
    return Tally(sum(one.met for one in found), sum(one.breached for one in found))


def said(value: Value) -> str | None:
    """Write an attribute's value; a list is its items."""
    if value is None:
        return None
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _count(days: Days, day: int, *, met: bool) -> None:
    tally = days.setdefault(day, Tally())
    tally.met += met
    tally.breached += not met


def _merge(days: Days, others: Days) -> None:
    for day, other in others.items():
        tally = days.setdefault(day, Tally())
        tally.met += other.met
        tally.breached += other.breached


def _add(spent: Spent, other: Spent) -> None:
    spent.breaches += other.breaches
    spent.elapsed += other.elapsed
    spent.reopens += other.reopens
    for hand in HANDS:
        spent.by[hand] = dict(Counter(spent.by[hand]) + Counter(other.by[hand]))

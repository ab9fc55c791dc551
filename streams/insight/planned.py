"""The two sides of a plan side by side, in the order in which they are told."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from streams.insight.cycle import Name
from streams.insight.plan import Plan, Promise, Segment, Side
from streams.sla.compliance import Tally
from streams.sla.credits import contracts
from streams.sla.policy import METRICS

Tallies = tuple[Tally, Tally]
"""As it is, and with the candidate."""

DAY = 86_400_000


class Warned(NamedTuple):
    """Warnings of a level: how many, how many a day of the history, and on the busiest day."""

    total: int
    a_day: float
    most: int


def days(plan: Plan) -> int:
    """Count the days of the history, one that has begun too; 0 without any ticket."""
    return 0 if plan.first is None else max(0, plan.until - plan.first) // DAY + 1


def promises_of(plan: Plan) -> list[tuple[Name, Tallies]]:
    """Give the cycles of each policy, kind and metric: the files' order, what holds first."""
    places: dict[tuple[str, str], int] = {}
    for side in (plan.current, plan.candidate):
        for policy in side.policies.policies:
            places.setdefault((policy.kind, policy.name), len(places))
    names = {name for side in (plan.current, plan.candidate) for name, _ in side.tallies}
    order = sorted(names, key=lambda one: (places[one[1], one[0]], METRICS.index(one[2])))
    return [(name, (_sum(plan.current, name), _sum(plan.candidate, name))) for name in order]


def segments_of(plan: Plan) -> list[tuple[Promise, Segment, Tallies]]:
    """Give the cycles of each kind and metric by segment, whatever the policies are called."""
    found = {
        ((name[1], name[2]), segment)
        for side in (plan.current, plan.candidate)
        for name, segment in side.tallies
    }
    order = sorted(
        found, key=lambda one: (one[0][0], METRICS.index(one[0][1]), [str(v) for v in one[1]])
    )
    return [
        (promise, segment, (_part(plan.current, *place), _part(plan.candidate, *place)))
        for place in order
        for promise, segment in (place,)
    ]


def warnings_of(plan: Plan) -> list[tuple[str, tuple[Warned, Warned]]]:
    """Give the warnings by level."""
    levels = {level for side in (plan.current, plan.candidate) for level, _ in side.warnings}
    return [
        (level, (_warned(plan, plan.current, level), _warned(plan, plan.candidate, level)))
        for level in sorted(levels)
    ]


def credits_of(
    plan: Plan,
) -> Iterator[tuple[str, str, str, tuple[Fraction | None, Fraction | None]]]:
    """Give what accounts' months owe: account, month, currency, amounts; None without contract."""
    sides = plan.current, plan.candidate
    known = [contracts(side.policies) for side in sides]
    owed = [side.credits.owed(mine) for side, mine in zip(sides, known, strict=True)]
    for account, month in sorted({key for side in owed for key in side}):
        contract = known[1].get(account) or known[0][account]
        now, then = (
            months[account, month].amount if (account, month) in months else None for months in owed
        )
        yield account, month, contract.currency, (now, then)


def _warned(plan: Plan, side: Side, level: str) -> Warned:
    by_day = [count for (mine, _), count in side.warnings.items() if mine == level]
    return Warned(sum(by_day), sum(by_day) / max(1, days(plan)), max(by_day, default=0))


def _sum(side: Side, name: Name) -> Tally:
    return _total(tally for (mine, _), tally in side.tallies.items() if mine == name)


def _part(side: Side, promise: Promise, segment: Segment) -> Tally:
    return _total(
        tally
        for (name, mine), tally in side.tallies.items()
        if (name[1:], mine) == (promise, segment)
    )


def _total(tallies: Iterator[Tally]) -> Tally:
    total = Tally()
    for tally in tallies:
        total.met += tally.met
        total.breached += tally.breached
    return total

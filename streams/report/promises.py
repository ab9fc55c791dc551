"""A promise's part of the numbers, as a JSON object.

As in `sla replay --summary --json`: amounts are seconds, a rate stands beside its exact fraction,
null is none, and a name that is null is the time without a team, status or assignee.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Any

from streams.insight.cycle import Name
from streams.insight.margin import MINUTE, Margin, nearest
from streams.insight.promise import Days, Promise, Segment, total
from streams.insight.verdict import FEW, RECENT_DAYS, cycles, verdict, wilson
from streams.report.calendar import Unit, fitting, gathered
from streams.sla.budget import Budget
from streams.sla.causes import HANDS, Spent
from streams.sla.compliance import Tally
from streams.sla.quality import MEDIAN, MOST

Told = dict[str, Any]
DAYS = 5
"""Of those that burnt most of the budget."""


def promise(
    name: Name, one: Promise, objective: Fraction | None, unit: Unit, last_day: int
) -> Told:
    """Tell of a promise; `last_day` is the ordinal of the history's last one.

    `unit`: of the history; a promise of few cycles has a coarser one.
    """
    tally, recent = one.tally, total(one.days, last_day - RECENT_DAYS + 1)
    word, reason = verdict(objective, tally, recent)
    unit = fitting(unit, one.days)
    return {
        **named(name),
        "verdict": word,
        "reason": reason,
        **tallied(tally),
        "few": cycles(tally) < FEW,
        "interval": wilson(tally),
        "open": one.open,
        "cancelled": one.cancelled,
        "reopened": one.reopened,
        "recent": {"days": RECENT_DAYS, **tallied(recent)},
        **fraction("objective", objective),
        "budget": _budget(objective, tally),
        "unit": unit,
        "over_time": _over_time(unit, one.days),
        "days": _worst_days(one.days),
        "segments": _segments(unit, one.segments),
        "causes": _causes(one.spent),
        "margins": _margins(one.margin),
    }


def named(name: Name) -> Told:
    """Give policy, kind and metric."""
    return dict(zip(("policy", "kind", "metric"), name, strict=True))


def tallied(tally: Tally) -> Told:
    """Give counts and rate."""
    rate = tally.rate
    return {
        "met": tally.met,
        "breached": tally.breached,
        "cycles": cycles(tally),
        "rate": None if rate is None else float(rate),
        "rate_fraction": None if rate is None else [tally.met, cycles(tally)],
    }


def fraction(name: str, value: Fraction | None) -> Told:
    """Give a share and the fraction that it is."""
    return {
        name: None if value is None else float(value),
        f"{name}_fraction": None if value is None else [value.numerator, value.denominator],
    }


def _budget(objective: Fraction | None, tally: Tally) -> Told | None:
    """Tell the budget, in cycles that may be breached: what is used of it, what is left (R30)."""
    budget = None if objective is None else Budget.of(objective)
    if budget is None:
        return None
    allowed = budget.share * cycles(tally)
    used = budget.burn(tally)
    return {
        **fraction("share", budget.share),
        **fraction("allowed", allowed),
        **fraction("left", allowed - tally.breached),
        **fraction("used", used),
    }


def _over_time(unit: Unit, days: Days) -> list[Told]:
    return [
        {
            "from": date.fromordinal(begin).isoformat(),
            **tallied(tally),
            "interval": wilson(tally),
            "few": cycles(tally) < FEW,
        }
        for begin, tally in gathered(unit, days).items()
    ]


def _worst_days(days: Days) -> list[Told]:
    """Give the days with most breaches, the earliest first of several."""
    found = sorted(
        (day for day in days if days[day].breached), key=lambda day: (-days[day].breached, day)
    )
    breached = total(days).breached
    return [
        {
            "date": date.fromordinal(day).isoformat(),
            **tallied(days[day]),
            **fraction("share_of_breaches", Fraction(days[day].breached, breached)),
        }
        for day in found[:DAYS]
    ]


def _segments(unit: Unit, segments: Mapping[Segment, Days]) -> list[Told]:
    """Give segments by attribute, those with most breaches first."""
    tallies = {segment: total(days) for segment, days in segments.items()}
    breached: dict[str, int] = {}
    for (attribute, _), tally in tallies.items():
        breached[attribute] = breached.get(attribute, 0) + tally.breached

    def place(segment: Segment) -> tuple[str, int, int, str]:
        tally = tallies[segment]
        return segment[0], -tally.breached, -tally.met, segment[1] or ""

    return [
        {
            "attribute": attribute,
            "value": value,
            **tallied(tally := tallies[attribute, value]),
            **fraction(
                "share_of_breaches",
                Fraction(tally.breached, breached[attribute]) if breached[attribute] else None,
            ),
            "unit": unit,
            "over_time": _over_time(unit, segments[attribute, value]),
        }
        for attribute, value in sorted(tallies, key=place)
    ]


def _causes(spent: Spent) -> Told | None:
    """Tell where the active time of breached cycles went, up to the breach (R28)."""
    if not spent.breaches:
        return None
    return {
        "breaches": spent.breaches,
        "elapsed_seconds": spent.elapsed / 1000,
        "before_assignment_seconds": spent.before_assignment / 1000,
        "reopens": spent.reopens,
        **{
            f"by_{hand}": [
                {
                    "name": value,
                    "seconds": ms / 1000,
                    **fraction("share", Fraction(ms, spent.elapsed)),
                }
                for value, ms in spent.longest(hand)
            ]
            for hand in HANDS
        },
    }


def _margins(margin: Margin) -> Told | None:
    """Tell how much of the target it took, and how long where most had the same target (R29)."""
    usual = margin.usual()
    if usual is None:
        return None
    target, minutes = usual
    median, most = nearest(minutes, MEDIAN), nearest(minutes, MOST)
    assert median is not None
    assert most is not None
    return {
        "fulfilled": margin.cycles,
        **fraction("median_used", margin.within(MEDIAN)),
        **fraction("p90_used", margin.within(MOST)),
        "bars": margin.bars(),
        "usual": {
            "target_seconds": target / 1000,
            "cycles": minutes.total(),
            "median_seconds": median * MINUTE / 1000,
            "p90_seconds": most * MINUTE / 1000,
        },
    }

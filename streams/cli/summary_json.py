"""The numbers of a replay as one JSON object, exact.

Amounts are seconds with milliseconds. A rate is a number, and beside it stands the fraction that it
comes from, `[numerator, denominator]`: counts where it is one of counts. Both are null where there
is none. A name that is null is the time without a team, status or assignee.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from streams.history.credits import Statement
from streams.history.summary import Kept, Name, Summary, Tickets
from streams.sla.budget import NO_BUDGET
from streams.sla.causes import HANDS, Spent
from streams.sla.compliance import Tally
from streams.wire.credit import money
from streams.wire.instant import show

Told = Mapping[str, Any]


def as_object(summary: Summary) -> Told:
    """Give the object, its keys in the order in which they are written."""
    return {
        "until": show(summary.until),
        "tickets": summary.tickets_seen,
        "unmatched_tickets": summary.unmatched,
        "compliance": [_kept(kept) for kept in summary.kept],
        "ticket_rate": _tickets(summary.tickets),
        "causes": [_causes(name, spent) for name, spent in summary.causes],
        "credits": [_credit(one) for one in summary.credits],
    }


def _kept(kept: Kept) -> Told:
    return {
        **_name(kept.name),
        **_tally(kept.cycles, "breached"),
        **_fraction("objective", kept.objective),
        "reopened": kept.reopened,
        "fulfilled": kept.margins.cycles,
        **_fraction("median_used", kept.margins.median),
        **_fraction("p90_used", kept.margins.most),
        **_budget(kept),
    }


def _budget(kept: Kept) -> Told:
    """Tell the budget, how much of it is used, and the fastest burn rate (R30)."""
    objective, budget = kept.objective, kept.budget
    told = {
        **_fraction("budget", None if budget is None else budget.share),
        **_fraction("budget_used", kept.budget_used),
        **_fraction("fastest_burn_rate", None if budget is None else budget.fastest),
    }
    if objective is not None and budget is None:
        told["no_budget"] = NO_BUDGET
    return told


def _tickets(tickets: Tickets) -> Told:
    return {
        "resolved": tickets.resolved,
        "without_outcome": tickets.without_outcome,
        **_tally(tickets.judged, "missed"),
        "by_policy": [
            {"policy": name, **_tally(tally, "missed")} for name, tally in tickets.by_policy
        ],
    }


def _causes(name: Name, spent: Spent) -> Told:
    return {
        **_name(name),
        "breaches": spent.breaches,
        "elapsed_seconds": spent.elapsed / 1000,
        "before_assignment_seconds": spent.before_assignment / 1000,
        "reopens": spent.reopens,
        **{
            f"by_{hand}": [
                {hand: value, "seconds": ms / 1000, **_of(ms, spent.elapsed)}
                for value, ms in spent.longest(hand)
            ]
            for hand in HANDS
        },
    }


def _credit(one: Statement) -> Told:
    owed = one.owed
    return {
        "account": one.contract.account,
        "month": one.month,
        "currency": one.contract.currency,
        **_tally(one.counted.tally, "breached"),
        **_fraction("by_rate", owed.by_rate),
        **_fraction("by_lateness", owed.by_late),
        **_fraction("credit", owed.share),
        "capped": one.capped,
        "amount": float(money(owed.amount)),
    }


def _name(name: Name) -> Told:
    return dict(zip(("policy", "kind", "metric"), name, strict=True))


def _tally(tally: Tally, breached: str) -> Told:
    rate, cycles = tally.rate, tally.met + tally.breached
    return {
        "met": tally.met,
        breached: tally.breached,
        "rate": None if rate is None else float(rate),
        "rate_fraction": None if rate is None else [tally.met, cycles],
    }


def _of(ms: int, whole: int) -> Told:
    share = Fraction(ms, whole)
    return {"share": float(share), "share_fraction": [ms, whole]}


def _fraction(name: str, value: Fraction | None) -> Told:
    return {
        name: None if value is None else float(value),
        f"{name}_fraction": None if value is None else [value.numerator, value.denominator],
    }

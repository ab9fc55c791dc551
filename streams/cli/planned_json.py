"""A plan as one JSON object, exact; forms are those of `summary_json`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from fractions import Fraction
from typing import Any

from streams.history.gathering import Folded
from streams.insight.condition import Condition
from streams.insight.plan import Moved, Overdue, Plan, Turn
from streams.insight.planned import credits_of, promises_of, segments_of, warnings_of
from streams.sla.compliance import Tally
from streams.wire.credit import money
from streams.wire.instant import show

Told = Mapping[str, Any]


def as_object(done: Folded[Plan], asked: Iterable[Condition]) -> Told:
    """Give the object, its keys in the order in which they are written."""
    plan = done.gathering
    return {
        "current": plan.current.policies.version,
        "candidate": plan.candidate.policies.version,
        "from": None if plan.first is None else show(plan.first),
        "until": show(plan.until),
        "tickets": done.tickets,
        "unmatched_tickets": _sides(*done.unmatched),
        "empty": plan.empty,
        "compliance": [
            {**dict(zip(("policy", "kind", "metric"), name, strict=True)), **_tallies(*both)}
            for name, both in promises_of(plan)
        ],
        "segments": [
            {
                "kind": kind,
                "metric": metric,
                "segment": dict(zip(plan.by, segment, strict=True)),
                **_tallies(*both),
            }
            for (kind, metric), segment, both in segments_of(plan)
        ],
        "deadlines": [
            {"kind": kind, "metric": metric, **_moved(moved)}
            for (kind, metric), moved in sorted(plan.moved.items())
        ],
        "won": [_turn(turn) for turn in plan.won()],
        "lost": [_turn(turn) for turn in plan.lost()],
        "overdue_at_once": [_overdue(one) for one in sorted(plan.overdue)],
        "warnings": [
            {"level": level, **_sides(now._asdict(), then._asdict())}
            for level, (now, then) in warnings_of(plan)
        ],
        "credits": [
            {
                "account": account,
                "month": month,
                "currency": currency,
                **_sides(*(None if owed is None else float(money(owed)) for owed in both)),
            }
            for account, month, currency, both in credits_of(plan)
        ],
        "conditions": [_condition(one, plan) for one in asked],
    }


def _sides(now: object, then: object) -> Told:
    return {"current": now, "candidate": then}


def _tallies(now: Tally, then: Tally) -> Told:
    return _sides(_tally(now), _tally(then))


def _tally(tally: Tally) -> Told:
    rate, cycles = tally.rate, tally.met + tally.breached
    return {
        "met": tally.met,
        "breached": tally.breached,
        "rate": None if rate is None else float(rate),
        "rate_fraction": None if rate is None else [tally.met, cycles],
    }


def _moved(moved: Moved) -> Told:
    return {
        "cycles": moved.cycles,
        "earlier": moved.earlier,
        "later": moved.later,
        "median_shift_seconds": None if moved.median is None else moved.median / 1000,
        "paused_on_one_side": moved.stilled,
        "added": moved.added,
        "dropped": moved.dropped,
    }


def _turn(turn: Turn) -> Told:
    return {**asdict(turn), "at": show(turn.at)}


def _overdue(one: Overdue) -> Told:
    told = asdict(one)
    late = told.pop("late")
    return {**told, "breached_at": show(one.breached_at), "late_seconds": late / 1000}


def _condition(one: Condition, plan: Plan) -> Told:
    value: Fraction | None = one.value(plan)
    return {
        "condition": one.text,
        "value": None if value is None else float(value),
        "holds": one.holds(plan),
    }

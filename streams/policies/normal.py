"""The normal form of a policy set: one way to write each meaning, and the digest of that (R18).

Comments, the order of keys, defaults that are spelled out and the spelling of equal values do not
show in it; the order of the policies does. It is plain JSON and a policies file itself: loaded, it
gives the same set with the same digest.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import date
from fractions import Fraction
from typing import Any

from streams.sla.duration import Active
from streams.sla.hours import DAYS, Window
from streams.sla.policy import START, Contract, Policy, Scalar, Warning_, say_percent
from streams.sla.rules import Rules, Special
from streams.sla.schedule import Schedule

Json = dict[str, Any]

DIGITS = 12
"""Hexadecimal digits of a version."""


def digest(document: Mapping[str, object]) -> str:
    """Give the version of a normal form."""
    text = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


def document_of(
    policies: Iterable[Policy], schedules: Mapping[str, Schedule], statuses: Mapping[str, str]
) -> Json:
    """Write a policy set in its normal form."""
    categories: dict[str, list[str]] = {}
    for name, category in sorted(statuses.items()):
        categories.setdefault(category, []).append(name)
    return {
        "version": 1,
        "statuses": categories,
        "schedules": {name: _schedule(schedule) for name, schedule in sorted(schedules.items())},
        "policies": [_policy(policy) for policy in policies],
    }


def _schedule(schedule: Schedule) -> Json | str:
    rules: Rules = schedule.rules
    if rules.always and rules.zone == "UTC" and not rules.holidays.remove:
        return "24x7"
    days = zip(DAYS, rules.hours.days, strict=True)
    return {
        "time_zone": rules.zone,
        "hours": {day: _windows(windows) for day, windows in days if windows},
        "holidays": {
            "country": rules.holidays.country,
            "subdivision": rules.holidays.subdivision,
            "add": _dates(rules.holidays.add),
            "remove": _dates(rules.holidays.remove),
        },
        "exceptions": [_exception(special) for special in rules.exceptions],
    }


def _windows(windows: Iterable[Window]) -> list[str]:
    return [str(window) for window in windows]


def _dates(dates: Iterable[date]) -> list[str]:
    return [day.isoformat() for day in sorted(dates)]


def _exception(special: Special) -> Json:
    shape: Json = {"from": special.first.isoformat(), "to": special.last.isoformat()}
    if special.hours is not None:
        shape["hours"] = _windows(special.hours)
    if special.closed:
        shape["closed"] = _windows(special.closed)
    return shape


def _policy(policy: Policy) -> Json:
    return {
        "name": policy.name,
        "kind": policy.kind,
        "match": {name: _values(values) for name, values in sorted(policy.match.items())},
        "schedule": policy.schedule.name,
        "objective": say_percent(policy.objective),
        "targets": {
            metric: {priority: str(duration) for priority, duration in sorted(priorities.items())}
            for metric, priorities in sorted(policy.targets.items())
        },
        "pause": {
            "statuses": sorted(policy.pause.statuses),
            "metrics": sorted(policy.pause.metrics),
            "resume_on": sorted(policy.pause.resume_on),
        },
        "warnings": [_warning(warning) for warning in policy.warnings],
        "contract": policy.contract and _contract(policy.contract),
        **({"bots_answer": True} if policy.bots_answer else {}),
        **({"counts_from": policy.counts_from} if policy.counts_from != START else {}),
    }


def _values(values: Iterable[Scalar]) -> list[Scalar]:
    whole = (int(v) if isinstance(v, float) and v.is_integer() else v for v in values)
    return sorted(whole, key=lambda value: (type(value).__name__, value))


def _warning(warning: Warning_) -> Json:
    shape: Json = {"notify": list(warning.notify)}
    if warning.percent is not None:
        shape["at"] = say_percent(warning.percent)
    if warning.left is not None:
        shape["left"] = str(warning.left)
    if warning.after is not None:
        shape["after"] = str(warning.after)
    if warning.level is not None:
        shape["level"] = warning.level
    return shape


def _contract(contract: Contract) -> Json:
    return {
        "account": contract.account,
        "monthly_fee": _amount(contract.monthly_fee),
        "currency": contract.currency,
        "credits": [
            {"credit": say_percent(line.credit)}
            | ({} if line.below is None else {"below": say_percent(line.below)})
            | ({} if line.late_ms is None else {"late": str(Active(line.late_ms))})
            for line in contract.credits
        ],
        "cap": None if contract.cap is None else say_percent(contract.cap),
    }


def _amount(amount: Fraction) -> int | float:
    return amount.numerator if amount.denominator == 1 else float(amount)

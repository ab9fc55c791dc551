"""The numbers of a report as one JSON object, exact; the page is drawn from it and from no other.

A part a question. Instants are RFC 3339 UTC, dates and hours are local to `period.zone`, amounts
are seconds of active time, rates and shares are numbers beside the fraction that they come from.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from streams.history.credits import Statement
from streams.insight.gaming import SIGNS, Found
from streams.insight.hours_of_week import HOURS, WEEKDAYS, HoursOfWeek
from streams.insight.promise import said
from streams.insight.report import Report
from streams.insight.worst import Late, terms_of
from streams.report.calendar import unit_of
from streams.report.promises import Told, fraction, named, promise, tallied
from streams.sla.policy import PolicySet
from streams.wire import explanation
from streams.wire.credit import money
from streams.wire.instant import show

REJECTED = 20
"""How many of what could not be read are told one by one."""
HELD_BY = ("team", "assignee")


@dataclass(frozen=True, slots=True)
class Source:
    """What was read: names of files or of a topic, lines, and how many could not be.

    `rejects`: (where, why) of the first of these.
    """

    names: tuple[str, ...]
    lines: int
    rejected: int = 0
    rejects: Sequence[tuple[str, str]] = ()


def numbers(report: Report, source: Source) -> Told:
    """Give the object, its keys in the order of the page."""
    first = report.until if report.first is None else report.first
    days = report.day(first), report.day(report.until)
    unit = unit_of(*days)
    objectives = {(one.name, one.kind): one.objective for one in report.policies.policies}
    return {
        "read": _read(report, source),
        "period": {
            "from": None if report.first is None else show(report.first),
            "until": show(report.until),
            "zone": report.zone,
            "unit": unit,
        },
        "policies": report.policies.version,
        "segments": list(report.wishes.segments),
        "promises": [
            promise(name, report.promises[name], objectives.get(name[:2]), unit, days[1])
            for name in report.names()
        ],
        "ticket_rate": {
            "resolved": report.rate.resolved,
            "without_outcome": report.rate.resolved
            - report.rate.judged.met
            - report.rate.judged.breached,
            **tallied(report.rate.judged),
        },
        "week": {"kind": report.kind, **_week(report.week)},
        "credits": [_credit(one) for one in report.statements()],
        "worst": [_worst(late, report.policies, report.until) for late in report.worst.tickets],
        "gaming": gaming(report),
    }


def gaming(report: Report) -> Told:
    """Tell what is worth a look: by sign the count, who held the tickets, and each case."""
    limits, found = report.wishes.limits, report.signs()
    return {
        "limits": {
            "answered_seconds": limits.answered / 1000,
            "flip_seconds": limits.flip / 1000,
            **fraction("near", limits.near),
        },
        "signs": [_sign(sign, [one for one in found if one.sign == sign]) for sign in SIGNS],
    }


def _sign(sign: str, found: Sequence[Found]) -> Told:
    return {
        "sign": sign,
        "count": len(found),
        "tickets": len({one.ticket for one in found}),
        **{f"by_{who}": _held(found, who) for who in HELD_BY},
        "cases": [_case(one) for one in found],
    }


def _held(found: Sequence[Found], who: str) -> list[Told]:
    counts = Counter(said(one.attributes.get(who)) for one in found)
    ordered = sorted(counts.items(), key=lambda one: (-one[1], one[0] or ""))
    return [{"name": name, "count": count} for name, count in ordered]


def _case(one: Found) -> Told:
    told: Told = {"ticket": one.ticket, "at": show(one.at)}
    told |= {who: said(one.attributes.get(who)) for who in HELD_BY}
    if one.name is not None:
        told |= named(one.name)
    if one.ms is not None:
        told["seconds"] = one.ms / 1000
    if one.used is not None:
        told |= fraction("used", one.used)
    return told


def _read(report: Report, source: Source) -> Told:
    return {
        "sources": list(source.names),
        "lines": source.lines,
        "events": report.events,
        "tickets": report.tickets,
        "unmatched_tickets": report.unmatched,
        "too_late": report.refused,
        "rejected": source.rejected,
        "rejects": [{"where": where, "why": why} for where, why in source.rejects[:REJECTED]],
    }


def _week(week: HoursOfWeek) -> dict[str, Any]:
    """Give a list a weekday, Monday first, of 24 numbers."""

    def rows(values: Sequence[int]) -> list[list[int]]:
        return [list(values[day * HOURS : (day + 1) * HOURS]) for day in range(WEEKDAYS)]

    return {
        "arrivals": rows(week.arrivals),
        "met": rows([tally.met for tally in week.cycles]),
        "breached": rows([tally.breached for tally in week.cycles]),
    }


def _credit(one: Statement) -> Told:
    owed, contract = one.owed, one.contract
    return {
        "account": contract.account,
        "month": one.month,
        "currency": contract.currency,
        **tallied(one.counted.tally),
        **fraction("by_rate", owed.by_rate),
        **fraction("by_lateness", owed.by_late),
        **fraction("credit", owed.share),
        **fraction("cap", contract.cap),
        "capped": one.capped,
        "amount": float(money(owed.amount)),
    }


def _worst(late: Late, policies: PolicySet, until: int) -> Told:
    cycle, why = late.cycle, late.explained(policies, until)
    terms = terms_of(why)
    return {
        "ticket": cycle.ticket,
        **named(cycle.name),
        "cycle": cycle.number,
        "promise": str(terms.promise),
        "schedule": terms.schedule.name,
        "target_seconds": late.breach.target / 1000,
        "elapsed_seconds": cycle.elapsed / 1000,
        "over_seconds": late.over / 1000,
        "ended": "open" if cycle.ended_at is None else "done" if cycle.fulfilled else "cancelled",
        "explanation": explanation.explanation(why),
    }

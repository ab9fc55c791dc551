"""Explanations out, as JSON: RFC 3339 instants, amounts in seconds (R33).

Every window carries the sum so far, so that a reader can check each line against the one above.
"""

from __future__ import annotations

from typing import Any

from streams.sla.events import (
    Absorbed,
    Adopted,
    Changed,
    Created,
    Deleted,
    Merged,
    Messaged,
    TicketEvent,
)
from streams.sla.explanation import Breach, Explanation, Segment, Sum, Terms
from streams.wire import absorbed
from streams.wire.instant import show

Shown = dict[str, Any]


def explanation(one: Explanation) -> Shown:
    """Give an explanation as a JSON object."""
    return {
        "policy": one.terms.policy,
        "policy_version": one.version,
        "kind": one.kind,
        "metric": one.metric,
        "cycle": one.cycle,
        "revision": one.revision,
        "state": one.state,
        "started_at": show(one.started_at),
        "as_of": show(one.as_of),
        "known_since": None if one.known_since is None else show(one.known_since),
        "terms": _terms(one.terms),
        "elapsed_seconds": one.elapsed / 1000,
        "remaining_seconds": (one.terms.target - one.elapsed) / 1000,
        "deadline": None if one.deadline is None else _sum(one.deadline),
        "breach": None if one.breach is None else _breach(one.breach),
        "segments": [_segment(segment) for segment in one.segments],
    }


def event(one: TicketEvent) -> Shown:
    """Give a ticket event in short: what it says, without its ids."""
    told: Shown = {"time": show(one.time)}
    match one:
        case Created():
            voice = {"author": one.author, "public": one.public}
            told |= {"type": "ticket.created", **voice, "attributes": dict(one.attributes)}
        case Messaged():
            told |= {"type": "ticket.message", "author": one.author, "public": one.public}
        case Changed():
            told |= {"type": "ticket.changed", "attributes": dict(one.attributes)}
        case Merged():
            told |= {"type": "ticket.merged", "into": one.into}
        case Deleted():
            told |= {"type": "ticket.deleted", "reason": one.reason}
        case Absorbed():
            told |= {"type": absorbed.TYPE, "origin": one.origin}
        case Adopted():
            told |= {"type": "policies.adopted", "version": one.version, "since": one.since}
    return told


def _segment(one: Segment) -> Shown:
    return {
        "state": one.state,
        "ongoing": one.ongoing,
        "cause": None if one.cause is None else event(one.cause),
        "changes": list(one.changes),
        "reason": one.reason,
        "revision": one.revision,
        "terms": _terms(one.terms),
        "counted_late": one.counted_late,
        "inherited": one.inherited,
        "superseded": one.superseded,
        **_sum(one.sum),
        "deadline": None if one.deadline is None else _sum(one.deadline),
        "no_deadline": one.no_deadline,
    }


def _terms(one: Terms) -> Shown:
    return {
        "policy": one.policy,
        "schedule": one.schedule.name,
        "time_zone": one.schedule.zone,
        "promise": str(one.promise),
        "target_seconds": one.target / 1000,
        "fixed_until": None if one.fixed_until is None else show(one.fixed_until),
    }


def _breach(one: Breach) -> Shown:
    return {
        "at": show(one.at),
        "reason": one.reason,
        "target_seconds": None if one.target is None else one.target / 1000,
        "sum": None if one.sum is None else _sum(one.sum),
    }


def _sum(one: Sum) -> Shown:
    windows, total = [], one.before
    for opens, closes in one.windows:
        total += closes - opens
        windows.append(
            {
                "opens": show(opens),
                "closes": show(closes),
                "seconds": (closes - opens) / 1000,
                "sum_seconds": total / 1000,
            }
        )
    return {
        "schedule": one.schedule.name,
        "time_zone": one.schedule.zone,
        "from": show(one.start),
        "to": show(one.end),
        "before_seconds": one.before / 1000,
        "windows": windows,
        "open_seconds": one.added / 1000,
        "sum_seconds": one.total / 1000,
    }

"""SLA events out: facts as CloudEvents 1.0 in JSON, and back for whoever keeps the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from streams.sla.facts import Fact
from streams.wire import credit
from streams.wire.instant import show

SOURCE = "/sla-streams"


def encode(fact: Fact, detected_at: int) -> bytes:
    """Write a fact; `detected_at` (ms UTC) is when it was seen, not when it happened (R3)."""
    return orjson.dumps(event(fact, detected_at))


def event(fact: Fact, detected_at: int) -> dict[str, Any]:
    """Give the CloudEvent as a JSON object. Instants are RFC 3339, amounts are seconds."""
    data = {
        "ticket": fact.ticket,
        "policy": fact.policy,
        "policy_version": fact.version,
        "kind": fact.kind,
        "metric": fact.metric,
        "cycle": fact.cycle,
        "revision": fact.revision,
        "attributes": fact.attributes,
        "schedule": fact.schedule,
        "started_at": show(fact.started_at),
        "deadline": None if fact.deadline is None else show(fact.deadline),
        "target_seconds": fact.target / 1000,
        "elapsed_seconds": fact.elapsed / 1000,
        "remaining_seconds": fact.remaining / 1000,
        "detected_at": show(detected_at),
    }
    _particular(fact, data)
    _undone(fact, data)
    return {
        "specversion": "1.0",
        "id": fact.id,
        "source": SOURCE,
        "type": f"sla.{fact.type}",
        "subject": fact.ticket,
        "time": show(fact.time),
        "datacontenttype": "application/json",
        "data": data,
    }


def _particular(fact: Fact, told: dict[str, Any]) -> None:
    """Add what only some types carry."""
    if fact.threshold is not None:
        told["threshold"] = fact.threshold
    if fact.type == "breach_imminent":
        told["level"] = fact.level
        told["notify"] = list(fact.notify)
        told["schedule_open"] = fact.schedule_open
    if fact.breached_at is not None:
        told["breached_at"] = show(fact.breached_at)
    if fact.type == "breached":
        told["causes"] = _causes(fact)
    if fact.type == "breached" or fact.credit is not None:
        told["credit"] = credit.show(fact.credit)
    if fact.reason is not None:
        told["reason"] = fact.reason
    if fact.outcome is not None:
        told["outcome"] = fact.outcome
        told["margin"] = fact.margin


def _undone(fact: Fact, told: dict[str, Any]) -> None:
    """Add what a fact makes void, and whether it corrects."""
    if fact.withdraws is not None:
        told["withdraws"] = fact.withdraws
        told["withdraws_policy"] = fact.withdraws_policy
        if fact.outcome_at is not None:
            told["withdraws_at"] = show(fact.outcome_at)
    if fact.retracts is not None:
        told["retracts"] = fact.retracts
        told["retracts_type"] = f"sla.{fact.retracts_type}"
    if fact.corrects:
        told["corrects"] = True


def _causes(fact: Fact) -> Mapping[str, Any]:
    """Say where a breach's time went: seconds by team, status and assignee, each to 100 % (R28)."""
    told: dict[str, Any] = {}
    for place, name in enumerate(("team", "status", "assignee")):
        if len(fact.causes) == 1:  # most tickets that nobody has touched
            ((where, ms),) = fact.causes
            told[f"by_{name}"] = [{name: where[place] or None, "seconds": ms / 1000}]
            continue
        spent: dict[str, int] = {}
        for where, ms in fact.causes:
            spent[where[place] or ""] = spent.get(where[place] or "", 0) + ms
        longest = sorted(spent.items(), key=lambda entry: -entry[1])
        told[f"by_{name}"] = [{name: value or None, "seconds": ms / 1000} for value, ms in longest]
    unassigned = sum(ms for where, ms in fact.causes if where[2] is None)
    return {**told, "before_assignment_seconds": unassigned / 1000, "reopens": fact.reopens}

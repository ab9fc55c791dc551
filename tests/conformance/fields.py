"""Their answers, read off ours: for each field of theirs, where ours states it.

A field that is not here raises UnknownField: it must be read, or be listed as left out with the
reason.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from streams.sla.instant import format_instant
from tests.conformance.reading import ENDED, Reading

LONG = timedelta(days=400) // timedelta(milliseconds=1)
"""How far is looked ahead for an escalation that has not happened yet."""

STAGES = {"sla.paused": "Paused", "sla.fulfilled": "Completed", "sla.cancelled": "Cancelled"}


class UnknownField(LookupError):
    """A field of a scenario that nothing of ours is compared with."""


def ours(reading: Reading, field: str) -> Any:
    """Give our answer to a field of theirs."""
    if field in FIELDS:
        return FIELDS[field](reading)
    for suffix, read in SUFFIXES.items():
        if field.endswith(suffix) and field.removesuffix(suffix) in reading.clocks:
            return read(reading, field.removesuffix(suffix))
    message = f"{reading.case['id']}: nothing of ours is compared with {field!r}"
    raise UnknownField(message)


def _next_escalation(reading: Reading) -> str | None:
    """Give the earliest deadline of the clocks that run, of each of their timers one."""
    last = [reading.last(*clocks) for clocks in reading.clocks.values()]
    dues = [fact["data"]["deadline"] for fact in last if fact and fact["type"] not in ENDED]
    return min((reading.shown(due) for due in dues if due is not None), default=None)


def _escalation(reading: Reading) -> str | None:
    """Give when the warning falls, if nothing happens until then."""
    (clocks,) = reading.clocks.values()
    facts = reading.of(*clocks, facts=reading.replay(reading.until + LONG))
    warned = [fact["time"] for fact in facts if fact["type"] == "sla.breach_imminent"]
    return warned[-1] if warned else None


def _paused(reading: Reading) -> float:
    """Give the pause of the clock that was paused the longest: not every metric is."""
    return max(reading.paused(clock) for clocks in reading.clocks.values() for clock in clocks)


def _percent(reading: Reading) -> float:
    """Give the share of the resolution's target that is used, at most all of it."""
    last = reading.last(*reading.clocks["resolution"])
    assert last is not None
    elapsed = last["data"]["elapsed_seconds"]
    if last["type"] not in ENDED and last["data"]["deadline"] is not None:
        elapsed += reading.ask("elapsed", last["time"], end=format_instant(reading.until))
    return min(100.0, 100 * elapsed / last["data"]["target_seconds"])


def _is_paused(reading: Reading) -> bool:
    """Say whether every clock stands still."""
    last = [reading.last(*clocks) for clocks in reading.clocks.values()]
    return all(fact is not None and fact["type"] == "sla.paused" for fact in last)


def _pause_reason(reading: Reading) -> str:
    """Name the reason by the status in which the clock was paused."""
    last = reading.last(*reading.clocks["resolution"])
    assert last is not None
    status = last["data"]["attributes"]["status"]
    return "status_pause" if status in reading.case["policy"]["pause_states"] else status


def _resolution_due_before(reading: Reading) -> str | None:
    """Give the deadline with which the clock started."""
    facts = reading.of(*reading.clocks["resolution"])
    return next(fact["data"]["deadline"] for fact in facts if fact["type"] == "sla.started")


def _misses(reading: Reading) -> dict[str, int]:
    """Count the misses by metric."""
    return {metric: count for metric in reading.clocks if (count := reading.breaches(metric))}


def _is_solved(reading: Reading) -> bool:
    """Say whether the last of their statuses ends the ticket."""
    words = [event.get("to", event.get("state")) for event in reading.case["events"]]
    return reading.system.is_done([state for state in words if state is not None][-1])


def _status(reading: Reading) -> str:
    """Say how a conversation stands."""
    missed = bool(_misses(reading))
    if _is_solved(reading):
        return "missed" if missed else "hit"
    return "active_with_misses" if missed else "active"


def _agreement(reading: Reading) -> str:
    """Say how an agreement stands."""
    if _misses(reading):
        return "Failed"
    resolution = reading.last(*reading.clocks["resolution"])
    response = reading.last(*reading.clocks["first_response"])
    assert resolution is not None
    if resolution["type"] == "sla.fulfilled":
        return "Fulfilled"
    if resolution["type"] == "sla.paused":
        return "Paused"
    waits = response is not None and response["type"] not in ENDED
    return "First Response Due" if waits else "Resolution Due"


def _sla_start(reading: Reading) -> str | None:
    """Give the instant from which the clock counts."""
    last = reading.last(*reading.clocks["resolution"])
    return last and last["data"]["started_at"]


def _task_slas(reading: Reading) -> list[dict[str, Any]]:
    """Give a line for each policy that held a clock: its stage, and its pause where it had one."""
    lines = []
    for clock in (clock for clocks in reading.clocks.values() for clock in clocks):
        for facts, taken_over in reading.records(clock):
            stage = "Cancelled" if taken_over else STAGES.get(facts[-1]["type"], "In progress")
            paused = reading.pauses(facts, taken_over or format_instant(reading.until))
            lines.append({"stage": stage, "paused_s": paused} if paused else {"stage": stage})
    return lines


FIELDS: dict[str, Callable[[Reading], Any]] = {
    "next_escalation": _next_escalation,
    "escalation_at": _escalation,
    "paused_s": _paused,
    "assumed_paused_s": _paused,
    "percent_elapsed": _percent,
    "is_paused": _is_paused,
    "pause_reason": _pause_reason,
    "resolution_due_before": _resolution_due_before,
    "resolution_due_after": lambda reading: reading.due("resolution"),
    "miss_events": _misses,
    "status": _status,
    "agreement_status": _agreement,
    "sla_start": _sla_start,
    "task_slas": _task_slas,
}

SUFFIXES: dict[str, Callable[[Reading, str], Any]] = {
    "_due": Reading.due,
    "_used_s": Reading.used,
    "_margin_s": Reading.left,
    "_late_s": Reading.late,
    "_breached": lambda reading, metric: reading.breaches(metric) > 0,
    "_at": Reading.ended_at,
}

"""A ticket's standing, for boards and for writing the deadline back upstream: topic `sla-status`.

One record a ticket, compacted, a tombstone when no clock is open any more. It holds instants and
amounts as of the ticket's last change, so it stays true while time passes: whoever shows it counts
on from `as_of` himself. `policy_version` of the record is that under which the ticket's next clock
starts; each clock names its own (R18).

`rank` orders a triage list: the smaller, the sooner somebody must act. It is the next deadline in
ms UTC, so a ticket in breach ranks before all that can still be kept, the longest overdue first;
one whose clocks are all paused has no deadline and ranks last.
"""

from __future__ import annotations

from typing import Any

import orjson

from streams.sla.clock import Clock
from streams.sla.ticket import Ticket
from streams.wire.glance import OpenClock
from streams.wire.instant import LATEST, parse, show

AT_RISK = 0.8
"""The fraction used from which a clock is at risk, where no warning of the policy said so."""


def status(ticket: Ticket) -> dict[str, Any] | None:
    """Give the record's value; None where no clock is open."""
    clocks = ticket.open_clocks()
    if not clocks:
        return None
    deadlines = [clock.deadline for clock in clocks if clock.deadline is not None]
    earliest = min(deadlines, default=None)
    as_of = max(ticket.reached, 0)
    told = [clock_status(clock, as_of) for clock in clocks]
    return {
        "ticket": ticket.id,
        "policy_version": ticket.version,
        "as_of": show(as_of),
        "next_deadline": None if earliest is None else show(earliest),
        "rank": LATEST if earliest is None else earliest,
        "at_risk": any(clock["at_risk"] for clock in told),
        "breached": any(clock.breached_at is not None for clock in clocks),
        "attributes": ticket.story.attributes,
        "clocks": told,
    }


def encode(value: dict[str, Any] | None) -> bytes | None:
    """Write the record's value; None, a tombstone, where no clock is open."""
    return None if value is None else orjson.dumps(value)


def clock_status(clock: Clock, as_of: int) -> dict[str, Any]:
    """Give how a clock stands at an instant (ms UTC); amounts are seconds."""
    elapsed, target = clock.elapsed(max(as_of, clock.since)), clock.target
    return {
        "policy": clock.policy.name,
        "policy_version": clock.version,
        "kind": clock.kind,
        "metric": clock.metric,
        "cycle": clock.cycle,
        "revision": clock.revision,
        "state": clock.state,
        "schedule": clock.policy.schedule.name,
        "started_at": show(clock.started_at),
        "deadline": None if clock.deadline is None else show(clock.deadline),
        "target_seconds": target / 1000,
        "elapsed_seconds": elapsed / 1000,
        "remaining_seconds": (target - elapsed) / 1000,
        "used": elapsed / target if target else 1.0,
        "breached_at": None if clock.breached_at is None else show(clock.breached_at),
        # Breached, warned of, or most of its target used.
        "at_risk": clock.breached_at is not None or clock.step > 0 or elapsed >= AT_RISK * target,
    }


def told_clocks(value: dict[str, Any]) -> list[OpenClock]:
    """Read a record's value back: its clocks as a board has them."""
    since = parse(value["as_of"])
    return [
        OpenClock(
            (clock["policy"], clock["kind"], clock["metric"]),
            clock["policy_version"],
            clock["state"] == "running",
            since,
            round(clock["elapsed_seconds"] * 1000),
            round(clock["target_seconds"] * 1000),
            None if clock["deadline"] is None else parse(clock["deadline"]),
            clock["breached_at"] is not None,
            clock["at_risk"],
        )
        for clock in value["clocks"]
    ]

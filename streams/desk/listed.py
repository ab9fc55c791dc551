"""A ticket as the list shows it: what it is about, and its open clocks, the most urgent first."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Any

from streams.desk.board import Standing
from streams.desk.interface import Held
from streams.desk.paces import Counting, Opened
from streams.desk.subjects import NAMES
from streams.wire.instant import show
from streams.wire.status import AT_RISK

Shown = dict[str, Any]


def listed(
    held: Held, key: bytes, now: int, opened: Opened, counting: Sequence[Counting]
) -> Shown | None:
    """Show a ticket at an instant (ms UTC); None where its last clock has ended since."""
    standing = sorted(held.board.of(key), key=lambda clock: clock.deadline or inf)
    if not standing:
        return None
    first = standing[0].deadline
    clocks = [_clock(clock, now, opened, counting[clock.pace]) for clock in standing]
    return {
        "ticket": key.decode(),
        "partition": held.partition,
        "here": held.here,
        **dict(zip(NAMES, held.board.subject(key), strict=True)),
        "deadline": None if first is None else show(first),
        "left_seconds": None if first is None else (first - now) / 1000,
        "overdue": any(clock["overdue"] for clock in clocks),
        "at_risk": any(clock["at_risk"] for clock in clocks),
        "clocks": clocks,
    }


def _clock(clock: Standing, now: int, opened: Opened, counting: Counting) -> Shown:
    elapsed, target = clock.elapsed(opened), clock.target
    overdue = clock.overdue(now, elapsed)
    policy, kind, metric = clock.name
    changes = counting.changes_at
    return {
        "policy": policy,
        "kind": kind,
        "metric": metric,
        "state": "running" if clock.pace else "paused",
        "deadline": None if clock.deadline is None else show(clock.deadline),
        "target_seconds": target / 1000,
        "elapsed_seconds": elapsed / 1000,
        "remaining_seconds": (target - elapsed) / 1000,
        "used": elapsed / target if target else 1.0,
        "breached": clock.breached,
        "overdue": overdue,
        "at_risk": overdue or clock.breached or clock.warned or elapsed >= AT_RISK * target,
        "counting": counting.counts,
        "changes_at": None if changes is None else show(changes),
    }

"""How urgent a ticket is: what its open clocks come to, read off a board's columns."""

from __future__ import annotations

from math import inf
from typing import NamedTuple

from streams.desk.board import BREACHED, NOBODY, Columns
from streams.desk.paces import Opened
from streams.wire.status import AT_RISK

NEVER = inf
"""Later than any deadline: the place of clocks without one."""


class Urgency(NamedTuple):
    """The nearest deadline, the nearest that is still ahead (ms UTC, NEVER where there is none).

    `remaining` is the least active time left in ms, `used` the most that was used of a target.
    """

    nearest: float
    ahead: float
    overdue: bool
    at_risk: bool
    remaining: float
    used: float


def urgency(columns: Columns, places: range, opened: Opened, now: int) -> Urgency:
    """Look at a ticket's clocks at an instant (ms UTC)."""
    _, paces, deadlines, targets, counts, seen, marks, _ = columns
    nearest = ahead = remaining = NEVER
    used, overdue, risk = 0.0, False, False
    # Comparisons written out: a call of min() takes as long as all else here.
    for at in places:
        elapsed, target, deadline = counts[at], targets[at], deadlines[at]
        since = opened[paces[at]] - seen[at]
        if since > 0:
            elapsed += since
        # As `Standing.overdue` has it (R5, R15).
        if deadline == NOBODY:
            late = elapsed >= target and bool(marks[at] & BREACHED)
        else:
            late = deadline < now
            nearest = min(nearest, deadline)
            if not late and deadline < ahead:
                ahead = deadline
        share = elapsed / target if target else 1.0
        if late:
            overdue = risk = True
        elif share >= AT_RISK or marks[at]:
            risk = True
        remaining = min(remaining, target - elapsed)
        used = max(used, share)
    return Urgency(nearest, ahead, overdue, risk, remaining, used)

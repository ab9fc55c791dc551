"""What an explanation is made of (R33): all that it takes to add a deadline up by hand.

A clock's life is a chain of *segments*. Between two changes of its state or terms one schedule
counts, or none does. Each segment is a *sum*: what was used before it, plus the open windows in it.
The sum at its end is what the next one starts with. A deadline is a sum too: the same start, as
many windows as it takes, and its total is the target.

Instants in ms UTC, amounts in ms of active time, all integers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from streams.sla.clock import State
from streams.sla.duration import Duration
from streams.sla.events import TicketEvent
from streams.sla.schedule import Schedule

NoDeadline = Literal["breached", "never"]
"""Why a running clock has no deadline ahead: it is breached already, or its schedule never gets
there."""


@dataclass(frozen=True, slots=True)
class Sum:
    """`before`, and the open `windows` of the schedule in [start, end); `total` is both added."""

    schedule: Schedule
    start: int
    end: int
    before: int
    windows: tuple[tuple[int, int], ...] = ()

    @property
    def added(self) -> int:
        """The windows' lengths, added up."""
        return sum(closes - opens for opens, closes in self.windows)

    @property
    def total(self) -> int:
        """What has been used at the end."""
        return self.before + self.added


@dataclass(frozen=True, slots=True)
class Terms:
    """What a clock was held against: `promise` in the policies file's words, `target` in ms.

    `fixed_until`: where the promise is in business days, the instant to which the open time from
    the clock's start was counted to fix the target (R24).
    """

    policy: str
    schedule: Schedule
    promise: Duration
    target: int
    fixed_until: int | None = None


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a clock's life in one state on the same terms.

    `cause` is the event that it starts with, None where that was folded into the ticket's base;
    `changes` the facts that the event made true of the clock. `deadline` is what lay ahead when it
    started, `no_deadline` why there is none on a running clock; paused and ended ones have none.
    `counted_late`: time from before a policy applied, counted when it came to (R9). `inherited`:
    time of a merged ticket, from before the clock's own start, counted at the merge (R20).
    `superseded`:
    counted on the terms of a policy that ceased to apply; another one has counted anew since.
    """

    state: State
    terms: Terms
    revision: int
    sum: Sum
    cause: TicketEvent | None = None
    changes: tuple[str, ...] = ()
    reason: str | None = None
    deadline: Sum | None = None
    no_deadline: NoDeadline | None = None
    counted_late: bool = False
    inherited: bool = False
    superseded: bool = False
    ongoing: bool = False


@dataclass(frozen=True, slots=True)
class Breach:
    """When a clock was breached and why.

    `sum` adds up to the target at a deadline that passed. Where the terms changed so that the
    target was past already (R16), it has no windows, and what it holds is more than the target.
    Both are None where the breach was folded into the ticket's base.
    """

    at: int
    reason: str | None = None
    target: int | None = None
    sum: Sum | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """How one cycle of a clock came to stand as it does at `as_of`.

    `deadline` is the present one, or the last one of a clock that has ended. It is None where there
    is none (paused), and where the last one was folded into the ticket's base.
    `known_since`: the instant from which on the ticket's events are kept singly, None where the
    clock started later.
    """

    version: str
    kind: str
    metric: str
    cycle: int
    revision: int
    state: State
    started_at: int
    as_of: int
    segments: tuple[Segment, ...]
    deadline: Sum | None
    breach: Breach | None
    known_since: int | None = None

    @property
    def terms(self) -> Terms:
        """The terms that it is held against now."""
        return self.segments[-1].terms

    @property
    def elapsed(self) -> int:
        """The active time counted up to `as_of`."""
        return self.segments[-1].sum.total

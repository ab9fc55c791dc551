r"""One run of a metric on a ticket: its states, its transitions and its arithmetic.

Theory of operation
-------------------
A clock counts active time on a schedule. What was counted up to the last change stands in `used`;
from `since` on, a running clock counts by the schedule. Every change of pace (pause, resume, new
target, new schedule) banks first and goes on from there, so a change of schedule is piecewise by
construction (R17) and a pause over closed hours moves nothing (R15).

    elapsed(t) = used + (running ? schedule.elapsed(since, t) : 0)
    deadline   = schedule.deadline(since, target - used)            while running

What is to be said of a clock before, at and after its deadline is a list of *steps*, each an amount
of active time: warnings and the breach in ascending order. `step` points at the first not yet
taken, so each is taken once per revision (R21), and `due` is the instant at which it falls. The
lines of a contract by lateness (R31) are steps apart: once in a cycle, so no index points at them,
but `earned`, the share of the fee that the cycle has earned; what earns more is still to be taken.
Breached and warned are latched facts, not states: a breached clock runs until it is fulfilled.

Transitions
-----------
`TRANSITIONS` is the whole truth; a signal that it does not hold raises `IllegalTransition` and
changes nothing. `PATHS` are the signals that lead from a state to a wanted one.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from streams.sla.duration import Active, BusinessDays, Duration, EndOfDay
from streams.sla.events import Where
from streams.sla.policy import Credit, Policy, Warning_
from streams.sla.schedule import Schedule, ScheduleHorizonError

State = Literal["none", "running", "paused", "fulfilled", "cancelled"]
Signal = Literal["start", "pause", "resume", "fulfil", "cancel", "reopen"]

TRANSITIONS: dict[tuple[State, Signal], State] = {
    ("none", "start"): "running",
    ("running", "pause"): "paused",
    ("paused", "resume"): "running",
    ("running", "fulfil"): "fulfilled",
    ("paused", "fulfil"): "fulfilled",
    ("running", "cancel"): "cancelled",
    ("paused", "cancel"): "cancelled",
    ("fulfilled", "reopen"): "running",
    ("cancelled", "reopen"): "running",
}

PATHS: dict[tuple[State, State], tuple[Signal, ...]] = {
    ("none", "running"): ("start",),
    ("none", "paused"): ("start", "pause"),
    ("running", "paused"): ("pause",),
    ("running", "fulfilled"): ("fulfil",),
    ("running", "cancelled"): ("cancel",),
    ("paused", "running"): ("resume",),
    ("paused", "fulfilled"): ("fulfil",),
    ("paused", "cancelled"): ("cancel",),
    ("fulfilled", "running"): ("reopen",),
    ("fulfilled", "paused"): ("reopen", "pause"),
    ("cancelled", "running"): ("reopen",),
    ("cancelled", "paused"): ("reopen", "pause"),
}


NOTHING = Fraction(0)
"""What most clocks have earned."""

STEPS_KEPT = 1_000
"""Targets of a policy of which the steps are remembered; those in business days are many."""


class IllegalTransition(Exception):
    """A signal that the table does not hold for the clock's state."""


@dataclass(frozen=True, slots=True)
class Step:
    """Something to be said when `active` ms have elapsed: a warning, or (None) the breach."""

    active: int
    warning: Warning_ | None = None

    def place(self) -> tuple[int, bool, int]:
        """Order steps: by active time, then warnings by level, then the breach."""
        return self.active, self.warning is None, (self.warning and self.warning.level) or 0


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the contract by lateness (R31), passed when `active` ms have elapsed."""

    active: int
    rule: Credit


def target_ms(duration: Duration, schedule: Schedule, started_at: int) -> int:
    """Give a target in ms of active time; business days are fixed at the clock's start (R24)."""
    if isinstance(duration, Active):
        return duration.ms
    return schedule.elapsed(started_at, fixed_until(duration, schedule, started_at))


def fixed_until(duration: BusinessDays | EndOfDay, schedule: Schedule, started_at: int) -> int:
    """Find the instant that business days, or the end of one, name at the clock's start (R24)."""
    if isinstance(duration, BusinessDays):
        return schedule.business_days_end(started_at, duration.days)
    return schedule.day_end(started_at, duration.days)


def steps(
    policy: Policy, target: int, started_at: int, breached_at: int | None
) -> tuple[Step, ...]:
    """List what is to be said of a clock with this target, in order.

    Business days before the breach are fixed at the clock's start, those after it at the breach
    (R24): the steps before the breach are the same before and after it. What cannot come, since the
    schedule does not open that much again, is no step.
    """
    known: tuple[Step, ...] | None = policy.derived.get(target)
    if known is None:
        known = _steps(policy, target, started_at, breached_at)
        if not any(rule.dated for rule in policy.warnings) and len(policy.derived) < STEPS_KEPT:
            policy.derived[target] = known
    return known


def _steps(
    policy: Policy, target: int, started_at: int, breached_at: int | None
) -> tuple[Step, ...]:
    said = [Step(target)]
    for rule in policy.warnings:
        with suppress(ScheduleHorizonError):
            active = _active(rule, policy.schedule, target, (started_at, breached_at))
            said.append(Step(active, rule))
    return tuple(sorted(said, key=Step.place))


def _active(rule: Warning_, schedule: Schedule, target: int, ends: tuple[int, int | None]) -> int:
    """Say at how much active time, in ms, of a clock with this target a warning falls.

    A share that is no whole millisecond falls on the next one; time left of more than the target
    falls at the start. `ends`: the start, and the breach where it has come.
    """
    started_at, breached_at = ends
    if rule.percent is not None:
        return -(-target * rule.percent.numerator // rule.percent.denominator)
    if isinstance(rule.left, Active):
        return max(0, target - rule.left.ms)
    if isinstance(rule.after, Active):
        return target + rule.after.ms
    if rule.left is not None:
        deadline = schedule.deadline(started_at, target)
        from_ = schedule.business_days_before(deadline, rule.left.days, started_at)
        return schedule.elapsed(started_at, from_)
    assert rule.after is not None  # one of the three there is
    breach = schedule.deadline(started_at, target) if breached_at is None else breached_at
    return target + schedule.business_days(breach, rule.after.days)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a clock is held against: a policy of a version (R18), and its target in active ms."""

    policy: Policy
    version: str
    target: int


@dataclass(slots=True)
class Clock:
    """One run of a metric. Instants in ms UTC, amounts in ms of active time.

    `version` is of the policy set that `policy` is from (R18). `shares` is `used` by whose hands
    the ticket was in, the present ones in `where` (R28). `deadline` is None while paused (R15);
    `breached_at` is latched; `finished_at` is the instant of fulfilment or cancellation, `reason`
    why it was cancelled, `met_by` the policy under which it was met. `earned` is the share of the
    contract's fee that the cycle has earned (R31). `lapsed`: it had ended, and nothing was promised
    for it for a while since (R16).
    """

    kind: str
    metric: str
    cycle: int
    policy: Policy
    target: int
    started_at: int
    since: int
    steps: tuple[Step, ...]
    state: State = "none"
    revision: int = 0
    used: int = 0
    where: Where = (None, None, None)
    shares: dict[Where, int] = field(default_factory=dict)
    step: int = 0
    due: int | None = None
    deadline: int | None = None
    breached_at: int | None = None
    finished_at: int | None = None
    reason: str | None = None
    met_by: str | None = None
    version: str = ""
    earned: Fraction = NOTHING
    lapsed: bool = False

    @property
    def open(self) -> bool:
        """Whether the clock is running or paused."""
        return self.state in ("running", "paused")

    def elapsed(self, instant: int) -> int:
        """Give the active time counted up to an instant at or after the last change."""
        if self.state != "running" or instant == self.since:
            return self.used
        return self.used + self.policy.schedule.elapsed(self.since, instant)

    def signal(self, signal: Signal, instant: int) -> None:
        """Take a transition at an instant, as the table has it."""
        state = TRANSITIONS.get((self.state, signal))
        if state is None:
            message = f"a clock that is {self.state} has no transition {signal!r}"
            raise IllegalTransition(message)
        self.bank(instant)
        self.state = state
        if signal == "reopen":
            self.revision += 1
        self.finished_at = None if self.open else instant
        self.plan()

    def bank(self, instant: int) -> None:
        """Put what has been counted so far aside, and count on from the instant."""
        elapsed = self.elapsed(instant)
        if elapsed > self.used:
            self.shares[self.where] = self.shares.get(self.where, 0) + elapsed - self.used
        self.used, self.since = elapsed, instant

    def hand_over(self, where: Where, instant: int) -> None:
        """Count on in other hands (R28)."""
        self.bank(instant)
        self.where = where

    def causes(self, instant: int) -> tuple[tuple[Where, int], ...]:
        """Say in whose hands the active time was spent; the ms add up to the elapsed (R28)."""
        shares = dict(self.shares)
        if rest := self.elapsed(instant) - self.used:
            shares[self.where] = shares.get(self.where, 0) + rest
        return tuple(shares.items())

    def recount(self, shares: dict[Where, int], instant: int) -> None:
        """Take what was counted by other terms for what is used, and count on from the instant."""
        self.bank(instant)
        self.shares = shares
        self.used = sum(shares.values())

    def backdate(self, started_at: int, where: Where, instant: int) -> None:
        """Count from an earlier start, in those hands, what lies before the present one (R20)."""
        self.bank(instant)
        inherited = self.policy.schedule.elapsed(started_at, self.started_at)
        self.shares[where] = self.shares.get(where, 0) + inherited
        self.used += inherited
        self.started_at = started_at

    def take_up(self, terms: Terms) -> None:
        """Swap the terms of a clock that stands still, or is about to be planned anew."""
        self.policy, self.version, self.target = terms.policy, terms.version, terms.target
        self.steps, self.step = self._steps(), 0

    def retarget(self, terms: Terms, instant: int) -> None:
        """Swap the terms; used time stays (R16). Steps past are left to the caller."""
        self.bank(instant)
        self.take_up(terms)
        self.revision += 1
        self.plan()

    def breach(self, instant: int) -> None:
        """Latch the breach; what is to be said after it is counted from it."""
        self.breached_at = self.deadline = instant
        self.steps = self._steps()

    def plan(self) -> None:
        """Find the deadline and the instant of the next step, None where the clock stands still."""
        self.due = None
        if self.state == "paused":
            self.deadline = None
        if self.state != "running":
            return
        overdue = self.breached_at is not None and self.target <= self.used
        self.deadline = self.breached_at if overdue else self._instant(self.target)
        self.look_ahead()

    def look_ahead(self) -> None:
        """Find the instant of the next step; the deadline stays what it is (R14)."""
        ahead = self.ahead()
        self.due = None if ahead is None else self._instant(ahead.active)

    def ahead(self) -> Step | Line | None:
        """Give what is to be taken next; at one amount a line comes after the breach."""
        step = self.steps[self.step] if self.step < len(self.steps) else None
        line = next(iter(self.lines()), None)
        if step is None or (line is not None and line.active < step.active):
            return line
        return step

    def lines(self) -> list[Line]:
        """List the lines of the contract by lateness that would earn more than was earned (R31)."""
        if self.policy.contract is None:
            return []
        return [
            Line(self.target + rule.late_ms, rule)
            for rule in self.policy.contract.credits
            if rule.late_ms is not None and rule.credit > self.earned
        ]

    def reaches(self, active: int) -> int | None:
        """Give the instant (ms UTC) of so much active time, if nothing changes; None: never."""
        return self._instant(active) if self.state == "running" else None

    def _steps(self) -> tuple[Step, ...]:
        return steps(self.policy, self.target, self.started_at, self.breached_at)

    def _instant(self, active: int) -> int | None:
        try:
            return self.policy.schedule.deadline(self.since, max(0, active - self.used))
        except ScheduleHorizonError:
            return None  # a schedule that does not open again: the instant never comes

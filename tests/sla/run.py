"""One clock of the oracle: a run of a metric, in plain numbers, and what is said of it."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tests.sla.local import open_list, open_minutes
from tests.sla.promise import Promise

Hands = tuple[str | None, str | None, str | None]
"""Whose the ticket is: team, status, assignee (R28)."""


@dataclass(frozen=True)
class Said:
    """One fact: its type, the minute, the terms, the active minutes, and what else it says."""

    type: str
    minute: int
    revision: int
    policy: str
    target: int
    since: int
    used: int
    deadline: int | None = None
    more: tuple[Any, ...] = ()


@dataclass
class Run:
    """One run of a metric. Minutes since 1970 UTC, and active minutes.

    `first`: where the tables of open minutes begin. `hands`: in whose hands what is `used` was
    spent, up to the last event. `met_by`: the promise that counted it as met (R26). `lapsed`: the
    kind had no promise for a while. `late`: the most active minutes that it was past its target and
    went on. `taken`: the places of the warnings, -1 for the breach, that
    are behind.
    """

    first: int
    cycle: int
    promise: Promise
    target: int
    since: int
    hands: Counter[Hands]
    used: int = 0
    state: str = "none"
    revision: int = 0
    reason: str | None = None
    lapsed: bool = False
    breached_at: int | None = None
    late: int = -1
    met_by: str | None = None
    taken: set[int] = field(default_factory=set)
    said: list[Said] = field(default_factory=list)

    @property
    def open(self) -> bool:
        """Whether it has no end yet."""
        return self.state in ("running", "paused")

    def deadline(self, minute: int) -> int | None:
        """Walk on from a minute to the one at which the target is used up, if nothing changes."""
        if self.state == "paused":
            return None
        if self.used >= self.target:
            return minute if self.breached_at is None else self.breached_at
        opens = open_list(self.promise.hours, self.first)
        ahead = bisect_left(opens, minute - self.first) + self.target - self.used - 1
        return self.first + opens[ahead] + 1

    def say(self, type_: str, minute: int, *more: Any) -> None:
        """Note a fact."""
        told = type_ in ("started", "resumed", "retargeted")
        self.said.append(
            Said(
                type_,
                minute,
                self.revision,
                self.promise.name,
                self.target,
                self.since,
                self.used,
                self.deadline(minute) if told else None,
                more,
            )
        )

    def spend(self, hands: Hands) -> None:
        """Put what was used since the last event down to the hands that the ticket was in."""
        self.hands[hands] += self.used - self.hands.total()

    def causes(self, hands: Hands) -> frozenset[tuple[Hands, int]]:
        """Say in whose hands the active minutes were spent (R28)."""
        spent = self.hands + Counter({hands: self.used - self.hands.total()})
        return frozenset(spent.items())

    def next(self) -> int | None:
        """Say after how many active minutes something is next to be said."""
        return min((one[0] for one in self._left()), default=None)

    def ring(self, minute: int, hands: Hands, reopens: int) -> None:
        """Say what falls at this minute, if the clock goes on after it (R5, R21)."""
        for at, last, _, place in self._left():
            if at > self.used:
                return
            if last:
                self._breach(minute, "deadline_passed", hands, reopens)
            else:
                self._warn(minute, at, place)
            self.taken.add(place)

    def catch_up(self, minute: int, reason: str, hands: Hands, reopens: int) -> None:
        """Deal with what is past already: one breach, and the highest warning (R16, R21)."""
        self.late = max(self.late, self.used - self.target - 1)
        past = [one for one in self._left() if one[0] < self.used + (not one[1])]
        if any(last for _, last, _, _ in past):
            self._breach(minute, reason, hands, reopens)
        if past and not past[-1][1]:
            self._warn(minute, past[-1][0], past[-1][3])
        self.taken.update(place for _, _, _, place in past)

    def begin(self, minute: int, hands: Hands, reopens: int) -> None:
        """Start, or take up again what has ended (R12)."""
        again = self.state != "none"
        self.state = "running"
        self.revision += again
        applied = not again or self.lapsed
        if again:
            unpromised = self.reason in ("no_policy", "no_target")
            self.say("resumed", minute, "policy_applied" if unpromised else "reopened", self.met_by)
        else:
            self.say("started", minute)
        self.reason, self.met_by, self.lapsed = None, None, False
        reason = "policy_applied" if applied else "target_tightened"
        self.catch_up(minute, reason, hands, reopens)

    def go(self, state: str, minute: int) -> None:
        """Run or stand still from now on."""
        if state != self.state:
            self.state = state
            self.say(*("paused", minute) if state == "paused" else ("resumed", minute, None, None))

    def end(self, minute: int, reason: str | None = None) -> None:
        """End with a verdict, or for a reason without one."""
        if reason is not None:
            self.say("cancelled", minute, reason)
        elif self.breached_at is None:
            self.say("fulfilled", minute, "met")
            self.met_by = self.promise.name
        else:
            self.say("fulfilled", minute, "breached")
        self.state = "fulfilled" if reason is None else "cancelled"
        self.reason = reason

    def _left(self) -> list[tuple[int, bool, int, int]]:
        """List what is not yet behind: at how many minutes, whether the breach, level, place."""
        warns = [(w.at(self.target), False, w.level, n) for n, w in enumerate(self.promise.warns)]
        every = sorted([*warns, (self.target, True, 0, -1)])
        return [one for one in every if one[3] not in self.taken]

    def _breach(self, minute: int, reason: str, hands: Hands, reopens: int) -> None:
        """Breach, once and for all (R16)."""
        if self.breached_at is None:
            self.breached_at = minute
            self.say("breached", minute, reason, reopens, self.causes(hands))

    def _warn(self, minute: int, at: int, place: int) -> None:
        """Warn, but not of a breach that stands (R21)."""
        if self.breached_at is None or at > self.target:
            warn, opened = self.promise.warns[place], open_minutes(self.promise.hours, self.first)
            is_open = bool(opened[minute - self.first])
            self.say("breach_imminent", minute, warn.key, warn.level or None, is_open)

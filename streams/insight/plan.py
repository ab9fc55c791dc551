"""What would change: a history under the policies that hold and under those that are proposed.

Both sides are replays of the same events from their beginning, as if each set had always held;
what would happen to the clocks that run at the moment of a change is `history.preview`.

Decisions that bind this module:

- A cycle of one side is that of the other where ticket, kind, metric and number are the same,
  whatever the policies are called.
- A cycle counts in the segment that its ticket was in when the cycle began: of all that is known
  of it, this does not depend on the promise.
- What is kept of each ticket is a few numbers, and the names of those whose verdict differs.
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from streams.history.replay import Replayed
from streams.insight.cycle import Cycle, Name, Outcome, cycles
from streams.sla.compliance import Tally
from streams.sla.credits import Credits
from streams.sla.engine import Engine
from streams.sla.facts import Fact
from streams.sla.policy import PolicySet
from streams.sla.zone import local_of, parse_zone

Segment = tuple[str | None, ...]
"""The values of the attributes that were asked for, None where a ticket has none."""

Promise = tuple[str, str]
"""Kind and metric: what a policy's name does not change."""

SEGMENTS = ("priority", "channel", "tier")
"""The attributes by which tickets are told apart unless others are asked for."""


@dataclass(frozen=True, slots=True, order=True)
class Turn:
    """A cycle whose verdict differs; None on the side where nothing is promised.

    `at`: when it is judged, in ms UTC: by the candidate, else by what holds now.
    """

    ticket: str
    kind: str
    metric: str
    number: int
    before: Outcome | None
    after: Outcome | None
    at: int


@dataclass(frozen=True, slots=True, order=True)
class Overdue:
    """An open clock that is in breach under the candidate alone: for how many active ms."""

    ticket: str
    kind: str
    metric: str
    number: int
    policy: str
    breached_at: int
    late: int


@dataclass(slots=True)
class Moved:
    """What becomes of the deadlines of a kind and metric.

    `shifts`: by how many ms each that moves does, less than 0 for earlier. `stilled`: a deadline
    on one side, none on the other, where the clock is paused. `added`, `dropped`: cycles that one
    side alone promises anything for.
    """

    cycles: int = 0
    shifts: array[int] = field(default_factory=lambda: array("q"))
    stilled: int = 0
    added: int = 0
    dropped: int = 0

    @property
    def earlier(self) -> int:
        """Count the deadlines that would come earlier."""
        return sum(shift < 0 for shift in self.shifts)

    @property
    def later(self) -> int:
        """Count the deadlines that would come later."""
        return sum(shift > 0 for shift in self.shifts)

    @property
    def median(self) -> int | None:
        """Give the shift (ms) in the middle of those that move, the lower of two; None: none."""
        return sorted(self.shifts)[(len(self.shifts) - 1) // 2] if self.shifts else None

    @property
    def differs(self) -> bool:
        """Whether anything becomes of them at all."""
        return bool(self.shifts or self.stilled or self.added or self.dropped)

    def merge(self, other: Moved) -> None:
        """Take over what became of other tickets' deadlines."""
        self.cycles += other.cycles
        self.shifts.extend(other.shifts)
        self.stilled += other.stilled
        self.added += other.added
        self.dropped += other.dropped


class Side:
    """What a history comes to under one of the two policy sets."""

    def __init__(self, policies: PolicySet) -> None:
        self.policies = policies
        self.tallies: defaultdict[tuple[Name, Segment], Tally] = defaultdict(Tally)
        """Cycles met and breached (R26)."""
        self.warnings: Counter[tuple[str, str]] = Counter()
        """By level and by day, where the schedule is (R21)."""
        self.credits = Credits(Engine(policies).policy)
        self._zones = {
            (one.kind, one.name): parse_zone(one.schedule.zone) for one in policies.policies
        }

    def add(self, one: Replayed, found: Iterable[Cycle], by: Sequence[str]) -> None:
        """Take in a ticket."""
        for cycle in found:
            if cycle.outcome in ("met", "breached"):
                tally = self.tallies[cycle.name, _segment(cycle, by)]
                tally.met += cycle.outcome == "met"
                tally.breached += cycle.outcome == "breached"
            for warning in cycle.warnings:
                self.warnings[_level(warning), self._day(warning)] += 1
        for _, fact in one.facts:
            self.credits.add(fact)

    def merge(self, other: Side) -> None:
        """Take over what other tickets come to."""
        for key, tally in other.tallies.items():
            self.tallies[key].met += tally.met
            self.tallies[key].breached += tally.breached
        self.warnings.update(other.warnings)
        self.credits.merge(other.credits)

    def _day(self, warning: Fact) -> str:
        ordinal, _ = local_of(self._zones[warning.kind, warning.policy], warning.time)
        return date.fromordinal(ordinal).isoformat()


class Plan:
    """A history under both sets: a gathering (see `history.gathering`).

    `by`: the attributes whose values make a segment. Everything is exact.
    """

    def __init__(
        self, promises: Sequence[PolicySet], until: int, by: Sequence[str] = SEGMENTS
    ) -> None:
        current, candidate = promises
        self.until = until
        self.by = tuple(by)
        self.current, self.candidate = Side(current), Side(candidate)
        self.moved: defaultdict[Promise, Moved] = defaultdict(Moved)
        self.turns: list[Turn] = []
        self.overdue: list[Overdue] = []
        self.first: int | None = None
        """When the first ticket began, in ms UTC; None without any."""

    def add(self, told: tuple[Replayed, ...]) -> None:
        """Take in a ticket, folded under each of the two."""
        before, after = (
            {(*one.name[1:], one.number): one for one in cycles(side, self.until)} for side in told
        )
        self.current.add(told[0], before.values(), self.by)
        self.candidate.add(told[1], after.values(), self.by)
        began = min((event.time for event in told[0].events), default=self.until)
        self.first = began if self.first is None else min(began, self.first)
        for key in before | after:
            self._compare(key[:2], before.get(key), after.get(key))

    def merge(self, other: Plan) -> None:
        """Take over what was found of other tickets."""
        self.current.merge(other.current)
        self.candidate.merge(other.candidate)
        for promise, moved in other.moved.items():
            self.moved[promise].merge(moved)
        self.turns += other.turns
        self.overdue += other.overdue
        begun = [first for first in (self.first, other.first) if first is not None]
        self.first = min(begun, default=None)

    def won(self) -> list[Turn]:
        """List the cycles in breach now that would not be, by ticket."""
        return sorted(one for one in self.turns if one.before == "breached")

    def lost(self) -> list[Turn]:
        """List the cycles that would be in breach and are not, by ticket."""
        return sorted(one for one in self.turns if one.after == "breached")

    @property
    def empty(self) -> bool:
        """Whether nothing would change for anybody."""
        now, then = self.current, self.candidate
        return (
            not self.turns
            and not any(moved.differs for moved in self.moved.values())
            and {key: (one.met, one.breached) for key, one in now.tallies.items()}
            == {key: (one.met, one.breached) for key, one in then.tallies.items()}
            and now.warnings == then.warnings
            and now.credits.months == then.credits.months
        )

    def _compare(self, promise: Promise, before: Cycle | None, after: Cycle | None) -> None:
        moved = self.moved[promise]
        moved.cycles += 1
        if before is None or after is None:
            moved.added += before is None
            moved.dropped += after is None
        elif before.deadline is None or after.deadline is None:
            moved.stilled += before.deadline is not after.deadline
        elif before.deadline != after.deadline:
            moved.shifts.append(after.deadline - before.deadline)
        was, is_ = _outcome(before), _outcome(after)
        if (was == "breached") != (is_ == "breached"):
            self._turn(before, after)

    def _turn(self, before: Cycle | None, after: Cycle | None) -> None:
        one = after or before
        assert one is not None  # a key of either side
        judged = [cycle.judged_at for cycle in (after, before) if cycle and cycle.judged_at]
        told = one.ticket, one.name[1], one.name[2], one.number
        self.turns.append(Turn(*told, _outcome(before), _outcome(after), judged[0]))
        if one is after and one.outcome == "breached" and one.ended_at is None:
            assert one.judged_at is not None  # it is in breach
            late = max(0, one.elapsed - one.target)
            self.overdue.append(Overdue(*told, one.name[0], one.judged_at, late))


def _outcome(cycle: Cycle | None) -> Outcome | None:
    return None if cycle is None else cycle.outcome


def _segment(cycle: Cycle, by: Sequence[str]) -> Segment:
    return tuple(_word(cycle.first_attributes.get(name)) for name in by)


def _word(value: object) -> str | None:
    """Write an attribute's value as a word; lists of words in their order."""
    if value is None:
        return None
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(sorted(map(str, value)))
    return str(value)


def _level(warning: Fact) -> str:
    """Name a warning's level, or its threshold where it has none."""
    return f"level {warning.level}" if warning.level is not None else str(warning.threshold)

"""All that a report says, gathered ticket by ticket.

Each ticket is looked at once and let go, but for the few worst and what is worth a look; what two
gatherings of other tickets hold can be put together, in any order, and says the same. Everything
local (days, hours of the week) is in one zone, see `zone_of`; the months of contracts are in that
of their schedules (R31).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from streams.history.credits import Statement
from streams.history.replay import Replayed
from streams.insight.cycle import Cycle, Name, cycles
from streams.insight.gaming import USUAL, Found, Limits, signs
from streams.insight.hours_of_week import HoursOfWeek, hour_of_week
from streams.insight.promise import Promise
from streams.insight.worst import Worst
from streams.sla.compliance import Tally
from streams.sla.credits import Credits, Month, contracts
from streams.sla.engine import Engine
from streams.sla.policy import METRICS, PolicySet
from streams.sla.quality import Quality
from streams.sla.tickets import TicketOutcomes
from streams.sla.zone import local_of, parse_zone

SEGMENTS = ("priority",)
WORST = 10


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a report is to tell apart.

    `segments`: attributes. `worst`: how many tickets. `zone`: an IANA name, None for `zone_of`.
    """

    segments: tuple[str, ...] = SEGMENTS
    worst: int = WORST
    zone: str | None = None
    limits: Limits = USUAL


PLAIN = Wishes()


@dataclass(slots=True)
class TicketRate:
    """Resolved tickets, and those of them with all SLA clocks met, and missed (R27)."""

    resolved: int = 0
    judged: Tally = field(default_factory=Tally)

    def add(self, one: Replayed) -> None:
        """Judge a ticket."""
        if one.ticket is None or not one.ticket.story.resolved:
            return
        outcomes = TicketOutcomes()
        for _, fact in one.facts:
            outcomes.add(fact)
        self.resolved += 1
        self.judged.merge(outcomes.judged((one.id,)))

    def merge(self, other: TicketRate) -> None:
        """Add other tickets."""
        self.resolved += other.resolved
        self.judged.merge(other.judged)


@dataclass(slots=True)
class Report:
    """A history under these policies, up to `until` (ms UTC). `first`: its first event."""

    policies: PolicySet
    until: int
    wishes: Wishes = PLAIN
    tickets: int = 0
    events: int = 0
    unmatched: int = 0
    refused: int = 0
    first: int | None = None
    promises: dict[Name, Promise] = field(default_factory=dict)
    rate: TicketRate = field(default_factory=TicketRate)
    week: HoursOfWeek = field(default_factory=HoursOfWeek)
    months: dict[tuple[str, str], Month] = field(default_factory=dict)
    found: list[Found] = field(default_factory=list)
    worst: Worst = field(init=False)
    zone: str = field(init=False)
    kind: str = field(init=False)

    def __post_init__(self) -> None:
        self.worst = Worst(self.wishes.worst)
        self.zone = self.wishes.zone or zone_of(self.policies)
        self.kind = "sla" if any(one.kind == "sla" for one in self.policies.policies) else "olo"

    @classmethod
    def of(cls, promises: Sequence[PolicySet], until: int, *, wishes: Wishes = PLAIN) -> Report:
        """Begin a gathering (see `history.gathering`) under the one policy set."""
        (policies,) = promises
        return cls(policies, until, wishes)

    def add(self, told: tuple[Replayed, ...]) -> None:
        """Take a ticket in."""
        (one,) = told
        self.tickets += 1
        self.events += len(one.events)
        self.unmatched += one.unmatched
        self.refused += len(one.refused)
        begun = min(event.time for event in one.events)
        self.first = begun if self.first is None else min(begun, self.first)
        self.week.arrivals[self._hour(begun)] += 1
        known = list(cycles(one, self.until))
        for cycle in known:
            self._count(cycle)
        self._judge(one)
        # What customers were promised comes first; without such promises, what is promised inside.
        self.worst.add(one, (cycle for cycle in known if cycle.name[1] == self.kind))
        self.found += signs(one, self.policies, self.until, self.wishes.limits)

    def merge(self, other: Report) -> None:
        """Take over what was gathered of other tickets, under the same policies and wishes."""
        self.tickets += other.tickets
        self.events += other.events
        self.unmatched += other.unmatched
        self.refused += other.refused
        firsts = [first for first in (self.first, other.first) if first is not None]
        self.first = min(firsts, default=None)
        for name, promise in other.promises.items():
            self._promise(name).merge(promise)
        self.rate.merge(other.rate)
        self.week.merge(other.week)
        for place, month in other.months.items():
            self.months.setdefault(place, Month()).merge(month)
        self.found += other.found
        self.worst.merge(other.worst)

    def names(self) -> list[Name]:
        """Name the promises of which there is anything to say, in the file's order."""
        places = {(one.name, one.kind): place for place, one in enumerate(self.policies.policies)}

        def place(name: Name) -> tuple[int, str, str, int]:
            return places.get(name[:2], len(places)), name[0], name[1], METRICS.index(name[2])

        return sorted((name for name, one in self.promises.items() if one.seen), key=place)

    def signs(self) -> list[Found]:
        """Give what is worth a look, sign by sign, by time."""
        return sorted(self.found, key=lambda found: found.place)

    def statements(self) -> list[Statement]:
        """Give what each account's months owe (R31)."""
        known = contracts(self.policies)
        return [
            Statement(month, known[account], counted, counted.owed(known[account]))
            for (account, month), counted in sorted(self.months.items())
            if account in known and counted != Month()
        ]

    def day(self, instant: int) -> int:
        """Give the ordinal of the local date."""
        return local_of(parse_zone(self.zone), instant)[0]

    def _hour(self, instant: int) -> int:
        return hour_of_week(*local_of(parse_zone(self.zone), instant))

    def _promise(self, name: Name) -> Promise:
        return self.promises.setdefault(name, Promise())

    def _count(self, cycle: Cycle) -> None:
        day = None if cycle.judged_at is None else self.day(cycle.judged_at)
        self._promise(cycle.name).add(cycle, day, self.wishes.segments)
        if cycle.done is not None:
            promise = self._promise(cycle.done.counted_under)
            promise.margin.add(cycle.done.elapsed, cycle.done.target)
        if cycle.judged_at is not None and cycle.name[1] == self.kind:
            hour = self.week.cycles[self._hour(cycle.started_at)]
            met = cycle.outcome == "met"
            hour.met += met
            hour.breached += not met

    def _judge(self, one: Replayed) -> None:
        """Count reopens (R29), the ticket (R27), and what is owed for it (R31)."""
        quality, ledger = Quality(), Credits(Engine(self.policies).policy)
        ledger.months = self.months
        for _, fact in one.facts:
            quality.add(fact)
            ledger.add(fact)
        for name, count in quality.reopened().items():
            self._promise(name).reopened += count
        self.rate.add(one)


def zone_of(policies: PolicySet) -> str:
    """Give the zone in which most policies keep their hours, the first in the file of several.

    Those that are always open keep none; where there is no other, theirs counts.
    """
    schedules = [one.schedule for one in policies.policies]
    zones: Sequence[str] = [one.zone for one in schedules if not one.rules.always]
    counted = Counter(zones or [one.zone for one in schedules])
    return max(counted, key=lambda zone: counted[zone], default="UTC")

"""What `sla advise` keeps of a replay: compact samples by segment, and when people spoke.

Each ticket is taken in by itself, as it was folded under each of some policy sets, and two
gatherings are merged into one, so that shards of a history may be folded apart. What they say does
not depend on the order in which tickets come.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from streams.history.replay import Replayed
from streams.insight.cycle import cycles
from streams.insight.sample import Cell, Sample, Schedules, samples
from streams.sla.compliance import Tally
from streams.sla.events import Changed, Created, Messaged, TicketEvent
from streams.sla.policy import CATEGORIES, word

Measured = tuple[str, str]
"""Policy and metric."""


@dataclass(slots=True)
class Outcomes:
    """What came of the cycles that started from `since` on, in a replay under real targets.

    `tallies` by policy and metric (R26); `broken` by metric: when each breached cycle started, and
    `kept` the same of the met ones.
    """

    kind: str
    since: int
    until: int
    tallies: dict[Measured, Tally] = field(default_factory=dict)
    kept: dict[str, list[int]] = field(default_factory=dict)
    broken: dict[str, list[int]] = field(default_factory=dict)

    def add(self, told: tuple[Replayed, ...]) -> None:
        """Take in a ticket that was folded under these policies, the first of the sets."""
        for cycle in cycles(told[0], self.until):
            policy, kind, metric = cycle.name
            if kind != self.kind or cycle.started_at < self.since:
                continue
            if cycle.outcome == "met":
                self._count((policy, metric), 1, 0)
                self.kept.setdefault(metric, []).append(cycle.started_at)
            elif cycle.outcome == "breached":
                self._count((policy, metric), 0, 1)
                self.broken.setdefault(metric, []).append(cycle.started_at)

    def merge(self, other: Outcomes) -> None:
        """Take in the outcomes of other tickets."""
        for name, tally in other.tallies.items():
            self._count(name, tally.met, tally.breached)
        for mine, others in ((self.kept, other.kept), (self.broken, other.broken)):
            for metric, starts in others.items():
                mine.setdefault(metric, []).extend(starts)

    def tally(self, names: Iterable[Measured]) -> Tally:
        """Sum up what came of several promises."""
        found = [self.tallies[name] for name in names if name in self.tallies]
        return Tally(sum(one.met for one in found), sum(one.breached for one in found))

    def _count(self, name: Measured, met: int, breached: int) -> None:
        before = self.tallies.get(name, Tally())
        self.tallies[name] = Tally(before.met + met, before.breached + breached)


@dataclass(slots=True)
class Gathering:
    """Samples of cycles that started from `since` on, in a history up to `until` (ms UTC).

    The first policy set is the measuring one; `present` is what came of the second, where there is
    one. `created`, `asked`, `answered`: the instants at which tickets came, customers wrote on
    them, and agents answered in public. `statuses`: words that no category of the file knows.
    """

    by: tuple[str, ...]
    schedules: Schedules
    known_statuses: frozenset[str]
    since: int
    until: int
    cells: dict[Measured, dict[Cell, list[Sample]]] = field(default_factory=dict)
    tickets: int = 0
    events: int = 0
    unmatched: int = 0
    created: list[int] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)
    answered: list[int] = field(default_factory=list)
    statuses: set[str] = field(default_factory=set)
    present: Outcomes | None = None

    def add(self, told: tuple[Replayed, ...]) -> None:
        """Take in a ticket that was folded under the measuring set, and others after it."""
        one = told[0]
        if self.present is not None:
            self.present.add(told[1:])
        self.tickets += 1
        self.events += len(one.events)
        self.unmatched += one.unmatched
        for event in one.events:
            self._look(event)
        for taken in samples(one, self.by, self.schedules, self.since, self.until):
            cells = self.cells.setdefault((taken.policy, taken.metric), {})
            cells.setdefault(taken.cell, []).append(taken.sample)

    def merge(self, other: Gathering) -> None:
        """Take in what another one has gathered of other tickets."""
        for measured, others in other.cells.items():
            cells = self.cells.setdefault(measured, {})
            for cell, found in others.items():
                cells.setdefault(cell, []).extend(found)
        self.tickets += other.tickets
        self.events += other.events
        self.unmatched += other.unmatched
        self.created += other.created
        self.asked += other.asked
        self.answered += other.answered
        self.statuses |= other.statuses
        if self.present is not None and other.present is not None:
            self.present.merge(other.present)

    def _look(self, event: TicketEvent) -> None:
        """Note who spoke when, and which status words there are."""
        if isinstance(event, Created | Changed):
            status = event.attributes.get("status")
            if isinstance(status, str) and word(status) not in self.known_statuses:
                self.statuses.add(status)
        if event.time < self.since:
            return
        if isinstance(event, Created):
            self.created.append(event.time)
        elif isinstance(event, Messaged) and event.public:
            if event.author == "customer":
                self.asked.append(event.time)
            elif event.author == "agent":
                self.answered.append(event.time)


def known_words(statuses: Mapping[str, str]) -> frozenset[str]:
    """Give the status words that are sorted into a category."""
    return frozenset(statuses) | frozenset(CATEGORIES)

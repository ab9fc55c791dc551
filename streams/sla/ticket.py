"""All that must be kept of a ticket between two events.

The *story* says what happened, the *clocks* what was promised and how it stands, the *history* what
is needed to fold the ticket again when a late event arrives (R7): the events since `base`, in
order, and the ticket as it was before them. History is bounded: beyond `HISTORY_LIMIT` events the
older half is folded into `base`, and what arrives from before it can no longer be told apart from
what was folded in. That bound is what keeps a ticket with 100,000 updates in a row of a few
kilobytes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import takewhile

from streams.sla.clock import Clock
from streams.sla.compliance import Tally
from streams.sla.events import Adopted, Created, TicketEvent
from streams.sla.facts import Fact, Key
from streams.sla.story import Story

HISTORY_LIMIT = 200

Order = tuple[int, int]


@dataclass(slots=True)
class Ticket:
    """A ticket's state.

    `version`: of the policy set under which its next clock starts, `began` of the one under which
    it began itself; `adopted`: the instant of the latest adoption that has taken hold of it, -1 for
    none (R18). `newest`: the place of the newest event applied. `reached`: the first instant (ms
    UTC) up to which nothing due is left unsaid; it moves with events and with what fires, never
    with ticks that found nothing, so that it does not depend on them (R2). `spent`: how often a
    fact of a key was taken back. `turns`: of what was folded into a base, how many changes its
    newest instant has had; 0 elsewhere. `outcomes`: what has become of its SLA clocks' cycles, as
    far as facts were noted (R26).
    """

    id: str
    version: str
    story: Story = field(default_factory=Story)
    clocks: dict[tuple[str, str], Clock] = field(default_factory=dict)
    newest: Order = (-1, 0)
    reached: int = -1
    history: list[TicketEvent] = field(default_factory=list)
    base: Ticket | None = None
    spent: dict[Key, int] = field(default_factory=dict)
    began: str = ""
    adopted: int = -1
    turns: int = 0
    outcomes: Tally = field(default_factory=Tally)

    def __post_init__(self) -> None:
        """A ticket begins under the version that it is made with, unless said otherwise."""
        self.began = self.began or self.version

    @property
    def due(self) -> int | None:
        """The next instant (ms UTC) at which the ticket needs attention: the timer as a datum."""
        first = None
        for clock in self.clocks.values():
            if clock.due is not None and (first is None or clock.due < first):
                first = clock.due
        return first

    @property
    def closed(self) -> bool:
        """Whether the ticket is done and no clock is open: nothing comes of it but by an event."""
        done = self.story.solved or self.story.gone is not None
        return done and not self.open_clocks()

    @property
    def resolution(self) -> tuple[int, bool] | None:
        """When it was resolved (ms UTC), and whether with all its SLA clocks met (R27).

        None where it is not resolved, and where no SLA clock of it had an outcome.
        """
        solved_at, outcomes = self.story.solved_at, self.outcomes
        if solved_at is None or not self.story.resolved:
            return None
        return (solved_at, not outcomes.breached) if outcomes.met or outcomes.breached else None

    def note(self, facts: Iterable[Fact]) -> None:
        """Count what was said for the ticket's outcomes; internal objectives do not count (R27)."""
        for fact in facts:
            if fact.kind == "sla":
                self.outcomes.add(fact)

    def turns_at(self, instant: int) -> int:
        """Count the changes that the newest instant has had, if it is this one, for ids (R8).

        A creation, or a new version, and the first change after it have no need to be told apart:
        what the one does to a clock the other cannot do again.
        """
        known = list(takewhile(lambda event: event.time == instant, reversed(self.history)))
        base = self.base if len(known) == len(self.history) else None
        if base is not None and base.newest[0] == instant:
            return len(known) + base.turns
        return len(known) - (bool(known) and isinstance(known[-1], Created | Adopted))

    def open_clocks(self) -> list[Clock]:
        """Give the clocks that run or are paused."""
        return [clock for clock in self.clocks.values() if clock.open]

    def copy(self) -> Ticket:
        """Give a ticket that can be changed apart from this one."""
        return replace(
            self,
            story=self.story.copy(),
            clocks={
                name: replace(clock, shares=dict(clock.shares))
                for name, clock in self.clocks.items()
            },
            history=list(self.history),
            spent=dict(self.spent),
            outcomes=replace(self.outcomes),
        )


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What is left of a closed ticket that was let go: that it was here, up to an instant (ms UTC).

    Whoever began it anew would give facts ids that are spent (R8).
    """

    id: str
    reached: int

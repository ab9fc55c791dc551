"""The tickets that were longest past what was promised, each with how its deadline came about.

A ticket's worst cycle is the one that was longest past the target that it missed, in active time,
up to its end or to the end of the history; what the target became after the breach is no matter.
Only so many tickets are kept, whatever the length of the history.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from streams.history.replay import Replayed
from streams.insight.cycle import Cycle
from streams.sla.engine import Engine, TooLate
from streams.sla.explain import explain
from streams.sla.explanation import Explanation, Terms
from streams.sla.facts import Fact
from streams.sla.policy import PolicySet
from streams.sla.ticket import Ticket


@dataclass(frozen=True, slots=True)
class Late:
    """A ticket and its worst cycle."""

    one: Replayed
    cycle: Cycle
    breach: Fact

    @property
    def over(self) -> int:
        """Active ms past the target that was missed."""
        return self.cycle.elapsed - self.breach.target

    @property
    def place(self) -> tuple[int, str]:
        """The longest first, then by id."""
        return -self.over, self.cycle.ticket

    def explained(self, policies: PolicySet, until: int) -> Explanation:
        """Say how the cycle came to stand as it does at the end (R33), from all its events."""
        engine, ticket = Engine(policies), None
        kept = list({event.key: event for event in reversed(self.one.events)}.values())[::-1]
        told = []
        for event in kept:
            try:
                ticket, _ = engine.apply(ticket, event)
            except TooLate:
                continue
            told.append(event)
        assert isinstance(ticket, Ticket)  # it has a cycle
        engine.settle(ticket, until)
        whole = replace(ticket, history=told, base=None)
        name = (self.cycle.name[1], self.cycle.name[2], self.cycle.number)
        lives = explain(whole, engine, until)
        return next(one for one in lives if (one.kind, one.metric, one.cycle) == name)


def terms_of(told: Explanation) -> Terms:
    """Give the terms that the breach was against; without one, or before what is kept, the last."""
    if told.breach is None:
        return told.terms
    at = told.breach.at
    holding = [one for one in told.segments if not one.counted_late and one.sum.start <= at]
    return holding[-1].terms if holding else told.terms


@dataclass(slots=True)
class Worst:
    """At most `most` tickets."""

    most: int
    tickets: list[Late] = field(default_factory=list)

    def add(self, one: Replayed, cycles: Iterable[Cycle]) -> None:
        """Look at a ticket by its cycles."""
        missed = [Late(one, cycle, cycle.breach) for cycle in cycles if cycle.breach is not None]
        if missed:
            self._keep([min(missed, key=lambda late: (late.place, late.cycle.name))])

    def merge(self, other: Worst) -> None:
        """Take over those of other tickets."""
        self._keep(other.tickets)

    def _keep(self, more: list[Late]) -> None:
        self.tickets = sorted(self.tickets + more, key=lambda late: late.place)[: self.most]

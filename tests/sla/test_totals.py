"""Totals of tickets apart, put together, are those of all tickets (R26-R31)."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.history.replay import Replay, replay
from streams.sla.causes import Causes
from streams.sla.compliance import Compliance
from streams.sla.credits import Credits
from streams.sla.engine import Engine
from streams.sla.events import TicketEvent
from streams.sla.policy import PolicySet
from streams.sla.quality import Quality
from streams.sla.tickets import TicketOutcomes
from tests.history.logs import logs
from tests.sla.test_properties import POLICIES


class Totals:
    """All that is counted of facts."""

    def __init__(self, policies: PolicySet) -> None:
        self.compliance, self.quality, self.causes = Compliance(), Quality(), Causes()
        self.outcomes, self.credits = TicketOutcomes(), Credits(Engine(policies).policy)

    def take(self, done: Replay, tickets: Sequence[str]) -> None:
        """Take in the facts of some tickets."""
        for _, fact in done.facts:
            if fact.ticket in tickets:
                for one in (
                    self.compliance,
                    self.quality,
                    self.causes,
                    self.outcomes,
                    self.credits,
                ):
                    one.add(fact)

    def close(self, done: Replay, tickets: Sequence[str]) -> None:
        """Nothing more comes of them."""
        self.quality.close()
        self.causes.close()
        self.outcomes.close(done.resolved.intersection(tickets))

    def merge(self, other: Totals) -> None:
        """Put them together."""
        self.compliance.merge(other.compliance)
        self.quality.merge(other.quality)
        self.causes.merge(other.causes)
        self.outcomes.merge(other.outcomes)
        self.credits.merge(other.credits)

    def said(self, resolved: Sequence[str] = ()) -> tuple[object, ...]:
        """Give all of it."""
        return (
            self.compliance.tallies,
            (self.quality.reopened(), self.quality.used(), self.quality.margins()),
            self.causes.totals,
            (self.outcomes.judged(resolved), self.outcomes.judged_by_policy(resolved)),
            self.credits.months,
        )


@settings(max_examples=150, deadline=None)
@given(logs(), st.integers(0, 31))
def test_totals_of_tickets_apart_add_up_to_those_of_all(log: list[TicketEvent], which: int) -> None:
    """Closed ticket by ticket, or all at once, or not at all: the same."""
    done = replay(log, POLICIES, arrival=True)
    names = sorted({event.ticket for event in log})
    sides = [[t for at, t in enumerate(names) if (which >> at & 1) == side] for side in (0, 1)]
    open_ = Totals(POLICIES)
    open_.take(done, names)
    apart = [Totals(POLICIES) for _ in sides]
    for totals, tickets in zip(apart, sides, strict=True):
        for ticket in tickets:
            totals.take(done, [ticket])
            totals.close(done, [ticket])
    first, second = apart
    first.merge(second)
    expected = open_.said(sorted(done.resolved))
    assert first.said() == expected
    open_.close(done, names)
    assert open_.said() == expected

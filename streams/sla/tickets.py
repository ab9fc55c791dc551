"""Tickets resolved with all their SLA clocks met (R27).

A ticket is judged by the outcomes of its clocks of kind `sla`, as R26 counts them: one that stands
as breached and it was missed, else met. A cancelled clock has no outcome, so it neither helps nor
harms, and a ticket without any outcome is no part of the rate: nothing was promised of it, or
nothing came of it. Internal objectives (`olo`) do not count.

A ticket that changed policies is judged under each by what came out under that one, and once over
all of them: the policies' tickets may add up to more than all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from streams.sla.compliance import Tally, outcome
from streams.sla.facts import Fact


class TicketOutcomes:
    """The outcomes of each ticket's SLA clocks, by policy."""

    def __init__(self) -> None:
        self._tickets: dict[str, defaultdict[str, Tally]] = {}
        self._judged = Tally()
        self._by_policy: defaultdict[str, Tally] = defaultdict(Tally)

    def add(self, fact: Fact) -> None:
        """Count a fact for its ticket."""
        if fact.kind == "sla" and outcome(fact) != (0, 0):
            policy = fact.counted_under[0]
            self._tickets.setdefault(fact.ticket, defaultdict(Tally))[policy].add(fact)

    def judged(self, resolved: Collection[str] = ()) -> Tally:
        """Count the resolved tickets met and missed; `resolved` are tickets' ids."""
        judged = replace(self._judged)
        for policies in self._of(resolved):
            _judge(judged, policies.values())
        return judged

    def judged_by_policy(self, resolved: Collection[str] = ()) -> dict[str, Tally]:
        """Count the same under each policy, by the clocks that had their outcome under it."""
        judged = {policy: replace(tally) for policy, tally in self._by_policy.items()}
        for policies in self._of(resolved):
            for policy, clocks in policies.items():
                _judge(judged.setdefault(policy, Tally()), [clocks])
        return judged

    def close(self, resolved: Collection[str]) -> None:
        """Judge the tickets so far, of which these are resolved: nothing more comes of them.

        They need not, and cannot, be named again.
        """
        for policies in self._of(resolved):
            _judge(self._judged, policies.values())
            for policy, clocks in policies.items():
                _judge(self._by_policy[policy], [clocks])
        self._tickets.clear()

    def merge(self, other: TicketOutcomes) -> None:
        """Take over what another has judged, of other tickets that are closed."""
        self._judged.merge(other._judged)
        for policy, tally in other._by_policy.items():
            self._by_policy[policy].merge(tally)

    def _of(self, resolved: Collection[str]) -> Iterable[Mapping[str, Tally]]:
        return (self._tickets[ticket] for ticket in resolved if ticket in self._tickets)


def _judge(judged: Tally, clocks: Iterable[Tally]) -> None:
    """Add one ticket: missed with any clock breached, met with at least one met and no other."""
    tallies = list(clocks)
    if any(clock.breached for clock in tallies):
        judged.breached += 1
    elif any(clock.met for clock in tallies):
        judged.met += 1

"""The numbers of a replay, gathered: what `sla replay --summary` shows, exact.

A part a question: were the cycles met, and how well (R26, R29, R30); were the tickets (R27); where
did the time go of those that were not (R28); what is owed for them by contract (R31). Rows come in
the file's order of policies, metrics in the order of their list; a policy that the file does not
hold (any more) comes last.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from streams.history.credits import Statement, statements
from streams.history.replay import Replay
from streams.sla.budget import Budget
from streams.sla.causes import Causes, Spent
from streams.sla.compliance import Tally
from streams.sla.policy import METRICS, PolicySet
from streams.sla.quality import Margins, Quality
from streams.sla.tickets import TicketOutcomes

Name = tuple[str, str, str]
"""Policy, kind and metric."""


@dataclass(frozen=True, slots=True)
class Kept:
    """How a promise was kept: cycles met and breached, reopened after met, and the margins.

    `objective` is None where the policies file does not hold the policy.
    """

    name: Name
    cycles: Tally
    reopened: int
    margins: Margins
    objective: Fraction | None

    @property
    def budget(self) -> Budget | None:
        """What the objective leaves; None without one, and for 100 % (R30)."""
        return None if self.objective is None else Budget.of(self.objective)

    @property
    def budget_used(self) -> Fraction | None:
        """The share of the replay's budget that is used; None without budget or outcome (R30)."""
        return None if self.budget is None else self.budget.burn(self.cycles)


@dataclass(frozen=True, slots=True)
class Tickets:
    """Tickets resolved with all their SLA clocks met, and missed (R27).

    `resolved` counts all that were, also those whose SLA clocks had no outcome.
    """

    resolved: int
    judged: Tally
    by_policy: tuple[tuple[str, Tally], ...]

    @property
    def without_outcome(self) -> int:
        """The number of resolved tickets that are no part of the rate."""
        return self.resolved - self.judged.met - self.judged.breached


@dataclass(frozen=True, slots=True)
class Summary:
    """All of it; `until` is the instant reached, in ms UTC."""

    until: int
    tickets_seen: int
    unmatched: int
    kept: tuple[Kept, ...]
    tickets: Tickets
    causes: tuple[tuple[Name, Spent], ...]
    credits: tuple[Statement, ...]


def summarize(done: Replay, policies: PolicySet) -> Summary:
    """Gather the numbers of a replay under these policies."""
    compliance, quality = done.compliance(), Quality()
    outcomes, causes = TicketOutcomes(), Causes()
    for _, fact in done.facts:
        quality.add(fact)
        outcomes.add(fact)
        causes.add(fact)
    order = _Order(policies)
    by_policy = [
        (policy, judged)
        for policy, judged in outcomes.judged_by_policy(done.resolved).items()
        if judged != Tally()
    ]
    by_policy.sort(key=lambda entry: order.of_policy(entry[0], "sla"))
    spent = ((name, spent) for name, spent in causes.totals.items() if spent.breaches)
    return Summary(
        until=done.until,
        tickets_seen=done.tickets,
        unmatched=done.unmatched,
        kept=_kept(compliance.tallies, quality, order),
        tickets=Tickets(len(done.resolved), outcomes.judged(done.resolved), tuple(by_policy)),
        causes=tuple(sorted(spent, key=lambda entry: order.of(entry[0]))),
        credits=tuple(statements(done, policies)),
    )


def _kept(tallies: dict[Name, Tally], quality: Quality, order: _Order) -> tuple[Kept, ...]:
    """Put cycles, reopens and margins side by side; what had been all taken back is left out."""
    reopened, margins = quality.reopened(), quality.margins()
    counted = {name for name, tally in tallies.items() if tally.met or tally.breached}
    return tuple(
        Kept(
            name=name,
            cycles=tallies.get(name, Tally()),
            reopened=reopened.get(name, 0),
            margins=margins.get(name, Margins()),
            objective=order.objectives.get(name[:2]),
        )
        for name in sorted(counted | reopened.keys() | margins.keys(), key=order.of)
    )


class _Order:
    """The file's order of policies, and their objectives."""

    def __init__(self, policies: PolicySet) -> None:
        self.objectives = {(one.name, one.kind): one.objective for one in policies.policies}
        self._places = {name: place for place, name in enumerate(self.objectives)}

    def of_policy(self, policy: str, kind: str) -> tuple[int, str, str]:
        return self._places.get((policy, kind), len(self._places)), policy, kind

    def of(self, name: Name) -> tuple[int, str, str, int]:
        return *self.of_policy(name[0], name[1]), METRICS.index(name[2])

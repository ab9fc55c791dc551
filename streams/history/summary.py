"""The numbers of a replay, gathered: what `sla replay --summary` shows, exact.

A part a question: were the cycles met, and how well (R26, R29, R30); were the tickets (R27); where
did the time go of those that were not (R28); what is owed for them by contract (R31). Rows come in
the file's order of policies, metrics in the order of their list; a policy that the file does not
hold (any more) comes last.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fractions import Fraction

from streams.history.credits import Statement, statements
from streams.history.margins import Used
from streams.history.replay import Replay, Replayed
from streams.sla.budget import Budget
from streams.sla.causes import Causes, Spent
from streams.sla.compliance import Compliance, Tally
from streams.sla.credits import Credits
from streams.sla.engine import Engine
from streams.sla.facts import Fact
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


class Numbers:
    """The numbers of a history, gathered from its facts; of tickets that are done only totals stay.

    `facts`: how many there were. `resolved`: tickets that are at the end (R27).
    """

    def __init__(self, promises: Sequence[PolicySet], until: int) -> None:
        (self._policies,) = promises
        self._until = until
        self.facts = self.resolved = 0
        self._compliance, self._quality = Compliance(), Quality()
        self._outcomes, self._causes = TicketOutcomes(), Causes()
        self._credits = Credits(Engine(self._policies).policy)
        self._used: defaultdict[Name, Used] = defaultdict(Used)

    def add(self, told: tuple[Replayed, ...]) -> None:
        """Take in a ticket."""
        (one,) = told
        for _, fact in one.facts:
            self.take(fact)
        resolved = one.ticket is not None and one.ticket.story.resolved
        self.close((one.id,) if resolved else ())

    def merge(self, other: Numbers) -> None:
        """Take over the numbers of other tickets. Raises NoRoom."""
        self.facts += other.facts
        self.resolved += other.resolved
        self._compliance.merge(other._compliance)
        self._quality.merge(other._quality)
        self._outcomes.merge(other._outcomes)
        self._causes.merge(other._causes)
        self._credits.merge(other._credits)
        self._put_away()

    def take(self, fact: Fact) -> None:
        """Take in a fact of a ticket that is not closed."""
        self.facts += 1
        self._compliance.add(fact)
        self._quality.add(fact)
        self._outcomes.add(fact)
        self._causes.add(fact)
        self._credits.add(fact)

    def close(self, resolved: Collection[str]) -> None:
        """Nothing more comes of the tickets so far, of which these are resolved."""
        self.resolved += len(resolved)
        self._quality.close()
        self._outcomes.close(resolved)
        self._causes.close()

    def summary(self, *, tickets: int, unmatched: int) -> Summary:
        """Say it all, once, in the order of the policies file; all tickets are closed."""
        self._put_away()
        order = _Order(self._policies)
        by_policy = [
            (policy, judged)
            for policy, judged in self._outcomes.judged_by_policy().items()
            if judged != Tally()
        ]
        by_policy.sort(key=lambda entry: order.of_policy(entry[0], "sla"))
        spent = ((name, spent) for name, spent in self._causes.totals.items() if spent.breaches)
        return Summary(
            until=self._until,
            tickets_seen=tickets,
            unmatched=unmatched,
            kept=self._kept(order),
            tickets=Tickets(self.resolved, self._outcomes.judged(), tuple(by_policy)),
            causes=tuple(sorted(spent, key=lambda entry: order.of(entry[0]))),
            credits=tuple(statements(self._credits, self._policies)),
        )

    def _kept(self, order: _Order) -> tuple[Kept, ...]:
        """Put cycles, reopens and margins side by side; what was all taken back is left out."""
        tallies, reopened = self._compliance.tallies, self._quality.reopened()
        margins = {name: used.margins() for name, used in self._used.items()}
        for used in self._used.values():
            used.close()
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

    def _put_away(self) -> None:
        """Let what cycles had used go where there is room for any number of them."""
        for name, spent in self._quality.spent.items():
            self._used[name].extend(spent)
        self._quality.spent.clear()


def summarize(done: Replay, policies: PolicySet) -> Summary:
    """Gather the numbers of a replay under these policies."""
    numbers = Numbers((policies,), done.until)
    for _, fact in done.facts:
        numbers.take(fact)
    numbers.close(done.resolved)
    return numbers.summary(tickets=done.tickets, unmatched=done.unmatched)


class _Order:
    """The file's order of policies, and their objectives."""

    def __init__(self, policies: PolicySet) -> None:
        self.objectives = {(one.name, one.kind): one.objective for one in policies.policies}
        self._places = {name: place for place, name in enumerate(self.objectives)}

    def of_policy(self, policy: str, kind: str) -> tuple[int, str, str]:
        return self._places.get((policy, kind), len(self._places)), policy, kind

    def of(self, name: Name) -> tuple[int, str, str, int]:
        return *self.of_policy(name[0], name[1]), METRICS.index(name[2])

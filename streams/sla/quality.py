"""Quality beside speed (R29): what was met and then reopened, and how much of the targets was used.

*Reopened* counts each time that an outcome which was met is taken up again: where the clock goes on
(`withdraws`), and where a cycle of `resolution_cycle` that was met is followed by another. It is
counted under the policy that it was met under. After `first_resolution`, which is final, no fact
tells of a reopen.

*Used* is elapsed / target at the fulfilment, met or late. A cycle has one: that of its last
fulfilment, none while it is open again. What is fulfilled late, but before the schedule opens
again after the deadline, has used exactly 1.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction

from streams.sla.facts import Fact

Name = tuple[str, str, str]
MEDIAN, MOST = Fraction(1, 2), Fraction(9, 10)


@dataclass(frozen=True, slots=True)
class Margins:
    """How much of their targets cycles had used when they were fulfilled, ascending."""

    used: tuple[Fraction, ...] = ()

    def within(self, share: Fraction) -> Fraction | None:
        """Give the least part of the target that this share of the cycles did not exceed.

        One that was seen, nothing between two (nearest rank); None where there are none.
        """
        if not self.used:
            return None
        rank = -(-len(self.used) * share.numerator // share.denominator)
        return self.used[max(rank, 1) - 1]


@dataclass(slots=True)
class _Run:
    """One cycle of a clock: its fulfilments and its reopenings by revision."""

    fulfilled: dict[int, Fact] = field(default_factory=dict)
    reopened: dict[int, Fact] = field(default_factory=dict)

    def outcome(self) -> Fact | None:
        """Give the last fulfilment, unless the clock was taken up again after it.

        A reopening begins a revision, a fulfilment may end it.
        """
        last = max(self.fulfilled, default=-1)
        return self.fulfilled.get(last) if last >= max(self.reopened, default=-1) else None


class Quality:
    """Reopens after a met outcome, and margins, by policy, kind and metric."""

    def __init__(self) -> None:
        self._runs: defaultdict[tuple[str, str, str, int], _Run] = defaultdict(_Run)
        self._cycles: defaultdict[tuple[str, str], set[int]] = defaultdict(set)

    def add(self, fact: Fact) -> None:
        """Take a fact in, or out again where it is taken back."""
        match fact.retracts_type or fact.type:
            case "fulfilled":
                _put(self._run(fact).fulfilled, fact)
            case "resumed" if fact.reason is not None:  # after an end, not after a pause
                _put(self._run(fact).reopened, fact)
            case "started" if fact.metric == "resolution_cycle":
                cycles = self._cycles[fact.ticket, fact.kind]
                (cycles.discard if fact.retracts else cycles.add)(fact.cycle)
            case _:
                pass

    def reopened(self) -> dict[Name, int]:
        """Count how often a met outcome was followed by a reopen."""
        return Counter(name for run in self._runs.values() for name in self._reopens(run))

    def margins(self) -> dict[Name, Margins]:
        """Give the distribution of what cycles had used of their targets."""
        used: defaultdict[Name, list[Fraction]] = defaultdict(list)
        for run in self._runs.values():
            if (last := run.outcome()) is not None:
                used[last.counted_under].append(last.used)
        return {name: Margins(tuple(sorted(values))) for name, values in used.items()}

    def _run(self, fact: Fact) -> _Run:
        return self._runs[fact.ticket, fact.kind, fact.metric, fact.cycle]

    def _reopens(self, run: _Run) -> Iterable[Name]:
        for fact in run.reopened.values():
            if fact.withdraws == "met":
                yield fact.counted_under
        last = run.outcome()
        if last is not None and last.outcome == "met" and self._followed(last):
            yield last.counted_under

    def _followed(self, fact: Fact) -> bool:
        """Whether a reopen began another cycle of the resolution after this one."""
        if fact.metric != "resolution_cycle":
            return False
        return any(cycle > fact.cycle for cycle in self._cycles[fact.ticket, fact.kind])


def _put(facts: dict[int, Fact], fact: Fact) -> None:
    """Keep a fact by its revision; drop it where it is taken back."""
    if fact.retracts is None:
        facts[fact.revision] = fact
    else:
        facts.pop(fact.revision, None)

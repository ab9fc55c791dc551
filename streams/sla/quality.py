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

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from streams.sla.facts import Fact, share

Name = tuple[str, str, str]
MEDIAN, MOST = Fraction(1, 2), Fraction(9, 10)


@dataclass(frozen=True, slots=True)
class Margins:
    """How much of their targets so many `cycles` had used when they were fulfilled.

    `median`: what half of them did not exceed, `most` what nine of ten did not; one that was seen,
    nothing between two (nearest rank). None where there are none.
    """

    cycles: int = 0
    median: Fraction | None = None
    most: Fraction | None = None

    @classmethod
    def of(cls, used: Sequence[Fraction]) -> Margins:
        """Take the shares that were used, ascending."""
        if not used:
            return cls()
        median, most = (used[rank(len(used), share) - 1] for share in (MEDIAN, MOST))
        return cls(len(used), median, most)


def rank(count: int, share: Fraction) -> int:
    """Give the place, from 1, of the least of `count` values that so many of them do not exceed."""
    return max(-(-count * share.numerator // share.denominator), 1)


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
    """Reopens after a met outcome, and margins, by policy, kind and metric.

    `spent`: what the cycles of tickets that are closed had used, as elapsed and target in turn, in
    active ms: two numbers a cycle, which somebody may take away to where there is more room.
    """

    def __init__(self) -> None:
        self._runs: defaultdict[tuple[str, str, str, int], _Run] = defaultdict(_Run)
        self._cycles: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
        self._reopened: Counter[Name] = Counter()
        self.spent: defaultdict[Name, array[int]] = defaultdict(_numbers)

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

    def close(self) -> None:
        """Keep of the tickets so far what they add up to: nothing more comes of them."""
        for run in self._runs.values():
            self._reopened.update(self._reopens(run))
            if (last := run.outcome()) is not None:
                self.spent[last.counted_under].extend((last.elapsed, last.target))
        self._runs.clear()
        self._cycles.clear()

    def merge(self, other: Quality) -> None:
        """Take over what another has added up, of other tickets that are closed."""
        self._reopened.update(other._reopened)
        for name, spent in other.spent.items():
            self.spent[name].extend(spent)

    def reopened(self) -> dict[Name, int]:
        """Count how often a met outcome was followed by a reopen."""
        open_ = Counter(name for run in self._runs.values() for name in self._reopens(run))
        return self._reopened + open_

    def used(self) -> dict[Name, tuple[Fraction, ...]]:
        """Give what cycles had used of their targets, ascending."""
        used: defaultdict[Name, list[Fraction]] = defaultdict(list)
        for name, spent in self.spent.items():
            used[name] += map(share, spent[::2], spent[1::2])
        for run in self._runs.values():
            if (last := run.outcome()) is not None:
                used[last.counted_under].append(last.used)
        return {name: tuple(sorted(values)) for name, values in used.items()}

    def margins(self) -> dict[Name, Margins]:
        """Give the distribution of what cycles had used of their targets."""
        return {name: Margins.of(used) for name, used in self.used().items()}

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


def _numbers() -> array[int]:
    return array("q")


def _put(facts: dict[int, Fact], fact: Fact) -> None:
    """Keep a fact by its revision; drop it where it is taken back."""
    if fact.retracts is None:
        facts[fact.revision] = fact
    else:
        facts.pop(fact.revision, None)

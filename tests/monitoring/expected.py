"""What each query must answer after a real run, by what `sla-events` and `sla-status` say.

Keys are the names of what is drawn, or the labels of a table's lines. A pair is a range: a growth
is estimated by Prometheus, and misses what a series began with.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from functools import partial
from itertools import pairwise
from typing import Any

from streams.sla.facts import Fact
from streams.sla.tickets import TicketOutcomes
from streams.wire.instant import parse
from tests.monitoring.run import PARTITIONS, Run

Range = tuple[float, float]
Answer = Mapping[str, Range]
INF = float("inf")
BOUNDS = (0, 0.25, 0.5, 0.8, 1, 1.5, INF)


def exactly(value: float) -> Range:
    """Allow for the roundings of floating point."""
    return value - 1e-9, value + 1e-9


def grew(seen: int, every: int) -> Range:
    """Allow for what Prometheus makes of a growth: `seen` while it scraped, of `every`.

    It does not see the first value of a series that begins with one, as a new team's does.
    """
    return max(0, 0.5 * seen - 2), 1.35 * every + 0.01


def certain(count: int) -> Range:
    """The same of a series that was there, at 0, before anything was counted."""
    return 0.9 * count, 1.35 * count


class Expected:
    """What a run must show; each method's name says of what."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.facts = [one.fact for one in run.told]
        self.live = self.facts[run.before :]
        self.policies = {one.name: one for one in run.sample.policies.policies}
        self.promises = [(o.name, m) for o in run.sample.policies.policies for m in o.targets]
        self.tallies = {(key[0], key[2]): tally for key, tally in run.compliance.tallies.items()}

    # -- words

    def each(self, value: Callable[[str, str], Range | None]) -> dict[str, Range]:
        """Give a value to each promise that has one."""
        found = {f"{name} · {metric}": value(name, metric) for name, metric in self.promises}
        return {key: one for key, one in found.items() if one is not None}

    def grown(
        self, key: Callable[[Fact], str], keep: Callable[[Fact], bool], *, zeros: Iterable[str] = ()
    ) -> dict[str, Range]:
        """Count facts by a key."""
        seen = Counter(key(fact) for fact in self.live if keep(fact))
        every = Counter(key(fact) for fact in self.facts if keep(fact))
        return {name: grew(seen[name], every[name]) for name in {*every, *zeros}}

    # -- the promise

    def outside(self) -> list[tuple[str, Any]]:
        """List the tallies of what was promised to customers."""
        return [(name, t) for (name, _), t in self.tallies.items() if self.kind(name) == "sla"]

    def kind(self, policy: str) -> str:
        """Say which kind a policy is of."""
        return str(self.policies[policy].kind)

    def kept(self, name: str, metric: str) -> Fraction:
        """Give a promise's rate."""
        rate = self.tallies[name, metric].rate
        assert rate is not None
        return rate

    def budget(self, name: str, metric: str) -> Fraction:
        """Give what is left of a promise's budget."""
        missed = 1 - self.kept(name, metric)
        return 1 - missed / (1 - Fraction(self.policies[name].objective))

    def kept_and_meant(self) -> list[Answer]:
        """R26, R30: all promises to customers, and their objectives weighed by cycles."""
        tallies = self.outside()
        cycles = sum(one.met + one.breached for _, one in tallies)
        met = sum(one.met for _, one in tallies)
        meant = sum(
            (one.met + one.breached) * self.policies[name].objective for name, one in tallies
        )
        return [
            {"kept": exactly(met / cycles)},
            {"meant": exactly(float(Fraction(meant) / cycles))},
        ]

    def below(self) -> list[Answer]:
        """Count the promises below their objective."""
        return [{"below": exactly(sum(self.budget(*one) < 0 for one in self.promises))}]

    def least(self) -> list[Answer]:
        """Give the worst budget."""
        return [{"left": exactly(float(min(self.budget(*one) for one in self.promises)))}]

    def promises_table(self) -> list[Answer]:
        """Give the table of the promises, column by column."""
        kept = self.each(lambda *one: exactly(float(self.kept(*one))))
        meant = self.each(lambda name, _: exactly(float(self.policies[name].objective)))
        budget = self.each(lambda *one: exactly(float(self.budget(*one))))
        met = self.each(lambda *one: exactly(self.tallies[one].met))
        breached = self.each(lambda *one: exactly(self.tallies[one].breached))
        burn = self.each(lambda *_: (0, INF))
        return [kept, meant, budget, Some(burn), Some(burn), met, breached, self.overdue_each()]

    def rates(self) -> list[Answer]:
        """Give each rate, and the objective of each policy."""
        meant = {
            f"{name} meant": exactly(float(one.objective)) for name, one in self.policies.items()
        }
        return [self.promises_table()[0], meant]

    def budgets(self) -> list[Answer]:
        """Give each budget."""
        return [self.promises_table()[2]]

    # -- breaches, warnings, outcomes

    def by_cause(self) -> list[Answer]:
        """Count breaches by reason."""
        return [Some(self.grown(lambda fact: str(fact.reason), breached), least=1)]

    def by_promise(self) -> list[Answer]:
        """Count breaches by promise."""
        return [self.grown(promise, breached, zeros=self.each(lambda *_: (0, 0)))]

    def by_team(self) -> list[Answer]:
        """Count breaches by team: the ten with the most, or fewer."""
        teams = self.grown(lambda fact: str(fact.attributes.get("team") or "no team"), breached)
        sure = sum(low >= 1 for low, _ in teams.values())
        return [Some(teams, least=min(10, sure), most=10)]

    def risk_by_team(self) -> list[Answer]:
        """Count open clocks at risk by team: those of now that were, when last changed, or more."""
        sure, open_ = Counter[str](), Counter[str]()
        for status in self.run.statuses:
            team = str(status["attributes"].get("team") or "no team")
            open_[team] += len(status["clocks"])
            sure[team] += sum(one["at_risk"] for one in status["clocks"])
        least = min(10, sum(count > 0 for count in sure.values()))
        return [Some({team: (sure[team], open_[team]) for team in open_}, least=least, most=10)]

    def warned(self) -> list[Answer]:
        """Count warnings by level."""
        return [self.grown(lambda fact: f"level {fact.level or 'none'}", warning)]

    def outcomes(self) -> list[Answer]:
        """Count cycles by outcome, a breached one once (R26)."""
        outcomes = ("met", "breached", "cancelled")
        return [self.grown(ending, lambda fact: bool(ending(fact)), zeros=outcomes)]

    def whole(self) -> list[Answer]:
        """R27: the share of resolved tickets of which nothing promised to customers was missed."""
        tickets = TicketOutcomes()
        for fact in self.facts:
            tickets.add(fact)
        rate = tickets.judged(self.run.resolved).rate
        assert rate is not None
        return [{"whole": exactly(float(rate))}]

    def spent(self) -> list[Answer]:
        """R28: add up the time of breached cycles by team: the ten with the most, or fewer."""
        breaches = [one["data"] for one in self.run.events if one["type"] == "sla.breached"]
        teams = Counter[str]()
        for breach in breaches:
            for one in breach["causes"]["by_team"]:
                teams[one["team"] or "no team"] += one["seconds"]
        # A series that begins with its first breach is not seen to grow by it.
        return [Some({team: (0, 1.35 * ms + 1) for team, ms in teams.items()}, least=5, most=10)]

    def of_breaches(self) -> list[Answer]:
        """R28: bound the shares by what was said of all breaches."""
        causes = [one["data"]["causes"] for one in self.run.events if one["type"] == "sla.breached"]
        alone = sum(one["before_assignment_seconds"] for one in causes)
        spent = sum(team["seconds"] for one in causes for team in one["by_team"])
        again = sum(one["reopens"] > 0 for one in causes) / len(causes)
        return [
            {"time with nobody": (0.5 * alone / spent, min(1, 2 * alone / spent))},
            {"after a reopen": (0.5 * again, min(1, 2 * again))},
        ]

    def reopened(self) -> dict[str, Range]:
        """Count resolutions that were met and given back."""
        return self.grown(promise, given_back)

    def shares(self) -> list[Answer]:
        """Count fulfilments by the share of the target that they took (R29)."""
        answers = []
        for name, bounds in zip(SHARES, pairwise(BOUNDS), strict=True):
            counted = self.grown(lambda _: "x", partial(_within, bounds))
            answers.append({name: counted.get("x", grew(0, 0))})
        return answers

    # -- what is open

    def overdue(self, name: str = "", metric: str = "") -> Range:
        """Count clocks past their deadline; an hour either way, for the clock runs fast."""
        known = [self._late(one) for one in self.clocks(name, metric)]
        return sum(one > 3.6e6 for one in known), sum(one > -3.6e6 for one in known)

    def _late(self, clock: dict[str, Any]) -> float:
        """Give the ms since a clock's deadline; a paused one has none, and is late or is not."""
        if clock["deadline"] is not None:
            return self.run.now - parse(clock["deadline"])
        late = clock["breached_at"] is not None and clock["remaining_seconds"] <= 0
        return INF if late else -INF

    def overdue_each(self) -> dict[str, Range]:
        """Count them by promise."""
        return self.each(self.overdue)

    def clocks(self, name: str, metric: str) -> list[dict[str, Any]]:
        """List open clocks, of one promise or all."""
        return [
            one
            for one in self.run.clocks
            if name in {"", one["policy"]} and metric in {"", one["metric"]}
        ]

    def state(self, state: str, name: str = "", metric: str = "") -> Range:
        """Count open clocks in a state."""
        return exactly(sum(one["state"] == state for one in self.clocks(name, metric)))

    def left(self, low: float, high: float, name: str = "", metric: str = "") -> Range:
        """Bound how many clocks have so many seconds left: no more than there are in all."""
        late = self.overdue(name, metric)
        open_ = len(self.clocks(name, metric))
        return (late[0] if (low, high) == (-INF, 0) else 0), (late[1] if high <= 0 else open_)

    def open_table(self) -> list[Answer]:
        """Give the table of open clocks, column by column."""
        return [
            self.each(lambda *one: self.state("running", *one)),
            self.each(lambda *one: self.state("paused", *one)),
            self.each(lambda *one: self.left(0, 900, *one)),
            self.each(lambda *one: self.left(0, 3600, *one)),
            self.overdue_each(),
        ]

    # -- the engine

    def corrected(self) -> list[Answer]:
        """Count facts that late events brought about, by type, and breaches taken back (R7)."""
        types = self.grown(lambda fact: fact.type, lambda fact: fact.corrects)
        back = self.grown(lambda _: "x", lambda fact: fact.type == "breach_retracted")
        found = {"breaches taken back": back["x"]} if back else {}
        return [Some(types), Some(found)]

    def workers(self) -> list[Answer]:
        """Give the table of workers, column by column."""
        worker = f"{self.run.instance}"
        tickets = len(self.run.statuses)
        ranges: list[Range] = [
            *((1, 1), (1, 1), (0.1, 120), exactly(PARTITIONS), exactly(tickets)),
            *((0, 0), (0, 60 * 36_000), (3e7, 2e9), (0, 0)),
        ]
        keys = [f"{worker} · running", f"{worker} · 0.1.0", *[worker] * 7]
        return [{key: bounds} for key, bounds in zip(keys, ranges, strict=True)]


class Some(dict[str, Range]):
    """An answer of which a part may be missing: at least so many of them, at most so many."""

    def __init__(self, answer: Answer, least: int = 0, most: int = 1000) -> None:
        super().__init__(answer)
        self.least, self.most = least, most


SHARES = (
    "0 to 25 %",
    "25 to 50 %",
    "50 to 80 %",
    "80 to 100 %",
    "100 to 150 %",
    "over 150 %",
)


def promise(fact: Fact) -> str:
    """Name the promise that a fact is counted under."""
    policy, _, metric = fact.counted_under
    return f"{policy} · {metric}"


def breached(fact: Fact) -> bool:
    """Say whether a fact is a breach."""
    return fact.type == "breached"


def warning(fact: Fact) -> bool:
    """Say whether a fact is a warning."""
    return fact.type == "breach_imminent"


def given_back(fact: Fact) -> bool:
    """Say whether a fact reopens what was met."""
    return fact.type == "resumed" and fact.withdraws == "met"


def ending(fact: Fact) -> str:
    """Name the outcome that a fact is, if it is one that had none before."""
    if fact.type == "breached":
        return "breached"
    if fact.type in {"fulfilled", "cancelled"} and fact.breached_at is None:
        return "met" if fact.type == "fulfilled" else "cancelled"
    return ""


def _within(bounds: Range, fact: Fact) -> bool:
    low, high = bounds
    return fact.type == "fulfilled" and (low < fact.margin <= high or low == fact.margin == 0)

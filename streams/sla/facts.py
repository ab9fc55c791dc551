"""Facts: what is said downstream about a ticket's clocks.

A fact is about one instant and does not change. Its id is made from (ticket, policy kind, metric,
cycle, revision, type, threshold) and nothing else (R8), so whoever derives it again, after a crash,
in a replay, with another number of partitions, derives the same id. Facts of which there can be
several in a revision (paused, resumed) carry their instant in the threshold's place. A fact that
was taken back and holds again after all gets a suffix, `~1`, `~2`: its first id is spent (R7).
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Literal, get_args

from streams.sla.earned import Earned
from streams.sla.events import Attributes, Where
from streams.sla.record import record

FactType = Literal[
    "started",
    "paused",
    "resumed",
    "breach_imminent",
    "breached",
    "credited",
    "fulfilled",
    "cancelled",
    "retargeted",
    "breach_retracted",
    "retracted",
]
TYPES: tuple[FactType, ...] = get_args(FactType)
Key = tuple[str, str, int, int, str, str]


@record(frozen=True, slots=True)
class Fact:
    """One thing that became true of a clock, at `time`.

    Instants in ms UTC, amounts in ms of active time. `deadline` is None while paused. `elapsed` is
    what the clock had counted at `time`. `threshold`, `level`, `notify`, `schedule_open` stand on
    warnings; `reason` where one is to be given; `causes` (R28: active ms by team, status and
    assignee) and `reopens` on a breach; `credit` on a breach under a contract and on each line that
    it passes later (R31); `outcome` on fulfilments; `withdraws` on a resumption that follows an
    outcome, which it withdraws from `withdraws_policy` (R12, R26); `retracts` and `retracts_type`
    on what takes another fact back; `outcome_at` on those two, the instant of what is no more;
    `corrects` on a fact that a late event brought about (R7).
    """

    type: FactType
    ticket: str
    time: int
    kind: str
    metric: str
    cycle: int
    revision: int
    policy: str
    version: str
    schedule: str
    attributes: Attributes
    started_at: int
    deadline: int | None
    target: int
    elapsed: int
    discriminator: str = ""
    threshold: str | None = None
    level: int | None = None
    notify: tuple[str, ...] = ()
    schedule_open: bool | None = None
    breached_at: int | None = None
    reason: str | None = None
    causes: tuple[tuple[Where, int], ...] = ()
    reopens: int = 0
    credit: Earned | None = None
    outcome: str | None = None
    withdraws: str | None = None
    withdraws_policy: str | None = None
    retracts: str | None = None
    retracts_type: FactType | None = None
    outcome_at: int | None = None
    corrects: bool = False
    issue: int = 0

    @property
    def key(self) -> Key:
        """What makes the fact this one, within its ticket."""
        return (
            self.kind,
            self.metric,
            self.cycle,
            self.revision,
            self.type,
            self.threshold or self.discriminator,
        )

    @property
    def id(self) -> str:
        """The deterministic id (R8)."""
        which = f"{self.kind}:{self.metric}:{self.cycle}:{self.revision}:{self.type}"
        threshold = self.threshold or self.discriminator
        if threshold:
            which += f":{threshold}"
        return f"{self.ticket}:{which}~{self.issue}" if self.issue else f"{self.ticket}:{which}"

    @property
    def counted_under(self) -> tuple[str, str, str]:
        """The policy, kind and metric under which an outcome counts, or is given back (R26)."""
        return self.withdraws_policy or self.policy, self.kind, self.metric

    @property
    def remaining(self) -> int:
        """Active ms left to the target, negative after the breach."""
        return self.target - self.elapsed

    @property
    def used(self) -> Fraction:
        """Elapsed as a share of the target, exact (R29)."""
        return share(self.elapsed, self.target)

    @property
    def margin(self) -> float:
        """Elapsed as a share of the target (R29), the float that is nearest to it."""
        return self.elapsed / self.target if self.target else float(self.elapsed > 0)

    def says_the_same(self, other: Fact) -> bool:
        """Whether two facts differ at most in what neither was judged by: attributes, causes.

        A tag that arrives late must not take a breach back and page a manager twice. When a breach
        will earn more is a forecast; what it has earned is not.
        """
        earns_the_same = self.credit is not None and self.credit.says_the_same(other.credit)
        return self == replace(
            other,
            attributes=self.attributes,
            causes=self.causes,
            reopens=self.reopens,
            credit=self.credit if earns_the_same else other.credit,
            corrects=self.corrects,
            issue=self.issue,
        )

    def taken_back(self, time: int) -> Fact:
        """Give the fact that takes this one back, at the instant when that became known (R7)."""
        suffix = f"~{self.issue}" if self.issue else ""
        which = "/".join(filter(None, (self.type, self.threshold or self.discriminator)))
        return replace(
            self,
            type="breach_retracted" if self.type == "breached" else "retracted",
            time=time,
            threshold=None,
            discriminator=which + suffix,
            retracts=self.id,
            retracts_type=self.type,
            outcome_at=self.time if self.outcome_at is None else self.outcome_at,
            corrects=True,
            issue=0,
        )


def share(elapsed: int, target: int) -> Fraction:
    """Give what is used of a target, exact; of none, all as soon as anything is."""
    return Fraction(elapsed, target) if target else Fraction(elapsed > 0)

"""What the audience knows: filled by those who watch the topics and the metrics, read by the view.

Nothing here asks the worker's memory or the replay: what is shown was published.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from streams.demo.plan import ALARMS
from streams.demo.telling import Told
from streams.sla.compliance import Compliance
from streams.sla.policy import PolicySet
from streams.wire.instant import parse

SHOWN_TYPES = (*ALARMS, "breach_retracted")


@dataclass(frozen=True, slots=True)
class OpenClock:
    """An open clock as its ticket's last status says. Instants in ms UTC, amounts in active ms."""

    ticket: str
    policy: str
    kind: str
    metric: str
    schedule: str
    priority: str
    deadline: int | None
    target: int
    remaining: int
    breached: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """A row of the rates, as /metrics has it; `rate` and `objective` are fractions of 1."""

    policy: str
    kind: str
    metric: str
    rate: float
    objective: float | None


@dataclass(slots=True)
class Scene:
    """Everything to be shown. `processed` and `state` are the worker's own words.

    `now` (ms UTC) is the instant up to which the worker has spoken; `progress` the share played.
    """

    policies: PolicySet
    told: dict[str, Told] = field(default_factory=dict)
    alarms: list[Told] = field(default_factory=list)
    clocks: dict[str, list[OpenClock]] = field(default_factory=dict)
    standings: list[Standing] = field(default_factory=list)
    published: int = 0
    processed: int = 0
    state: str = "starting"
    now: int = 0
    progress: float = 0.0
    compliance: Compliance = field(default_factory=Compliance)
    counts: Counter[str] = field(default_factory=Counter)

    def tell(self, told: Told) -> bool:
        """Take a fact in; False where it is known, which exactly once should never let happen."""
        if told.id in self.told:
            self.counts["doubled"] += 1
            return False
        self.told[told.id] = told
        fact = told.fact
        self.compliance.add(fact)
        self.counts[fact.type] += 1
        if fact.type == "fulfilled" and fact.outcome == "met":
            self.counts["met"] += 1
        if fact.type in SHOWN_TYPES:
            self.alarms.append(told)
        return True

    def stand(self, ticket: str, status: Mapping[str, Any] | None) -> None:
        """Take a ticket's status; None where no clock is open any more."""
        if status is None:
            self.clocks.pop(ticket, None)
            return
        priority = str(status["attributes"].get("priority", ""))
        self.clocks[ticket] = [_clock(ticket, priority, clock) for clock in status["clocks"]]

    def open_clocks(self) -> list[OpenClock]:
        """Give every open clock, in no order."""
        return [clock for clocks in self.clocks.values() for clock in clocks]

    def remaining(self, clock: OpenClock, now: int) -> int:
        """Count the active ms that a clock has left at `now` (ms UTC); negative when overdue."""
        if clock.deadline is None:
            return clock.remaining
        schedule = self.policies.schedules.get(clock.schedule)
        if schedule is None:  # 24x7 need not be named in the file.
            return clock.deadline - now
        if now <= clock.deadline:
            # The event may be ahead of the clock shown, by the grace: not more than the target.
            return min(schedule.elapsed(now, clock.deadline), clock.target)
        return -schedule.elapsed(clock.deadline, now)


def _clock(ticket: str, priority: str, clock: Mapping[str, Any]) -> OpenClock:
    deadline = clock["deadline"]
    return OpenClock(
        ticket=ticket,
        policy=clock["policy"],
        kind=clock["kind"],
        metric=clock["metric"],
        schedule=clock["schedule"],
        priority=priority,
        deadline=None if deadline is None else parse(deadline),
        target=round(clock["target_seconds"] * 1000),
        remaining=round(clock["remaining_seconds"] * 1000),
        breached=clock["breached_at"] is not None,
    )

"""A cycle of a clock as it stands at the end of a history: what came of a promise, in one piece.

Facts tell of a clock step by step, and take back. Whoever counts, compares or draws wants to know
what stands: one cycle, one outcome (R26). A breach is the outcome even where an answer came later;
a "met" that a reopen withdrew is none until the next. What was said and taken back is not here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from streams.history.replay import Replayed
from streams.sla.clock import Clock
from streams.sla.events import Attributes
from streams.sla.facts import Fact

Outcome = Literal["met", "breached", "cancelled", "open"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
Name = tuple[str, str, str]
"""Policy, kind and metric."""


@dataclass(frozen=True, slots=True)
class Cycle:
    """One cycle. Instants in ms UTC, amounts in ms of active time.

    `name`: the policy that the outcome counts under, else the one that it stands under. `elapsed`
    is what had been counted when the clock ended, or by the end of the history. `ended_at`: the
    fulfilment or the cancellation; None while the clock runs or is paused. `deadline` is None
    where it was paused at last. `breach`: the fact, with where its time went (R28) and what it
    earned (R31). `reopens`: how often a "met" was taken up again (R29). `attributes`: those of the
    outcome, or the last ones; `first_attributes`: those of the start. `judged_at`: the instant of
    the outcome (R26), None without one.
    """

    ticket: str
    name: Name
    number: int
    version: str
    schedule: str
    attributes: Attributes
    first_attributes: Attributes
    started_at: int
    target: int
    deadline: int | None
    elapsed: int
    outcome: Outcome
    judged_at: int | None
    ended_at: int | None
    breach: Fact | None
    warnings: tuple[Fact, ...]
    reopens: int

    @property
    def fulfilled(self) -> bool:
        """Whether what was promised was done in the end, in time or late."""
        return self.ended_at is not None and self.outcome != "cancelled"


def cycles(one: Replayed, until: int) -> Iterator[Cycle]:
    """Give a ticket's cycles, in the order of their start; `until` is the end of the history."""
    clocks = {} if one.ticket is None else one.ticket.clocks
    told: dict[tuple[str, str, int], list[Fact]] = {}
    for fact in standing(fact for _, fact in one.facts):
        told.setdefault((fact.kind, fact.metric, fact.cycle), []).append(fact)
    for (kind, metric, number), facts in told.items():
        clock = clocks.get((kind, metric))
        if clock is not None and clock.open and clock.cycle == number:
            yield _open(facts, clock, one, until)
        else:
            yield _ended(facts)


def standing(facts: Iterable[Fact]) -> list[Fact]:
    """Leave out what was taken back, and what took it back; the rest by time (R7)."""
    known: dict[str, Fact] = {}
    for fact in facts:
        if fact.retracts is None:
            known[fact.id] = fact
        else:
            known.pop(fact.retracts, None)
    return sorted(known.values(), key=lambda fact: fact.time)


def _open(facts: list[Fact], clock: Clock, one: Replayed, until: int) -> Cycle:
    breach = _breach(facts)
    assert one.ticket is not None  # it has the clock
    return Cycle(
        ticket=one.id,
        name=(clock.policy.name, clock.kind, clock.metric)
        if breach is None
        else breach.counted_under,
        number=clock.cycle,
        version=clock.version,
        schedule=clock.policy.schedule.name,
        attributes=one.ticket.story.attributes if breach is None else breach.attributes,
        first_attributes=facts[0].attributes,
        started_at=clock.started_at,
        target=clock.target,
        deadline=clock.deadline,
        elapsed=clock.elapsed(until),
        outcome="open" if breach is None else "breached",
        judged_at=None if breach is None else breach.time,
        ended_at=None,
        breach=breach,
        warnings=_warnings(facts),
        reopens=_reopens(facts),
    )


def _ended(facts: list[Fact]) -> Cycle:
    breach, last = _breach(facts), _last(facts)
    if breach is not None:
        outcome: Outcome = "breached"
        judged = breach
    else:
        outcome = "met" if last.type == "fulfilled" else "cancelled"
        judged = last
    return Cycle(
        ticket=last.ticket,
        name=judged.counted_under,
        number=last.cycle,
        version=judged.version,
        schedule=judged.schedule,
        attributes=judged.attributes,
        first_attributes=facts[0].attributes,
        started_at=last.started_at,
        target=last.target,
        deadline=last.deadline,
        elapsed=last.elapsed,
        outcome=outcome,
        judged_at=None if outcome == "cancelled" else judged.time,
        ended_at=last.time,
        breach=breach,
        warnings=_warnings(facts),
        reopens=_reopens(facts),
    )


def _breach(facts: list[Fact]) -> Fact | None:
    return next((fact for fact in facts if fact.type == "breached"), None)


def _last(facts: list[Fact]) -> Fact:
    """Give the fact that ended the clock; what is said after it ends nothing."""
    ends = [fact for fact in facts if fact.type in ("fulfilled", "cancelled")]
    return ends[-1] if ends else facts[-1]


def _warnings(facts: list[Fact]) -> tuple[Fact, ...]:
    return tuple(fact for fact in facts if fact.type == "breach_imminent")


def _reopens(facts: list[Fact]) -> int:
    return sum(fact.withdraws == "met" for fact in facts)

"""Whether the engine and the oracle say the same of a ticket's clocks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from streams.sla.clock import Clock
from streams.sla.facts import Fact
from streams.sla.ticket import Ticket
from tests.sla.oracle import MINUTE, Life
from tests.sla.run import Run, Said


def agree(life: Life, ticket: Ticket, facts: list[Fact]) -> None:
    """Compare what was said, and the clocks as they stand, with the oracle's."""
    expected = {(*name, run.cycle): run.said for name, runs in life.runs.items() for run in runs}
    found: dict[tuple[str, str, int], list[Said]] = {}
    for fact in facts:
        found.setdefault((fact.kind, fact.metric, fact.cycle), []).append(said(fact))
    for name in sorted(expected.keys() | found.keys()):
        assert in_order(found.get(name)) == in_order(expected.get(name)), name
    for name, runs in life.runs.items():
        clock = ticket.clocks.get(name)
        assert (clock is None) == (not runs), name
        if clock is not None:
            alike(clock, runs[-1], life)


def in_order(said: list[Said] | None) -> list[Said]:
    """Put facts of one clock into an order of their own."""
    return sorted(said or [], key=lambda one: (one.minute, one.type, one.revision, str(one.more)))


def alike(clock: Clock, run: Run, life: Life) -> None:
    """Compare a clock as it stands with the oracle's."""
    at, names = life.minute * MINUTE, (clock.cycle, clock.policy.name, clock.state, clock.revision)
    assert names == (run.cycle, run.promise.name, run.state, run.revision)
    assert clock.target == run.target * MINUTE
    assert clock.started_at == run.since * MINUTE
    assert clock.breached_at == (None if run.breached_at is None else run.breached_at * MINUTE)
    assert clock.elapsed(max(at, clock.since)) == run.used * MINUTE
    assert in_minutes(clock.causes(max(at, clock.since))) == run.causes(life.hands)
    if clock.open and (run.breached_at is None or run.used < run.target):
        deadline = run.deadline(life.minute)
        assert clock.deadline == (None if deadline is None else deadline * MINUTE)


def said(fact: Fact) -> Said:
    """Put a fact into the oracle's words."""
    assert fact.time % MINUTE == fact.elapsed % MINUTE == fact.started_at % MINUTE == 0
    told = fact.deadline is not None and fact.type in ("started", "resumed", "retargeted")
    return Said(
        fact.type,
        fact.time // MINUTE,
        fact.revision,
        fact.policy,
        fact.target // MINUTE,
        fact.started_at // MINUTE,
        fact.elapsed // MINUTE,
        fact.deadline // MINUTE if told else None,
        MORE[fact.type](fact) if fact.type in MORE else (),
    )


def in_minutes(causes: Any) -> frozenset[Any]:
    """Put the causes of a breach into the oracle's words."""
    return frozenset((where, active // MINUTE) for where, active in causes)


MORE: dict[str, Callable[[Fact], tuple[Any, ...]]] = {
    "breach_imminent": lambda fact: (fact.threshold, fact.level, fact.schedule_open),
    "breached": lambda fact: (fact.reason, fact.reopens, in_minutes(fact.causes)),
    "fulfilled": lambda fact: (fact.outcome,),
    "cancelled": lambda fact: (fact.reason,),
    "resumed": lambda fact: (fact.reason, fact.withdraws_policy),
}

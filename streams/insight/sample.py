"""A cycle as a sample of how long things take: what a promise must be for it to have been kept.

Decisions that bind this module:

- A sample belongs to the policy and to the attributes that its cycle *started* with: a promise is
  made then, with what is known then. The attributes of the outcome know the future: what takes long
  is escalated, so "urgent" would gather what was slow. An attribute that the ticket did not have
  yet counts with the first value that it got. `moved` says that one changed on the way.
- `need` is the least target, in ms of active time, that would have been met. That is the elapsed
  time, but for what ended while the schedule was closed: its last open ms was used up and its
  deadline passed, so it takes one more (R5).
- A cycle that is open, or was cancelled, is censored: it is known to need more than it has had.
  Cancelled means that the question fell away (merged, deleted, solved without the answer that was
  timed); those that stay are taken to go on as they would have.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from streams.history.replay import Replayed
from streams.insight.cycle import Cycle, cycles, standing
from streams.sla.events import Changed, Created, TicketEvent, Value
from streams.sla.facts import Fact
from streams.sla.schedule import Schedule

Cell = tuple[Value, ...]
"""The values of the attributes that segments are made by; None for one that is not there."""

Schedules = Mapping[str, Schedule]
"""Policy → the schedule on which it counts."""


class Sample(NamedTuple):
    """One cycle, compact. Instants in ms UTC, `need` in ms of active time.

    `ended`: it was fulfilled, so `need` is known; else `need` is what it has had already.
    `ended_at`: the fulfilment or the cancellation, None while it is open.
    """

    ticket: str
    started_at: int
    need: int
    ended: bool
    ended_at: int | None
    moved: bool

    @property
    def open(self) -> bool:
        """Whether it was still running or paused by the end of the history."""
        return self.ended_at is None

    @property
    def cancelled(self) -> bool:
        """Whether it ended without an outcome."""
        return self.ended_at is not None and not self.ended


class Taken(NamedTuple):
    """A sample with where it belongs."""

    policy: str
    metric: str
    cell: Cell
    sample: Sample


def samples(
    one: Replayed, by: tuple[str, ...], schedules: Schedules, since: int, until: int
) -> Iterator[Taken]:
    """Give the samples of a ticket that was folded under a measuring set, by their start.

    Those that started before `since` are left out; `until` is the end of the history (ms UTC).
    """
    told: dict[tuple[str, int], list[Fact]] = {}
    for fact in standing(fact for _, fact in one.facts):
        told.setdefault((fact.metric, fact.cycle), []).append(fact)
    for cycle in cycles(one, until):
        if cycle.started_at < since:
            continue
        facts = told[cycle.name[2], cycle.number]
        first = facts[0]
        cell = _cell(first, one.events, by)
        yield Taken(
            first.policy,
            cycle.name[2],
            cell,
            Sample(
                ticket=one.id,
                started_at=cycle.started_at,
                need=_need(cycle, facts, schedules, until),
                ended=cycle.fulfilled,
                ended_at=cycle.ended_at,
                moved=any(cycle.attributes.get(n) != v for n, v in zip(by, cell, strict=True)),
            ),
        )


def _cell(first: Fact, events: Iterable[TicketEvent], by: tuple[str, ...]) -> Cell:
    """Give the attributes at the start; one that was not there, with the first value it got."""
    known = {name: first.attributes.get(name) for name in by}
    missing = {name for name, value in known.items() if value is None}
    for event in events if missing else ():
        if event.time < first.time or not isinstance(event, Created | Changed):
            continue
        for name in sorted(missing):
            if (value := event.attributes.get(name)) is not None:
                known[name] = value
                missing.remove(name)
    return tuple(known.values())


def _need(cycle: Cycle, facts: Iterable[Fact], schedules: Schedules, until: int) -> int:
    """Give the least target that would have been met, or has been outlived, in active ms."""
    if not cycle.elapsed:
        return 0
    ran_to, on = _last_run(facts, until)
    return cycle.elapsed + (not schedules[on].is_open(ran_to - 1))


def _last_run(facts: Iterable[Fact], until: int) -> tuple[int, str]:
    """Find when the clock last ran for more than an instant: its end, and the policy it was under.

    Of a clock that runs on, the end is that of the history.
    """
    since: int | None = None
    ran_to, on = until, ""
    for fact in facts:
        on = on or fact.policy
        match fact.type:
            case "started" | "resumed":
                since, under = fact.time, fact.policy
            case "paused" | "fulfilled" | "cancelled" if since is not None:
                if since < fact.time:
                    ran_to, on = fact.time, under
                since = None
            case "retargeted":
                under = fact.policy
            case _:
                pass
    if since is not None and since < until:
        return until, under
    return ran_to, on

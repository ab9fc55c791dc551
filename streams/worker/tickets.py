"""Tickets as JSON for whoever looks in: the triage list, and one ticket with all kept of it.

Everything is shown as of the worker's clock, not as of the ticket's last change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from heapq import nsmallest
from math import inf
from typing import Any

from streams.sla.clock import Clock
from streams.sla.engine import Engine
from streams.sla.explain import explain
from streams.sla.ticket import Ticket
from streams.wire.explanation import event, explanation
from streams.wire.instant import show
from streams.wire.status import clock_status, status
from streams.worker.board import Standing
from streams.worker.interface import Worker

Shown = dict[str, Any]
Place = tuple[float, str]

NEVER = inf
"""Later than any deadline: the place of clocks without one."""

SORTS = ("deadline", "remaining", "used", "ticket")
"""By the next deadline; by the least active time left; by the most used; by id."""

ONLY = ("all", "ahead", "overdue")
"""Tickets with any open clock; with a deadline that can still be kept; with one that was missed."""


class Triage:
    """The tickets of this worker that have open clocks, the most urgent first."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    def __len__(self) -> int:
        """Count the tickets with open clocks."""
        return sum(len(board) for board in self._worker.boards())

    def top(self, sort: str, only: str, limit: int, now: int) -> list[Shown]:
        """Give at most `limit` of the tickets of ONLY, in the order of SORTS, as at `now` (ms UTC).

        Of those with a deadline ahead, the nearest one ahead decides, not one that was missed.
        """
        opened, since = self._worker.paces.opened(now), now if only == "ahead" else 0
        keep = KEEP[only]
        urgency: dict[str, Callable[[Clocks], float]] = {
            "deadline": lambda clocks: _next(clocks, since),
            "ticket": lambda _: 0,
            "remaining": lambda clocks: min(it.target - it.elapsed(opened) for it in clocks),
            "used": lambda clocks: -max(_used(it.elapsed(opened), it.target) for it in clocks),
        }
        places: Iterator[Place] = (
            (urgency[sort](clocks), key.decode())
            for board in self._worker.boards()
            for key in board
            if keep(clocks := board.of(key), now)
        )
        found = (self._worker.ticket(id_) for _, id_ in nsmallest(limit, places))
        return [shown for one in found if one is not None and (shown := _listed(one, now))]


Clocks = Sequence[Standing]


def _next(clocks: Clocks, since: int = 0) -> float:
    """Give the first deadline from an instant on; NEVER where there is none."""
    deadlines = (NEVER if clock.deadline is None else clock.deadline for clock in clocks)
    return min((deadline for deadline in deadlines if deadline >= since), default=NEVER)


KEEP: dict[str, Callable[[Clocks, int], bool]] = {
    "all": lambda _clocks, _now: True,
    "ahead": lambda clocks, now: _next(clocks, now) < NEVER,
    "overdue": lambda clocks, now: _next(clocks) < now,
}


def _listed(one: Ticket, now: int) -> Shown | None:
    """Show a ticket of the list; None where its last clock has ended since."""
    standing = status(one)
    if standing is None:
        return None
    clocks = [_counted_on(clock, now) for clock in one.open_clocks()]
    paused = standing["next_deadline"] is None
    return {
        **standing,
        "as_of": show(now),
        "changed_at": standing["as_of"],
        "left_seconds": None if paused else (standing["rank"] - now) / 1000,
        "at_risk": any(clock["at_risk"] for clock in clocks),
        "overdue": any(clock["overdue"] for clock in clocks),
        "clocks": clocks,
    }


def _counted_on(clock: Clock, now: int) -> Shown:
    shown = clock_status(clock, now)
    if clock.deadline is None:
        overdue = clock.breached_at is not None and clock.elapsed(clock.since) >= clock.target
    else:
        overdue = clock.deadline < now
    return {**shown, "at_risk": shown["at_risk"] or overdue, "overdue": overdue}


def _used(elapsed: int, target: int) -> float:
    return elapsed / target if target else 1.0


def ticket(one: Ticket, now: int, engine: Engine) -> Shown:
    """Show a ticket at an instant (ms UTC): its story, its clocks, and the events kept of it.

    Each clock carries its explanation (R33); `earlier_cycles` are those of clocks that have a newer
    one now. `events_since` tells from when on events are kept singly, null where all of them are.
    """
    story = one.story
    told = {(it.kind, it.metric, it.cycle): explanation(it) for it in explain(one, engine, now)}
    clocks = []
    for clock in one.clocks.values():
        why = told.pop((clock.kind, clock.metric, clock.cycle))
        clocks.append({**_clock(clock, now), "explanation": why})
    return {
        "ticket": one.id,
        "as_of": show(now),
        "policy_version": one.version,
        "status": story.status,
        "category": story.category,
        "solved": story.solved,
        "gone": story.gone,
        "opened_at": _when(story.opened_at),
        "customer_at": _when(story.customer_at),
        "answered_at": _when(story.humans.answered_at),
        "reached": _when(one.reached if one.reached >= 0 else None),
        "due": _when(one.due),
        "attributes": dict(story.attributes),
        "clocks": clocks,
        "earlier_cycles": list(told.values()),
        "events_since": _when(None if one.base is None else one.base.newest[0]),
        "events": [event(known) for known in one.history],
    }


def _clock(clock: Clock, now: int) -> Shown:
    return {
        **clock_status(clock, now),
        "finished_at": _when(clock.finished_at),
        "reason": clock.reason,
        "next_step_at": _when(clock.due),
    }


def _when(instant: int | None) -> str | None:
    return None if instant is None else show(instant)

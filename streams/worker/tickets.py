"""Tickets as JSON for whoever looks in: the triage list, and one ticket with all kept of it.

Everything is shown as of the worker's clock, not as of the ticket's last change.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import nsmallest
from typing import Any

from streams.sla.clock import Clock
from streams.sla.engine import Engine
from streams.sla.explain import explain
from streams.sla.ticket import Ticket
from streams.wire.explanation import event, explanation
from streams.wire.instant import show
from streams.wire.status import AT_RISK, clock_status
from streams.worker.board import Status
from streams.worker.interface import Worker
from streams.worker.standing import Standing, Standings

LAST = "~"
"""Later than any instant's text: the place of clocks without a deadline."""

Shown = dict[str, Any]
Place = tuple[float | str, str]

SORTS = ("deadline", "remaining", "used", "ticket")
"""By the next deadline; by the least active time left; by the most used; by id."""

ONLY = ("all", "ahead", "overdue")
"""Tickets with any open clock; with a deadline that can still be kept; with one that was missed."""


class Triage:
    """The tickets of this worker that have open clocks, the most urgent first."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._standings = Standings(worker.engine, worker.app.clock())

    def __len__(self) -> int:
        """Count the tickets with open clocks."""
        return sum(len(board) for board in self._worker.boards())

    def top(self, sort: str, only: str, limit: int, now: int) -> list[Shown]:
        """Give at most `limit` of the tickets of ONLY, in the order of SORTS, as at `now` (ms UTC).

        Of those with a deadline ahead, the nearest one ahead decides, not one that was missed.
        """
        moment = show(now)
        since = moment if only == "ahead" else ""
        keep = KEEP[only]
        held = [one for board in self._worker.boards() for one in board if keep(one, moment)]
        places: dict[str, Callable[[Status], Place]] = {
            "deadline": lambda status: (_next(status, since), status["ticket"]),
            "ticket": lambda status: ("", status["ticket"]),
            "remaining": lambda status: (self._least_left(status, now), status["ticket"]),
            "used": lambda status: (-self._most_used(status, now), status["ticket"]),
        }
        return [self._show(status, now) for status in nsmallest(limit, held, key=places[sort])]

    def _clocks(self, status: Status, now: int) -> list[tuple[Standing, int]]:
        """Give a ticket's open clocks, each with what has elapsed."""
        standings = self._standings.of(status)
        opened = self._standings.opened(now)
        return [(standing, standing.elapsed(opened)) for standing in standings]

    def _least_left(self, status: Status, now: int) -> int:
        return min(clock.target - elapsed for clock, elapsed in self._clocks(status, now))

    def _most_used(self, status: Status, now: int) -> float:
        return max(_used(elapsed, clock.target) for clock, elapsed in self._clocks(status, now))

    def _show(self, status: Status, now: int) -> Shown:
        clocks = [_standing(clock, elapsed, now) for clock, elapsed in self._clocks(status, now)]
        paused = status["next_deadline"] is None
        return {
            **status,
            "as_of": show(now),
            "changed_at": status["as_of"],
            "left_seconds": None if paused else (status["rank"] - now) / 1000,
            "at_risk": any(clock["at_risk"] for clock in clocks),
            "overdue": any(clock["overdue"] for clock in clocks),
            "clocks": clocks,
        }


def _next(status: Status, since: str = "") -> str:
    """Give the first deadline from an instant on; LAST where there is none.

    Our instants are written in one form, so their texts compare as they do.
    """
    deadlines = [clock["deadline"] or LAST for clock in status["clocks"]]
    return min((deadline for deadline in deadlines if deadline >= since), default=LAST)


KEEP: dict[str, Callable[[Status, str], bool]] = {
    "all": lambda _status, _moment: True,
    "ahead": lambda status, moment: _next(status, moment) < LAST,
    "overdue": lambda status, moment: _next(status) < moment,
}


def _standing(clock: Standing, elapsed: int, now: int) -> Shown:
    overdue, used = clock.overdue(now, elapsed), _used(elapsed, clock.target)
    return {
        **clock.clock,
        "elapsed_seconds": elapsed / 1000,
        "remaining_seconds": (clock.target - elapsed) / 1000,
        "used": used,
        "at_risk": clock.clock["at_risk"] or overdue or used >= AT_RISK,
        "overdue": overdue,
    }


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

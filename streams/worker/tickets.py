"""Tickets as JSON for whoever looks in: the triage list, and one ticket with all kept of it.

Everything is shown as of the worker's clock, not as of the ticket's last change.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import nsmallest
from math import inf
from typing import Any

from streams.sla.clock import Clock
from streams.sla.events import Changed, Created, Deleted, Merged, Messaged, TicketEvent
from streams.sla.ticket import Ticket
from streams.wire.instant import show
from streams.wire.status import AT_RISK
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
        self._standings = Standings(worker.engine)

    def __len__(self) -> int:
        """Count the tickets with open clocks."""
        return sum(len(board) for board in self._worker.boards())

    def top(self, sort: str, only: str, limit: int, now: int) -> list[Shown]:
        """Give at most `limit` of the tickets of ONLY, in the order of SORTS, as at `now` (ms UTC).

        Of those with a deadline ahead, the nearest one ahead decides, not one that was missed.
        """
        moment = show(now)
        places: dict[str, Callable[[Status], Place]] = {
            "deadline": lambda status: (
                _next(status, moment if only == "ahead" else ""),
                status["ticket"],
            ),
            "ticket": lambda status: ("", status["ticket"]),
            "remaining": lambda status: (self._least_left(status, now), status["ticket"]),
            "used": lambda status: (-self._most_used(status, now), status["ticket"]),
        }
        held = (status for board in self._worker.boards() for status in board)
        kept: dict[str, Callable[[Status], bool]] = {
            "all": lambda _: True,
            "ahead": lambda status: _next(status, moment) < LAST,
            "overdue": lambda status: _next(status) < moment,
        }
        every = filter(kept[only], held)
        return [self._show(status, now) for status in nsmallest(limit, every, key=places[sort])]

    def _least_left(self, status: Status, now: int) -> float:
        return min((one.remaining for one in self._standings.of(status, now)), default=inf)

    def _most_used(self, status: Status, now: int) -> float:
        return max((one.used for one in self._standings.of(status, now)), default=0.0)

    def _show(self, status: Status, now: int) -> Shown:
        clocks = [_standing(standing) for standing in self._standings.of(status, now)]
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


def _standing(standing: Standing) -> Shown:
    return {
        **standing.clock,
        "elapsed_seconds": standing.elapsed / 1000,
        "remaining_seconds": standing.remaining / 1000,
        "used": standing.used,
        "at_risk": standing.clock["at_risk"] or standing.overdue or standing.used >= AT_RISK,
        "overdue": standing.overdue,
    }


def ticket(one: Ticket, now: int) -> Shown:
    """Show a ticket at an instant (ms UTC): its story, its clocks, and the events kept of it.

    `events_since` tells from when on events are kept singly, null where all of them are.
    """
    story = one.story
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
        "answered_at": _when(story.answered_at),
        "reached": _when(one.reached if one.reached >= 0 else None),
        "due": _when(one.due),
        "attributes": dict(story.attributes),
        "clocks": [_clock(clock, now) for clock in one.clocks.values()],
        "events_since": _when(None if one.base is None else one.base.newest[0]),
        "events": [_event(event) for event in one.history],
    }


def _clock(clock: Clock, now: int) -> Shown:
    elapsed = clock.elapsed(max(now, clock.since))
    return {
        "policy": clock.policy.name,
        "kind": clock.kind,
        "metric": clock.metric,
        "cycle": clock.cycle,
        "revision": clock.revision,
        "state": clock.state,
        "schedule": clock.policy.schedule.name,
        "started_at": show(clock.started_at),
        "deadline": _when(clock.deadline),
        "target_seconds": clock.target / 1000,
        "elapsed_seconds": elapsed / 1000,
        "remaining_seconds": (clock.target - elapsed) / 1000,
        "used": elapsed / clock.target if clock.target else 1.0,
        "breached_at": _when(clock.breached_at),
        "finished_at": _when(clock.finished_at),
        "reason": clock.reason,
        "next_step_at": _when(clock.due),
    }


def _event(event: TicketEvent) -> Shown:
    told: Shown = {"time": show(event.time)}
    match event:
        case Created():
            voice = {"author": event.author, "public": event.public}
            told |= {"type": "ticket.created", **voice, "attributes": dict(event.attributes)}
        case Messaged():
            told |= {"type": "ticket.message", "author": event.author, "public": event.public}
        case Changed():
            told |= {"type": "ticket.changed", "attributes": dict(event.attributes)}
        case Merged():
            told |= {"type": "ticket.merged", "into": event.into}
        case Deleted():
            told |= {"type": "ticket.deleted", "reason": event.reason}
    return told


def _when(instant: int | None) -> str | None:
    return None if instant is None else show(instant)

"""One ticket as JSON, with all that is kept of it, as of the worker's clock."""

from __future__ import annotations

from typing import Any

from streams.sla.clock import Clock
from streams.sla.engine import Engine
from streams.sla.explain import explain
from streams.sla.ticket import Ticket
from streams.wire.explanation import event, explanation
from streams.wire.instant import show
from streams.wire.status import clock_status

Shown = dict[str, Any]


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

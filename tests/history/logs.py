"""Histories as files: events drawn, with merges and in any order, as lines of NDJSON."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
from hypothesis import strategies as st

from streams.sla.events import Changed, Created, Deleted, Merged, Messaged, TicketEvent
from tests.sla.oracle import MINUTE
from tests.sla.test_properties import histories
from tests.ticket_event import ticket_event


@st.composite
def logs(draw: st.DrawFn) -> list[TicketEvent]:
    """Draw some tickets' histories, some merged into each other, in any order of arrival."""
    drawn = draw(st.lists(histories(tiers=True), min_size=1, max_size=5))
    names = [f"t{number}" for number in range(len(drawn))]
    events = [
        replace(event, ticket=name)
        for name, history in zip(names, drawn, strict=True)
        for event in history
    ]
    pairs = draw(st.lists(st.tuples(*[st.sampled_from([*names, "unknown"])] * 2), max_size=4))
    for key, (merged, into) in enumerate(pairs, 100):
        if merged != into:
            event = draw(st.sampled_from(events))
            events.append(Merged(merged, event.time + draw(st.integers(0, 90)) * MINUTE, key, into))
    order = draw(st.randoms(use_true_random=False))
    if draw(st.booleans()):
        order.shuffle(events)
    return events


def line(event: TicketEvent) -> bytes:
    """Write an event as sources do."""
    data: Mapping[str, Any]
    match event:
        case Created(attributes=attributes, author=author, public=public):
            type_, data = "created", {**attributes, "author": author, "public": public}
        case Messaged(author=author, public=public):
            type_, data = "message", {"author": author, "public": public}
        case Changed(attributes=attributes):
            type_, data = "changed", attributes
        case Merged(into=into):
            type_, data = "merged", {"into": into}
        case Deleted(reason=reason):
            type_, data = "deleted", {"reason": reason}
        case _:
            message = f"no source sends {event!r}"
            raise TypeError(message)
    return orjson.dumps(ticket_event(event.ticket, event.key, type_, event.time, data)) + b"\n"


def written(path: Path, events: Iterable[TicketEvent]) -> str:
    """Write events into a file; give its name."""
    path.write_bytes(b"".join(map(line, events)))
    return str(path)


def long(tickets: int, seed: int = 1) -> list[TicketEvent]:
    """Draw so many tickets in the order of their time; every tenth is merged, unanswered."""
    draw, events = random.Random(seed), list[TicketEvent]()
    for number in range(tickets):
        name, at = f"t{number}", 1_774_479_600_000 + draw.randrange(10_000) * MINUTE
        attributes = {
            "tier": draw.choice(["vip", "standard", "free"]),
            "priority": draw.choice(["urgent", "high", "low"]),
            "team": draw.choice(["ann", "bob", None]),
            "status": "open",
        }
        into = f"t{draw.randrange(tickets)}"
        changes: list[TicketEvent] = [Created(name, at, 0, attributes)]
        if number % 10 or into == name:
            changes += [
                Messaged(name, at + draw.randrange(600) * MINUTE, 1, "agent"),
                Changed(name, at + 700 * MINUTE, 2, {"status": "solved"}),
                Changed(name, at + draw.randrange(800, 900) * MINUTE, 3, {"status": "open"}),
                Changed(name, at + draw.randrange(900, 9_000) * MINUTE, 4, {"status": "solved"}),
            ]
        else:
            changes.append(Merged(name, at + draw.randrange(1_000) * MINUTE, 1, into))
        events += changes
    events.sort(key=lambda event: event.time)
    return events

"""Reconciling put together: what is expected, what was seen, and what is missing, published."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from streams.gateway.publisher import Publisher
from streams.gateway.reconcile.compare import missing
from streams.gateway.reconcile.expected import Expecting
from streams.gateway.reconcile.topic import seen
from streams.history.export import Row, Unreadable, read_export
from streams.history.mapping import AnyMapping
from streams.wire.outgoing import TicketEvent
from streams.wire.topics import Names

AT_ONCE = 500
"""Events that are waited for together."""


@dataclass(frozen=True, slots=True)
class Topic:
    """Where it is: `client` are the settings of an aiokafka client."""

    client: dict[str, Any]
    names: Names


def file_rows(files: Iterable[str], mapping: AnyMapping) -> Iterable[Row | Unreadable]:
    """Give the rows of exports, as `sla import` reads them. Raises ExportError."""
    for name in files:
        yield from read_export(name, mapping.file, mapping.needed())


async def lost(topic: Topic, expecting: Expecting, tolerance: int) -> list[TicketEvent]:
    """Give what the topic has not; `tolerance` in ms. Raises Unavailable."""
    since = expecting.bounds.since - tolerance
    there = await seen(topic.client, topic.names.ticket_events, since)
    return missing(expecting.events, there, tolerance)


async def publish(topic: Topic, events: Sequence[TicketEvent]) -> None:
    """Have them in Kafka, as the gateway's own; again is as once (R7). Raises Unavailable."""
    publisher = Publisher(topic.client, topic.names)
    try:
        for start in range(0, len(events), AT_ONCE):
            await publisher.publish(events[start : start + AT_ONCE])
    finally:
        await publisher.close()

"""A ticket event as it lies on the topic, for whoever needs one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from streams.wire.instant import show


def ticket_event(
    ticket: str,
    number: int | str,
    type_: str,
    at: datetime | int | str,
    data: Mapping[str, Any],
    source: str = "/tests",
) -> dict[str, Any]:
    """Write a ticket event; `at` as text, as a datetime with a zone, or in ms UTC."""
    match at:
        case datetime():
            time = at.isoformat(timespec="milliseconds")
        case int():
            time = show(at)
        case _:
            time = at
    return {
        "specversion": "1.0",
        "id": f"{ticket}-{number}",
        "source": source,
        "type": f"ticket.{type_}",
        "subject": ticket,
        "time": time,
        "data": dict(data),
    }


def cloudevent(ticket: str, number: int, type_: str, at: datetime, **data: Any) -> dict[str, Any]:
    """Write a ticket event, its data by name."""
    return ticket_event(ticket, number, type_, at, data)

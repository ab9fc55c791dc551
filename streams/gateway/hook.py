"""A webhook as it came, what an adapter makes of it, and what cannot be made of it.

An adapter reads no clock and does no I/O: when the hook was received is a part of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson


class Unmappable(ValueError):
    """A hook of which no ticket event can be made without guessing.

    `reason` is one of wire.ticket_events.REASONS; the message names field, value and fix.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Hook:
    """A request: the body untouched, headers by name in lower case, `received_at` in ms UTC."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    received_at: int = 0

    def json(self) -> dict[str, Any]:
        """Read the body as a JSON object. Raises Unmappable."""
        try:
            value = orjson.loads(self.body)
        except orjson.JSONDecodeError as fault:
            message = f"body: not JSON ({fault}); send JSON in UTF-8"
            raise Unmappable("not_json", message) from None
        if not isinstance(value, dict):
            raise Unmappable("bad_value", "body: no JSON object; send an object")
        return value


class Happening(NamedTuple):
    """What happened to a ticket, as its help desk names it; the gateway adds source and prefix.

    `id` tells it from all others of the source, and is the same whenever the same hook is read
    again (R7); `type` is that of a ticket event (`ticket.changed`), `time` ms UTC, `data` its data:
    attributes under our names with our words, or `author` and `public` of a message.
    """

    id: str
    type: str
    ticket: str
    time: int
    data: dict[str, Any]

"""A ticket event on its way out: a CloudEvent with its time as a number."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from streams.wire.instant import show


class TicketEvent(NamedTuple):
    """A ticket event; `time` in milliseconds UTC."""

    id: str
    source: str
    type: str
    subject: str
    time: int
    data: dict[str, Any]

    def encode(self) -> bytes:
        """Write it as CloudEvents 1.0 JSON in structured mode, without a line end."""
        return orjson.dumps(
            {
                "specversion": "1.0",
                "id": self.id,
                "source": self.source,
                "type": self.type,
                "subject": self.subject,
                "time": show(self.time),
                "data": self.data,
            }
        )

"""The feed: breaches, warnings, and what was taken back, as they are committed, to whoever listens.

The last ones are kept for those who come later. A listener who is too slow loses the oldest of what
waits for him and none of what comes: a page that cannot keep up wants the present.
"""

from __future__ import annotations

from asyncio import Queue
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

KEPT = 30
"""How many of the last are kept."""

WAITING = 200
"""How many may wait for a listener."""

TYPES = ("sla.breached", "sla.breach_imminent", "sla.breach_retracted")

COPIED = ("time", "id", "type")
FROM_DATA = (
    *("ticket", "policy", "kind", "metric", "cycle", "detected_at", "remaining_seconds"),
    *("level", "notify", "reason", "retracts"),
)
FROM_ATTRIBUTES = ("team", "priority", "tier")

Told = dict[str, Any]


class Feed:
    """Hands SLA events on that somebody must act on."""

    def __init__(self) -> None:
        self._last: deque[Told] = deque(maxlen=KEPT)
        self._listeners: set[Queue[Told]] = set()

    def tell(self, event: dict[str, Any]) -> None:
        """Hand an SLA event on, as it stands on its topic; others than TYPES are passed over."""
        if event["type"] not in TYPES:
            return
        data = event["data"]
        told = {name: event[name] for name in COPIED}
        told |= {name: data.get(name) for name in FROM_DATA}
        told |= {name: data["attributes"].get(name) for name in FROM_ATTRIBUTES}
        self._last.append(told)
        for queue in self._listeners:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(told)

    def forget(self) -> None:
        """Begin anew: what is kept will be told again."""
        self._last.clear()

    @contextmanager
    def listen(self) -> Iterator[Queue[Told]]:
        """Give a queue of what is told from now on, with the last ones in it, oldest first."""
        queue: Queue[Told] = Queue(WAITING)
        for told in self._last:
            queue.put_nowait(told)
        self._listeners.add(queue)
        try:
            yield queue
        finally:
            self._listeners.discard(queue)

"""The stream: what is new, to a page that stays open, as server-sent events.

A page counts on by itself between two of them, so a list is sent when something else than time has
changed it; and now and then all the same, which also finds out who has gone.
"""

from __future__ import annotations

import asyncio
import time
from asyncio import Queue
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiohttp import web

from streams.desk.interface import Worker
from streams.desk.pulse import Pulse
from streams.desk.query import Query
from streams.desk.views import Views

Shown = dict[str, Any]

TURN_SECONDS = 1.0
AGAIN_SECONDS = 15.0
RATES_SECONDS = 5.0
MOST = 100
"""Streams that are open at a time: each is somebody's page."""

HEADERS = {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Accel-Buffering": "no",  # a proxy that waits for more would hold a breach back
}
COUNTED_ON = frozenset({"elapsed_seconds", "remaining_seconds", "used"})
"""What time alone changes of a clock."""


class TooMany(Exception):
    """So many streams are open that another one is refused."""


@dataclass(slots=True)
class Streams:
    """Hands each open page what is new, until `close`."""

    worker: Worker
    views: Views
    pulse: Pulse
    _open: set[asyncio.Task[Any]] = field(default_factory=set)

    async def serve(self, request: web.Request, query: Query) -> web.StreamResponse:
        """Answer a request with a stream that ends when the page goes. Raises TooMany."""
        if len(self._open) >= MOST:
            message = f"{MOST} pages are open on this worker; close one, or ask another worker"
            raise TooMany(message)
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            response = web.StreamResponse(headers=HEADERS)
            await response.prepare(request)
            # The page has gone, or the worker goes: both are the ordinary end.
            with suppress(ConnectionError, asyncio.CancelledError):
                await self._run(request, _Page(response), query)
            return response
        finally:
            self._open.discard(task)

    def close(self) -> None:
        """End every stream: the pages will come back, to this worker or another."""
        for task in self._open:
            task.cancel()

    async def _run(self, request: web.Request, page: _Page, query: Query) -> None:
        with self.worker.elsewhere.feed.listen() as told:
            while request.transport is not None:  # until the page has gone
                await page.send("state", self._state())
                await page.send("list", await self.views.list(query))
                await page.send("rates", await self.views.rates(), RATES_SECONDS)
                await _facts(page, told)

    def _state(self) -> Shown:
        ready, state, reason = self.pulse.readiness()
        return {"ready": ready, "state": state, "reason": reason}


async def _facts(page: _Page, told: Queue[Shown]) -> None:
    """Send what is told within a turn, each at once."""
    ends = time.monotonic() + TURN_SECONDS
    while (left := ends - time.monotonic()) > 0:
        with suppress(TimeoutError):
            await page.write("fact", await asyncio.wait_for(told.get(), left))


class _Page:
    """A page at the other end: knows what it was sent, and sends what is new."""

    def __init__(self, response: web.StreamResponse) -> None:
        self._response = response
        self._sent: dict[str, tuple[Any, float]] = {}

    async def send(self, name: str, shown: Shown, least: float = 0.0) -> None:
        """Send what has changed, but not within `least` seconds; after a while in any case."""
        now = time.monotonic()
        before, at = self._sent.get(name, (None, -AGAIN_SECONDS))
        told = _lasting(shown)
        if now - at >= AGAIN_SECONDS or (told != before and now - at >= least):
            self._sent[name] = told, now
            await self.write(name, shown)

    async def write(self, name: str, shown: Shown) -> None:
        """Send an event."""
        await self._response.write(
            b"event: %b\ndata: %b\n\n" % (name.encode(), orjson.dumps(shown))
        )


def _lasting(shown: Shown) -> Shown:
    """Leave out what time alone changes."""
    told = {name: value for name, value in shown.items() if name != "as_of"}
    if "tickets" in told:
        told["tickets"] = [
            {
                **{name: value for name, value in ticket.items() if name != "left_seconds"},
                "clocks": [
                    {name: value for name, value in clock.items() if name not in COUNTED_ON}
                    for clock in ticket["clocks"]
                ],
            }
            for ticket in told["tickets"]
        ]
    return told

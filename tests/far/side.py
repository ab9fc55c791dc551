"""A far side: a real HTTP server in a thread of its own, that records, judges and misbehaves.

Each fake is a subclass with routes of its own, which checks what it is sent as its vendor would.
What must not happen at all (a body that the vendor would refuse, a wrong signature) is noted in
`faults` besides being answered as the vendor answers, so that a test fails which retries it away.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import orjson
from aiohttp import web

How = Literal["500", "429", "503", "slow", "reset", "half", "401", "404"]


@dataclass(frozen=True, slots=True)
class Misbehaviour:
    """One way to misbehave; `after`: do what was asked first, then misbehave (a lost answer).

    `seconds` for slow, and what Retry-After says with 429 and 503.
    """

    how: How
    seconds: float = 0.0
    after: bool = False


@dataclass(slots=True)
class Seen:
    """A request as it came; `body` is None where it was no JSON."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    raw: bytes
    body: Any = None


Answer = tuple[int, Any] | tuple[int, Any, Mapping[str, str]]


@dataclass
class FarSide:
    """The server. `handle` is the fake's; what it raises as AssertionError is a fault."""

    seen: list[Seen] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    planned: deque[Misbehaviour] = field(default_factory=deque)
    url: str = ""

    def handle(self, seen: Seen) -> Answer:
        """Answer a request: status, JSON or text, headers."""
        raise NotImplementedError

    def misbehave(self, *planned: Misbehaviour) -> None:
        """Have the next requests go wrong, one each."""
        self.planned.extend(planned)

    # -- the server

    def __enter__(self) -> Any:
        started = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(started,), daemon=True)
        self._thread.start()
        assert started.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._done.set)
        self._thread.join(10)

    def _run(self, started: threading.Event) -> None:
        asyncio.run(self._serve(started))

    async def _serve(self, started: threading.Event) -> None:
        self._loop, self._done = asyncio.get_running_loop(), asyncio.Event()
        app = web.Application(client_max_size=64 << 20)
        app.router.add_route("*", "/{path:.*}", self._take)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        started.set()
        await self._done.wait()
        await runner.cleanup()

    async def _take(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        try:
            body = orjson.loads(raw) if raw else None
        except orjson.JSONDecodeError:
            body = None
        headers = {name.lower(): value for name, value in request.headers.items()}
        seen = Seen(request.method, request.path, dict(request.query), headers, raw, body)
        planned = self.planned.popleft() if self.planned else None
        if planned is not None and not planned.after:
            return await self._wrong(request, planned)
        self.seen.append(seen)
        try:
            answer = self.handle(seen)
        except AssertionError as fault:
            self.faults.append(f"{seen.method} {seen.path}: {fault}")
            answer = (400, {"error": str(fault)})
        if planned is not None:
            return await self._wrong(request, planned)
        return self._response(*answer)

    @staticmethod
    def _response(
        status: int, content: Any, headers: Mapping[str, str] | None = None
    ) -> web.Response:
        if isinstance(content, str):
            return web.Response(status=status, text=content, headers=headers)
        return web.json_response(
            content, status=status, headers=headers, dumps=lambda one: orjson.dumps(one).decode()
        )

    async def _wrong(self, request: web.Request, planned: Misbehaviour) -> web.StreamResponse:
        if planned.how == "slow":
            await asyncio.sleep(planned.seconds)
            return web.Response(status=504, text="too slow")
        if planned.how in ("reset", "half"):
            transport = request.transport
            assert transport is not None
            if planned.how == "half":
                transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")  # type: ignore[attr-defined]
                await asyncio.sleep(0.05)
            transport.abort()  # type: ignore[attr-defined]
            return web.Response(status=500)
        headers = {"Retry-After": f"{planned.seconds:g}"} if planned.seconds else {}
        return web.Response(status=int(planned.how), text="as planned", headers=headers)


def until(holds: Callable[[], bool], what: str, seconds: float = 30) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not {what} in {seconds} s"
        time.sleep(0.02)

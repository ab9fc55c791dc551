"""The gateway's HTTP side: bodies in, answers out.

A body is refused by its announced length before a byte of it is read, and where none was announced
as soon as it is too long. A body that does not come is not waited for.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping

import orjson
from aiohttp import web
from prometheus_client import CollectorRegistry

from streams.gateway.hook import Hook
from streams.gateway.intake import Intake, Outcome
from streams.gateway.metrics import Metrics
from streams.gateway.publisher import Publisher
from streams.gateway.source import Source
from streams.process.exposition import expose

LARGEST_BODY = 1 << 20
BODY_SECONDS = 10.0

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class TooLarge(Exception):
    """A body over the limit."""


class Side:
    """The handlers, over the sources; `now` gives ms UTC, `limit` is in bytes."""

    def __init__(
        self,
        sources: Mapping[str, Source],
        publisher: Publisher,
        registry: CollectorRegistry,
        *,
        now: Callable[[], int],
        limit: int = LARGEST_BODY,
    ) -> None:
        self._sources, self._publisher = sources, publisher
        self._registry, self._metrics = registry, Metrics(registry)
        self._intake = Intake(publisher, self._metrics)
        self._now, self._limit = now, limit
        for name in sources:
            self._metrics.begin(name)

    async def hook(self, request: web.Request) -> web.Response:
        """Take a hook."""
        name = request.match_info["source"]
        source = self._sources.get(name)
        if source is None:
            return json(404, {"error": f"source: {ascii(name)[:80]} is none; check the address"})
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await self._body(request)
        except TooLarge:
            said = f"body: more than {self._limit} bytes; send less"
            return self._unread(name, Outcome("too_large", 413, {"error": said}))
        except TimeoutError:
            said = f"body: not there in {BODY_SECONDS:g} s; send it at once"
            return self._unread(name, Outcome("too_slow", 408, {"error": said}))
        began = time.monotonic()
        hook = Hook(body, headers(request), self._now())
        if source.adapter.hello is not None and (told := source.adapter.hello(hook)) is not None:
            self._metrics.hooks.labels(name, "ignored").inc()
            return web.Response(body=told, content_type="text/plain")
        outcome = await self._intake.take(source, hook)
        self._metrics.hooks.labels(name, outcome.result).inc()
        self._metrics.seconds.labels(name).observe(time.monotonic() - began)
        return json(outcome.status, outcome.told, outcome.headers)

    async def hello(self, request: web.Request) -> web.Response:
        """Answer a help desk that tries the address."""
        return web.Response(status=200 if request.match_info["source"] in self._sources else 404)

    def _unread(self, name: str, outcome: Outcome) -> web.Response:
        """Refuse, and close: what is left of the body is not waited for."""
        self._metrics.hooks.labels(name, outcome.result).inc()
        reply = json(outcome.status, outcome.told)
        reply.force_close()
        return reply

    async def _body(self, request: web.Request) -> bytes:
        if (request.content_length or 0) > self._limit:
            raise TooLarge
        read = bytearray()
        async for piece in request.content.iter_any():
            read += piece
            if len(read) > self._limit:
                raise TooLarge
        return bytes(read)

    async def metrics(self, request: web.Request) -> web.Response:
        """Give the metrics."""
        asked = request.headers.get("Accept", ""), request.headers.get("Accept-Encoding", "")
        body, told = expose(self._registry, *asked)
        return web.Response(body=body, headers=told)

    async def health(self, _request: web.Request) -> web.Response:
        """Say that the process is there."""
        return web.Response(text="ok\n")

    async def ready(self, _request: web.Request) -> web.Response:
        """Say whether hooks would be taken."""
        if await self._publisher.reachable():
            return json(200, {"ready": True, "reason": ""})
        return json(503, {"ready": False, "reason": "the brokers do not answer"})


def web_app(side: Side) -> web.Application:
    """Make the application."""
    app = web.Application(middlewares=[_in_words])
    app.add_routes(
        [
            web.post("/hooks/{source}", side.hook),
            web.get("/hooks/{source}", side.hello),
            web.get("/metrics", side.metrics),
            web.get("/healthz", side.health),
            web.get("/readyz", side.ready),
        ]
    )
    return app


def headers(request: web.Request) -> dict[str, str]:
    """Give a request's headers by name in lower case; of one that comes twice the first."""
    found: dict[str, str] = {}
    for name, value in request.headers.items():
        found.setdefault(name.lower(), value)
    return found


def json(
    status: int, content: Mapping[str, object], more: Mapping[str, str] | None = None
) -> web.Response:
    """Answer with JSON; what was said of a hook may hold what is no text."""
    told = {
        name: value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
        for name, value in content.items()
    }
    body = orjson.dumps(told)
    return web.Response(body=body, status=status, content_type="application/json", headers=more)


@web.middleware
async def _in_words(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Say the library's errors as JSON."""
    try:
        return await handler(request)
    except web.HTTPException as refusal:
        kept = {"Allow": refusal.headers["Allow"]} if "Allow" in refusal.headers else {}
        return json(refusal.status, {"error": f"{request.method}: {refusal.reason}"}, kept)

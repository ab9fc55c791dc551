"""The worker's HTTP side: metrics, probes, the list, the stream, one ticket, and the page.

Decisions: it only reads. It binds to loopback unless told otherwise. Errors are JSON with words.
Every answer speaks for all partitions, but for metrics and probes, which are of this worker.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.typedefs import Middleware

from streams.desk import gate
from streams.desk.answer import FRESH, error, json
from streams.desk.assets import Assets
from streams.desk.gate import Gate, Handler
from streams.desk.interface import Worker
from streams.desk.pulse import Pulse
from streams.desk.query import BadQuery, read
from streams.desk.stream import Streams, TooMany
from streams.desk.ticket import ticket
from streams.desk.views import Views
from streams.process.exposition import expose
from streams.process.listening import listening

log = logging.getLogger(__name__)

FIRST_SECONDS = 5.0
"""How long who asks once waits for the other workers' partitions to be read; a stream shows them
when they are."""
LONGEST_LINE = 1 << 17
"""Bytes of a request's first line: a ticket's id may be long, and is written there in escapes."""


@asynccontextmanager
async def serve(
    worker: Worker, host: str = "127.0.0.1", port: int = 6066, token: str | None = None
) -> AsyncIterator[str]:
    """Serve within the running loop; give the URL. Port 0 takes a free one. Raises CannotListen."""
    local = gate.is_local(host)
    if not local and not token:
        log.warning("http: whoever reaches %s may read tickets: set SLA_HTTP_TOKEN", host)
    app = web_app(worker, local=local, token=token)
    async with listening(app, host, port, max_line_size=LONGEST_LINE) as url:
        yield url


def web_app(worker: Worker, *, local: bool = False, token: str | None = None) -> web.Application:
    """Make the application; `local` answers only requests to names of this machine."""
    side, assets = _Side(worker), Assets()
    guarded = Gate(token) if token else None
    before: list[Middleware] = [gate.local_only] if local else []
    if guarded:
        before.append(guarded.middleware)
    app = web.Application(middlewares=[*before, _in_words])
    app.add_routes(
        [
            web.get("/", assets.index),
            web.get("/assets/{name}", assets.file),
            web.get("/metrics", side.metrics),
            web.get("/healthz", side.health),
            web.get("/readyz", side.ready),
            web.get("/api/list", side.list),
            web.get("/api/rates", side.rates),
            web.get("/api/stream", side.stream),
            web.get("/tickets/{ticket:.+}", side.ticket),
            *([web.post("/login", guarded.login)] if guarded else []),
        ]
    )
    app.on_shutdown.append(side.close)
    return app


class _Side:
    """The handlers, over one worker."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._pulse = Pulse(worker.app)
        self._views = Views(worker)
        self._streams = Streams(worker, self._views, self._pulse)

    async def close(self, _app: web.Application) -> None:
        self._streams.close()

    async def metrics(self, request: web.Request) -> web.Response:
        await self._worker.look()
        asked = request.headers.get("Accept", ""), request.headers.get("Accept-Encoding", "")
        body, headers = expose(self._worker.registry, *asked)
        return web.Response(body=body, headers=headers)

    async def health(self, _request: web.Request) -> web.Response:
        return web.Response(text="ok\n", headers=FRESH)

    async def ready(self, _request: web.Request) -> web.Response:
        ready, state, reason = self._pulse.readiness()
        body = {"ready": ready, "state": state, "reason": reason}
        return json(body, 200 if ready else 503)

    async def list(self, request: web.Request) -> web.Response:
        query = read(request.query.items())
        await self._worker.elsewhere.read(FIRST_SECONDS)
        return json(await self._views.list(query))

    async def rates(self, _request: web.Request) -> web.Response:
        await self._worker.elsewhere.read(FIRST_SECONDS)
        return json(await self._views.rates())

    async def stream(self, request: web.Request) -> web.StreamResponse:
        query = read(request.query.items())
        try:
            return await self._streams.serve(request, query)
        except TooMany as fault:
            return error(503, str(fault), {"Retry-After": "30"})

    async def ticket(self, request: web.Request) -> web.Response:
        id_ = request.match_info["ticket"]
        found = self._worker.ticket(id_) or await self._worker.elsewhere.ticket(id_)
        if found is None:
            held = [str(part.number) for part in self._worker.app.partition_stats()]
            said = f"partitions {', '.join(held)}" if held else "no partition"
            message = (
                f"ticket {id_!r} is not known here, and has no open clock elsewhere; this worker"
                f" holds {said}, ask the others"
            )
            return error(404, message)
        return json(ticket(found, self._worker.app.clock(), self._worker.engine))


@web.middleware
async def _in_words(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Say errors as JSON, the library's own too."""
    try:
        return await handler(request)
    except BadQuery as fault:
        return error(400, str(fault))
    except web.HTTPException as refusal:
        if refusal.status < 400:
            raise
        message = f"{request.method} {request.path}: {refusal.reason}"
        kept = {"Allow": refusal.headers["Allow"]} if "Allow" in refusal.headers else {}
        return error(refusal.status, message, kept)

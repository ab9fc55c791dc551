"""The worker's HTTP side: metrics, health, triage, one ticket, and a page that shows them.

Decisions: it only reads. It binds to loopback unless told otherwise, and then answers no other name
than this machine's, so that no web page can reach in under a name of its own (DNS rebinding).
Errors are JSON with words. The page takes everything as text, never as markup, and loads nothing.
"""

from __future__ import annotations

import errno
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from hashlib import sha256
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
from aiohttp import web

from streams.wire.instant import show
from streams.worker import tickets
from streams.worker.exposition import expose
from streams.worker.interface import Worker
from streams.worker.pulse import Pulse

WORDS = {"sort": tickets.SORTS, "only": tickets.ONLY}
"""The list's parameters and the words that each may take, the first where it is absent."""

LIMIT, MOST = 50, 1000
"""How many tickets a list has, and may have."""

PAGE = Path(__file__).with_name("page.html").read_text(encoding="utf-8")
CLOSE_SECONDS = 1.0

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class CannotListen(Exception):
    """The address cannot be bound; says why and what to do."""


class PortInUse(CannotListen):
    """Another program listens there."""


@asynccontextmanager
async def serve(worker: Worker, host: str = "127.0.0.1", port: int = 6066) -> AsyncIterator[str]:
    """Serve within the running loop; give the URL. Port 0 takes a free one. Raises CannotListen."""
    app = web_app(worker, local=_loopback(host))
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=CLOSE_SECONDS)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as fault:
            raise _refusal(fault, host, port) from None
        bound = runner.addresses[0][1]
        yield f"http://{f'[{host}]' if ':' in host else host}:{bound}"
    finally:
        await runner.cleanup()


def web_app(worker: Worker, *, local: bool = False) -> web.Application:
    """Make the application; `local` answers only requests to names of this machine."""
    app = web.Application(middlewares=[_local_only, _in_words] if local else [_in_words])
    side = _Side(worker)
    app.add_routes(
        [
            web.get("/", side.page),
            web.get("/metrics", side.metrics),
            web.get("/healthz", side.health),
            web.get("/readyz", side.ready),
            web.get("/tickets", side.triage),
            web.get("/tickets/{ticket:.+}", side.ticket),
        ]
    )
    return app


class _Side:
    """The handlers, over one worker."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._pulse = Pulse(worker.app)
        self._triage = tickets.Triage(worker)

    async def page(self, _request: web.Request) -> web.Response:
        return web.Response(text=PAGE, content_type="text/html", headers=PAGE_HEADERS)

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
        return _json(body, 200 if ready else 503)

    async def triage(self, request: web.Request) -> web.Response:
        asked, limit = _asked(request)
        await self._worker.catch_up()
        now = self._worker.app.clock()
        found = self._triage.top(asked["sort"], asked["only"], limit, now)
        about = {"X-Total-Count": str(len(self._triage)), "X-Worker-Clock": show(now)}
        return _json(found, headers=about)

    async def ticket(self, request: web.Request) -> web.Response:
        id_ = request.match_info["ticket"]
        found = self._worker.ticket(id_)
        if found is None:
            parts = [str(part.number) for part in self._worker.app.partition_stats()]
            held = f"partitions {', '.join(parts)}" if parts else "no partition"
            message = f"ticket {id_!r} is not known here; this worker holds {held}, ask the others"
            raise _error(web.HTTPNotFound, message)
        return _json(tickets.ticket(found, self._worker.app.clock(), self._worker.engine))


def _asked(request: web.Request) -> tuple[dict[str, str], int]:
    """Read the parameters of the list: its words by name, and the limit."""
    query = request.query
    for name in query:
        if name not in (*WORDS, "limit"):
            message = f"{name}: not a parameter; known are {', '.join(WORDS)} and limit"
            raise _error(web.HTTPBadRequest, message)
    asked = {name: query.get(name, words[0]) for name, words in WORDS.items()}
    for name, word in asked.items():
        if word not in WORDS[name]:
            message = f"{name}: {word!r}; write one of {', '.join(WORDS[name])}"
            raise _error(web.HTTPBadRequest, message)
    limit = query.get("limit", str(LIMIT))
    if not (limit.isascii() and limit.isdigit() and len(limit) < 6 and 1 <= int(limit) <= MOST):
        raise _error(web.HTTPBadRequest, f"limit: {limit!r}; write a number from 1 to {MOST}")
    return asked, int(limit)


@web.middleware
async def _in_words(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Say errors as JSON, the library's own too."""
    try:
        return await handler(request)
    except web.HTTPException as refusal:
        if refusal.content_type != "application/json" and refusal.status >= 400:
            message = f"{request.method} {request.path}: {refusal.reason}"
            kept = {"Allow": refusal.headers["Allow"]} if "Allow" in refusal.headers else {}
            return _json({"error": message}, refusal.status, kept)
        raise


@web.middleware
async def _local_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        name = urlsplit(f"//{request.host}").hostname or ""
    except ValueError:
        name = request.host
    if not _loopback(name):
        message = f"host: {name!r}; this worker listens on loopback, ask for localhost"
        return _json({"error": message}, 403)
    return await handler(request)


def _loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _json(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(
        body=orjson.dumps(body, option=orjson.OPT_APPEND_NEWLINE),
        status=status,
        content_type="application/json",
        headers={**FRESH, **(headers or {})},
    )


def _error(kind: type[web.HTTPError], message: str) -> web.HTTPError:
    body = orjson.dumps({"error": message}, option=orjson.OPT_APPEND_NEWLINE)
    return kind(text=body.decode(), content_type="application/json", headers=FRESH)


def _refusal(fault: OSError, host: str, port: int) -> CannotListen:
    if fault.errno == errno.EADDRINUSE:
        return PortInUse(
            f"port {port} on {host} is in use by another program; stop it, or choose another with"
            " --http-port (0 takes a free one)"
        )
    return CannotListen(
        f"{host}:{port} cannot be listened on: {fault.strerror or fault}; check --http-host and"
        " --http-port"
    )


def _digest(tag: str) -> str:
    """Give the hash by which the page's own script or style is let through, and no other."""
    content = PAGE.split(f"<{tag}>", 1)[1].split(f"</{tag}>", 1)[0]
    return f"'sha256-{b64encode(sha256(content.encode()).digest()).decode()}'"


FRESH = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
PAGE_HEADERS = {
    **FRESH,
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": (
        f"default-src 'none'; connect-src 'self'; script-src {_digest('script')}; "
        f"style-src {_digest('style')}; img-src data:; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
}

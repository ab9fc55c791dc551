"""The notifier's HTTP side: its metrics, and whether it works."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web
from prometheus_client import CollectorRegistry

from streams.process.exposition import expose
from streams.work import Readiness


def web_app(registry: CollectorRegistry, readiness: Callable[[], Readiness]) -> web.Application:
    """Make the application."""

    async def metrics(request: web.Request) -> web.Response:
        asked = request.headers.get("Accept", ""), request.headers.get("Accept-Encoding", "")
        body, told = expose(registry, *asked)
        return web.Response(body=body, headers=told)

    async def health(_request: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def ready(_request: web.Request) -> web.Response:
        now = readiness()
        told = {"ready": now.ready, "state": now.state, "reason": now.reason}
        return web.json_response(told, status=200 if now.ready else 503)

    app = web.Application()
    app.add_routes(
        [web.get("/metrics", metrics), web.get("/healthz", health), web.get("/readyz", ready)]
    )
    return app

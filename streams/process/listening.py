"""An address of our own: bound, or refused in words."""

from __future__ import annotations

import errno
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

CLOSE_SECONDS = 1.0


class CannotListen(Exception):
    """The address cannot be bound; says why and what to do."""


class PortInUse(CannotListen):
    """Another program listens there."""


@asynccontextmanager
async def listening(
    app: web.Application,
    host: str,
    port: int,
    close_seconds: float = CLOSE_SECONDS,
    **settings: Any,
) -> AsyncIterator[str]:
    """Serve within the running loop; give the URL. Port 0 takes a free one. Raises CannotListen.

    At the end requests that are under way get so many seconds. `settings` are those of aiohttp's
    runner.
    """
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=close_seconds, **settings)
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

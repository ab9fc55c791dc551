"""An office served by the real server in a thread of its own, which can go and come back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from threading import Thread
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

from streams.desk.http import serve
from tests.desk.page.office import Office

T = TypeVar("T")
PATIENCE = 30


class Served:
    """The server and its office; `url` stays the same when it comes back."""

    def __init__(self, office: Office, token: str | None = None) -> None:
        self.office, self._token = office, token
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, daemon=True)
        self._open: AsyncExitStack | None = None
        self.url = ""

    def __enter__(self) -> Self:
        self._thread.start()
        self.come()
        return self

    def __exit__(self, *_: object) -> None:
        self.go()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        self._loop.close()

    def come(self) -> None:
        """Listen, where it listened before."""
        self._run(self._come())

    def go(self) -> None:
        """Listen no more; every connection ends."""
        self._run(self._go())

    def do(self, work: Callable[[Office], T]) -> T:
        """Do something to the office, between two of the server's own steps."""

        async def done() -> T:
            return work(self.office)

        return self._run(done())

    async def _come(self) -> None:
        self._open = AsyncExitStack()
        port = urlsplit(self.url).port or 0
        served = serve(self.office, "127.0.0.1", port, self._token)
        self.url = await self._open.enter_async_context(served)

    async def _go(self) -> None:
        if self._open is not None:
            await self._open.aclose()
        self._open = None

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE)

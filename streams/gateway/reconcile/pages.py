"""A help desk's API, page by page: tried again where that may help, and nobody else's pages.

Decisions: what may work later (429, 5xx, a broken line, half an answer) is tried TRIES times, after
what the desk asks for; a refusal of who we are ends it at once, for somebody waits. A next page at
another origin than the desk's is not fetched: our login would go there.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from streams.history.export import ExportError
from streams.process import backoff
from streams.process.calling import LATER, Caller, Permanent, Temporary

TRIES = 8
LARGEST = 64 << 20
"""Bytes of one page."""
MEND = "check `export:` of the source, its address and login"


@dataclass(frozen=True, slots=True)
class Page:
    """A page: a JSON object, and the answer's headers, their names in lower case."""

    content: Mapping[str, Any]
    headers: Mapping[str, str]

    def listed(self, name: str) -> list[dict[str, Any]]:
        """Give the objects of a list. Raises ExportError: it is not there."""
        found = self.content.get(name)
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            message = f"the help desk answers without a list {name!r}; {MEND}"
            raise ExportError(message)
        return found


@dataclass(frozen=True, slots=True)
class Pages:
    """One desk; `base` is its address without a slash at its end, `pause` waits so many seconds."""

    caller: Caller
    base: str
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    draw: Callable[[], float] = random.random

    async def get(self, where: str, query: Mapping[str, str] | None = None) -> Page:
        """Get a page, by its path or its whole address. Raises ExportError."""
        found = await self.find(where, query)
        if found is None:
            message = f"{self.base}{urlsplit(where).path} is not there; {MEND}"
            raise ExportError(message)
        return found

    async def find(self, where: str, query: Mapping[str, str] | None = None) -> Page | None:
        """Get a page; None where the desk says that there is none (404). Raises ExportError."""
        address = where if "://" in where else self.base + where
        if _origin(address) != _origin(self.base):
            host = urlsplit(address).netloc
            message = f"the next page would be at {host}, not at {self.base}; {MEND}"
            raise ExportError(message)
        tries = 0
        while True:
            try:
                return await self._once(address, query)
            except Permanent as fault:
                message = f"{self.base}: {fault}; {MEND}"
                raise ExportError(message) from None
            except Temporary as fault:
                if fault.status == 404:
                    return None
                tries += 1
                refused = fault.status is not None and fault.status < 500
                if tries == TRIES or (refused and fault.status not in LATER):
                    message = f"{self.base}: {fault}; {MEND}"
                    raise ExportError(message) from None
                await self.pause(backoff.wait(tries - 1, self.draw(), fault.retry_after) / 1000)

    async def _once(self, address: str, query: Mapping[str, str] | None) -> Page:
        reply = await self.caller.call("GET", address, query=query)
        content = reply.json()
        if not isinstance(content, dict):
            message = "it answers with something that is no JSON object"
            raise Permanent(message)
        return Page(content, reply.headers)


def _origin(address: str) -> tuple[str, str]:
    parts = urlsplit(address)
    return parts.scheme.lower(), parts.netloc.lower()

"""What is worked out for those who look, no more often than it may cost.

Ten people with the same page open are one reader: an answer is kept for a moment and shared. How
long hangs on what it took to work out, so that looking never takes more than a tenth of the time
from the work, whether there are a hundred open clocks or a million. One thing is worked out at a
time, for the same reason.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Any

from streams.desk.interface import Worker
from streams.desk.query import Query
from streams.desk.rates import rates
from streams.desk.triage import triage

Shown = dict[str, Any]

LEAST_SECONDS = 0.5
"""How long an answer is kept at least."""

SHARE = 10
"""An answer is kept for so many times what it took."""

MOST = 64
"""Answers that are kept."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was worked out, and until when it will do, by the machine's monotonic time."""

    shown: Shown
    until: float


class Views:
    """Answers over one worker; `monotonic` gives seconds."""

    def __init__(self, worker: Worker, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._worker = worker
        self._monotonic = monotonic
        self._turn = asyncio.Lock()
        self._kept: dict[Hashable, Answer] = {}

    async def list(self, query: Query) -> Shown:
        """Give the list of a query."""
        return await self._answer(query, lambda: triage(self._worker, query))

    async def rates(self) -> Shown:
        """Give the rates of all promises."""

        async def worked_out() -> Shown:
            return rates(self._worker)

        return await self._answer("rates", worked_out)

    async def _answer(self, asked: Hashable, work: Callable[[], Awaitable[Shown]]) -> Shown:
        self._worker.elsewhere.wanted()
        if (shown := self._known(asked)) is not None:
            return shown
        async with self._turn:
            # Somebody who asked the same may have been before us.
            if (shown := self._known(asked)) is not None:
                return shown
            began = self._monotonic()
            shown = await work()
            ended = self._monotonic()
            kept = max(LEAST_SECONDS, SHARE * (ended - began))
            self._kept = {key: old for key, old in self._kept.items() if old.until > ended}
            if len(self._kept) < MOST:
                self._kept[asked] = Answer(shown, ended + kept)
            return shown

    def _known(self, asked: Hashable) -> Shown | None:
        answer = self._kept.get(asked)
        return None if answer is None or self._monotonic() >= answer.until else answer.shown

"""Tasks beside a body: they end with it, and what fails in one of them fails the body.

Not a TaskGroup: that waits for its tasks when the body is done, and these run until cancelled.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

Work = Coroutine[Any, Any, None]
Run = Callable[[Work], asyncio.Task[None]]


@asynccontextmanager
async def together() -> AsyncIterator[Run]:
    """Hand out a function that runs tasks beside the body; they end with it."""
    body = asyncio.current_task()
    assert body
    tasks: set[asyncio.Task[None]] = set()
    failed: list[BaseException] = []
    over = False

    def ended(task: asyncio.Task[None]) -> None:
        if over or task.cancelled() or not (error := task.exception()):
            return
        if not failed:
            body.cancel()
        failed.append(error)

    def run(work: Work) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        task.add_done_callback(ended)
        tasks.add(task)
        return task

    try:
        yield run
    except asyncio.CancelledError:
        if not failed:
            raise
        body.uncancel()
    finally:
        over = True
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    if failed:
        raise failed[0]

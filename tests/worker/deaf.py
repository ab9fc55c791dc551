"""`sla` with a worker that does not follow the topic of the policies: slower than any rebalance."""

from __future__ import annotations

import asyncio

from streams.cli.main import sla
from streams.worker.follower import Follower


async def deaf(_follower: Follower) -> None:
    """Hear nothing."""
    await asyncio.Event().wait()


if __name__ == "__main__":
    Follower.run = deaf  # type: ignore[method-assign]  # what a slow broker does, for certain
    sla(prog_name="sla")

"""`sla` with a worker that kills itself at a point of its work: `dying.py POINT COUNT worker …`.

SIGKILL, from inside: at the COUNT-th time that it comes to the point, on any machine, at any speed.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from aiokafka import AIOKafkaProducer

from streams.cli.main import sla
from streams.work import restore
from streams.work.partition import Partition
from streams.worker.processor import Processor

POINTS: dict[str, tuple[Any, str, bool]] = {
    "consumed": (Processor, "handle", True),
    "between": (Processor, "handle", False),
    "ticking": (Processor, "tick", False),
    "keeping": (Processor, "_keep", False),
    "packed": (Partition, "snapshot", False),
    "begun": (AIOKafkaProducer, "begin_transaction", False),
    "open": (AIOKafkaProducer, "commit_transaction", True),
    "committed": (AIOKafkaProducer, "commit_transaction", False),
    "fenced": (Partition, "open", False),
    "restoring": (restore, "_take", False),
    "restored": (Processor, "restore", False),
}
"""By name: whose call it is, and whether it dies before it (True) or after it."""


def arm(point: str, count: int) -> None:
    """Wrap the call of a point."""
    owner, name, before = POINTS[point]
    real = getattr(owner, name)
    left = count

    def come() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    setattr(owner, name, _wrapped(real, come, before=before))


def _wrapped(real: Any, come: Callable[[], None], *, before: bool) -> Any:
    def plain(*given: Any, **named: Any) -> Any:
        if before:
            come()
        done = real(*given, **named)
        if before:
            return done
        if hasattr(done, "__await__"):
            return _then(done, come)
        come()
        return done

    return plain


async def _then(done: Any, come: Callable[[], None]) -> Any:
    result = await done
    come()
    return result


if __name__ == "__main__":
    arm(sys.argv[1], int(sys.argv[2]))
    del sys.argv[1:3]
    sla(prog_name="sla")

"""`sla` with a worker that takes one burst a tick: each commit holds a part of what is due."""

from __future__ import annotations

from streams.cli.main import sla
from streams.work import Partition
from streams.worker.processor import Processor

whole = Processor.tick


def calm(processor: Processor, part: Partition, now: int) -> bool:
    """Say that the burst was enough."""
    whole(processor, part, now)
    return False


def late(processor: Processor, part: Partition) -> None:
    """Do not tell when the next thing is due: the next tick is that of the interval."""
    del processor, part


if __name__ == "__main__":
    Processor.tick = calm  # type: ignore[method-assign]  # what a slow machine does, for certain
    Processor.upcoming = late  # type: ignore[method-assign]
    sla(prog_name="sla")

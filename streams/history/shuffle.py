"""Files read once: each event into the bucket of its ticket, and what is known only at the end.

Decoding is most of the work, so it is what processes do, a few blocks of lines at a time; to read,
unzip and cut files at the ends of lines is little, and keeps their order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import islice

from streams.history.buckets import Buckets, row
from streams.history.first import First
from streams.history.pool import Pool
from streams.history.reading import Block
from streams.sla.events import Merged, TicketEvent

BUCKETS_A_BLOCK = 256
"""Into so many buckets a block is shared out; for more of them it takes more blocks at a time."""


@dataclass(slots=True)
class Read:
    """What was read: `lines` that were not blank, of which `known` are events.

    `last`: the latest event's time (ms UTC). `rejected`: lines that could not be read. `merges`:
    tickets, and those that they were merged into.
    """

    lines: int = 0
    known: int = 0
    last: int = 0
    rejected: First = field(default_factory=First)
    merges: set[tuple[str, str]] = field(default_factory=set)

    def take(self, block: Block) -> Iterator[tuple[int, TicketEvent]]:
        """Decode a block, and take note of what is in it; give its events by their places."""

        def rejected(place: int, number: int, reason: str) -> None:
            self.rejected.add(place, f"{block.name}:{number}: {reason}")

        for place, event in block.decoded(rejected):
            self.lines += 1
            if event is None:
                continue
            self.known += 1
            self.last = max(self.last, event.time)
            if isinstance(event, Merged):
                self.merges.add((event.ticket, event.into))
            yield place, event

    def merge(self, other: Read) -> None:
        """Take over what was read of other lines."""
        self.lines += other.lines
        self.known += other.known
        self.last = max(self.last, other.last)
        self.rejected.merge(other.rejected)
        self.merges |= other.merges


def shuffle(blocks: Iterable[Block], buckets: Buckets, pool: Pool) -> Read:
    """Share the events of blocks out. Raises UnreadableFile, NoRoom and ProcessLost."""
    together = max(1, buckets.count // BUCKETS_A_BLOCK)
    read = Read()
    for some in pool.map(partial(_share_out, buckets), _batches(blocks, together)):
        read.merge(some)
    return read


def _batches(blocks: Iterable[Block], size: int) -> Iterator[list[Block]]:
    coming = iter(blocks)
    while batch := list(islice(coming, size)):
        yield batch


def _share_out(buckets: Buckets, blocks: list[Block]) -> Read:
    """Decode blocks and write their events into the buckets."""
    read = Read()
    buckets.write(row(place, event) for block in blocks for place, event in read.take(block))
    return read

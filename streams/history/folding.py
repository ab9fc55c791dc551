"""Tickets folded, and gathered, a bucket at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Generic
from zlib import crc32

from streams.history.buckets import TICKET, Bucket, Buckets, Row, event_of, in_order, parts, size
from streams.history.gathering import Advance, Folded, G
from streams.history.replay import each
from streams.sla.events import TicketEvent
from streams.sla.policy import PolicySet

Placed = tuple[int, TicketEvent]
"""An event, and its place among all that arrived."""


@dataclass(frozen=True, slots=True)
class Folding(Generic[G]):
    """How tickets are to be folded, up to `until` (ms UTC), and what makes an empty gathering."""

    promises: Sequence[PolicySet]
    gather: Callable[[Sequence[PolicySet], int], G]
    until: int
    arrival: bool

    def nothing(self) -> Folded[G]:
        """Give what is there before the first ticket."""
        counts = (0,) * len(self.promises)
        return Folded(self.gather(self.promises, self.until), self.until, unmatched=counts)

    def take(self, done: Folded[G], known: Sequence[Placed], advance: Advance) -> None:
        """Fold tickets by all their events, in the order of their arrival."""
        for told in each(
            [event for _, event in known],
            self.promises,
            until=self.until,
            arrival=self.arrival,
            places=[place for place, _ in known],
            advance=advance,
        ):
            done.add(told)


@dataclass(frozen=True, slots=True)
class Kin:
    """Tickets that merges connect: by ticket, the number of the bucket they are put aside into."""

    buckets: Buckets
    numbers: Mapping[str, int] = field(default_factory=dict)

    def put_aside(self, packed: list[Row]) -> list[Row]:
        """Put theirs aside; give the rest."""
        if not self.numbers:
            return packed
        theirs = [one for one in packed if one[TICKET] in self.numbers]
        self.buckets.write(theirs, self.numbers.__getitem__)
        return [one for one in packed if one[TICKET] not in self.numbers]


@dataclass(frozen=True, slots=True)
class FoldBucket(Generic[G]):
    """Folds a bucket; one that is larger than `largest` bytes on disk is shared out once more."""

    folding: Folding[G]
    kin: Kin
    folder: Path
    largest: int

    def __call__(self, bucket: Bucket) -> Folded[G]:
        """Give what was gathered of its tickets, but for the kin; the bucket is gone then."""
        done = self.folding.nothing()
        for part in self._finer(bucket):
            packed = self.kin.put_aside(in_order(part.files))
            known = [(one[0], event_of(one)) for one in packed]
            done.known += len(known)
            self.folding.take(done, known, lambda _: None)
        return done

    def _finer(self, bucket: Bucket) -> Sequence[Bucket]:
        whole = size(bucket.files)
        if whole <= self.largest:
            return [bucket]
        finer = Buckets(self.folder, f"part{bucket.number}", -(-whole // self.largest))
        for packed in parts(bucket.files):
            finer.write(packed, partial(_otherwise, finer.count))
        return finer.found()


def _otherwise(count: int, ticket: str) -> int:
    """Share tickets out that one bucket had in common: by a hash of what the other left over."""
    return crc32(b"%d" % crc32(ticket.encode())) % count

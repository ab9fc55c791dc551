"""What the consumer's thread hands to the work: records in order, and how far it has read.

Decisions: a delivery carries the number of the seek it follows (its epoch) and, per partition, the
offset at which it starts. Both are stamped in the consumer's thread in the same step in which the
records are taken, so no seek can come between. Hence a batch may be dropped exactly when its epoch
is not the partition's: a seek to the applied position has followed, or is bound to (fact 6).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from aiokafka import ConsumerRecord
from faust.types import TP


@dataclass(frozen=True, slots=True)
class Start:
    """Where to begin with a source partition, and what the last commit noted there."""

    position: int
    noted: str


@dataclass(frozen=True, slots=True)
class Batch:
    """Consecutive records of one partition, never empty."""

    tp: TP
    start: int  #: where the consumer stood before these records
    end: int  #: where it stood after them, markers passed included
    records: Sequence[ConsumerRecord]

    def narrowed(self, records: Sequence[ConsumerRecord]) -> Batch:
        """Return the same stretch of the log with fewer records."""
        return Batch(self.tp, self.start, self.end, records)


@dataclass(frozen=True, slots=True)
class Delivery:
    """The outcome of one fetch."""

    epoch: int
    batches: list[Batch] = field(default_factory=list)
    #: Positions of the partitions that had no records: the consumer may have passed markers.
    idle: dict[TP, int] = field(default_factory=dict)
    highwaters: dict[TP, int] = field(default_factory=dict)

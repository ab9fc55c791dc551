"""All the work of one source partition, and the transaction that makes it last.

Decisions: what a partition owns lives and dies with it (rows, changes, outputs, position, due
heap, transactional producer); nothing is shared between partitions, so a rebalance is the coming
and going of these objects. The snapshot for a commit is taken and serialised without an await
(fact 7); from then on the units go on working into fresh containers.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.structs import OffsetAndMetadata
from faust.types import TP

from streams.work import tally
from streams.work.coordinator import ask_again
from streams.work.errors import LogGap, RecordTooLarge, RowTooLarge
from streams.work.fence import Fence, watch
from streams.work.stats import PartitionStats
from streams.work.table import Rows, Table

if TYPE_CHECKING:
    from streams.work.delivery import Batch
    from streams.work.unit import UnitOfWork

Headers = Sequence[tuple[str, bytes]]

#: What a record batch may add to key, value and headers: 61 bytes of batch header, and lengths.
RECORD_OVERHEAD = 120
CLOSE_SECONDS = 5.0
#: Batches are filled up to this, below a topic's default limit of 1 MiB for a batch; a record that
#: is larger gets a batch of its own, which only a topic with a higher limit takes.
BATCH_BYTES = 900_000

V = TypeVar("V")


class Output(NamedTuple):
    """One record to be sent; the timestamp is milliseconds UTC, None for now."""

    key: bytes | None
    value: bytes | None
    timestamp_ms: int | None
    headers: Headers


class Snapshot(NamedTuple):
    """What one transaction will carry, already in bytes."""

    batches: list[tuple[str, int, Any]]  #: (topic, partition, aiokafka BatchBuilder)
    offsets: dict[TopicPartition, OffsetAndMetadata]
    rows: int
    emitted: int


class Partition:
    """The work of one partition number of all source topics."""

    def __init__(self, work: UnitOfWork, number: int) -> None:
        """Begin without rows and without a position; `UnitOfWork.acquire` fills it."""
        self.number = number
        #: For whoever handles the records: volatile, gone with the partition.
        self.scratch: dict[str, Any] = {}
        self.tables: dict[str, Rows] = {name: Rows() for name in work.tables}
        #: Where each source topic has been applied to; also the next offset to commit (fact 6).
        self.positions: dict[TP, int] = {}
        self.log_ends: dict[TP, int] = {}
        self.ready = False
        #: Number of the seek that this partition's deliveries must follow; None: accept nothing.
        self.epoch: int | None = None
        #: The tick that waits: its time, and how far the log reached when it was asked for.
        self.asked: tuple[int, dict[TP, int]] | None = None
        self.last_tick_ms: int | None = None
        #: The rows by table as the last commit noted them (see `tally`).
        self.noted = ""
        self.uncommitted = 0  #: records applied since the last snapshot
        self.fence = Fence()  #: what became of the former owner
        self._work = work
        self._outputs: dict[tuple[str, int], list[Output]] = {}
        self._moved = False
        # When the oldest change was made (monotonic): of those since the last snapshot, and of
        # those in the transaction under way.
        self._since: float | None = None
        self._sent: float | None = None
        self._producer: AIOKafkaProducer | None = None

    # -- for handlers

    @property
    def position(self) -> int:
        """Offset after the last applied record, where there is one source topic."""
        (position,) = self.positions.values()
        return position

    def emit(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        timestamp_ms: int | None = None,
        headers: Headers = (),
    ) -> None:
        """Send a record to this partition of `topic` with the next commit.

        Raises RecordTooLarge, and then nothing was added.
        """
        self._emit(topic, (self.number,), Output(key, value, timestamp_ms, headers))

    def emit_everywhere(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        timestamp_ms: int | None = None,
    ) -> None:
        """Send a record to every partition of `topic`, which has as many as the source.

        For what concerns a key that may lie anywhere: only its producers know their partitioner.
        Raises RecordTooLarge, and then nothing was added.
        """
        everywhere = range(self._work.partitions)
        self._emit(topic, everywhere, Output(key, value, timestamp_ms, ()))

    def _emit(self, topic: str, numbers: Sequence[int], out: Output) -> None:
        if self._work.current is not self:
            raise RuntimeError("emit was called outside of a unit of work of this partition")
        key, value, _, headers = out
        size = RECORD_OVERHEAD + (len(key) if key else 0) + (len(value) if value else 0)
        for name, data in headers:
            size += len(name) * 3 + len(data or b"") + 10  # utf-8 takes at most 3 of our letters
        if size > self._work.max_record_bytes:
            raise RecordTooLarge(topic, size, self._work.max_record_bytes)
        for number in numbers:
            try:
                self._outputs[topic, number].append(out)
            except KeyError:
                self._outputs[topic, number] = [out]

    def rows(self, table: Table[Any]) -> Iterator[tuple[bytes, bytes]]:
        """Iterate over (key, row in bytes); dirty rows are encoded for the purpose."""
        rows = self.tables[table.name]
        live = rows.live
        yield from ((key, raw) for key, raw in rows.rest.items() if key not in live)
        yield from ((k, table.encode(v)) for k, v in list(live.items()) if v is not None)

    def at_rest(self, table: Table[Any], key: bytes) -> bytes | None:
        """Return a row as it was last committed or restored; None where there is none."""
        return self.tables[table.name].rest.get(key)

    def read(self, table: Table[V], key: bytes) -> V | None:
        """Return a row for whoever looks on from outside of a unit; None where there is none."""
        rows = self.tables[table.name]
        if key in rows.live:
            return cast("V | None", rows.live[key])
        raw = rows.rest.get(key)
        return None if raw is None else table.decode(raw)

    def changed(self, table: Table[Any]) -> list[tuple[bytes, Any]]:
        """Return (key, live object or None for a deletion) of every row dirty since the commit."""
        return list(self.tables[table.name].live.items())

    def stats(self) -> PartitionStats:
        """Return this partition's numbers."""
        return PartitionStats(
            number=self.number,
            ready=self.ready,
            position=sum(self.positions.values()),
            log_end=sum(max(end, self.positions[tp]) for tp, end in self._known_ends()),
            last_tick_ms=self.last_tick_ms,
            rows=sum(len(rows.rest) for rows in self.tables.values()),
            uncommitted_seconds=self._uncommitted_seconds(),
        )

    def _uncommitted_seconds(self) -> float:
        oldest = self._since if self._sent is None else self._sent
        return 0.0 if oldest is None else time.monotonic() - oldest

    def _known_ends(self) -> list[tuple[TP, int]]:
        return [(tp, self.log_ends.get(tp, at)) for tp, at in self.positions.items()]

    # -- for the delivery

    def applied(self, end: dict[TP, int]) -> bool:
        """Tell whether everything before `end` has been applied, by positions (fact 5)."""
        return all(self.positions[tp] >= offset for tp, offset in end.items())

    def pending(self, batch: Batch) -> Batch | None:
        """Return what of the batch is still to be applied; a gap before it is fatal (fact 6)."""
        position = self.positions[batch.tp]
        if batch.start > position:
            raise LogGap(
                f"{batch.tp.topic}[{batch.tp.partition}]: the delivery starts at {batch.start},"
                f" the applied position is {position}; records between them were dropped"
            )
        if batch.records[0].offset >= position:
            return batch
        rest = [record for record in batch.records if record.offset >= position]
        self._work.stats.skipped += len(batch.records) - len(rest)
        return batch.narrowed(rest) if rest else None

    def advance(self, tp: TP, position: int, records: int = 0) -> None:
        """Move the position on; only records make it worth a commit, markers do not."""
        self.positions[tp] = max(self.positions[tp], position)
        if records:
            self._moved = True
            self.uncommitted += records
            self.touch()

    def touch(self) -> None:
        """Note since when there has been something to commit."""
        if self._since is None and self.has_work():
            self._since = time.monotonic()

    # -- the transaction

    async def open(self) -> None:
        """Start the producer, which fences the former owner and ends its transaction (fact 3).

        Until this returns, committed offsets and changelog may still move; after it, they cannot.
        """
        work = self._work
        producer = AIOKafkaProducer(
            **work.client_settings(f"{work.app_id}-{self.number}"),
            transactional_id=f"{work.app_id}-{self.number}",
            transaction_timeout_ms=int(work.transaction_timeout * 1000),
            enable_idempotence=True,
            acks="all",
            linger_ms=0,
            max_batch_size=min(work.max_record_bytes, BATCH_BYTES),
            # Kafka answers the first produce of a transaction with a retriable error (fact 11).
            retry_backoff_ms=20,
        )
        ask_again(producer)
        self.fence = watch(producer)
        try:
            await producer.start()
        except BaseException:
            with suppress(Exception):
                await asyncio.wait_for(producer.stop(), CLOSE_SECONDS)
            raise
        self._producer = producer

    async def close(self) -> None:
        """Stop the producer; what was not committed is dropped with the partition."""
        self.suspend()
        producer, self._producer = self._producer, None
        if producer is not None:
            with suppress(Exception):
                await asyncio.wait_for(producer.stop(), CLOSE_SECONDS)

    def suspend(self) -> None:
        """Accept no deliveries and fire no ticks until the next seek."""
        self.ready = False
        self.epoch = None
        self.asked = None

    def has_work(self) -> bool:
        """Tell whether a commit would write anything."""
        return self._producer is not None and (
            self._moved or bool(self._outputs) or any(r.live for r in self.tables.values())
        )

    def waiting(self) -> int:
        """Count the records that wait for the next commit, those of the changelogs left out."""
        return sum(map(len, self._outputs.values()))

    def snapshot(self) -> Snapshot:
        """Take the changes out as bytes and begin anew; no await in here (fact 7)."""
        batches: list[tuple[str, int, Any]] = []
        rows = emitted = 0
        for table in self._work.tables.values():
            changes = self._settle(table)
            rows += len(changes)
            batches += ((table.changelog, self.number, batch) for batch in self._pack(changes))
        for (topic, number), outputs in self._outputs.items():
            emitted += len(outputs)
            batches += ((topic, number, batch) for batch in self._pack(outputs))
        offsets = {}
        held = {name: len(rows_.rest) for name, rows_ in self.tables.items()}
        noted = tally.write(held, self.fence.epoch)
        if self._moved or noted != self.noted:
            self.noted = noted
            offsets = {
                TopicPartition(tp.topic, tp.partition): OffsetAndMetadata(position, noted)
                for tp, position in self.positions.items()
            }
        self._outputs, self._moved, self.uncommitted = {}, False, 0
        self._sent, self._since = self._since, None
        return Snapshot(batches, offsets, rows, emitted)

    def _settle(self, table: Table[Any]) -> list[Output]:
        """Bring the dirty rows of a table to rest and return them as changelog records."""
        rows = self.tables[table.name]
        live = rows.settle(table.most)
        rest, encode, limit = rows.rest, table.encode, self._work.max_record_bytes
        now = int(time.time() * 1000)
        changes = []
        for key, value in live.items():
            if value is None:
                if rest.pop(key, None) is None:
                    continue  # came and went between two commits: the log never knew it
                changes.append(Output(key, None, now, ()))
                continue
            raw = encode(value)
            if len(key) + len(raw) + RECORD_OVERHEAD > limit:
                raise RowTooLarge(table.name, key, len(raw), limit)
            if rest.get(key) != raw:
                rest[key] = raw
                changes.append(Output(key, raw, now, ()))
        return changes

    def _pack(self, outputs: list[Output]) -> Iterator[Any]:
        """Fill aiokafka batches one after the other; the limit of `emit` makes each record fit."""
        assert self._producer is not None
        batch = self._producer.create_batch()
        for key, value, timestamp, headers in outputs:
            told = list(headers)
            if batch.append(key=key, value=value, timestamp=timestamp, headers=told) is None:
                yield batch
                batch = self._producer.create_batch()
                batch.append(key=key, value=value, timestamp=timestamp, headers=told)
        if batch.record_count():
            yield batch

    async def commit(self, snapshot: Snapshot) -> None:
        """Write one transaction: rows, outputs, offsets; every future is awaited first (fact 7)."""
        producer = self._producer
        assert producer is not None
        await producer.begin_transaction()
        sent = [
            await producer.send_batch(batch, topic, partition=number)
            for topic, number, batch in snapshot.batches
        ]
        if snapshot.offsets:
            await producer.send_offsets_to_transaction(snapshot.offsets, self._work.app_id)
        if sent:
            await asyncio.gather(*sent)
        if self._work.hold_transaction:
            await asyncio.sleep(self._work.hold_transaction)
        await producer.commit_transaction()
        self._sent = None

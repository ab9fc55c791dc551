"""Rows, outputs and positions of one partition, without a broker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from types import SimpleNamespace
from typing import Any
from unittest.mock import AsyncMock, patch

import pytest
from aiokafka import AIOKafkaProducer, ConsumerRecord
from aiokafka.errors import KafkaError
from faust.types import TP

from streams import work
from streams.work.consumer import Consumer
from streams.work.delivery import Batch, Delivery
from streams.work.table import Table
from streams.work.tick import Ticker
from tests.work.units import unit_of_work

SOURCE = TP("in", 0)


class Bench:
    """One partition with one table whose rows are lists of numbers."""

    def __init__(self) -> None:
        """Begin empty, at position 10."""
        self.encoded = 0
        self.work = unit_of_work(1_000)
        self.table: Table[list[int]] = Table(
            self.work,
            "numbers",
            partitions=1,
            changelog="app-numbers-changelog",
            config={},
            encode=self._encode,
            decode=list,
        )
        self.work.tables["numbers"] = self.table
        self.part = work.Partition(self.work, 0)
        self.part.positions = {SOURCE: 10}

    def _encode(self, row: list[int]) -> bytes:
        self.encoded += 1
        return bytes(row)

    @property
    def rows(self) -> Any:
        """The rows as they lie."""
        return self.part.tables["numbers"]


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    """Hand out a bench whose producer packs batches but is connected to nothing."""
    bench = Bench()
    bench.part._producer = producer = AIOKafkaProducer(max_batch_size=1_000)
    yield bench
    await producer.stop()


@pytest.fixture
def unit(bench: Bench) -> Iterator[work.Partition]:
    """Open a unit of the partition."""
    with bench.work.unit(bench.part, "a test"):
        yield bench.part


def batch(*offsets: int, start: int, end: int) -> Batch:
    """Return a delivery of records at these offsets."""
    records = [ConsumerRecord("in", 0, o, 0, 0, None, b"", None, 0, 0, ()) for o in offsets]
    return Batch(SOURCE, start, end, records)


def settled(bench: Bench, rows: dict[bytes, list[int]]) -> None:
    """Put rows and let a commit take them, as far as this goes without a broker."""
    for key, row in rows.items():
        bench.table[key] = row
    bench.part.snapshot()


def test_the_object_of_a_committed_row_is_given_away_once(
    bench: Bench, unit: work.Partition
) -> None:
    """Who changes it and does not put it back has changed nothing."""
    settled(bench, {b"k": [1]})
    given = bench.table.get(b"k")
    assert given == [1]
    given.append(2)
    assert bench.table.get(b"k") == [1]


def test_of_two_commits_of_a_row_the_later_object_is_given(
    bench: Bench, unit: work.Partition
) -> None:
    """Also where the row was put without being read, and the generations have changed."""
    settled(bench, {b"k": [1], b"l": [1]})
    with patch("streams.work.table.KEPT", 2):
        settled(bench, {b"m": [1]})
        settled(bench, {b"k": [2]})
        settled(bench, {b"l": [3], b"n": [3]})
    assert [bench.table.get(key) for key in (b"k", b"l", b"m")] == [[2], [3], [1]]


def test_after_a_great_commit_no_older_object_is_given(bench: Bench, unit: work.Partition) -> None:
    """More rows than are kept: then none is."""
    settled(bench, {b"k": [1]})
    with patch("streams.work.table.KEPT", 2):
        settled(bench, {b"k": [2], b"l": [2], b"m": [2]})
    assert bench.table.get(b"k") == [2]


def test_a_row_that_was_made_ready_is_at_hand_as_it_lies(
    bench: Bench, unit: work.Partition
) -> None:
    """Decoded before anybody asks, and never in the place of what has changed since."""
    with patch("streams.work.table.KEPT", 0):
        settled(bench, {b"k": [1], b"l": [1]})
    bench.table[b"l"] = [2]
    with patch.object(bench.table, "decode", side_effect=bench.table.decode) as decode:
        for _ in range(2):
            for key in (b"k", b"l", b"nobody"):
                bench.table.warm(key)
        assert decode.call_count == 1
        assert [bench.table.get(key) for key in (b"k", b"l", b"nobody")] == [[1], [2], None]
        assert decode.call_count == 1
    assert bench.table.get(b"k") == [1]
    bench.table.warm(b"k")
    settled(bench, {b"k": [3]})
    assert bench.table.get(b"k") == [3]
    assert not bench.part.has_work()


def test_a_deleted_row_is_gone_though_its_object_was_kept(
    bench: Bench, unit: work.Partition
) -> None:
    """The deletion is remembered as well."""
    settled(bench, {b"k": [1]})
    bench.table.pop(b"k")
    bench.part.snapshot()
    assert bench.table.get(b"k") is None
    assert b"k" not in bench.table


def test_a_row_is_live_while_dirty_and_bytes_at_rest(bench: Bench, unit: work.Partition) -> None:
    """Invariant: at rest = bytes; between, the very object that was put."""
    row = [1]
    bench.table[b"k"] = row
    assert bench.table.get(b"k") is row
    assert not bench.rows.rest
    unit.snapshot()
    assert bench.rows.rest == {b"k": b"\x01"}
    assert not bench.rows.live
    assert bench.table[b"k"] == [1]


def test_a_row_is_encoded_once_however_often_it_was_put(bench: Bench, unit: work.Partition) -> None:
    """The commit encodes, nobody else."""
    for number in range(50):
        bench.table[b"k"] = [number]
    snapshot = unit.snapshot()
    assert (bench.encoded, snapshot.rows) == (1, 1)


def test_a_row_that_did_not_change_is_not_written(bench: Bench, unit: work.Partition) -> None:
    """The bytes decide."""
    bench.table[b"k"] = [1]
    assert unit.snapshot().rows == 1
    bench.table[b"k"] = [1]
    assert unit.snapshot().rows == 0


def test_a_deletion_leaves_a_tombstone_where_the_log_knows_the_row(
    bench: Bench, unit: work.Partition
) -> None:
    """A row that came and went between two commits was never in the log."""
    bench.table[b"known"] = [1]
    unit.snapshot()
    bench.table[b"brief"] = [2]
    del bench.table[b"known"], bench.table[b"brief"]
    assert b"known" not in bench.table
    assert bench.table.get(b"known") is None
    assert unit.snapshot().rows == 1
    assert not bench.rows.rest
    with pytest.raises(KeyError):
        del bench.table[b"known"]


def test_rows_and_changes_can_be_listed(bench: Bench, unit: work.Partition) -> None:
    """At rest and dirty alike, as bytes; changes as objects."""
    bench.table[b"a"] = [1]
    bench.table[b"b"] = [2]
    unit.snapshot()
    bench.table[b"b"] = [3]
    bench.table[b"c"] = [4]
    del bench.table[b"a"]
    assert dict(unit.rows(bench.table)) == {b"b": b"\x03", b"c": b"\x04"}
    assert dict(unit.changed(bench.table)) == {b"a": None, b"b": [3], b"c": [4]}
    assert sorted(bench.table.keys_of(unit)) == [b"b", b"c"]


def test_tables_and_emit_work_inside_a_unit_only(bench: Bench) -> None:
    """Rows belong to a partition: outside there is none."""
    with pytest.raises(RuntimeError, match="outside of a unit"):
        bench.table.get(b"k")
    with pytest.raises(RuntimeError, match="outside of a unit"):
        bench.part.emit("out", None, b"v")


def test_a_record_over_the_limit_is_refused_at_once_and_changes_nothing(
    unit: work.Partition,
) -> None:
    """Fact 8: so that the handler can dead-letter it inside the unit."""
    with pytest.raises(work.RecordTooLarge, match="a record for out takes 1121 bytes") as error:
        unit.emit("out", b"k", b"x" * 1_000)
    assert (error.value.topic, error.value.size, error.value.limit) == ("out", 1_121, 1_000)
    with pytest.raises(work.RecordTooLarge):
        unit.emit("out", b"k", b"", headers=[("h", b"x" * 1_000)])
    assert unit.snapshot().batches == []


def test_what_concerns_a_key_that_may_lie_anywhere_goes_to_every_partition(
    bench: Bench, unit: work.Partition
) -> None:
    """Once each, beside what goes to the partition's own number."""
    bench.work.partitions = 3
    unit.emit("out", b"k", b"here")
    unit.emit_everywhere("out", b"k", b"there", 7)
    snapshot = unit.snapshot()
    counts = {number: batch.record_count() for _, number, batch in snapshot.batches}
    assert counts == {number: 1 + (number == unit.number) for number in range(3)}
    assert snapshot.emitted == 4
    with pytest.raises(work.RecordTooLarge):
        unit.emit_everywhere("out", b"k", b"x" * 1_000)
    assert unit.snapshot().batches == []


def test_records_that_just_fit_fill_a_batch_each(unit: work.Partition) -> None:
    """Fact 7: no batch outgrows the limit, so the broker takes what emit took."""
    for _ in range(3):
        unit.emit("out", b"k", b"x" * 879)
    unit.emit("out", None, b"small", timestamp_ms=5, headers=[("h", b"1")])
    snapshot = unit.snapshot()
    assert [topic for topic, *_ in snapshot.batches] == ["out"] * len(snapshot.batches)
    assert len(snapshot.batches) in (3, 4)
    assert all(len(one._build()) <= 1_000 for *_, one in snapshot.batches)
    assert snapshot.emitted == 4


def test_a_row_over_the_limit_is_named_at_the_commit(bench: Bench, unit: work.Partition) -> None:
    """Fact 8: there it is fatal; whoever keeps rows bounds them."""
    bench.table[b"k"] = [0] * 1_000
    with pytest.raises(work.RowTooLarge, match="the row b'k' of table numbers takes 1000 bytes"):
        unit.snapshot()


def test_records_below_the_position_are_passed_over(bench: Bench) -> None:
    """Fact 6: a fetch from before a seek may arrive after it."""
    assert bench.part.pending(batch(5, 7, start=5, end=9)) is None
    rest = bench.part.pending(batch(8, 9, 10, 12, start=8, end=14))
    assert rest is not None
    assert [record.offset for record in rest.records] == [10, 12]
    assert bench.work.stats.skipped == 4


def test_markers_before_the_first_record_are_no_gap(bench: Bench) -> None:
    """Fact 5: what counts is where the consumer stood, not the offset of the record."""
    assert bench.part.pending(batch(13, start=10, end=14)) is not None


def test_a_gap_above_the_position_is_an_error(bench: Bench) -> None:
    """Fact 6: a dropped delivery must never go by in silence."""
    with pytest.raises(work.LogGap, match="starts at 12, the applied position is 10"):
        bench.part.pending(batch(12, start=12, end=13))


def test_markers_alone_are_not_worth_a_commit(bench: Bench, unit: work.Partition) -> None:
    """Positions move with them, but nothing is written for them."""
    unit.advance(SOURCE, 12)
    assert unit.position == 12
    assert not unit.has_work()
    unit.advance(SOURCE, 13, records=1)
    assert unit.has_work()
    assert [o.offset for o in unit.snapshot().offsets.values()] == [13]
    assert not unit.has_work()


def answering(bench: Bench) -> Any:
    """Let the producer's calls to the brokers come back at once; give it."""
    producer: Any = bench.part._producer
    sent: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    sent.set_result(None)
    producer.begin_transaction, producer.commit_transaction = AsyncMock(), AsyncMock()
    producer.send_batch = AsyncMock(return_value=sent)
    producer.send_offsets_to_transaction = AsyncMock()
    return producer


async def test_the_age_of_what_is_not_committed_counts_from_the_oldest_change(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R8: until its commit has ended, and what came meanwhile from its own time on."""
    now = [100.0]
    monkeypatch.setattr(
        "streams.work.partition.time", SimpleNamespace(monotonic=lambda: now[0], time=lambda: 0.0)
    )

    def age(at: float) -> float:
        now[0] = at
        return bench.part.stats().uncommitted_seconds

    with bench.work.unit(bench.part, "nothing"):
        pass
    bench.part.advance(SOURCE, 11)
    assert age(101) == 0
    with bench.work.unit(bench.part, "a row"):
        bench.table[b"k"] = [1]
    assert age(103) == 2
    bench.part.advance(SOURCE, 12, records=1)
    snapshot = bench.part.snapshot()
    assert age(104) == 3
    bench.part.advance(SOURCE, 13, records=1)
    answering(bench)
    await bench.part.commit(snapshot)
    assert age(106) == 2
    await bench.part.commit(bench.part.snapshot())
    assert age(200) == 0


async def test_what_a_failed_commit_carried_stays_uncommitted(bench: Bench) -> None:
    """Fact 8: so it counts as long as the process lives."""
    bench.part.advance(SOURCE, 11, records=1)
    answering(bench).commit_transaction.side_effect = KafkaError()
    with pytest.raises(KafkaError):
        await bench.part.commit(bench.part.snapshot())
    assert bench.part.stats().uncommitted_seconds > 0


def test_a_stale_acquisition_opens_nothing(bench: Bench) -> None:
    """Fact 6: a rebalance that began meanwhile closes what it would open."""
    bench.work.parts[0] = bench.part
    before = bench.work.membership
    bench.work.suspend()
    bench.work.open_for_work(before, epoch=1)
    assert not bench.part.ready
    bench.work.open_for_work(bench.work.membership, epoch=1)
    assert bench.part.ready


async def test_deliveries_of_another_seek_are_dropped_and_those_of_the_last_are_applied(
    bench: Bench,
) -> None:
    """Fact 6: what was fetched before a seek or during a rebalance reaches no handler."""
    seen: list[int] = []
    app = SimpleNamespace(
        work=bench.work,
        handlers={"in": lambda part, records: seen.extend(r.offset for r in records)},
        ticker=Ticker(bench.work, lambda: 0),
        max_uncommitted=100,
    )
    consumer: Any = SimpleNamespace(app=app)
    bench.work.parts[0] = bench.part

    async def deliver(epoch: int, one: Batch) -> None:
        await Consumer._apply(consumer, Delivery(epoch, [one], {}, {SOURCE: one.end}))

    await deliver(1, batch(10, start=10, end=11))  # suspended: nothing is accepted
    bench.work.open_for_work(bench.work.membership, epoch=2)
    await deliver(1, batch(50, start=50, end=51))  # from before the seek: no gap, but nothing
    await deliver(2, batch(10, 11, start=10, end=13))
    await Consumer._apply(consumer, Delivery(1, [], {SOURCE: 99}))
    assert (seen, bench.part.position) == ([10, 11], 13)
    await Consumer._apply(consumer, Delivery(2, [], {SOURCE: 14}))
    assert bench.part.position == 14


def test_a_hook_before_the_commit_sees_what_changed_and_may_emit(bench: Bench) -> None:
    """One output per changed row and commit, however often the row changed."""

    def status(part: work.Partition) -> None:
        for key, row in part.changed(bench.table):
            part.emit("status", key, bytes(row))

    bench.work.before_commit.append(status)
    with bench.work.unit(bench.part, "a test"):
        bench.table[b"k"] = [1]
        bench.table[b"k"] = [2]
    snapshot = bench.work._snapshot(bench.part)
    assert [topic for topic, *_ in snapshot.batches] == ["app-numbers-changelog", "status"]
    assert (bench.work.stats.rows, bench.work.stats.emitted) == (1, 1)


async def test_a_hook_after_the_commit_hears_of_it_once_it_ended_well(bench: Bench) -> None:
    """R8: what is done upon it, out in the world, is then in the log; else nothing is done."""
    seen: list[str] = []

    async def commit(_part: work.Partition, _snapshot: object) -> None:
        seen.append("committed")

    bench.work.parts[0] = bench.part
    bench.work.on_committed.append(lambda part: seen.append(f"told of {part.number}"))
    with patch.object(work.Partition, "commit", commit):
        with bench.work.unit(bench.part, "a test"):
            bench.table[b"k"] = [1]
        await bench.work.commit()
    assert seen == ["committed", "told of 0"]

    class Died(Exception):
        pass

    with bench.work.unit(bench.part, "a test"):
        bench.table[b"k"] = [2]
    with (
        patch.object(work.Partition, "commit", AsyncMock(side_effect=KafkaError())),
        patch("streams.work.unit.die", side_effect=Died),
        pytest.raises(Died),
    ):
        await bench.work.commit()
    assert seen == ["committed", "told of 0"]

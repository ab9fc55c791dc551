"""What the tests of the package do to a broker and to worker processes."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic, RecordsToDelete

TOY = Path(__file__).with_name("toy.py")
PARTITIONS = 4


class Out(NamedTuple):
    """One record as read back; the value is decoded JSON, None for a tombstone."""

    partition: int
    key: bytes | None
    value: Any
    headers: tuple[tuple[str, bytes], ...]
    timestamp: int


class Kafka:
    """A broker, used with plain calls."""

    def __init__(self, bootstrap: str) -> None:
        """Remember where it is."""
        self.bootstrap = bootstrap

    def create(self, *topics: str, partitions: int = PARTITIONS) -> None:
        """Create topics."""

        async def do() -> None:
            admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
            await admin.start()
            try:
                await admin.create_topics([NewTopic(name, partitions, 1) for name in topics])
            finally:
                await admin.close()

        asyncio.run(do())

    def delete_before(self, topic: str, offset: int) -> None:
        """Do to every partition what retention does."""

        async def do() -> None:
            admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
            await admin.start()
            try:
                cut = RecordsToDelete(before_offset=offset)
                await admin.delete_records(
                    {TopicPartition(topic, p): cut for p in range(PARTITIONS)}
                )
            finally:
                await admin.close()

        asyncio.run(do())

    def send(self, topic: str, events: Iterable[tuple[bytes, Any]], **settings: Any) -> int:
        """Send (key, event) pairs; the partition is the key's number, modulo; return how many."""

        async def do() -> int:
            producer = AIOKafkaProducer(
                bootstrap_servers=self.bootstrap, linger_ms=5, max_batch_size=200_000, **settings
            )
            await producer.start()
            try:
                if "transactional_id" in settings:
                    async with producer.transaction():
                        return await _send_all(producer, topic, events)
                return await _send_all(producer, topic, events)
            finally:
                await producer.stop()

        return asyncio.run(do())

    def read(self, topic: str, isolation: str = "read_committed") -> list[Out]:
        """Read a topic to its end, which is known by the position."""

        async def do() -> list[Out]:
            consumer = AIOKafkaConsumer(
                bootstrap_servers=self.bootstrap,
                isolation_level=isolation,
                enable_auto_commit=False,
                max_partition_fetch_bytes=4 << 20,
                fetch_max_wait_ms=50,
            )
            await consumer.start()
            try:
                return await _read_all(consumer, topic)
            finally:
                await consumer.stop()

        return asyncio.run(do())

    def committed(self, group: str, topic: str) -> dict[int, int]:
        """Return the committed offset of each partition."""

        async def do() -> dict[int, int]:
            admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
            await admin.start()
            try:
                found = await admin.list_consumer_group_offsets(group)
                return {tp.partition: o.offset for tp, o in found.items() if tp.topic == topic}
            finally:
                await admin.close()

        return asyncio.run(do())


async def _send_all(
    producer: AIOKafkaProducer, topic: str, events: Iterable[tuple[bytes, Any]]
) -> int:
    sent = []
    for key, event in events:
        value = None if event is None else json.dumps(event).encode()
        sent.append(
            await producer.send(
                topic, value, key=key, partition=int(key) % PARTITIONS, headers=[("h", b"1")]
            )
        )
    await asyncio.gather(*sent)
    return len(sent)


async def _read_all(consumer: AIOKafkaConsumer, topic: str) -> list[Out]:
    tps = [TopicPartition(topic, p) for p in range(PARTITIONS)]
    consumer.assign(tps)
    ends = await consumer.end_offsets(tps)
    begins = await consumer.beginning_offsets(tps)
    for tp in tps:
        consumer.seek(tp, begins[tp])  # seek_to_beginning may lose to the reset after assign
    left = {tp for tp in tps if begins[tp] < ends[tp]}
    found = []
    while left:
        for tp, records in (await consumer.getmany(timeout_ms=100)).items():
            for r in records:
                value = None if r.value is None else json.loads(r.value)
                found.append(Out(tp.partition, r.key, value, r.headers, r.timestamp))
        left = {tp for tp in left if await consumer.position(tp) < ends[tp]}
    return found


class Toy:
    """A worker process."""

    def __init__(self, kafka: Kafka, source: str, files: Path, settings: dict[str, Any]) -> None:
        """Start it."""
        self.report_file = files.with_suffix(".json")
        self.log_file = files.with_suffix(".log")
        toy = {
            "id": source,
            "broker": f"kafka://{kafka.bootstrap}",
            "source": source,
            "out": f"out-{source}",
            "report": str(self.report_file),
            **settings,
        }
        with self.log_file.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(TOY)],
                env=os.environ | {"TOY": json.dumps(toy)},
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    @property
    def log(self) -> str:
        """What it has said so far."""
        return self.log_file.read_text()

    def report(self) -> dict[str, Any]:
        """Return its latest report, with defaults before the first one."""
        if not self.report_file.exists():
            return {
                "ready": False,
                "records": 0,
                "commits": 0,
                "ticks": 0,
                "parts": [],
                "lag": 0,
                "restored": 0,
                "rebalances": 0,
                "state": "none",
            }
        found: dict[str, Any] = json.loads(self.report_file.read_text())
        return found

    def until(self, condition: Callable[[dict[str, Any]], Any], seconds: float = 40) -> None:
        """Wait until its report meets the condition; fail if it ends or the time is up."""
        deadline = time.monotonic() + seconds
        while not condition(self.report()):
            assert self.process.poll() is None, f"the worker ended:\n{self.log}"
            assert time.monotonic() < deadline, f"{self.report()}\n{self.log}"
            time.sleep(0.02)

    def until_ready(self) -> None:
        """Wait until it works."""
        self.until(lambda report: report["ready"])

    def until_done(self, total: int | None = None) -> None:
        """Wait until nothing is left to apply, and this process has applied `total` records."""
        self.until(
            lambda r: (
                r["ready"]
                and r["lag"] == 0
                and r["records"] >= (total or 0)
                and r["ticks"] > 2 * PARTITIONS
            )
        )

    def kill(self) -> None:
        """SIGKILL."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal."""
        self.process.send_signal(number)

    def stop(self) -> int:
        """SIGTERM, and the exit code."""
        self.signal(signal.SIGTERM)
        return self.wait()

    def wait(self, seconds: float = 15) -> int:
        """Return the exit code; a worker that does not end fails the test."""
        return self.process.wait(seconds)


def load(count: int, keys: int, first: int = 0) -> list[tuple[bytes, Any]]:
    """Return `count` plain events, going round the keys."""
    return [(b"%d" % (n % keys), {"n": n}) for n in range(first, first + count)]


def assert_exactly_once(kafka: Kafka, source: str, events: list[tuple[bytes, Any]]) -> None:
    """Every event was echoed once, in order by key, and the rows in the changelog agree."""
    echoes = [out for out in kafka.read(f"out-{source}") if out.value["kind"] == "echo"]
    seen = Counter(out.value["n"] for out in echoes)
    sent = Counter(event["n"] for _, event in events)
    assert seen == sent, f"missing {len(sent - seen)}, doubled {len(seen - sent)}"
    counts: Counter[bytes] = Counter()
    for out in echoes:
        assert out.key is not None
        counts[out.key] += 1
        assert out.value["count"] == counts[out.key], f"{out} is out of order"
    rows = {out.key: out.value for out in kafka.read(f"{source}-counts-changelog")}
    assert {key: row["count"] for key, row in rows.items()} == dict(counts)

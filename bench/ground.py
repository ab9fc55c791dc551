"""Topics and worker processes to be measured, and what Linux tells of a process."""

from __future__ import annotations

import asyncio
import os
import platform
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterable
from pathlib import Path

import job
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from streams.broker.ports import draw_port
from streams.process.reader import records
from streams.wire.topics import Names
from streams.worker import preflight

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
SOON = 0.1
"""Seconds between two looks at a worker."""


def machine() -> str:
    """Say where this is measured."""
    return f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def tree(pid: int) -> list[int]:
    """Give a process and all its children that live."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        found += (one for child in task.read_text().split() for one in tree(int(child)))
    return found


def cpu(pid: int) -> float:
    """Give the seconds of CPU, user and system, of a process and of its children that ended."""
    stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, stat[11:15])) / TICKS_A_SECOND


def busy() -> float:
    """Give the seconds of CPU that all of the machine has used, and what its host took from it."""
    user, nice, system, _, _, irq, softirq, steal = map(
        int, Path("/proc/stat").read_text().split()[1:9]
    )
    return (user + nice + system + irq + softirq + steal) / TICKS_A_SECOND


def rss(pid: int, field: str) -> int:
    """Give bytes of memory as /proc/PID/status has them."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split(f"{field}:")[1].split()[0]) * 1024


class Stopped(RuntimeError):
    """A process that ended, or does not do what it is there for; has the end of its log."""


class Process:
    """A process that is measured."""

    def __init__(
        self, command: list[str], log: Path, environment: dict[str, str] | None = None
    ) -> None:
        """Start it."""
        self.log = log
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                command, stdout=out, stderr=out, env={**os.environ, **(environment or {})}
            )
        self.started = time.time()

    def cpu(self) -> float:
        """Give the seconds of CPU that it and its children have used."""
        return sum(cpu(pid) for pid in tree(self.process.pid))

    def rss(self, field: str = "VmRSS") -> int:
        """Give bytes of memory, children's too; `VmHWM` is the most that each ever had."""
        return sum(rss(pid, field) for pid in tree(self.process.pid))

    def must_live(self) -> None:
        """Raise with the end of its log where it has ended."""
        if self.process.poll() is not None:
            raise Stopped(f"it ended: {self.log.read_text()[-3000:]}")

    def pause(self) -> None:
        """SIGSTOP."""
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """SIGCONT."""
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """SIGKILL."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """SIGTERM."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)


class Site:
    """The topics of one run under a prefix of its own, and the worker on them."""

    def __init__(
        self,
        broker: str,
        name: str,
        folder: Path,
        policies: str,
        partitions: int = job.PARTITIONS,
    ) -> None:
        """Make the topics."""
        self.broker, self.app_id, self.folder = broker, name, folder
        self.names, self.partitions = Names.prefixed(f"{name}."), partitions
        self.policies = folder / f"{name}.yaml"
        self.policies.write_text(policies)
        self.port = draw_port()
        made = preflight.create(
            {"bootstrap_servers": [broker]},
            name,
            partitions=partitions,
            names=self.names,
            settings={"retention.ms": "-1"},
        )
        asyncio.run(made)

    def clear(self) -> None:
        """Take away all topics that bear its name."""
        asyncio.run(self._clear())

    async def _clear(self) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.broker)
        await admin.start()
        try:
            await admin.delete_topics([t for t in await admin.list_topics() if self.app_id in t])
        finally:
            await admin.close()

    def worker(self, *flags: str) -> Process:
        """Start a worker."""
        command = [
            *(sys.executable, "-m", "streams", "worker", "--broker", self.broker),
            *("--policies", str(self.policies), "--app-id", self.app_id, "--replication", "1"),
            *("--topic-prefix", f"{self.app_id}.", "--http-port", str(self.port), *flags),
        ]
        return Process(command, self.folder / f"{self.app_id}.log")

    def ready(self) -> bool:
        """Ask the worker."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz") as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def await_ready(self, process: Process) -> Process:
        """Wait until the worker says that it is; give it back."""
        while not self.ready():
            process.must_live()
            time.sleep(SOON)
        return process

    def look(self) -> bytes:
        """Scrape the worker's metrics."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics") as answer:
            return bytes(answer.read())

    def settle(self, *team: Process) -> None:
        """Wait until all that was published is committed."""
        while self.lag() > 0:
            for process in team:
                process.must_live()
            time.sleep(SOON)

    def load(self, records: Iterable[tuple[bytes, bytes]]) -> int:
        """Produce ticket events; give how many."""
        return asyncio.run(self._load(records))

    async def _load(self, records: Iterable[tuple[bytes, bytes]]) -> int:
        producer = AIOKafkaProducer(bootstrap_servers=self.broker, max_batch_size=100_000)
        await producer.start()
        try:
            topic, count, now = self.names.ticket_events, 0, int(time.time() * 1000)
            batches = {part: producer.create_batch() for part in range(self.partitions)}
            sent = []
            for key, value in records:
                part = job.partition(key.decode(), self.partitions)
                if batches[part].append(key=key, value=value, timestamp=now) is None:
                    sent.append(await producer.send_batch(batches[part], topic, partition=part))
                    batches[part] = producer.create_batch()
                    batches[part].append(key=key, value=value, timestamp=now)
                count += 1
            for part, batch in batches.items():
                if batch.record_count():
                    sent.append(await producer.send_batch(batch, topic, partition=part))
            await asyncio.gather(*sent)
            return count
        finally:
            await producer.stop()

    def lag(self) -> int:
        """Give how many ticket events are not committed yet."""
        return asyncio.run(self._lag())

    async def _lag(self) -> int:
        consumer = AIOKafkaConsumer(bootstrap_servers=self.broker, group_id=self.app_id)
        await consumer.start()
        try:
            parts = [TopicPartition(self.names.ticket_events, p) for p in range(self.partitions)]
            ends = await consumer.end_offsets(parts)
            done = [await consumer.committed(part) or 0 for part in parts]
            return sum(ends.values()) - sum(done)
        finally:
            await consumer.stop()

    def watch(self, topic: str, over: threading.Event) -> list[tuple[float, bytes]]:
        """Read what is committed as it comes, until told to stop; each with when it was seen."""
        return asyncio.run(self._watch(topic, over))

    async def _watch(self, topic: str, over: threading.Event) -> list[tuple[float, bytes]]:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.broker, isolation_level="read_committed", fetch_max_wait_ms=10
        )
        await consumer.start()
        try:
            parts = [TopicPartition(topic, p) for p in range(self.partitions)]
            consumer.assign(parts)
            for part, at in (await consumer.end_offsets(parts)).items():
                consumer.seek(part, at)
            seen: list[tuple[float, bytes]] = []
            while not over.is_set():
                for records in (await consumer.getmany(timeout_ms=100)).values():
                    now = time.time() * 1000
                    seen += ((now, record.value) for record in records)
            return seen
        finally:
            await consumer.stop()

    def read(self, topic: str) -> list[ConsumerRecord]:
        """Read what is committed of a topic."""

        async def run() -> list[ConsumerRecord]:
            client = {"bootstrap_servers": self.broker}
            return [record async for record in records(client, topic)]

        return asyncio.run(run())

"""A worker as a real process on a real broker, and plain clients around it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.structs import ConsumerRecord

from streams.process.reader import records
from streams.wire.topics import Names
from streams.worker import preflight

PARTITIONS = 4
Record = tuple[bytes | None, bytes | None]


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


class Rig:
    """One installation of topics and workers, under a prefix of its own."""

    def __init__(
        self, broker: str, name: str, folder: Path, policies: Path, settings: dict[str, str]
    ) -> None:
        """Make the topics."""
        self.broker = broker
        self.app_id = f"{name}-{os.urandom(3).hex()}"
        self.prefix = f"{self.app_id}."
        self.names = Names.prefixed(self.prefix)
        self.folder = folder
        self.policies = policies
        self.workers: list[subprocess.Popen[bytes]] = []
        self.ports: list[int] = []
        self.settings = {"retention.ms": "-1", **settings}
        self.create()

    def create(self) -> None:
        """Make the topics that are missing, as `sla topics create` does."""
        asyncio.run(
            preflight.create(
                {"bootstrap_servers": self.broker.split(",")},
                self.app_id,
                partitions=PARTITIONS,
                names=self.names,
                settings=self.settings,
            )
        )

    # -- workers

    def start(
        self, *flags: str, wait: bool = True, program: Iterable[str] = ("-m", "streams")
    ) -> subprocess.Popen[bytes]:
        """Start a worker; wait until it is ready."""
        port = free_port()
        command = [
            *(sys.executable, *program, "worker", "--broker", self.broker),
            *("--policies", str(self.policies), "--app-id", self.app_id),
            *("--topic-prefix", self.prefix, "--http-port", str(port)),
            *("--session-timeout", "6", "--replication", "1", *flags),
        ]
        with (self.folder / f"worker-{len(self.workers)}.log").open("wb") as log:
            worker = subprocess.Popen(command, stdout=log, stderr=log)
        self.workers.append(worker)
        self.ports.append(port)
        if wait:
            self.wait_ready(len(self.workers) - 1)
        return worker

    def log(self, number: int = -1) -> str:
        """Give what a worker has logged."""
        number %= len(self.workers)
        return (self.folder / f"worker-{number}.log").read_text()

    def wait_ready(self, number: int = -1) -> None:
        """Wait until a worker's /readyz says so."""
        self.until(lambda: self.http("/readyz", number)[0] == 200, "ready", number)

    def until(
        self, holds: Callable[[], bool], what: str, number: int = -1, seconds: float = 60
    ) -> None:
        """Wait until something holds; a worker that died meanwhile is an error."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.workers and self.workers[number].poll() is not None:
                raise AssertionError(f"the worker ended before {what}:\n{self.log(number)[-4000:]}")
            if holds():
                return
            time.sleep(0.1)
        raise AssertionError(f"not {what} in {seconds} s:\n{self.log(number)[-4000:]}")

    def http(self, path: str, number: int = -1) -> tuple[int, str]:
        """Get a page of a worker: status and text; status 0 where nobody listens."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.ports[number]}{path}") as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as fault:
            return fault.code, fault.read().decode()
        except OSError:
            return 0, ""

    def kill(self, number: int = -1) -> None:
        """End a worker by SIGKILL."""
        self.workers[number].kill()
        self.workers[number].wait()

    def stop(self, number: int = -1) -> int:
        """End a worker by SIGTERM; give its exit status."""
        self.workers[number].send_signal(signal.SIGTERM)
        return self.workers[number].wait(30)

    def close(self) -> None:
        """End what is left."""
        for worker in self.workers:
            if worker.poll() is None:
                worker.kill()
                worker.wait()

    # -- topics

    def send(
        self,
        records: Iterable[Record],
        headers: Iterable[tuple[str, bytes]] = (),
        partition: Callable[[bytes | None], int | None] = lambda _: None,
    ) -> None:
        """Produce records to ticket-events: (key, value), by Kafka's own partitioner or another."""

        async def run() -> None:
            producer = AIOKafkaProducer(
                bootstrap_servers=self.broker, acks="all", max_request_size=4 << 20, linger_ms=5
            )
            await producer.start()
            try:
                sent = [
                    await producer.send(
                        self.names.ticket_events,
                        value,
                        key=key,
                        partition=partition(key),
                        headers=list(headers),
                    )
                    for key, value in records
                ]
                await asyncio.gather(*sent)
            finally:
                await producer.stop()

        asyncio.run(run())

    def publish(self, events: Iterable[dict[str, Any]]) -> None:
        """Produce ticket events, keyed by subject."""
        self.send((event["subject"].encode(), json.dumps(event).encode()) for event in events)

    def read(self, topic: str, isolation: str = "read_committed") -> list[ConsumerRecord]:
        """Read a topic to its end."""

        async def run() -> list[ConsumerRecord]:
            client = {"bootstrap_servers": self.broker}
            return [record async for record in records(client, topic, isolation)]

        return asyncio.run(run())

    def facts(self) -> list[dict[str, Any]]:
        """Read sla-events as a consumer that reads committed data does."""
        return [json.loads(record.value) for record in self.read(self.names.sla_events)]

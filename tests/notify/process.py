"""The notifier as a process, and the topic that it reads."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.structs import ConsumerRecord

from streams.notify.run import wall
from streams.process.reader import records
from streams.wire.instant import show
from streams.wire.topics import Names
from streams.worker import preflight
from tests.far.pagerduty import KEY
from tests.far.webhook import SECRET
from tests.notify.parts import example
from tests.worker.rig import free_port


def event(kind: str, number: int, **data: Any) -> dict[str, Any]:
    """Make an SLA event of ticket t-<number>, detected now."""
    made = example(kind, {"breached": "deadline-passed", "fulfilled": "late"}[kind])
    now = show(wall())
    made |= {"id": f"{kind}-{number}", "subject": f"t-{number}", "time": now}
    made["data"] |= {"ticket": f"t-{number}", "detected_at": now, **data}
    return made


class Notifier:
    """The processes of one installation, one after another or side by side."""

    def __init__(
        self, broker: str, folder: Path, file: str, prefix: str | None = None, **secrets: str
    ) -> None:
        """Make the topics, or take those of a prefix."""
        self.broker, self.folder = broker, folder
        self.prefix = prefix or f"notify-{os.urandom(3).hex()}."
        self.names = Names.prefixed(self.prefix)
        self.app_id = f"{self.prefix}notify"
        self.config = folder / "notify.yaml"
        self.config.write_text(file)
        self.environment = {**os.environ, "T_KEY": KEY, "T_SIGN": SECRET, **secrets}
        self.processes: list[subprocess.Popen[bytes]] = []
        self.ports: list[int] = []
        if prefix is None:
            asyncio.run(
                preflight.create(
                    {"bootstrap_servers": broker},
                    self.prefix + "app",
                    partitions=4,
                    names=self.names,
                )
            )

    def command(self, *flags: str) -> list[str]:
        """Give the command."""
        return [
            *(sys.executable, "-m", "streams", "notify", "--broker", self.broker),
            *("--config", str(self.config), "--topic-prefix", self.prefix),
            *("--app-id", self.app_id, *flags),
        ]

    def start(self, *flags: str, wait: bool = True) -> subprocess.Popen[bytes]:
        """Start one; wait until it is ready."""
        port = free_port()
        given = ("--http-port", str(port), "--session-timeout", "6", "--replication", "1")
        with (self.folder / "notify.log").open("ab") as log:
            process = subprocess.Popen(
                self.command(*given, *flags), stdout=log, stderr=log, env=self.environment
            )
        self.processes.append(process)
        self.ports.append(port)
        if wait:
            self.wait_ready()
        return process

    def wait_ready(self) -> None:
        """Wait until the latest is ready."""
        deadline = time.monotonic() + 60
        while self.ask("/readyz")[0] != 200:
            assert self.processes[-1].poll() is None, self.log()[-4000:]
            assert time.monotonic() < deadline, self.log()[-4000:]
            time.sleep(0.1)

    def run(self, *flags: str) -> subprocess.CompletedProcess[str]:
        """Run it to its end, as one does with --check and --dry-run."""
        return subprocess.run(
            self.command(*flags), env=self.environment, capture_output=True, text=True, check=False
        )

    def ask(self, path: str) -> tuple[int, str]:
        """Get a page of the latest: status and text; 0 where nobody listens."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.ports[-1]}{path}") as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as fault:
            return fault.code, fault.read().decode()
        except OSError:
            return 0, ""

    def log(self) -> str:
        """Give what was logged."""
        return (self.folder / "notify.log").read_text()

    def kill(self, number: int = -1) -> None:
        """End one by SIGKILL."""
        self.processes[number].kill()
        self.processes[number].wait()

    def close(self) -> None:
        """End what is left."""
        for process in self.processes:
            if process.poll() is None:
                process.kill()
                process.wait()

    def publish(self, events: Iterable[dict[str, Any] | bytes]) -> None:
        """Produce SLA events, keyed by subject, or anything else."""
        self.produce(
            self.names.sla_events,
            (
                (b"x", one) if isinstance(one, bytes) else (one["subject"].encode(), _json(one))
                for one in events
            ),
        )

    def produce(self, topic: str, pairs: Iterable[tuple[bytes, bytes | None]]) -> None:
        """Produce keys and values."""

        async def run() -> None:
            producer = AIOKafkaProducer(bootstrap_servers=self.broker, acks="all")
            await producer.start()
            try:
                for key, value in pairs:
                    await producer.send(topic, value, key=key)
                await producer.flush()
            finally:
                await producer.stop()

        asyncio.run(run())

    def read(self, topic: str) -> list[ConsumerRecord]:
        """Read a topic to its end."""

        async def run() -> list[ConsumerRecord]:
            client = {"bootstrap_servers": self.broker}
            return [record async for record in records(client, topic, "read_committed")]

        return asyncio.run(run())


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()

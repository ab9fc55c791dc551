"""How long a partition is without its worker, by what became of that worker: on a real broker.

    python bench/failover.py

Two workers share four partitions, and of each partition a ticket is opened every 50 ms. Something
happens to one of the workers. What is given is from then until a reader of committed data has the
first fact about a ticket that was opened afterwards, in the last of its partitions to have one; and
the longest time that such a reader hears nothing of a partition of the other worker's. Medians of
rounds, and the worst. Who is started again is so at once, as by a good supervisor.
"""

from __future__ import annotations

import asyncio
import logging
import re
import statistics
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import click
import job
import orjson
from aiokafka import AIOKafkaProducer
from ground import Process, Site, machine

from streams.broker import EmbeddedKafka
from streams.broker.ports import draw_port

PARTITIONS = 4
EVERY = 0.05
SOON = 0.05
"""Seconds between two tickets of a partition, and between two looks at a worker."""
QUIET = 2.0
"""Seconds that all go on before something happens, and after all is well again."""
PATIENCE = 120.0
READY = re.compile(r'sla_partition_ready\{partition="(\d+)"\} 1')


@dataclass
class Flow:
    """The tickets that are opened: when, by partition, in seconds of the machine's clock."""

    site: Site
    opened: list[list[float]] = field(default_factory=lambda: [[] for _ in range(PARTITIONS)])

    def run(self, over: threading.Event) -> None:
        """Open tickets until told to stop."""
        asyncio.run(self._run(over))

    async def _run(self, over: threading.Event) -> None:
        producer = AIOKafkaProducer(bootstrap_servers=self.site.broker)
        await producer.start()
        try:
            while not over.is_set():
                for number, opened in enumerate(self.opened):
                    name, now = f"P{number}-{len(opened)}", time.time()
                    opened.append(now)
                    event = job.event(name, 0, "created", int(now * 1000), priority="low")
                    value = orjson.dumps(event)
                    topic = self.site.names.ticket_events
                    await producer.send(topic, value, name.encode(), partition=number)
                await asyncio.sleep(EVERY)
        finally:
            await producer.stop()


@dataclass
class Worker:
    """A worker of the pair, and where it shows its metrics."""

    process: Process
    port: int

    def holds(self) -> set[int]:
        """Give the partitions that it takes events of."""
        self.process.must_live()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics") as answer:
                return {int(number) for number in READY.findall(answer.read().decode())}
        except OSError:
            return set()


@dataclass
class Pair:
    """Two workers; `flags` are those of both, and each has a name for its own."""

    site: Site
    flags: tuple[str, ...]
    static: bool
    workers: dict[str, Worker] = field(default_factory=dict)

    def start(self, name: str) -> None:
        """Start a worker, or start it again."""
        own = ("--instance-id", name) if self.static else ()
        port = draw_port()
        process = self.site.worker(*self.flags, *own, "--http-port", str(port))
        self.workers[name] = Worker(process, port)

    def settle(self) -> None:
        """Wait until each has half of the partitions."""
        end = time.monotonic() + PATIENCE
        while [len(one.holds()) for one in self.workers.values()] != [PARTITIONS // 2] * 2:
            if time.monotonic() > end:
                raise SystemExit("the partitions were not shared out")
            time.sleep(SOON)
        time.sleep(QUIET)

    def end(self) -> None:
        """End both."""
        for worker in self.workers.values():
            worker.process.kill()


Fate = Callable[[Pair], None]
"""What happens to the worker `one`; it is over when it returns."""


def killed(pair: Pair) -> None:
    """SIGKILL; the other takes over."""
    pair.workers["one"].process.kill()


def killed_and_started(pair: Pair) -> None:
    """SIGKILL, and a new one at once."""
    pair.workers["one"].process.kill()
    pair.start("one")


def stopped(pair: Pair) -> None:
    """SIGTERM; the other takes over."""
    pair.workers["one"].process.stop()


def stopped_and_started(pair: Pair) -> None:
    """SIGTERM, and a new one at once."""
    pair.workers["one"].process.stop()
    pair.start("one")


def frozen(pair: Pair) -> None:
    """SIGSTOP: a machine that sleeps, a process that swaps; the other takes over."""
    pair.workers["one"].process.pause()


FATES: dict[str, tuple[Fate, bool]] = {
    "killed, the other takes over": (killed, False),
    "killed and started again": (killed_and_started, False),
    "killed and started again, --instance-id": (killed_and_started, True),
    "stopped (SIGTERM), the other takes over": (stopped, False),
    "stopped and started again": (stopped_and_started, False),
    "stopped and started again, --instance-id": (stopped_and_started, True),
    "frozen (SIGSTOP), the other takes over": (frozen, False),
}


@contextmanager
def watched(site: Site, over: threading.Event) -> Iterator[tuple[Flow, Future[object]]]:
    """Open tickets and read what is said as long as the block runs."""
    flow = Flow(site)
    with ThreadPoolExecutor() as threads:
        said: Future[object] = threads.submit(site.watch, site.names.sla_events, over)
        feeding = threads.submit(flow.run, over)
        try:
            yield flow, said
        finally:
            over.set()
        feeding.result()


def measure(site: Site, fate: Fate, *, static: bool, timeout: float) -> tuple[float, float]:
    """Let it happen; give the seconds without a worker, and the other's longest silence."""
    pair, over = Pair(site, ("--session-timeout", str(timeout)), static), threading.Event()
    try:
        with watched(site, over) as (flow, said):
            pair.start("one")
            pair.start("two")
            pair.settle()
            of = {name: worker.holds() for name, worker in pair.workers.items()}
            at = time.time()
            fate(pair)
            two, begun = pair.workers["two"], time.monotonic()
            if pair.workers["one"].process.started >= at:
                pair.settle()
            while pair.workers["one"].process.started < at and len(two.holds()) < PARTITIONS:
                if time.monotonic() - begun > PATIENCE:
                    raise SystemExit("nobody took the partitions over")
                time.sleep(SOON)
            time.sleep(QUIET)
    finally:
        for worker in pair.workers.values():
            worker.process.go_on()
        pair.end()
    seen = facts(said)
    gone = max(
        next(when for when, number in seen[part] if flow.opened[part][number] > at) - at
        for part in of["one"]
    )
    heard = [[when for when, _ in seen[part] if when > at - QUIET] for part in of["two"]]
    silence = max(later - when for times in heard for when, later in pairwise(times))
    return gone, silence


def facts(said: Future[object]) -> dict[int, list[tuple[float, int]]]:
    """Give by partition when a fact was seen, and the number of its ticket."""
    found: dict[int, list[tuple[float, int]]] = {part: [] for part in range(PARTITIONS)}
    for when, value in said.result():  # type: ignore[attr-defined]
        part, number = orjson.loads(value)["subject"].removeprefix("P").split("-")
        found[int(part)].append((when / 1000, int(number)))
    return found


@click.command()
@click.option("--rounds", default=3)
@click.option("--timeout", "timeouts", type=float, multiple=True, default=(10.0, 6.0))
@click.option("--only", default="", help="Those whose name begins so.")
def failover(rounds: int, timeouts: tuple[float, ...], only: str) -> None:
    """Measure how soon a partition is served again."""
    logging.disable(logging.ERROR)  # of the clients here: topics that are new want some asking
    click.echo(machine())
    click.echo("| one of two workers is | session timeout | without | worst | the other silent |")
    click.echo("|---|---:|---:|---:|---:|")
    chosen = {name: fate for name, fate in FATES.items() if name.startswith(only)}
    with tempfile.TemporaryDirectory() as folder, EmbeddedKafka() as kafka:
        for number, (name, (fate, static)) in enumerate(chosen.items()):
            for timeout in timeouts:
                rows = []
                for again in range(rounds):
                    label = f"failover-{number}-{timeout:.0f}-{again}"
                    site = Site(kafka.bootstrap, label, Path(folder), job.POLICIES, PARTITIONS)
                    rows.append(measure(site, fate, static=static, timeout=timeout))
                gone, silent = zip(*rows, strict=True)
                click.echo(
                    f"| {name} | {timeout:.0f} s | {statistics.median(gone):.1f} s "
                    f"| {max(gone):.1f} s | {statistics.median(silent):.1f} s |"
                )


if __name__ == "__main__":
    failover()

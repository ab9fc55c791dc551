"""Who takes part: how each is started on a site, and what it promises.

Each peer is written as its guide teaches it, with settings that a competent user would take; what
differs from defaults is named here, in `says`, and in the peer's own file.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import tools
from ground import Process, Site

PEERS = Path(__file__).parent / "peers"
Team = list[Process]
JVM = ["-Xmx512m", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]
"""Without a limit the heap grows into a quarter of the machine."""
NEXT = "the partition's next event"
"""When a deadline is noticed: by those who go by the time of events."""


@dataclass(frozen=True, slots=True)
class Contestant:
    """One line of the table; `prepare` raises Lacking, `start` gives its processes."""

    name: str
    guarantee: str
    timers: str
    says: str
    start: Callable[[Site], Team]
    prepare: Callable[[], object] = lambda: None


def environment(site: Site, **more: str) -> dict[str, str]:
    """Give what every peer is told."""
    state = site.folder / f"{site.app_id}-state"
    state.mkdir()
    return {
        "BROKER": site.broker,
        "APP_ID": site.app_id,
        "IN_TOPIC": site.names.ticket_events,
        "OUT_TOPIC": site.names.sla_events,
        "STATE_DIR": str(state),
        "PYTHONPATH": str(Path(__file__).parents[1]),
        **more,
    }


def ours(name: str, processes: int) -> Contestant:
    """Give so many workers that share the group."""

    def start(site: Site) -> Team:
        return [site.worker("--http-port", "0") for _ in range(processes)]

    says = "settings as they come" + (f", {processes} processes" if processes > 1 else "")
    return Contestant(name, "exactly once", "the clock", says, start)


def faust() -> Contestant:
    """Give plain Faust, on the packages of the worker."""
    command = [sys.executable, str(PEERS / "plain_faust.py"), "worker", "-l", "warn"]

    def start(site: Site) -> Team:
        log = site.folder / f"{site.app_id}.log"
        return [Process([*command, "--without-web"], log, environment(site))]

    says = "table in memory, one event at a time"
    return Contestant("plain-faust", "at least once", NEXT, says, start)


def quix(name: str, *, timers: bool) -> Contestant:
    """Give Quix Streams, as its guide has it or with timers by a detour."""

    def start(site: Site) -> Team:
        told = environment(site, TIMERS="yes" if timers else "no")
        command = [str(tools.python()), str(PEERS / "quix.py")]
        return [Process(command, site.folder / f"{site.app_id}.log", told)]

    if timers:
        falls_due, says = NEXT, "RocksDB, a commit in 5 s, one key for all of a partition"
    else:
        falls_due, says = "none: the ticket's own next event", "RocksDB, a commit in 5 s"
    return Contestant(name, "exactly once", falls_due, says, start, tools.python)


def bytewax() -> Contestant:
    """Give Bytewax."""

    def start(site: Site) -> Team:
        command = [str(tools.python()), str(PEERS / "bytewax_job.py")]
        return [Process(command, site.folder / f"{site.app_id}.log", environment(site))]

    says = "keyed by partition, a snapshot a second"
    return Contestant("bytewax", "at least once", NEXT, says, start, tools.python)


def streams(name: str, guarantee: str, store: str = "memory", threads: int = 1) -> Contestant:
    """Give Kafka Streams 4.3; `guarantee` as it names it."""

    def prepare() -> list[str]:
        return tools.java("kafka_streams")

    def start(site: Site) -> Team:
        told = {"GUARANTEE": guarantee, "STORE": store, "THREADS": str(threads)}
        command = [*prepare(), *JVM, "Job"]
        log = site.folder / f"{site.app_id}.log"
        return [Process(command, log, environment(site, **told))]

    words = guarantee.removesuffix("_v2").replace("_", " ")
    says = f"{guarantee}, store {store}, {threads} thread{'s' * (threads > 1)}"
    return Contestant(name, words, NEXT, says, start, prepare)


def flink(name: str, guarantee: str, threads: int = 1) -> Contestant:
    """Give Flink, in one process; `guarantee` as its sink names it."""

    def prepare() -> list[str]:
        return tools.java("flink")

    def start(site: Site) -> Team:
        opened = [
            f"--add-opens=java.base/java.{one}=ALL-UNNAMED" for one in ("util", "lang", "time")
        ]
        command = [*prepare(), *JVM, *opened, "Job"]
        told = environment(site, GUARANTEE=guarantee, THREADS=str(threads))
        return [Process(command, site.folder / f"{site.app_id}.log", told)]

    says = f"{guarantee}, state on the heap, a checkpoint a second, parallelism {threads}"
    words = guarantee.lower().replace("_", " ")
    return Contestant(name, words, f"{NEXT} (watermarks)", says, start, prepare)


ALL = [
    ours("worker", 1),
    ours("worker-x2", 2),
    streams("kafka-streams", "exactly_once_v2"),
    streams("kafka-streams-rocksdb", "exactly_once_v2", store="rocksdb"),
    streams("kafka-streams-alo", "at_least_once"),
    streams("kafka-streams-x2", "exactly_once_v2", threads=2),
    flink("flink", "EXACTLY_ONCE"),
    flink("flink-alo", "AT_LEAST_ONCE"),
    flink("flink-x2", "EXACTLY_ONCE", threads=2),
    quix("quix", timers=True),
    quix("quix-guide", timers=False),
    bytewax(),
    faust(),
]

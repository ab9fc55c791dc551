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
    return Contestant(name, "exactly once", "real", says, start)


def faust() -> Contestant:
    """Give plain Faust, on the packages of the worker."""
    command = [sys.executable, str(PEERS / "plain_faust.py"), "worker", "-l", "warn"]

    def start(site: Site) -> Team:
        log = site.folder / f"{site.app_id}.log"
        return [Process([*command, "--without-web"], log, environment(site))]

    says = "table in memory, one event at a time"
    return Contestant("plain-faust", "at least once", "on the partition's next event", says, start)


def script(name: str, file: str, guarantee: str, timers: str, says: str) -> Contestant:
    """Give a peer that is a Python script, in the peers' venv."""

    def start(site: Site) -> Team:
        command = [str(tools.python()), str(PEERS / file)]
        return [Process(command, site.folder / f"{site.app_id}.log", environment(site))]

    return Contestant(name, guarantee, timers, says, start, tools.python)


def streams(name: str, guarantee: str, store: str = "memory", threads: int = 1) -> Contestant:
    """Give Kafka Streams 4.3; `guarantee` as it names it."""

    def prepare() -> list[str]:
        return tools.java("kafka_streams")

    def start(site: Site) -> Team:
        told = {"GUARANTEE": guarantee, "STORE": store, "THREADS": str(threads)}
        command = [*prepare(), "Job"]
        log = site.folder / f"{site.app_id}.log"
        return [Process(command, log, environment(site, **told))]

    words = guarantee.removesuffix("_v2").replace("_", " ")
    says = f"{guarantee}, store {store}, {threads} thread{'s' * (threads > 1)}"
    timers = "on the partition's next event"
    return Contestant(name, words, timers, says, start, prepare)


ALL = [
    ours("worker", 1),
    ours("worker-x2", 2),
    streams("kafka-streams", "exactly_once_v2"),
    streams("kafka-streams-rocksdb", "exactly_once_v2", store="rocksdb"),
    streams("kafka-streams-alo", "at_least_once"),
    streams("kafka-streams-x2", "exactly_once_v2", threads=2),
    faust(),
]
BY_NAME = {one.name: one for one in ALL}

"""The gateway put together: file, sources, publisher, address; until SIGTERM or SIGINT."""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from prometheus_client import CollectorRegistry, ProcessCollector

from streams.gateway import settings
from streams.gateway.adapter import Adapter
from streams.gateway.finding import NoAdapter, find
from streams.gateway.http import LARGEST_BODY, Side, web_app
from streams.gateway.publisher import Publisher
from streams.gateway.signature import Scheme, Shared
from streams.gateway.source import Source
from streams.gateway.words import Words
from streams.process.connection import Connection
from streams.process.listening import listening
from streams.process.problem import BadFile, Problem
from streams.process.secret import NoSecret
from streams.wire.topics import Names

log = logging.getLogger(__name__)

CLOSE_SECONDS = 25.0
"""How long hooks that are under way may take at the end: longer than Kafka is waited for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the gateway needs to know; `limit` in bytes."""

    connection: Connection
    config: Path
    topic_prefix: str = ""
    http_host: str = "127.0.0.1"
    http_port: int = 6067
    limit: int = LARGEST_BODY


def sources(path: Path) -> dict[str, Source]:
    """Read the file, find adapters and secrets; all that is wrong at once. Raises BadFile."""
    file = settings.read(path)
    made: dict[str, Source] = {}
    problems: list[Problem] = []
    for name, told in file.sources.items():
        try:
            made[name] = _source(name, told)
        except (NoAdapter, NoSecret) as fault:
            problems.append(Problem.told(f"sources.{name}", fault, "set it"))
    if problems:
        raise BadFile(str(path), problems)
    return made


def _source(name: str, told: settings.Source) -> Source:
    adapter = find(told.adapter)
    kept = () if told.verify == "nothing" else told.secret.read()
    return Source(
        name,
        adapter,
        _scheme(adapter, told.verify),
        tuple(one.bytes for one in kept),
        told.window,
        Words(adapter.words, told.words),
        told.prefix,
        told.attributes,
    )


def _scheme(adapter: Adapter, verify: str) -> Scheme | None:
    if verify == "nothing":
        return None
    return Shared() if verify == "secret" else adapter.scheme


async def run(given: Settings) -> None:
    """Run until SIGTERM or SIGINT. Raises BadFile, Unavailable or CannotListen, in words."""
    found = sources(given.config)
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    names = Names.prefixed(given.topic_prefix)
    publisher = Publisher(given.connection.client("sla-gateway"), names)
    side = Side(
        found, publisher, registry, now=lambda: time.time_ns() // 1_000_000, limit=given.limit
    )
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    try:
        await publisher.start()
        where = listening(web_app(side), given.http_host, given.http_port, CLOSE_SECONDS)
        async with where as url:
            log.info("gateway: hooks are taken at %s", _addresses(url, found))
            await ended.wait()
    finally:
        await publisher.close()


def _addresses(url: str, found: Iterable[str]) -> str:
    return ", ".join(f"{url}/hooks/{name}" for name in sorted(found))

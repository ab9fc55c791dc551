"""`sla gateway reconcile`."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from streams.cli.failure import Failure
from streams.cli.length import Length
from streams.cli.options import connected, connection
from streams.gateway.publisher import Unavailable
from streams.gateway.reconcile.desk import desk
from streams.gateway.reconcile.expected import Bounds, Expecting
from streams.gateway.reconcile.fetching import fetching
from streams.gateway.reconcile.run import Topic, file_rows, lost, publish
from streams.history.export import ExportError
from streams.process.problem import BadFile
from streams.wire.instant import show
from streams.wire.outgoing import TicketEvent
from streams.wire.topics import Names

SHOWN = 20
"""How many rejected rows are told; all are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be compared; lengths in ms."""

    config: Path
    source: str
    files: tuple[str, ...]
    mapping: str | None
    since: int
    settle: int
    tolerance: int
    dry_run: bool
    as_json: bool


@click.command(context_settings={"auto_envvar_prefix": "SLA", "show_default": True})
@connected
@click.option(
    "--config", type=click.Path(path_type=Path), required=True, help="The gateway's file (YAML)."
)
@click.option("--source", required=True, help="The source's name in that file.")
@click.option(
    "--file",
    "files",
    multiple=True,
    help="An export, as for sla import; - is stdin. Without: the source's own API.",
)
@click.option("--mapping", metavar="M", help="How files are read, over the source's own.")
@click.option("--since", type=Length(), default="24h", help="How far back to compare.")
@click.option("--settle", type=Length(), default="5m", help="What is younger is left to hooks.")
@click.option("--tolerance", type=Length(), default="2s", help="How far apart times may be.")
@click.option("--topic-prefix", default="", help="Before the topics' names.")
@click.option("--dry-run", is_flag=True, help="Say what is missing, and publish nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the missing events as NDJSON.")
def reconcile(topic_prefix: str, **given: Any) -> None:
    """Find what the topic lacks of a help desk's history, and publish it.

    What is missing is published with the time that it had, under ids of its own: to reconcile
    again, or by several at once, is harmless.

    \b
    Example:
      sla gateway reconcile --config gateway.yaml --source zen --file export.ndjson --dry-run
      sla gateway reconcile --config gateway.yaml --source zen --since 3d
    """
    client = connection(given).client("sla-reconcile")
    topic = Topic(client, Names.prefixed(topic_prefix))
    try:
        asyncio.run(_reconcile(topic, Asked(**given)))
    except (BadFile, ExportError, Unavailable) as fault:
        raise Failure(str(fault)) from None


async def _reconcile(topic: Topic, asked: Asked) -> None:
    now = time.time_ns() // 1_000_000
    if asked.settle >= asked.since:
        message = "--settle: is not shorter than --since; give a longer --since, such as 24h"
        raise Failure(message)
    found = desk(asked.config, asked.source, asked.mapping)
    bounds = Bounds(now - asked.since, now - asked.settle)
    expecting = Expecting(found, bounds, now, _teller())
    if asked.files:
        expecting.add(file_rows(asked.files, found.mapping))
    else:
        async with fetching(asked.config, asked.source, found) as rows:
            async for row in rows(bounds.since, now):
                expecting.add([row])
    if expecting.rows and expecting.rejected >= expecting.rows:
        message = f"all {expecting.rows:,} rows were rejected; check the mapping and the export"
        raise Failure(message)
    gone = await lost(topic, expecting, asked.tolerance)
    _print(gone, as_json=asked.as_json)
    if gone and not asked.dry_run:
        await publish(topic, gone)
    _sum_up(expecting, gone, published=not asked.dry_run)


def _teller() -> Any:
    told = 0

    def tell(why: str) -> None:
        nonlocal told
        told += 1
        if told <= SHOWN:
            click.echo(f"rejected {why}", err=True)

    return tell


def _print(gone: list[TicketEvent], *, as_json: bool) -> None:
    for event in gone:
        if as_json:
            click.echo(event.encode())
        else:
            said = ", ".join(f"{name} {value}" for name, value in sorted(event.data.items()))
            click.echo(f"{event.subject}  {event.type}  {show(event.time)}  {said}")


def _sum_up(expecting: Expecting, gone: list[TicketEvent], *, published: bool) -> None:
    since, until = expecting.bounds
    click.echo(
        f"{expecting.rows:,} rows → {len(expecting.events):,} events from {show(since)} to"
        f" {show(until)}; {expecting.rejected:,} rejected",
        err=True,
    )
    for status in sorted(expecting.unknown):
        click.echo(f"  status {status!r} is nobody's: add it to `words` of the source", err=True)
    done = "published" if published else "not published (--dry-run)"
    click.echo(f"{len(gone):,} missing" + (f", {done}" if gone else ""), err=True)

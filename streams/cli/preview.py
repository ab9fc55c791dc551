"""`sla policies preview`: what a new version would do to the clocks that run (R18)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click

from streams.cli.failure import Failure
from streams.cli.options import Instant, connected, connection
from streams.cli.previewed import as_json, show_previews
from streams.cli.progress import bar
from streams.history.preview import Preview, running
from streams.history.preview import preview as preview_of
from streams.history.reading import Reading, UnreadableFile, read
from streams.policies import PoliciesError, load_file
from streams.sla.engine import Engine
from streams.sla.ticket import Ticket
from streams.wire.row import UnreadableRow
from streams.wire.topics import Names
from streams.worker.clock import wall
from streams.worker.preflight import PreflightError, reachable
from streams.worker.rows import Rows, rows
from streams.worker.settings import OPEN_CLOCKS

WAYS = [way for way, since in OPEN_CLOCKS.items() if since is not None]
SHOWN = 5


@click.command(context_settings={"auto_envvar_prefix": "SLA", "show_default": True})
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--open-clocks",
    type=click.Choice(WAYS),
    allow_from_autoenv=False,
    help="Only this way of applying it; both unless said.",
)
@connected
@click.option("--app-id", default="sla-streams", help="The workers' application id.")
@click.option("--topic-prefix", default="", help="Before the topics' names.")
@click.option("--events", "first", metavar="FILE...", help="Tickets from files, not from a broker.")
@click.argument("more", nargs=-1, metavar="")
@click.option(
    "--current", type=click.Path(path_type=Path), help="With --events: the policies that hold now."
)
@click.option(
    "--until",
    type=Instant(),
    help="When it would be adopted; by default now, with --events at the last event.",
)
@click.option("--limit", type=click.IntRange(0), default=10, help="Tickets to name.")
@click.option("--json", "json_", is_flag=True, help="Everything, as JSON.")
def preview(
    *,
    file: Path,
    open_clocks: str | None,
    first: str | None,
    more: tuple[str, ...],
    current: Path | None,
    until: int | None,
    limit: int,
    json_: bool,
    **where: Any,
) -> None:
    """Say what the policies of FILE would do to the clocks that run; nothing is changed.

    The tickets are read from the workers' topics, whether or not workers run, or with --events
    from files. With `--open-clocks keep`, a worker's default, no open clock changes.

    \b
    Example: sla policies preview new.yaml --broker kafka:9092 --open-clocks from-now
    Example: sla policies preview new.yaml --events events.ndjson.gz --current old.yaml
    """
    if (first is None) != (current is None) or (more and first is None):
        message = "tickets from files take both --events FILE... and --current FILE"
        raise click.UsageError(message)
    try:
        new = load_file(file)
        if first is not None and current is not None:
            tickets, engine, at = _from_files((first, *more), current, until)
        else:
            tickets, engine, at = _from_broker(where, until)
        ways = WAYS if open_clocks is None else [open_clocks]
        found: dict[str, Preview] = {}
        for way in ways:
            since = OPEN_CLOCKS[way]
            assert since is not None
            with bar(f"asking, {way}", len(tickets)) as advance:
                found[way] = preview_of(_counted(tickets, advance), engine, new, since, at)
    except (PoliciesError, UnreadableFile, PreflightError, UnreadableRow) as fault:
        raise Failure(str(fault)) from None
    if json_:
        told = as_json(new.version, engine.versions.current.version, found)
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        show_previews(str(file), new.version, engine.versions.current.version, found, limit)


def _counted(tickets: Iterable[Ticket], advance: Any) -> Iterator[Ticket]:
    for ticket in tickets:
        yield ticket
        advance(1)


def _from_files(
    names: tuple[str, ...], current: Path, until: int | None
) -> tuple[list[Ticket], Engine, int]:
    """Fold the events of files under the policies that hold now."""
    reading, held = Reading(), load_file(current)
    size = sum(Path(name).stat().st_size for name in names if Path(name).is_file())
    with bar("reading", size or None) as advance:
        tickets, end = running(read(names, reading, advance), held, until)
    for name, number, reason in reading.rejected[:SHOWN]:
        click.echo(f"{name}:{number}: {reason}", err=True)
    if reading.rejected:
        click.echo(f"{len(reading.rejected)} records rejected; the rest went on", err=True)
    if not tickets:
        message = f"{', '.join(names)}: no ticket began by then; make events with sla import"
        raise Failure(message)
    return tickets, Engine(held), end


def _from_broker(where: dict[str, Any], until: int | None) -> tuple[list[Ticket], Engine, int]:
    """Read the tickets as the workers have them."""
    app_id, prefix = where.pop("app_id"), where.pop("topic_prefix")
    client = connection(where).client("sla-policies-preview")

    async def run() -> Rows:
        await reachable(client)
        return await rows(client, app_id, Names.prefixed(prefix))

    found = asyncio.run(run())
    engine = found.engine()
    return list(found.tickets(engine)), engine, wall() if until is None else until

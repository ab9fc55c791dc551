"""`sla notify`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import click
from aiokafka.errors import KafkaError

from streams import work
from streams.cli.failure import Failure
from streams.cli.length import Length
from streams.cli.options import connected, connection
from streams.notify.file import open_file
from streams.notify.run import Settings, channels, desks, run, said, wall
from streams.process import logs
from streams.process.listening import CannotListen
from streams.process.problem import BadFile
from streams.wire.instant import show


@click.command(context_settings={"auto_envvar_prefix": "SLA", "show_default": True})
@connected
@click.option(
    "--config", type=click.Path(path_type=Path), required=True, help="The notifier's file (YAML)."
)
@click.option("--check", is_flag=True, help="Check the file and its secrets, and end.")
@click.option(
    "--dry-run", is_flag=True, help="Print what would have been said since --since, and end."
)
@click.option(
    "--since",
    type=Length(),
    help="How far back: of a dry run (24h), and of the very first start (0s).",
)
@click.option("--app-id", default="sla-notify", help="Consumer group and journal go by it.")
@click.option("--topic-prefix", default="", help="Before the topics' names.")
@click.option("--http-host", default="127.0.0.1", help="Where to listen.")
@click.option(
    "--http-port", type=click.IntRange(0, 65535), default=6068, help="0 takes a free one."
)
@click.option(
    "--session-timeout",
    type=click.FloatRange(1, 300),
    default=10.0,
    help="Seconds until a silent notifier is replaced.",
)
@click.option("--instance-id", help="Static membership: a restart does not disturb the others.")
@click.option(
    "--replication", type=int, default=-1, help="Copies of its journal; -1: the broker's default."
)
@click.option(
    "--log-level", type=click.Choice(["debug", "info", "warning", "error"]), default="info"
)
@click.option("--log-json", is_flag=True, help="Log as JSON lines.")
def notify(
    *,
    check: bool,
    dry_run: bool,
    since: int | None,
    log_level: str,
    log_json: bool,
    **given: Any,
) -> None:
    """Tell people of warnings and breaches: chat, mail, pagers.

    \b
    Example: sla notify --broker kafka:9092 --config notify.yaml
    Look first: sla notify --broker kafka:9092 --config notify.yaml --dry-run --since 7d
    """
    logs.configure(log_level, as_json=log_json)
    settings = Settings(connection=connection(given), since=since or 0, **given)
    try:
        if check:
            asyncio.run(_check(settings.config))
        elif dry_run:
            asyncio.run(_rehearse(settings, wall() - (86_400_000 if since is None else since)))
        else:
            asyncio.run(run(settings))
    except (BadFile, CannotListen, work.Refused) as fault:
        raise Failure(str(fault)) from None
    except KafkaError as fault:
        raise Failure(f"the brokers cannot be read: {fault}") from None


async def _check(path: Path) -> None:
    file = open_file(path)
    async with channels(path, file) as made, desks(path, file):
        for name, channel in sorted(made.items()):
            how = "once" if channel.once else "at least once, a repeat is marked"
            click.echo(f"{name}: {file.channels[name].type}, each notice {how}")
    for route in file.routes:
        click.echo(f"{route.name} → {', '.join(route.to)}")
    for rule in file.write_back:
        click.echo(f"deadline of {rule.metric} → {rule.desk}, field {rule.field}")


async def _rehearse(settings: Settings, since: int) -> None:
    count = 0
    async for at, route, channel, message in said(settings, since):
        count += 1
        click.echo(f"{show(at)}  {route} → {channel}  [{message.action}, {message.severity}]")
        click.echo("".join(f"    {line}\n" for line in message.text.splitlines()))
    click.echo(f"{count} messages since {show(since)}; nothing was sent", err=True)

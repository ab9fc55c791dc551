"""`sla gateway`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from streams.cli.failure import Failure
from streams.cli.options import connected, connection
from streams.cli.reconcile import reconcile
from streams.gateway.finding import shipped
from streams.gateway.publisher import Unavailable
from streams.gateway.run import Settings, run, sources
from streams.process import logs
from streams.process.listening import CannotListen
from streams.process.problem import BadFile


@click.group(
    invoke_without_command=True,
    context_settings={"auto_envvar_prefix": "SLA", "show_default": True},
)
@connected
@click.option("--config", type=click.Path(path_type=Path), help="The gateway's file (YAML).")
@click.option("--check", is_flag=True, help="Check the file and its secrets, and end.")
@click.option("--topic-prefix", default="", help="Before the topics' names.")
@click.option("--http-host", default="127.0.0.1", help="Where to listen.")
@click.option(
    "--http-port", type=click.IntRange(0, 65535), default=6067, help="0 takes a free one."
)
@click.option(
    "--limit",
    type=click.IntRange(1_000, 8_000_000),
    default=1 << 20,
    help="Bytes that a hook may have.",
)
@click.option(
    "--log-level", type=click.Choice(["debug", "info", "warning", "error"]), default="info"
)
@click.option("--log-json", is_flag=True, help="Log as JSON lines.")
@click.pass_context
def gateway(
    ctx: click.Context, /, *, check: bool, log_level: str, log_json: bool, **given: Any
) -> None:
    """Take help desks' webhooks, verify them, and publish them as ticket events.

    \b
    Example: sla gateway --broker kafka:9092 --config gateway.yaml
    Hooks of the source `zendesk` come to /hooks/zendesk.
    """
    if ctx.invoked_subcommand is not None:
        _nothing_before(ctx, ctx.invoked_subcommand)
        return
    if given["config"] is None:
        message = "Missing option '--config': the gateway's file"
        raise click.UsageError(message)
    logs.configure(log_level, as_json=log_json)
    try:
        if check:
            found = sources(given["config"])
            for name, one in sorted(found.items()):
                click.echo(f"{name}: {one.adapter.name}, /hooks/{name}")
            click.echo(f"adapters: {', '.join(shipped())}", err=True)
            return
        asyncio.run(run(Settings(connection=connection(given), **given)))
    except (BadFile, Unavailable, CannotListen) as fault:
        raise Failure(str(fault)) from None


def _nothing_before(ctx: click.Context, command: str) -> None:
    """Refuse options that stand before the subcommand: it would never see them."""
    for option in ctx.command.params:
        if ctx.get_parameter_source(str(option.name)) is ParameterSource.COMMANDLINE:
            message = f"{option.opts[0]}: stands before `{command}`; write it behind"
            raise click.UsageError(message)


gateway.add_command(reconcile)

"""`sla worker`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import click

from streams import work
from streams.cli.failure import Failure
from streams.cli.options import Instant, connected
from streams.policies import PoliciesError
from streams.process import logs
from streams.process.connection import BadCredentials
from streams.process.listening import CannotListen
from streams.worker.bootstrap import run
from streams.worker.preflight import PreflightError
from streams.worker.settings import OPEN_CLOCKS, Settings, SettingsError, read_file


def _from_file(ctx: click.Context, _param: click.Parameter, path: Path | None) -> None:
    if path is not None:
        try:
            ctx.default_map = {**(ctx.default_map or {}), **read_file(path)}
        except SettingsError as fault:
            raise Failure(str(fault)) from None


@click.command(context_settings={"auto_envvar_prefix": "SLA", "show_default": True})
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    is_eager=True,
    expose_value=False,
    callback=_from_file,
    help="Settings as TOML: the flags' names with underscores.",
)
@connected
@click.option(
    "--policies", type=click.Path(path_type=Path), required=True, help="The policies file."
)
@click.option(
    "--app-id", default="sla-streams", help="Consumer group, changelogs and transactions go by it."
)
@click.option(
    "--topic-prefix",
    default="",
    help="Before the topics' names, where installations share brokers.",
)
@click.option("--http-host", default="127.0.0.1", help="Where to listen.")
@click.option(
    "--http-port", type=click.IntRange(0, 65535), default=6066, help="0 takes a free one."
)
@click.option(
    "--http-token",
    help="Whoever looks in must know it, but for the probes; better set as SLA_HTTP_TOKEN.",
)
@click.option(
    "--open-clocks",
    type=click.Choice(list(OPEN_CLOCKS)),
    default="keep",
    help="What a new version of the policies does to clocks that run; see `sla policies preview`.",
)
@click.option(
    "--grace",
    type=click.FloatRange(0),
    default=0.0,
    help="Seconds that ticks hold facts back, for slow sources.",
)
@click.option(
    "--forget-after",
    type=click.FloatRange(0, min_open=True),
    help="Days after which closed tickets are let go; by default they are kept.",
)
@click.option(
    "--commit-interval",
    type=click.FloatRange(0.01, 60),
    default=0.1,
    help="Seconds at most between two commits.",
)
@click.option(
    "--tick-interval",
    type=click.FloatRange(0.01, 60),
    default=0.1,
    help="Seconds at most between two looks at what is due.",
)
@click.option(
    "--session-timeout",
    type=click.FloatRange(1, 300),
    default=10.0,
    help="Seconds until a silent worker is replaced.",
)
@click.option("--instance-id", help="Static membership: a restart does not disturb the others.")
@click.option(
    "--replication",
    type=int,
    default=-1,
    help="Copies of changelogs it makes; -1: the broker's default.",
)
@click.option(
    "--clock-start", type=Instant(), help="Begin in another time, for demos and rehearsals."
)
@click.option(
    "--clock-origin",
    type=Instant(),
    help="When the clock shows --clock-start; by default at the start.",
)
@click.option(
    "--clock-rate",
    type=click.FloatRange(0, min_open=True),
    default=1.0,
    help="How fast the clock runs.",
)
@click.option(
    "--log-level", type=click.Choice(["debug", "info", "warning", "error"]), default="info"
)
@click.option("--log-json", is_flag=True, help="Log as JSON lines.")
def worker(**given: Any) -> None:
    """Run the worker: ticket events in, SLA events out, exactly once.

    \b
    Example: sla worker --broker kafka:9092 --policies policies.yaml
    Each flag may be given as SLA_<NAME> (SLA_BROKER=kafka:9092) or in --config FILE.
    """
    settings = Settings(**given)
    logs.configure(settings.log_level, as_json=settings.log_json)
    try:
        asyncio.run(run(settings))
    except (PoliciesError, PreflightError, BadCredentials, CannotListen, work.Refused) as fault:
        raise Failure(str(fault)) from None

"""`sla topics create` and `sla topics check`."""

from __future__ import annotations

import asyncio
from typing import Any

import click

from streams.cli.failure import Failure
from streams.cli.options import connected, connection
from streams.wire.topics import Names
from streams.worker import preflight


@click.group(context_settings={"auto_envvar_prefix": "SLA"})
def topics() -> None:
    """Create and check the topics that the worker reads and writes."""


@topics.command(context_settings={"auto_envvar_prefix": "SLA", "show_default": True})
@connected
@click.option("--app-id", default="sla-streams", help="The worker's application id.")
@click.option("--topic-prefix", default="", help="Before the topics' names.")
@click.option(
    "--partitions", type=click.IntRange(1), default=4, help="Of the source, and so of all."
)
@click.option(
    "--replication",
    type=click.IntRange(1),
    help="Copies; by default 3, or as many as there are brokers.",
)
def create(
    app_id: str, topic_prefix: str, partitions: int, replication: int | None, **given: Any
) -> None:
    """Make the topics that are missing; those that are there stay as they are.

    \b
    Example: sla topics create --broker kafka:9092 --partitions 12
    """
    client = connection(given).client("sla-topics")
    made = _run(
        preflight.create(
            client,
            app_id,
            partitions=partitions,
            names=Names.prefixed(topic_prefix),
            replication=replication,
        )
    )
    for name in made:
        click.echo(name)
    click.echo(f"{len(made)} created" if made else "all topics are there", err=True)


@topics.command(context_settings={"auto_envvar_prefix": "SLA", "show_default": True})
@connected
@click.option("--app-id", default="sla-streams", help="The worker's application id.")
@click.option("--topic-prefix", default="", help="Before the topics' names.")
def check(app_id: str, topic_prefix: str, **given: Any) -> None:
    """Say what would break: missing topics, partitions that differ, wrong cleanup policies.

    \b
    Example: sla topics check --broker kafka:9092
    """
    client = connection(given).client("sla-topics")
    faults = _run(preflight.check(client, app_id, Names.prefixed(topic_prefix)))
    if faults:
        raise Failure("\n".join(faults))
    click.echo("all topics are as they must be", err=True)


def _run(job: Any) -> Any:
    try:
        return asyncio.run(job)
    except preflight.PreflightError as fault:
        raise Failure(str(fault)) from None

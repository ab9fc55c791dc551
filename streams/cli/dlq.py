"""`sla dlq ls` and `sla dlq replay`."""

from __future__ import annotations

import asyncio
from typing import IO, Any

import click
import orjson

from streams.cli.failure import Failure
from streams.cli.options import connected, connection
from streams.wire.topics import Names
from streams.worker.letters import NotALetter, letters, put_back
from streams.worker.preflight import PreflightError, reachable


@click.group()
def dlq() -> None:
    """Look at rejected records; put mended ones back."""


@dlq.command(context_settings={"auto_envvar_prefix": "SLA", "show_default": True})
@connected
@click.option("--topic-prefix", default="", help="Before the topics' names.")
@click.option("--reason", help="Only letters of this reason, such as not_json.")
def ls(topic_prefix: str, reason: str | None, **given: Any) -> None:
    """Print the dead letters as NDJSON: reason, words, origin, key and value.

    \b
    Example: sla dlq ls --broker kafka:9092 --reason bad_value > letters.ndjson
    """
    client = connection(given).client("sla-dlq")

    async def run() -> int:
        await reachable(client)
        shown = 0
        async for letter in letters(client, Names.prefixed(topic_prefix).dead_letters):
            if reason in (None, letter["reason"]):
                click.echo(orjson.dumps(letter))
                shown += 1
        return shown

    click.echo(f"{_run(run())} dead letters", err=True)


@dlq.command(context_settings={"auto_envvar_prefix": "SLA", "show_default": True})
@connected
@click.argument("file", type=click.File("rb"))
def replay(file: IO[bytes], **given: Any) -> None:
    """Put letters back where they came from, as FILE (`-` for stdin) has them now.

    FILE is what `sla dlq ls` printed, with the values mended.

    \b
    Example: sla dlq replay --broker kafka:9092 mended.ndjson
    """
    client = connection(given).client("sla-dlq")
    mended = []
    for number, line in enumerate(file, 1):
        try:
            mended.append(orjson.loads(line))
        except orjson.JSONDecodeError as fault:
            raise Failure(f"line {number}: not JSON ({fault}); write a letter a line") from None

    async def run() -> int:
        await reachable(client)
        return await put_back(client, mended)

    click.echo(f"{_run(run())} records put back", err=True)


def _run(job: Any) -> int:
    try:
        done: int = asyncio.run(job)
    except (PreflightError, NotALetter) as fault:
        raise Failure(str(fault)) from None
    return done

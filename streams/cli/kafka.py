"""`sla kafka`: the embedded broker alone, in the foreground.

The address goes to stdout, one line, when the broker takes clients; words go to stderr. Ctrl-C
and SIGTERM are the ordinary ends: exit status 0.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as Bar

from streams.broker import BrokerError, EmbeddedKafka, Progress
from streams.cli.failure import Failure

LOOK_S = 0.5


@click.command("kafka")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=9092,
    show_default=True,
    help="Where clients connect, on 127.0.0.1.",
)
@click.option(
    "--data",
    metavar="DIR",
    type=click.Path(file_okay=False),
    help="Keep the data there, for the next run too. Without it the data goes at the end.",
)
@click.option("--auto-create-topics", is_flag=True, help="Make a topic when it is first used.")
def kafka(port: int, data: str | None, *, auto_create_topics: bool) -> None:
    """Run a real Apache Kafka, one node, until Ctrl-C. For development, not for production.

    The first run fetches Kafka's jars into the cache (44 MB); SLA_KAFKA_CACHE names another
    folder for them.

    \b
    Example: sla kafka --port 9092 --data ./kafka-data
    """
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with fetch_bar() as progress:
            broker = EmbeddedKafka(
                data, port, auto_create_topics=auto_create_topics, progress=progress
            ).start()
        try:
            click.echo(broker.bootstrap)
            click.echo(f"Kafka is up; Ctrl-C ends it. Its folder: {broker.folder}", err=True)
            while broker.pid is not None:
                time.sleep(LOOK_S)
            _died(broker)
        finally:
            broker.stop()
    except KeyboardInterrupt:
        click.echo("Kafka has stopped.", err=True)
    except BrokerError as error:
        raise Failure(str(error)) from error


@contextmanager
def fetch_bar() -> Iterator[Progress | None]:
    """Hand out a progress callback that draws a bar on stderr, or None where that is no terminal.

    Nothing is drawn unless something is fetched.
    """
    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    columns = (
        TextColumn("Fetching Kafka"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[megabytes]:.0f} MB"),
    )
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None, visible=False, megabytes=0.0)

        def tell(name: str, done: int, total: int, fetched_bytes: int) -> None:
            del name
            bar.update(
                task, completed=done, total=total, visible=True, megabytes=fetched_bytes / 1e6
            )

        yield tell


def _died(broker: EmbeddedKafka) -> NoReturn:
    message = f"Kafka ended by itself; its log is {broker.folder / 'broker.log'}"
    raise BrokerError(message)


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    del number, frame
    raise KeyboardInterrupt

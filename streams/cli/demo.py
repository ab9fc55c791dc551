"""`sla demo`: real incidents through a real, embedded Kafka and a real worker, sped up, live.

Live view or lines, and the summary, go to stdout; words on the way go to stderr. The log's end,
--for, Ctrl-C and SIGTERM are the ordinary ends: exit status 0.
"""

from __future__ import annotations

import re
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import NoReturn

import click
from rich.console import Console

from streams.broker import BrokerError
from streams.cli.failure import Failure
from streams.cli.kafka import fetch_bar
from streams.demo.failure import DemoFailed
from streams.demo.perform import perform
from streams.demo.summary import show
from streams.demo.wishes import Wishes

UNITS = {"s": 1, "m": 60, "h": 3600}
FASTEST = 50_000
HEIGHT, WIDTH = 20, 72
"""The smallest terminal that the live view fits into."""


class Seconds(click.ParamType):
    """A duration such as 45s, 2m or 1m30s, in seconds."""

    name = "duration"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Read it, or fail with the fix."""
        if isinstance(value, float):
            return value
        parts = re.findall(r"(\d+)([smh])", str(value))
        if not parts or "".join(map("".join, parts)) != value:
            self.fail(f"{value!r} is not a duration; write it like 45s, 2m or 1m30s", param, ctx)
        return float(sum(int(number) * UNITS[unit] for number, unit in parts))


@click.command("demo")
@click.option("--for", "seconds", type=Seconds(), help="End after so long: 45s, 2m, 1m30s.")
@click.option(
    "--rate",
    type=click.FloatRange(1, FASTEST),
    default=3600,
    show_default=True,
    help="How many seconds of the log pass in one of yours; 3600 is an hour a second.",
)
@click.option(
    "--no-tui", is_flag=True, help="Lines, not a live view; as when stdout is no terminal."
)
@click.option(
    "--keep",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Keep Kafka's data and the worker's log there. Without it all goes at the end.",
)
@click.option(
    "--http-port", type=click.IntRange(1, 65535), help="The worker's page; by default a free port."
)
def demo(
    seconds: float | None, rate: float, *, no_tui: bool, keep: Path | None, http_port: int | None
) -> None:
    """Watch real tickets run through a real, embedded Kafka, until the log ends, or Ctrl-C.

    Plays 300 incidents of a real log at an hour a second: deadlines come closer, warnings and
    breaches fall, the rate of kept promises moves. The worker is the one for production. The first
    run fetches Kafka (44 MB) into a cache; nothing else is left on this machine.

    \b
    Example: sla demo
             sla demo --no-tui --for 60s
    """
    signal.signal(signal.SIGTERM, _interrupt)
    out = Console(highlight=False)
    words = Console(stderr=True, highlight=False, soft_wrap=True)
    tui = sys.stdout.isatty() and not no_tui
    if tui and (out.width < WIDTH or out.height < HEIGHT):
        size = f"this terminal has {out.width}x{out.height}"
        words.print(f"The live view needs {WIDTH}x{HEIGHT}, {size}: lines instead")
        tui = False
    try:
        ending = perform(Wishes(seconds, rate, tui, keep, http_port), out, words, fetch_bar)
    except KeyboardInterrupt:
        words.print("The demo ended before it had begun; nothing is left running.")
        return
    except (BrokerError, DemoFailed) as error:
        raise Failure(str(error)) from error
    show(ending, out)
    if keep:
        words.print(f"Kept in {keep}; look again with: sla kafka --data {keep / 'kafka'}")
    if not ending.verdict.right:
        raise Failure(ending.excuse)


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt

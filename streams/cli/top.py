"""`sla top`: the open clocks of a worker, nearest deadline first, as they run."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any
from urllib.parse import urlencode

import click
from rich.console import Console

from streams.cli.asking import Door, asking
from streams.cli.failure import Failure
from streams.cli.topped import Scene, head_lines, list_table
from streams.cli.topping import Top
from streams.desk.query import LIMIT, MOST, ONLY

WIDTH = 110
"""Where the output is no terminal."""


@click.command()
@asking
@click.option("--team", multiple=True, help="Of this team; may be repeated, '' is none.")
@click.option("--policy", multiple=True, help="Of this policy; may be repeated.")
@click.option("--priority", multiple=True, help="Of this priority; may be repeated.")
@click.option("--tier", multiple=True, help="Of this tier; may be repeated.")
@click.option("--only", type=click.Choice(ONLY), default=ONLY[0], help="Which of them.")
@click.option(
    "--limit",
    type=click.IntRange(1, MOST),
    default=LIMIT,
    show_default=True,
    help="How many tickets.",
)
@click.option("--once", is_flag=True, help="Print the table and end, as without a terminal.")
@click.option("--json", "as_json", is_flag=True, help="With --once: the worker's answer.")
def top(
    *,
    door: Door,
    only: str,
    limit: int,
    once: bool,
    as_json: bool,
    **filters: tuple[str, ...],
) -> None:
    """Watch what falls due next, in the whole of a worker's group.

    Keys: arrows or j and k select a ticket, Enter explains it, o, a and r show only what is
    overdue, all, or at risk, / searches for ids, q quits.

    \b
    Example: sla top --team billing --only at_risk
    Example: sla top --once --json --limit 500 | jq '.list.tickets[].ticket'
    """
    if door.token is not None and not (door.token.isascii() and door.token.isprintable()):
        message = "--token: it holds what no header can; copy the worker's SLA_HTTP_TOKEN"
        raise click.UsageError(message)
    asked = [(name, value) for name, values in filters.items() for value in values]
    asked.append(("limit", str(limit)))
    console = Console(markup=False, highlight=False, emoji=False)
    live = sys.stdout.isatty() and not once and not console.is_dumb_terminal
    if as_json and live:
        message = "--json goes with --once, or where the output is no terminal"
        raise click.UsageError(message)
    if live:
        scene = Scene(door.url, only)
        asyncio.run(Top(door, asked, scene, console, time.monotonic).run())
        return
    listing = _asked(door, f"/api/list?{urlencode([*asked, ('only', only)])}", "tickets")
    rates = _asked(door, "/api/rates", "rows")
    if as_json:
        click.echo(json.dumps({"list": listing, "rates": rates}, ensure_ascii=False, indent=2))
    else:
        width = console.width if sys.stdout.isatty() else WIDTH
        _print(listing, rates, width)


def _asked(door: Door, path: str, known: str) -> dict[str, Any]:
    told = door.ask(path)
    if not isinstance(told, dict) or known not in told:
        message = f"--url {door.url}: no worker of this release answers; name where one listens"
        raise Failure(message)
    return told


def _print(listing: dict[str, Any], rates: dict[str, Any], width: int) -> None:
    console = Console(width=width, markup=False, highlight=False, emoji=False)
    for line in head_lines(listing, rates, 0.0):
        console.print(line, no_wrap=True, overflow="ellipsis")
    console.print(list_table(listing, listing["tickets"], 0.0, width))

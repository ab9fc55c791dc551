"""`sla explain`: how every deadline of a ticket came about (R33)."""

from __future__ import annotations

import json
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from streams.cli.asking import Door, asking
from streams.cli.explained import show_ticket
from streams.cli.failure import Failure
from streams.cli.options import Instant
from streams.cli.progress import bar
from streams.desk.ticket import ticket as shown
from streams.history.merges import hand_on
from streams.history.reading import Reading, UnreadableFile, read
from streams.history.replay import by_ticket
from streams.policies import PoliciesError, load_file
from streams.sla.engine import Engine
from streams.sla.events import TicketEvent
from streams.sla.policy import PolicySet
from streams.sla.ticket import Ticket
from streams.wire.instant import show

SHOWN = 5


@click.command()
@click.argument("ticket")
@click.option("--events", "first", metavar="FILE...", help="Ticket events: NDJSON, .gz, or -.")
@click.argument("more", nargs=-1, metavar="")
@click.option(
    "--policies", type=click.Path(path_type=Path), help="With --events: the policies file."
)
@click.option(
    "--until", type=Instant(), help="With --events: the instant reached; else the last event's."
)
@asking
@click.option("--json", "as_json", is_flag=True, help="As the worker's /tickets/{id} has it.")
@click.option("--all", "whole", is_flag=True, help="Every window, every former deadline.")
def explain(
    ticket: str,
    first: str | None,
    more: tuple[str, ...],
    policies: Path | None,
    until: int | None,
    *,
    door: Door,
    as_json: bool,
    whole: bool,
) -> None:
    """Tell how every deadline of TICKET came about: events, windows, and their sum.

    From a worker, or with --events from files.

    \b
    Example: sla explain INC0025176 --url http://127.0.0.1:6066
    Example: sla explain INC0025176 --events events.ndjson.gz --policies policies.yaml
    """
    if first is None:
        _only_with_events(more, policies, until)
        told = _asked(door, ticket)
    elif policies is None or door.named:
        message = "with --events say --policies FILE, and no --url"
        raise click.UsageError(message)
    else:
        told = _folded(ticket, (first, *more), policies, until)
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        show_ticket(told, whole=whole)


def _only_with_events(more: tuple[str, ...], policies: Path | None, until: int | None) -> None:
    if more:
        message = f"{more[0]}: one ticket at a time; files are named with --events FILE..."
        raise click.UsageError(message)
    if policies is not None or until is not None:
        message = "--policies and --until go with --events; a worker knows its own"
        raise click.UsageError(message)


def _folded(id_: str, names: tuple[str, ...], policies: Path, until: int | None) -> dict[str, Any]:
    """Fold the ticket's events out of the files, all of them kept."""
    reading = Reading()
    try:
        promised = load_file(policies)
        size = sum(Path(name).stat().st_size for name in names if Path(name).is_file())
        with bar("reading", size or None) as advance:
            arrived = list(read(names, reading, advance))
    except (PoliciesError, UnreadableFile) as fault:
        raise Failure(str(fault)) from None
    _complain(reading)
    tickets = by_ticket(arrived)
    hand_on(tickets, promised, arrived)
    events = tickets.get(id_, [])
    if not events:
        raise Failure(_unknown(id_, names, set(tickets)))
    last = max(event.time for event in arrived)
    end = last if until is None else until
    known = [event for event in events if event.time <= end]
    if not known:
        begins = show(min(event.time for event in events))
        message = f"--until {show(end)}: ticket {id_!r} begins later, at {begins}; say a later one"
        raise Failure(message)
    engine = Engine(promised)
    return shown(_whole(known, promised, engine, end), end, engine)


def _whole(events: list[TicketEvent], promised: PolicySet, engine: Engine, end: int) -> Ticket:
    """Fold events by time up to an instant, and keep each of them, however many there are."""
    events.sort(key=lambda event: event.order(promised.category))
    once = list({event.key: event for event in reversed(events)}.values())[::-1]
    ticket: Ticket | None = None
    for event in once:
        ticket, _ = engine.apply(ticket, event)
    assert ticket is not None
    engine.settle(ticket, end)
    return replace(ticket, history=once, base=None)


def _unknown(id_: str, names: tuple[str, ...], others: set[str]) -> str:
    where = ", ".join(names)
    if not others:
        return f"{where}: no line is a ticket event; make them with sla import"
    near = get_close_matches(id_, sorted(others), 3, 0.5) or sorted(others)[:3]
    return f"ticket {id_!r} is none of the {len(others)} in {where}; ids there: {', '.join(near)}"


def _complain(reading: Reading) -> None:
    for name, number, reason in reading.rejected[:SHOWN]:
        click.echo(f"{name}:{number}: {reason}", err=True)
    if reading.rejected:
        click.echo(f"{len(reading.rejected)} records rejected; the rest went on", err=True)


def _asked(door: Door, id_: str) -> dict[str, Any]:
    """Ask a worker for a ticket."""
    told = door.ask(f"/tickets/{quote(id_, safe='')}")
    if not isinstance(told, dict) or "earlier_cycles" not in told:
        message = (
            f"--url {door.url}: what answers is no worker of this release; name where one listens"
        )
        raise Failure(message)
    return told

"""`sla replay`."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import click

from streams.cli.failure import Failure
from streams.cli.options import Instant
from streams.cli.progress import bar
from streams.cli.summary import show_summary
from streams.cli.summary_json import as_object
from streams.history.reading import Reading, UnreadableFile, read
from streams.history.replay import Replay
from streams.history.replay import replay as run
from streams.history.summary import Summary, summarize
from streams.policies import PoliciesError, load_file
from streams.wire.instant import show
from streams.wire.sla_events import encode

SHOWN = 20


@click.command()
@click.argument("events", nargs=-1, required=True, metavar="EVENTS...")
@click.option(
    "--policies", type=click.Path(path_type=Path), required=True, help="The policies file."
)
@click.option(
    "--until", type=Instant(), help="The instant reached; by default that of the last event."
)
@click.option("--summary", is_flag=True, help="Print the numbers instead of the events.")
@click.option(
    "--json", "as_json", is_flag=True, help="With --summary: one JSON object, with exact numbers."
)
@click.option(
    "--order",
    type=click.Choice(["time", "arrival"]),
    default="time",
    show_default=True,
    help="arrival: as live, with what late events take back.",
)
def replay(
    events: tuple[str, ...],
    policies: Path,
    until: int | None,
    *,
    summary: bool,
    as_json: bool,
    order: str,
) -> None:
    """Ticket events in (NDJSON, .gz, - for stdin), SLA events out, by event time, without a broker.

    \b
    Example: sla import -m servicenow tickets.csv | sla replay --policies p.yaml --summary -
    """
    if as_json and not summary:
        message = "--json goes with --summary; without it each event is a line of JSON"
        raise click.UsageError(message)
    began = time.perf_counter()
    reading = Reading()
    try:
        promised = load_file(policies)
        size = sum(Path(name).stat().st_size for name in events if Path(name).is_file())
        with bar("reading", size or None) as advance:
            known = list(read(events, reading, advance))
        with bar("replaying", len(known)) as advance:
            done = run(known, promised, until=until, arrival=order == "arrival", advance=advance)
    except (PoliciesError, UnreadableFile) as fault:
        raise Failure(str(fault)) from None
    _complain(reading, done)
    if reading.lines and not known:
        raise Failure("none of the lines is a ticket event")
    if summary:
        _sum_up(summarize(done, promised), as_json=as_json)
    else:
        for at, fact in done.facts:
            sys.stdout.buffer.write(encode(fact, at) + b"\n")
        sys.stdout.buffer.flush()
    seconds = time.perf_counter() - began
    click.echo(
        f"{done.events} events of {done.tickets} tickets, {len(done.facts)} SLA events, "
        f"until {show(done.until)}, in {seconds:.1f} s ({done.events / seconds:,.0f} events/s)",
        err=True,
    )


def _sum_up(summary: Summary, *, as_json: bool) -> None:
    if as_json:
        # Not orjson, whose integers end at 64 bits: a fraction may be longer.
        click.echo(json.dumps(as_object(summary), ensure_ascii=False, indent=2))
    else:
        show_summary(summary)


def _complain(reading: Reading, done: Replay) -> None:
    """Say on stderr what was left out, and why."""
    faults = [f"{name}:{number}: {reason}" for name, number, reason in reading.rejected]
    faults += [f"too_late: {words}" for _, words in done.refused]
    for line in faults[:SHOWN]:
        click.echo(line, err=True)
    if faults:
        more = f", the first {SHOWN} are shown" if len(faults) > SHOWN else ""
        click.echo(f"{len(faults)} records rejected{more}; the rest went on", err=True)
    if done.unmatched:
        click.echo(f"{done.unmatched} tickets match no policy", err=True)

"""`sla replay`."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from streams.cli.credits import show_credits
from streams.cli.failure import Failure
from streams.cli.options import Instant
from streams.cli.progress import bar
from streams.history.credits import statements
from streams.history.reading import Reading, UnreadableFile, read
from streams.history.replay import Replay
from streams.history.replay import replay as run
from streams.policies import PoliciesError, load_file
from streams.sla.policy import PolicySet
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
@click.option("--summary", is_flag=True, help="Print the compliance table instead of the events.")
@click.option(
    "--order",
    type=click.Choice(["time", "arrival"]),
    default="time",
    show_default=True,
    help="arrival: as live, with what late events take back.",
)
def replay(
    events: tuple[str, ...], policies: Path, until: int | None, *, summary: bool, order: str
) -> None:
    """Ticket events in (NDJSON, .gz, - for stdin), SLA events out, by event time, without a broker.

    \b
    Example: sla import -m servicenow tickets.csv | sla replay --policies p.yaml --summary -
    """
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
        _summary(done, promised)
        show_credits(statements(done, promised))
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


def _summary(done: Replay, promised: PolicySet) -> None:
    """Print the compliance table (R26)."""
    table = Table()
    for heading in ("policy", "kind", "metric"):
        table.add_column(heading, overflow="fold")
    for heading in ("met", "breached", "rate", "objective"):
        table.add_column(heading, justify="right")
    tallies = done.compliance().tallies
    for policy in promised.policies:
        for (name, kind, metric), tally in tallies.items():
            if (name, kind) != (policy.name, policy.kind):
                continue
            rate = tally.rate
            table.add_row(
                name,
                kind,
                metric,
                str(tally.met),
                str(tally.breached),
                "-" if rate is None else f"{float(rate) * 100:.2f} %",
                f"{float(policy.objective) * 100:g} %",
            )
    console = Console(width=None if sys.stdout.isatty() else 120)
    console.print(table)

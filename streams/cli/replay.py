"""`sla replay`."""

from __future__ import annotations

import json
import sys
import time
from functools import partial
from itertools import islice
from pathlib import Path

import click

from streams.cli.folding import folded, folding
from streams.cli.options import Instant
from streams.cli.progress import bar
from streams.cli.summary import show_summary
from streams.cli.summary_json import as_object
from streams.history.buckets import spare
from streams.history.gathering import Folded, G, silent
from streams.history.summary import Numbers
from streams.history.transcript import Transcript
from streams.policies import load_file
from streams.wire.instant import show

LINES = 1_000


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
@click.option(
    "--jobs", type=click.IntRange(1), help="Processes to share the work; by default one a core."
)
def replay(
    events: tuple[str, ...],
    policies: Path,
    until: int | None,
    *,
    summary: bool,
    as_json: bool,
    order: str,
    jobs: int | None,
) -> None:
    """Ticket events in (NDJSON, .gz, - for stdin), SLA events out, by event time, without a broker.

    A long history takes room on disk, in $TMPDIR, about half of what its lines take uncompressed
    (without --summary that of the SLA events too), but no more memory than a short one.

    \b
    Example: sla import -m servicenow tickets.csv | sla replay --policies p.yaml --summary -
    Example: sla replay --policies p.yaml --summary history-20*.ndjson.gz
    """
    if as_json and not summary:
        message = "--json goes with --summary; without it each event is a line of JSON"
        raise click.UsageError(message)
    began = time.perf_counter()
    with folding(), spare() as folder:
        promised, arrival = load_file(policies), order == "arrival"
        done: Folded[Numbers] | Folded[Transcript]
        if summary:
            done = counted = folded(
                events, (promised,), Numbers, until=until, arrival=arrival, jobs=jobs
            )
            _tell_unmatched(done)
            _sum_up(counted, as_json=as_json)
        else:
            transcript = partial(Transcript, folder=folder, arrival=arrival)
            done = said = folded(
                events, (promised,), transcript, until=until, arrival=arrival, jobs=jobs
            )
            _tell_unmatched(done)
            _write(said.gathering)
    seconds = time.perf_counter() - began
    click.echo(
        f"{done.events} events of {done.tickets} tickets, {done.gathering.facts} SLA events, "
        f"until {show(done.until)}, in {seconds:.1f} s ({done.events / seconds:,.0f} events/s)",
        err=True,
    )


def _write(said: Transcript) -> None:
    """Write the lines to stdout, with a bar unless that is a terminal too."""
    lines = said.lines()
    with silent("", None) if sys.stdout.isatty() else bar("writing", said.facts) as advance:
        while some := list(islice(lines, LINES)):
            sys.stdout.buffer.writelines(some)
            advance(len(some))
    sys.stdout.buffer.flush()


def _sum_up(done: Folded[Numbers], *, as_json: bool) -> None:
    summary = done.gathering.summary(tickets=done.tickets, unmatched=done.unmatched[0])
    if as_json:
        # Not orjson, whose integers end at 64 bits: a fraction may be longer.
        click.echo(json.dumps(as_object(summary), ensure_ascii=False, indent=2))
    else:
        show_summary(summary)


def _tell_unmatched(done: Folded[G]) -> None:
    if done.unmatched[0]:
        click.echo(f"{done.unmatched[0]} tickets match no policy", err=True)

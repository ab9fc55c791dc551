"""`sla replay`."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from itertools import islice
from pathlib import Path

import click

from streams.cli.ending import in_order
from streams.cli.failure import Failure
from streams.cli.options import Instant
from streams.cli.progress import bar
from streams.cli.summary import show_summary
from streams.cli.summary_json import as_object
from streams.history.buckets import NoRoom, spare
from streams.history.fold import Folded, fold, silent
from streams.history.gathering import G
from streams.history.pool import ProcessLost
from streams.history.reading import UnreadableFile
from streams.history.summary import Numbers
from streams.history.transcript import Transcript
from streams.policies import PoliciesError, load_file
from streams.sla.policy import PolicySet
from streams.wire.instant import show

SHOWN = 20
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
    try:
        with in_order(), spare() as folder:
            promised, arrival = load_file(policies), order == "arrival"

            def folded(gather: Callable[[Sequence[PolicySet], int], G]) -> Folded[G]:
                done = fold(
                    events, (promised,), gather, until=until, arrival=arrival, jobs=jobs, stage=bar
                )
                _complain(done)
                return done

            done: Folded[Numbers] | Folded[Transcript]
            if summary:
                done = counted = folded(Numbers)
                _sum_up(counted, as_json=as_json)
            else:
                done = said = folded(partial(Transcript, folder=folder, arrival=arrival))
                _write(said.gathering)
    except (PoliciesError, UnreadableFile, NoRoom, ProcessLost) as fault:
        raise Failure(str(fault)) from None
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


def _complain(done: Folded[G]) -> None:
    """Say on stderr what was left out, and why."""
    for line in (done.rejected.lines + done.refused.lines)[:SHOWN]:
        click.echo(line, err=True)
    if faults := done.rejected.count + done.refused.count:
        more = f", the first {SHOWN} are shown" if faults > SHOWN else ""
        click.echo(f"{faults} records rejected{more}; the rest went on", err=True)
    if done.unmatched[0]:
        click.echo(f"{done.unmatched[0]} tickets match no policy", err=True)
    if done.lines and not done.known:
        raise Failure("none of the lines is a ticket event")

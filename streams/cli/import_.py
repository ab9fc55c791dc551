"""`sla import`: an export of tickets → ticket events as NDJSON.

Decisions that bind this module:

- Events go to stdout or to `--output`, words to stderr. A file is put in place when it is whole.
- One bad row does not end an import; a mapping or a file that is wrong does.
"""

from __future__ import annotations

import gzip
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from streams.cli.failure import Failure
from streams.cli.progress import bar
from streams.history.by_time import Timed, by_time
from streams.history.export import ExportError, read_export
from streams.history.importer import Importer, Rejection
from streams.history.mapping import load_mapping, mapping_text, shipped_mappings
from streams.history.rejects import write_reject
from streams.process.problem import BadFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from streams.history.export import Row, Unreadable
    from streams.history.mapping import AnyMapping
    from streams.history.tally import Tally

SHOWN = 20
"""How many rejected rows are told on stderr; all are counted, and kept with --rejects."""


@click.command("import", short_help="Turn a CSV or JSON export into ticket events.")
@click.option("-m", "--mapping", metavar="M", help="Mapping file, or the name of a shipped one.")
@click.option("--zone", metavar="ZONE", help="Zone of times that name none, over the mapping's.")
@click.option("-o", "--output", metavar="FILE", help="Write there, gzipped if named .gz.")
@click.option("--sort", is_flag=True, help="Order all events by time, on disk if they are many.")
@click.option("--rejects", metavar="FILE", help="Keep rejected rows there, with the reason.")
@click.option("--print-mapping", metavar="M", help="Print a shipped mapping, to start from.")
@click.argument("files", nargs=-1, metavar="FILE...")
def import_(
    mapping: str | None,
    zone: str | None,
    output: str | None,
    *,
    sort: bool,
    rejects: str | None,
    print_mapping: str | None,
    files: tuple[str, ...],
) -> None:
    """Turn exports (CSV, JSON, NDJSON, also gzipped; - is stdin) into ticket events (NDJSON).

    A mapping is a small YAML file: which column is what. Those that are shipped go by name, for
    exports of Zendesk, Freshdesk, Jira, ServiceNow and Zammad: give none to see their names, and
    read the header of one with --print-mapping before you use it. What is rejected is told with
    its line; --rejects keeps it, to be mended and imported as it is, with the same mapping. Events
    come in the file's order; with --sort by time, as for playing them into Kafka.

    \b
    Examples:
      sla import --mapping servicenow incidents.csv.gz > events.ndjson
      sla import -m freshdesk --zone Asia/Kolkata --rejects bad.ndjson tickets.csv > events.ndjson
      sla import -m mine.yaml --sort -o events.ndjson.gz --rejects bad.ndjson tickets.csv
      sla import -m jira page-1.json page-2.json | sla replay --policies p.yaml --summary -
      sla import --print-mapping tickets > mine.yaml
    """
    if print_mapping is not None:
        click.echo(_text(print_mapping), nl=False)
        return
    if mapping is None:
        message = f"give --mapping: a file, or one of {', '.join(shipped_mappings())}"
        raise click.UsageError(message)
    if not files:
        message = "give the export to read: FILE..., or - for standard input"
        raise click.UsageError(message)
    _run(_mapping(mapping, zone), files, output, rejects, sort=sort)


def _text(name: str) -> str:
    try:
        return mapping_text(name)[1]
    except BadFile as error:
        raise Failure(str(error)) from error


def _mapping(name: str, zone: str | None) -> AnyMapping:
    try:
        return load_mapping(name, zone)
    except BadFile as error:
        raise Failure(str(error)) from error


def _run(
    mapping: AnyMapping,
    files: tuple[str, ...],
    output: str | None,
    rejects: str | None,
    *,
    sort: bool,
) -> None:
    try:
        with ExitStack() as stack:
            importer = Importer(mapping, _teller(stack, rejects))
            read = stack.enter_context(bar("importing", _size(files)))
            rows = _rows(mapping, files, read)
            events = importer.events(rows)
            write = stack.enter_context(_sink(output))
            if sort:
                for line in by_time(Timed(event.time, event.encode()) for event in events):
                    write(line + b"\n")
            else:
                for event in events:
                    write(event.encode() + b"\n")
            _nothing_is_a_failure(importer.tally)
    except ExportError as error:
        raise Failure(str(error)) from error
    _sum_up(importer, rejects)


def _rows(
    mapping: AnyMapping,
    files: tuple[str, ...],
    read: Callable[[int], None],
) -> Iterator[Row | Unreadable]:
    for name in files:
        yield from read_export(name, mapping.file, mapping.needed(), read)


def _teller(stack: ExitStack, rejects: str | None) -> Callable[[Rejection], None]:
    kept: IO[str] | None = None
    if rejects is not None:
        try:
            kept = stack.enter_context(Path(rejects).open("w", encoding="utf-8"))  # noqa: SIM115
        except OSError as error:
            message = f"--rejects {rejects}: cannot be written ({error.strerror}); name another"
            raise Failure(message) from error
    told = 0

    def tell(rejection: Rejection) -> None:
        nonlocal told
        told += 1
        if told <= SHOWN:
            row = rejection.row
            click.echo(f"rejected {row.file}:{row.line}: {rejection.reason}", err=True)
        if kept is not None:
            write_reject(kept, rejection)

    return tell


@contextmanager
def _sink(output: str | None) -> Iterator[Callable[[bytes], object]]:
    """Open what events are written to; a file replaces an older one only when it is whole."""
    if output is None or output == "-":
        stdout = click.get_binary_stream("stdout")
        yield stdout.write
        stdout.flush()
        return
    part = Path(f"{output}.part")
    try:
        with ExitStack() as stack:
            file = stack.enter_context(part.open("wb"))
            if output.endswith(".gz"):
                # No name and no time inside: the same events make the same bytes.
                zipped = gzip.GzipFile("", "wb", 6, file, mtime=0)
                yield stack.enter_context(zipped).write
            else:
                yield file.write
        part.replace(output)
    except OSError as error:
        message = f"--output {output}: cannot be written ({error.strerror}); name another"
        raise Failure(message) from error
    finally:
        part.unlink(missing_ok=True)


def _size(files: tuple[str, ...]) -> int | None:
    """Add up the bytes to read; None where that is not known."""
    if not all(Path(name).is_file() for name in files):
        return None
    return sum(Path(name).stat().st_size for name in files)


def _nothing_is_a_failure(tally: Tally) -> None:
    if tally.events == 0:
        what = f"all {tally.rows:,} rows were rejected" if tally.rows else "there are no rows"
        message = f"nothing was imported: {what}; check the mapping against the export"
        raise Failure(message)


def _sum_up(importer: Importer, rejects: str | None) -> None:
    tally = importer.tally
    if tally.rejected > SHOWN:
        where = f"all are in {rejects}" if rejects else "keep all with --rejects FILE"
        click.echo(f"… and {tally.rejected - SHOWN:,} more rejected; {where}", err=True)
    click.echo(
        f"{tally.rows:,} rows → {tally.tickets:,} tickets, {tally.events:,} events;"
        f" {tally.rejected:,} rejected",
        err=True,
    )
    notes = {
        "rows changed nothing that is mapped": tally.unchanged,
        "events spread by milliseconds to keep the order of their rows": tally.spread,
        "rows older than one before them, kept at their time": tally.late,
        "times before their ticket's creation, taken at the creation": tally.early,
        "different local times that exist twice (the first was taken) or not at all (shifted on)": (
            importer.doubtful
        ),
    }
    for words, count in notes.items():
        if count:
            click.echo(f"  {count:,} {words}", err=True)

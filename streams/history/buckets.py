"""Ticket events on disk, shared out so that all of a ticket are in one bucket.

Decisions that bind this module:

- Each process that writes to a bucket has a file of its own for it, to which it adds. So no two
  processes write to one file, and none is open for longer than a write.
- A file's line is a JSON list of rows, each with its event's place. Places put them back in order.
- Which bucket a ticket is in depends on its id alone, not on the process or its hash seed.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from secrets import token_hex
from shutil import rmtree
from tempfile import TemporaryDirectory, gettempdir
from typing import Any
from zlib import crc32

import orjson

from streams.sla.events import TicketEvent
from streams.wire.row import pack_event, unpack_event

FULL = {
    getattr(errno, name)
    for name in ("ENOSPC", "EDQUOT", "EFBIG", "EROFS", "EACCES", "EPERM", "EIO", "EMFILE")
}
"""What may be wrong with a disk, and is no fault of ours."""

PLACE, TICKET, EVENT = range(3)
Row = list[Any]
"""Place, ticket, then the event as a row of the table has it."""


class NoRoom(OSError):
    """The temporary files cannot be written; says where, why and what to do."""


@contextmanager
def workspace() -> Generator[Path, None, None]:
    """Make a folder for temporary files, which goes with all that is in it. Raises NoRoom."""
    try:
        folder = TemporaryDirectory(prefix="sla-replay-")
    except OSError as fault:
        message = f"no temporary files: {fault.strerror}; name a folder for them in TMPDIR"
        raise NoRoom(message) from fault
    with folder as name:
        yield Path(name)


@contextmanager
def spare() -> Generator[Path, None, None]:
    """Name a folder for temporary files that somebody may make; it goes with all that is in it."""
    try:
        where = Path(gettempdir())
    except OSError:
        where = Path.cwd()  # whoever makes the folder there will say that it cannot be made
    folder = where / f"sla-replay-{token_hex(8)}"
    try:
        yield folder
    finally:
        rmtree(folder, ignore_errors=True)


@contextmanager
def room(folder: Path | str) -> Iterator[None]:
    """Say of what cannot be written in a folder what to do: NoRoom."""
    try:
        yield
    except OSError as fault:
        if fault.errno not in FULL:
            raise
        message = (
            f"{folder}: {fault.strerror}; temporary files take about as much as the events "
            "uncompressed: name a folder that has room for them in TMPDIR"
        )
        raise NoRoom(message) from fault


def row(place: int, event: TicketEvent) -> Row:
    """Pack an event."""
    return [place, event.ticket, *pack_event(event)]


def event_of(packed: Row) -> TicketEvent:
    """Unpack an event."""
    return unpack_event(packed[TICKET], packed[EVENT:])


@dataclass(frozen=True, slots=True)
class Buckets:
    """So many buckets in a folder, whose files' names begin with a name."""

    folder: Path
    name: str
    count: int

    def number(self, ticket: str) -> int:
        """Say which bucket a ticket is in."""
        return crc32(ticket.encode()) % self.count

    def write(self, rows: Iterable[Row], number: Callable[[str], int] | None = None) -> None:
        """Add rows, each to its bucket; `number` says to which, by the ticket. Raises NoRoom."""
        which = number or self.number
        parts: dict[int, list[Row]] = {}
        for one in rows:
            parts.setdefault(which(one[TICKET]), []).append(one)
        with room(self.folder):
            for bucket, part in parts.items():
                path = self.folder / f"{self.name}-{bucket}-{os.getpid()}"
                with path.open("ab") as file:
                    file.write(orjson.dumps(part) + b"\n")

    def found(self) -> list[Bucket]:
        """Give the buckets that hold anything, in the order of their numbers."""
        files: dict[int, list[Path]] = {}
        for path in self.folder.glob(f"{self.name}-*-*"):
            files.setdefault(int(path.name.split("-")[1]), []).append(path)
        return [Bucket(number, tuple(files[number])) for number in sorted(files)]


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket that holds something: its number, and its files."""

    number: int
    files: tuple[Path, ...]


def size(files: Iterable[Path]) -> int:
    """Give the bytes of files together."""
    return sum(path.stat().st_size for path in files)


def parts(files: Iterable[Path]) -> Iterator[list[Row]]:
    """Read files part by part, as they were written; each is gone when it has been read."""
    for path in files:
        with path.open("rb") as file:
            for line in file:
                yield orjson.loads(line)
        path.unlink()


def in_order(files: Iterable[Path]) -> list[Row]:
    """Read a bucket's files; give its rows by their places. The files are gone then."""
    rows = [one for part in parts(files) for one in part]
    rows.sort(key=itemgetter(PLACE))
    return rows

"""Ticket events from files: NDJSON, gzipped or not, `-` for standard input.

A file is read as blocks of whole lines, which can be decoded apart. A line that cannot be read is
kept with its place and its reason; the rest goes on.
"""

from __future__ import annotations

import gzip
import io
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from streams.sla.events import TicketEvent
from streams.wire.ticket_events import Rejected, decode

GZIP = b"\x1f\x8b"
BLOCK = 1 << 20


class UnreadableFile(OSError):
    """A file that is not there, or breaks off; says which and why."""


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines of a file: `number` of lines stand in it before them, `place` in all files.

    `consumed`: the bytes that were read for them, on disk; 0 for standard input.
    """

    name: str
    number: int
    place: int
    data: bytes
    consumed: int

    def decoded(self, rejected: Callable[[int, int, str], None]) -> Iterator[tuple[int, Line]]:
        """Give each line that is not blank by its place: its event, None for one that is not ours.

        `rejected` is told place, line number and reason of what cannot be read; it is given as
        None too.
        """
        for at, line in enumerate(self.data.split(b"\n")):
            text = line.strip()
            if not text:
                continue
            try:
                event = decode(text, keyed=False)
            except Rejected as fault:
                rejected(self.place + at, self.number + at + 1, f"{fault.reason}: {fault}")
                event = None
            yield self.place + at, event


Line = TicketEvent | None


@dataclass(slots=True)
class Reading:
    """What was read: `rejected` holds (file, line number, reason) of what could not be."""

    lines: int = 0
    rejected: list[tuple[str, int, str]] = field(default_factory=list)


def read(
    names: Iterable[str], reading: Reading, advance: Callable[[int], None] = lambda _: None
) -> Iterator[TicketEvent]:
    """Give the events of the files in their order; `advance` is told the bytes consumed on disk.

    Raises UnreadableFile.
    """
    for block in blocks(names):
        advance(block.consumed)

        def rejected(_: int, number: int, reason: str, name: str = block.name) -> None:
            reading.rejected.append((name, number, reason))

        for _, event in block.decoded(rejected):
            reading.lines += 1
            if event is not None:
                yield event


def blocks(names: Iterable[str], size: int = BLOCK) -> Iterator[Block]:
    """Give the files in their order as blocks of whole lines, of about `size` bytes.

    Raises UnreadableFile.
    """
    place = 0
    for name in names:
        number = 0
        with _opened(name) as raw:
            try:
                for data, consumed in _whole_lines(raw, size, on_disk=name != "-"):
                    yield Block(name, number, place, data, consumed)
                    lines = data.count(b"\n")
                    number, place = number + lines, place + lines
            except (OSError, EOFError, zlib.error) as fault:
                message = f"{name}: breaks off after line {number}: {fault}; fetch the file again"
                raise UnreadableFile(message) from fault
        place += 1  # the last line may have no end


def _whole_lines(
    raw: io.BufferedReader, size: int, *, on_disk: bool
) -> Iterator[tuple[bytes, int]]:
    """Cut a file at ends of lines; give the bytes, and how many were read for them on disk.

    It is read through gzip where its first bytes say so.
    """
    zipped = raw.peek(2)[:2] == GZIP
    file = gzip.GzipFile(fileobj=raw) if zipped else raw
    kept: list[bytes] = []
    before = 0
    while data := file.read(size):
        cut = data.rfind(b"\n") + 1
        if cut:
            at = raw.tell() if on_disk else 0
            yield b"".join((*kept, data[:cut])), at - before
            kept, before = [], at
        kept.append(data[cut:])
    if rest := b"".join(kept):
        yield rest, raw.tell() - before if on_disk else 0


@contextmanager
def _opened(name: str) -> Iterator[io.BufferedReader]:
    if name == "-":
        given: io.BufferedReader = io.BufferedReader(sys.stdin.buffer)  # type: ignore[arg-type]
        try:
            yield given
        finally:
            given.detach()
        return
    try:
        raw = Path(name).open("rb")  # noqa: SIM115 - closed below
    except OSError as fault:
        message = f"{name}: {fault.strerror}; name a file of ticket events, or - for standard input"
        raise UnreadableFile(message) from None
    with raw:
        yield raw

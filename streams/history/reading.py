"""Ticket events from files: NDJSON, gzipped or not, `-` for standard input.

A line that cannot be read is kept with its place and its reason; the rest goes on.
"""

from __future__ import annotations

import gzip
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from streams.sla.events import TicketEvent
from streams.wire.ticket_events import Rejected, decode

GZIP = b"\x1f\x8b"


class UnreadableFile(OSError):
    """A file that is not there, or breaks off; says which and why."""


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
    for name in names:
        with _opened(name) as (lines, raw):
            consumed = 0
            try:
                for number, line in enumerate(lines, 1):
                    text = line.strip()
                    if not text:
                        continue
                    reading.lines += 1
                    if reading.lines % 1_000 == 0 and raw is not None:
                        consumed, before = raw.tell(), consumed
                        advance(consumed - before)
                    try:
                        event = decode(text, keyed=False)
                    except Rejected as fault:
                        reading.rejected.append((name, number, f"{fault.reason}: {fault}"))
                        continue
                    if event is not None:
                        yield event
            except (OSError, EOFError) as fault:
                message = f"{name}: breaks off after line {reading.lines}: {fault}"
                raise UnreadableFile(message) from fault


@contextmanager
def _opened(name: str) -> Iterator[tuple[IO[bytes], IO[bytes] | None]]:
    """Open a file, through gzip where its first bytes say so; give it and the file on disk."""
    if name == "-":
        yield sys.stdin.buffer, None
        return
    try:
        raw = Path(name).open("rb")  # noqa: SIM115 - closed below
    except OSError as fault:
        message = f"{name}: {fault.strerror}; name a file of ticket events, or - for standard input"
        raise UnreadableFile(message) from None
    with raw:
        zipped = raw.peek(2)[:2] == GZIP
        yield (gzip.GzipFile(fileobj=raw) if zipped else raw), raw  # type: ignore[misc]

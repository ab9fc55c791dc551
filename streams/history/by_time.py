"""Lines by time, however many: sorted runs on disk, merged.

Decisions that bind this module:

- Memory holds one run of lines and one line of each run on disk, at most `wide` of them; beyond
  that the runs on disk are first merged into one.
- The order is stable: lines of the same instant keep the order they came in.
"""

from __future__ import annotations

from contextlib import ExitStack
from heapq import merge
from itertools import islice
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

RUN = 100_000
WIDE = 64


class Timed(NamedTuple):
    """A line without its line end, and its time in milliseconds UTC."""

    time: int
    line: bytes


def by_time(lines: Iterable[Timed], *, run: int = RUN, wide: int = WIDE) -> Iterator[bytes]:
    """Answer the lines ordered by time; holds about `run` of them in memory at once."""
    coming = (Timed(time, _trimmed(line)) for time, line in lines)
    with ExitStack() as files:
        runs: list[IO[bytes]] = []
        while batch := list(islice(coming, run)):
            batch.sort(key=_time)
            if not runs and len(batch) < run:
                yield from (timed.line for timed in batch)
                return
            if len(runs) == wide:
                runs = [_kept(files, _merged(runs))]
            runs.append(_kept(files, batch))
        yield from (timed.line for timed in _merged(runs))


def _trimmed(line: bytes) -> bytes:
    """Copy a line: orjson leaves 4 KB behind each of its results as long as that is kept."""
    return bytes(memoryview(line))


def _time(timed: Timed) -> int:
    return timed.time


def _merged(runs: list[IO[bytes]]) -> Iterator[Timed]:
    """Merge runs; each file is closed, and so gone, when it has been read."""
    return merge(*(_read(run) for run in runs), key=_time)


def _read(run: IO[bytes]) -> Iterator[Timed]:
    with run:
        for text in run:
            time, _, line = text.rstrip(b"\n").partition(b" ")
            yield Timed(int(time), line)


def _kept(files: ExitStack, batch: Iterable[Timed]) -> IO[bytes]:
    run = files.enter_context(TemporaryFile(prefix="sla-import-"))  # noqa: SIM115 - the stack closes it
    run.writelines(b"%d %b\n" % timed for timed in batch)
    run.seek(0)
    return run

"""What is said of a history, put into order: SLA events as lines, however many.

Decisions that bind this module:

- A line is headed by what it is ordered by, in digits of equal width: the instant, the place of its
  ticket, its number within the ticket. So lines are sorted and merged as they are, as bytes, and
  the order is the same however tickets were shared out.
- Memory holds one run of lines, and a line of each run on disk: of at most `WIDE`, beyond which
  they are first merged into fewer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from heapq import merge
from pathlib import Path
from tempfile import NamedTemporaryFile

from streams.history.buckets import room
from streams.history.replay import Replayed
from streams.sla.policy import PolicySet
from streams.wire.sla_events import encode

HEAD = b"%012x%010x%08x"
WIDTH = 30
RUN = 64 << 20
"""Bytes of lines that are held in memory."""

WIDE = 200


class Transcript:
    """Lines of the SLA events of some tickets; the runs on disk are in `folder`."""

    def __init__(
        self,
        _promises: Sequence[PolicySet],
        _until: int,
        *,
        folder: Path,
        arrival: bool = False,
        run: int = RUN,
    ) -> None:
        self.facts = 0
        self._folder, self._arrival, self._run = folder, arrival, run
        self._lines: list[bytes] = []
        self._size = 0
        self._runs: list[Path] = []

    def add(self, told: tuple[Replayed, ...]) -> None:
        """Take in a ticket. Raises NoRoom."""
        (one,) = told
        for number, (at, fact) in enumerate(one.facts):
            head = HEAD % (at if self._arrival else fact.time, one.place, number)
            self._take(b"%b%b\n" % (head, encode(fact, at)))
        self.facts += len(one.facts)

    def merge(self, other: Transcript) -> None:
        """Take over the lines of other tickets. Raises NoRoom."""
        self.facts += other.facts
        self._runs += other._runs
        for line in other._lines:
            self._take(line)

    def lines(self) -> Iterator[bytes]:
        """Give all lines in order, each with its end; the runs are gone then. Raises NoRoom."""
        self._lines.sort()
        while len(self._runs) > WIDE:
            starts = range(0, len(self._runs), WIDE)
            self._runs = [self._written(_merged(self._runs[at : at + WIDE])) for at in starts]
        return (line[WIDTH:] for line in merge(_merged(self._runs), self._lines))

    def __getstate__(self) -> dict[str, object]:
        """What goes to another process goes by way of the disk."""
        if self._lines:
            self._put_away()
        return self.__dict__

    def _take(self, line: bytes) -> None:
        self._lines.append(line)
        self._size += len(line)
        if self._size > self._run:
            self._put_away()

    def _put_away(self) -> None:
        self._lines.sort()
        self._runs.append(self._written(self._lines))
        self._lines, self._size = [], 0

    def _written(self, lines: Iterable[bytes]) -> Path:
        with room(self._folder):
            self._folder.mkdir(mode=0o700, exist_ok=True)
            with NamedTemporaryFile(dir=self._folder, delete=False) as file:
                file.writelines(lines)
        return Path(file.name)


def _merged(runs: Iterable[Path]) -> Iterator[bytes]:
    """Merge runs; their files are gone as soon as they are open."""
    with ExitStack() as held:
        files = []
        for path in runs:
            files.append(held.enter_context(path.open("rb")))
            path.unlink()
        yield from merge(*files)

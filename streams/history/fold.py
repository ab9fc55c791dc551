"""Histories of any length, folded: files in, a gathering out.

What is wanted of a history is a *gathering*: it takes in a ticket at a time, and two of them can be
put together. So the files are read once, each event into the bucket of its ticket on disk
(`shuffle`), and then buckets are folded, one at a time by each process.

Decisions that bind this module:

- Memory holds a bucket for each process, the gatherings, and the names of merged tickets, however
  long the history is. What is small is folded at once, without temporary files or processes.
- Tickets that merges connect are put aside when their buckets are folded, and folded last: what one
  hands on depends on all that is known of it (R20).
- What comes out does not depend on the number of buckets or processes. Gatherings are put together
  in the order of the buckets.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from streams.history.buckets import Buckets, workspace
from streams.history.families import families
from streams.history.folding import FoldBucket, Folding, Kin, Placed
from streams.history.gathering import Advance, Folded, G, Gathering, Stage, silent
from streams.history.pool import Pool, cores, pool
from streams.history.reading import Block, blocks
from streams.history.shuffle import Read, shuffle
from streams.sla.policy import PolicySet

__all__ = ["Folded", "Gathering", "Portions", "Stage", "fold", "silent"]

FOR_EACH_JOB = 8
"""Buckets for each process at the least, so that all have something to do until the end."""

MOST_BUCKETS = 4_096
UNKNOWN = 256
"""Buckets where nobody knows how much will come."""

KIN = 5_000
"""Merged tickets in a bucket, about."""


@dataclass(frozen=True, slots=True)
class Portions:
    """How much is held at a time, in bytes: `at_once` of lines is folded as it comes.

    Otherwise there is a bucket for so many bytes of lines; on disk they take half of that, decoded
    and folded some ten times as much. One that is twice as large is shared out once more.
    """

    at_once: int = 8 << 20
    bucket: int = 8 << 20

    def buckets(self, lines: int | None, jobs: int) -> int:
        """Say how many buckets there should be for so many bytes of lines, where that is known."""
        wanted = UNKNOWN if lines is None else -(-lines // self.bucket)
        return min(max(wanted, FOR_EACH_JOB * jobs), MOST_BUCKETS)


def fold(
    files: Sequence[str],
    promises: Sequence[PolicySet],
    gather: Callable[[Sequence[PolicySet], int], G],
    *,
    until: int | None = None,
    arrival: bool = False,
    jobs: int | None = None,
    stage: Stage = silent,
    portions: Portions | None = None,
) -> Folded[G]:
    """Fold the ticket events of files (NDJSON, gzipped or not, `-` for standard input).

    Each ticket is folded under each of the policy sets, and settled up to `until` (ms UTC), by
    default the last event's time. `gather` makes an empty gathering for the policy sets and the
    end; other processes call it too, so it is a function or class of a module. `jobs` is the number
    of processes, by default one for each core; with one we do the work ourselves. Raises
    UnreadableFile, NoRoom (for temporary files) and ProcessLost.
    """
    by = portions or Portions()
    jobs = cores() if jobs is None else jobs
    read, known, buckets = Read(), list[Placed](), None
    with ExitStack() as held:
        with stage("reading", _on_disk(files) or None) as advance:
            coming = _watched(blocks(files), advance)
            head = list(_up_to(coming, by.at_once))
            more = next(coming, None)
            if more is None:
                known = [one for block in head for one in read.take(block)]
            else:
                folder = held.enter_context(workspace())
                hands = held.enter_context(pool(jobs))
                count = by.buckets(_expected(head, files), jobs)
                buckets = Buckets(folder, "tickets", count)
                read = shuffle(chain(head, (more,), coming), buckets, hands)
        end = read.last if until is None else until
        how = Folding(tuple(promises), gather, end, arrival)
        done = how.nothing()
        done.lines, done.known, done.rejected = read.lines, read.known, read.rejected
        with stage("replaying", read.known) as advance:
            if buckets is None:
                how.take(done, known, advance)
            else:
                for part in _by_buckets(read, how, buckets, hands, by.bucket):
                    done.merge(part)
                    advance(part.known)
    return done


def _by_buckets(
    read: Read, how: Folding[G], buckets: Buckets, hands: Pool, largest: int
) -> Iterator[Folded[G]]:
    """Fold all buckets, then those of kin that were put aside on the way, which stay whole."""
    kin = _kin(read, buckets.folder)
    yield from hands.map(FoldBucket(how, kin, buckets.folder, largest), buckets.found())
    rest = FoldBucket(how, Kin(kin.buckets), buckets.folder, sys.maxsize)
    yield from hands.map(rest, kin.buckets.found())


def _kin(read: Read, folder: Path) -> Kin:
    """Say which tickets are to be put aside; a family is not torn apart."""
    heads = families(read.merges)
    buckets = Buckets(folder, "kin", 1 + len(heads) // KIN)
    return Kin(buckets, {ticket: buckets.number(head) for ticket, head in heads.items()})


def _on_disk(files: Iterable[str]) -> int:
    """Give the bytes of all files; pipes and what is not there have none."""
    return sum(Path(name).stat().st_size for name in files if Path(name).is_file())


def _watched(coming: Iterable[Block], advance: Advance) -> Iterator[Block]:
    for block in coming:
        advance(block.consumed)
        yield block


def _up_to(coming: Iterator[Block], size: int) -> Iterator[Block]:
    """Take blocks of so many bytes, or of a little more."""
    while size > 0 and (block := next(coming, None)) is not None:
        size -= len(block.data)
        yield block


def _expected(head: list[Block], files: Sequence[str]) -> int | None:
    """Say how many bytes of lines will come, by what came first; None where nobody knows."""
    consumed = sum(block.consumed for block in head)
    if not consumed or "-" in files:
        return None
    return _on_disk(files) * sum(len(block.data) for block in head) // consumed

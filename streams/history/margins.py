"""How much of their targets cycles had used, however many they are: exact, in bounded memory.

Beyond `KEPT` cycles they are on disk, unsorted. The value of a rank is found by counting: into how
many of some thousand equal parts of the range do values fall, and again within the part that holds
the rank, until what is left is few. Parts are told by the nearest floats, which keep the order of
what they stand for; what is left is compared exactly.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from tempfile import TemporaryFile, gettempdir
from typing import IO

from streams.history.buckets import room
from streams.sla.facts import share
from streams.sla.quality import MEDIAN, MOST, Margins, rank

KEPT = 1 << 16
"""Cycles that are held in memory, a megabyte; so many may also be compared one by one."""

PARTS = 4_096
NUMBER = array("q").itemsize
CHUNK = 1 << 16
"""Bytes that are read at a time; whole pairs."""

Pair = tuple[int, int]


class Used:
    """Cycles' elapsed and target, in active ms, two numbers a cycle."""

    def __init__(self, kept: int = KEPT) -> None:
        self._limit = kept
        self._kept = array("q")
        self._written = 0
        self._file: IO[bytes] | None = None

    def __len__(self) -> int:
        """Give the number of cycles."""
        return self._written + len(self._kept) // 2

    def extend(self, spent: array[int]) -> None:
        """Take more cycles in. Raises NoRoom."""
        self._kept.extend(spent)
        if len(self._kept) <= 2 * self._limit:
            return
        with room(gettempdir()):
            if self._file is None:
                self._file = TemporaryFile(prefix="sla-replay-")  # noqa: SIM115 - gone with us
            self._kept.tofile(self._file)
            self._file.flush()
        self._written += len(self._kept) // 2
        del self._kept[:]

    def margins(self) -> Margins:
        """Give what half of them, and most of them, did not exceed."""
        if not len(self):
            return Margins()
        median, most = (self._at(rank(len(self), part)) for part in (MEDIAN, MOST))
        return Margins(len(self), median, most)

    def close(self) -> None:
        """Let go of what is on disk; nothing is asked any more."""
        if self._file is not None:
            self._file.close()

    def _at(self, place: int) -> Fraction:
        """Give the value of a place, from 1, in ascending order."""
        low = min(map(_nearest, self._pairs()))
        high = max(map(_nearest, self._pairs()))
        left = len(self)
        while left > self._limit and low < high:
            which = _parting(low, high)
            parts = [_Part() for _ in range(PARTS)]
            for pair in self._pairs():
                value = _nearest(pair)
                if low <= value <= high:
                    parts[which(value)].add(value)
            for part in parts:
                if place <= part.count:
                    low, high, left = part.low, part.high, part.count
                    break
                place -= part.count
        return _counted((pair for pair in self._pairs() if low <= _nearest(pair) <= high), place)

    def _pairs(self) -> Iterator[Pair]:
        if self._file is not None:
            self._file.seek(0)
            while read := self._file.read(CHUNK):
                numbers = array("q", read)
                yield from zip(numbers[::2], numbers[1::2], strict=True)
        yield from zip(self._kept[::2], self._kept[1::2], strict=True)


class _Part:
    """The values that fall into a part of the range: how many, the least and the greatest."""

    __slots__ = ("count", "high", "low")

    def __init__(self) -> None:
        self.count, self.low, self.high = 0, float("inf"), float("-inf")

    def add(self, value: float) -> None:
        self.count += 1
        self.low, self.high = min(self.low, value), max(self.high, value)


def _nearest(pair: Pair) -> float:
    elapsed, target = pair
    return elapsed / target if target else float(elapsed > 0)


def _parting(low: float, high: float) -> Callable[[float], int]:
    """Part a range in equal parts; give what says of a value in which it is."""
    width = high - low
    return lambda value: min(int((value - low) / width * PARTS), PARTS - 1)


def _counted(pairs: Iterable[Pair], place: int) -> Fraction:
    """Give the value of a place among pairs, compared exactly."""
    counts = Counter(share(*pair) for pair in pairs)
    for value in sorted(counts):
        place -= counts[value]
        if place <= 0:
            return value
    raise AssertionError("a place beyond the last")

"""The windows of one year, as one sorted list: what makes a question to a schedule a search."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from streams.sla.rules import Spans


class Year:
    """The windows of a year of UTC, and the open ms before each; the last entry is all of them.

    It goes from `begin` up to `end` (ms UTC). `dates`: the ordinals of the year's local dates on
    which a window opens.
    """

    __slots__ = ("before", "begin", "dates", "end", "ends", "starts", "total")

    def __init__(self, begin: int, end: int, windows: Spans, dates: list[int]) -> None:
        self.begin, self.end = begin, end
        self.dates = dates
        self.starts = [opens for opens, _ in windows]
        self.ends = [closes for _, closes in windows]
        self.before = [0]
        for opens, closes in windows:
            self.before.append(self.before[-1] + closes - opens)
        self.total = self.before[-1]

    def open_until(self, instant: int) -> int:
        """Count the open ms of the year before an instant."""
        index = bisect_right(self.starts, instant) - 1
        if index < 0:
            return 0
        if instant >= self.ends[index]:
            return self.before[index + 1]
        return self.before[index] + instant - self.starts[index]

    def earliest(self, active: int) -> int:
        """Find the first instant with so many open ms before it; they are more than 0."""
        index = bisect_left(self.before, active) - 1
        return self.starts[index] + active - self.before[index]

    def is_open(self, instant: int) -> bool:
        """Say whether the instant lies in a window."""
        index = bisect_right(self.starts, instant) - 1
        return index >= 0 and instant < self.ends[index]

    def within(self, start: int, end: int) -> Spans:
        """Give the windows that touch [start, end), cut to it."""
        first, last = bisect_right(self.ends, start), bisect_left(self.starts, end)
        windows = zip(self.starts[first:last], self.ends[first:last], strict=True)
        return [(max(opens, start), min(closes, end)) for opens, closes in windows]

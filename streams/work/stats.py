"""Counters of the work, kept as plain numbers: whoever exports metrics reads them."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field


@dataclass
class Stats:
    """Totals since the process began; times in seconds unless the name ends in `_ms`."""

    records: int = 0  #: source records applied
    skipped: int = 0  #: source records delivered again and passed over
    units: int = 0
    commits: int = 0  #: rounds of the commit that had something to write
    transactions: int = 0  #: one per partition and round
    rows: int = 0  #: changelog records
    emitted: int = 0  #: output records
    restored_rows: int = 0  #: changelog records read back
    restore_seconds: float = 0.0
    recovery_remaining: int = 0  #: changelog offsets still to read in the restore under way
    rebalances: int = 0
    fenced: int = 0  #: producers of former owners that were fenced by acquiring their partitions
    aborted: int = 0  #: transactions of former owners that were open then, and aborted by that
    ticks: int = 0
    tick_ask_failures: int = 0
    #: Durations of the latest commits, oldest first, not yet taken by `take_commit_seconds`.
    _commit_seconds: deque[float] = field(default_factory=lambda: deque(maxlen=10_000))

    def committed(self, seconds: float, transactions: int) -> None:
        """Count one round of the commit that wrote `transactions` transactions in `seconds`."""
        self.commits += 1
        self.transactions += transactions
        self._commit_seconds.append(seconds)

    def take_commit_seconds(self) -> list[float]:
        """Return the durations of the commits since the last call, for a histogram."""
        taken = list(self._commit_seconds)
        self._commit_seconds.clear()
        return taken


@dataclass(frozen=True)
class PartitionStats:
    """One partition as seen from outside: positions are offsets, times milliseconds UTC."""

    number: int
    ready: bool
    position: int  #: offset after the last applied record, all source topics summed
    log_end: int  #: end of the log as last heard, same sum
    last_tick_ms: int | None
    rows: int  #: rows held, all tables
    uncommitted_seconds: float = 0.0  #: age of the oldest change that is not committed yet

    @property
    def lag(self) -> int:
        """Offsets (markers included) between the position and the log's end."""
        return max(0, self.log_end - self.position)

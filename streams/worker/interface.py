"""What the metrics and the HTTP side need of a worker: to look, never to touch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from prometheus_client import CollectorRegistry

from streams.sla.engine import Engine
from streams.sla.policy import PolicySet
from streams.sla.ticket import Ticket
from streams.work import PartitionStats, Readiness, Stats
from streams.worker.board import Board
from streams.worker.credits import CreditLedger
from streams.worker.ledger import Ledger
from streams.worker.meter import Meter
from streams.worker.paces import Paces


class Work(Protocol):
    """The work, as `work.App` shows it."""

    @property
    def clock(self) -> Callable[[], int]:
        """The clock that ticks read, in ms UTC."""

    @property
    def stats(self) -> Stats:
        """Totals since the start."""

    def partition_stats(self) -> Sequence[PartitionStats]:
        """Give the numbers of each partition held."""

    def readiness(self) -> Readiness:
        """Give (ready, state, reason)."""


class Worker(Protocol):
    """A worker, as the composition root puts it together."""

    @property
    def app(self) -> Work:
        """The work that it does."""

    @property
    def engine(self) -> Engine:
        """The rules, over every version of the policies that a ticket may run under."""

    @property
    def policies(self) -> PolicySet:
        """The policies that new tickets get."""

    @property
    def file_version(self) -> str:
        """The version of the policies file that it was started with."""

    @property
    def grace(self) -> int:
        """The ms by which ticks hold facts back (R7)."""

    @property
    def meter(self) -> Meter:
        """What is counted as it happens."""

    @property
    def registry(self) -> CollectorRegistry:
        """All metrics."""

    async def look(self) -> None:
        """Count the open clocks for the next collection of metrics; others may work meanwhile."""

    async def catch_up(self) -> None:
        """Have every ticket that was taken over on its board; others may work meanwhile."""

    def boards(self) -> Iterable[Board]:
        """Give the boards of the partitions held, whole."""

    @property
    def paces(self) -> Paces:
        """How long the schedules of the boards' clocks have been open."""

    def ledgers(self) -> Iterable[Ledger]:
        """Give the ledgers of the partitions held."""

    def credits(self) -> Iterable[CreditLedger]:
        """Give the credit ledgers of the partitions held."""

    def ticket(self, id_: str, /) -> Ticket | None:
        """Give a ticket of the partitions held; None where it is not here."""

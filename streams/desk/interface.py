"""What the desk needs of a worker: to look, never to touch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

from prometheus_client import CollectorRegistry

from streams.desk.board import Board, Name
from streams.desk.feed import Feed
from streams.desk.paces import Paces
from streams.sla.engine import Engine
from streams.sla.policy import PolicySet
from streams.sla.ticket import Ticket
from streams.work import PartitionStats, Readiness, Stats


class Held(NamedTuple):
    """A partition's board; `here` where this worker does its work."""

    partition: int
    board: Board
    here: bool


class Outcomes(Protocol):
    """Outcomes of the last 31 days, of some partition."""

    def outcomes(self, since: int) -> Iterator[tuple[Name, int, int]]:
        """Give names with how many were met and breached at or after an instant (ms UTC)."""


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


class Elsewhere(Protocol):
    """What the other workers have said, of the partitions that this one does not hold.

    It is read while somebody looks, and let go some time after.
    """

    @property
    def feed(self) -> Feed:
        """The warnings and breaches of all partitions, this worker's among them."""

    def wanted(self) -> None:
        """Say that somebody looks, now."""

    async def read(self, seconds: float) -> None:
        """Have everything read up to the present, or as far as that goes in so many seconds."""

    def boards(self) -> list[Held]:
        """Give the boards that have been read up to the present."""

    def ledgers(self) -> Iterable[Outcomes]:
        """Give their outcomes."""

    async def ticket(self, id_: str, /) -> Ticket | None:
        """Find a ticket with open clocks as it was committed last; None where it is not there."""


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
    def registry(self) -> CollectorRegistry:
        """All metrics."""

    @property
    def paces(self) -> Paces:
        """How long the schedules of the boards' clocks have been open."""

    @property
    def elsewhere(self) -> Elsewhere:
        """What the other workers have said."""

    @property
    def partitions(self) -> int:
        """How many partitions there are, whoever holds them."""

    @property
    def clock_rate(self) -> float:
        """How fast the worker's clock runs: 1 is that of the world."""

    async def look(self) -> None:
        """Count the open clocks for the next collection of metrics; others may work meanwhile."""

    async def catch_up(self) -> None:
        """Have every ticket that was taken over on its board; others may work meanwhile."""

    def held(self) -> list[Held]:
        """Give the boards of the partitions held, whole."""

    def ledgers(self) -> Iterable[Outcomes]:
        """Give the outcomes of the partitions held."""

    def ticket(self, id_: str, /) -> Ticket | None:
        """Give a ticket of the partitions held; None where it is not here."""

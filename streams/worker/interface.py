"""What the metrics need of a worker, beside what the desk looks at."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from streams.desk.board import Board
from streams.desk.interface import Work
from streams.desk.paces import Paces
from streams.sla.policy import PolicySet
from streams.worker.credits import CreditLedger
from streams.worker.ledger import Ledger
from streams.worker.meter import Meter


class Measured(Protocol):
    """A worker, as the composition root puts it together."""

    @property
    def app(self) -> Work:
        """The work that it does."""

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
    def paces(self) -> Paces:
        """How long the schedules of the boards' clocks have been open."""

    def boards(self) -> Iterable[Board]:
        """Give the boards of the partitions held, whole."""

    def ledgers(self) -> Iterable[Ledger]:
        """Give the ledgers of the partitions held."""

    def credits(self) -> Iterable[CreditLedger]:
        """Give the credit ledgers of the partitions held."""

"""The open clocks of a partition, as `sla-status` shows them: for triage, and for the gauges."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Status = dict[str, Any]


class Board:
    """Tickets with open clocks, by id."""

    def __init__(self) -> None:
        self._statuses: dict[str, Status] = {}

    def __len__(self) -> int:
        """Count the tickets."""
        return len(self._statuses)

    def __iter__(self) -> Iterator[Status]:
        """Give each ticket's status, in no order."""
        return iter(list(self._statuses.values()))

    def get(self, ticket: str) -> Status | None:
        """Give a ticket's status; None where it has no open clock here."""
        return self._statuses.get(ticket)

    def put(self, ticket: str, status: Status | None) -> None:
        """Set a ticket's status; None takes it off."""
        if status is None:
            self._statuses.pop(ticket, None)
        else:
            self._statuses[ticket] = status

"""Tickets that merges connect: they must be folded together (R20)."""

from __future__ import annotations

from collections.abc import Iterable


def families(merges: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Give of each ticket that was merged, or merged into, the one that stands for all of its kin.

    `merges`: tickets, and those that they were merged into, which may have been merged themselves.
    """
    above: dict[str, str] = {}

    def head(ticket: str) -> str:
        while (higher := above.setdefault(ticket, ticket)) != ticket:
            above[ticket] = above[higher]  # so that the way is shorter next time
            ticket = higher
        return ticket

    for ticket, into in merges:
        above[head(ticket)] = head(into)
    return {ticket: head(ticket) for ticket in above}

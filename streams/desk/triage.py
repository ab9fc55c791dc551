"""The list of triage: of all tickets with open clocks the ones that somebody must see to next.

It is worked out when somebody looks, over boards that may hold a million tickets, so in portions
between which the work goes on. A ticket that changes meanwhile is listed as it was or as it is.
Which filters a ticket passes hangs on what it is about and on its policies alone, so that is asked
once for each such group. The values that a filter can take are counted with the others applied.

Decisions: where deadlines are the same, the tier decides that stands first in the policies file,
whose order is that of its promises (R19), then the id. What is paused has no deadline and is last.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from heapq import nsmallest
from itertools import islice
from typing import Any, NamedTuple

from streams.desk.board import Board, Row
from streams.desk.interface import Held, Worker
from streams.desk.listed import listed
from streams.desk.paces import Opened
from streams.desk.query import FILTERS, Query
from streams.desk.subjects import NAMES, Subject
from streams.desk.urgency import NEVER, Urgency, urgency
from streams.sla.policy import PolicySet
from streams.wire.instant import show

Shown = dict[str, Any]

PORTION = 500
"""Tickets that are looked at between two units of work: a millisecond or two."""

MOST_VALUES = 50
"""Values of a filter that are counted out."""

TIER = NAMES.index("tier")


@dataclass(slots=True)
class Group:
    """Tickets about the same under the same policies; `passes` by filter that was asked for."""

    subject: Subject
    policies: frozenset[str]
    passes: dict[str, bool]
    wanted: bool
    tickets: int = 0

    def values(self, name: str) -> Iterable[str]:
        """Give what a filter looks at; empty is without any."""
        return self.policies if name == "policy" else (self.subject[NAMES.index(name)] or "",)


class Candidate(NamedTuple):
    """A ticket that may be listed, and its place in the order."""

    place: tuple[float, int, str]
    held: Held
    row: Row


@dataclass(slots=True)
class Look:
    """One look over all boards, as at `now` (ms UTC)."""

    query: Query
    now: int
    tiers: dict[str | None, int]
    total: int = 0
    matched: int = 0
    ahead: int = 0
    overdue: int = 0
    at_risk: int = 0
    best: list[Candidate] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)

    def take(
        self, held: Held, keys: Iterable[bytes], kin: dict[tuple[int, ...], Group], opened: Opened
    ) -> None:
        """Look at some of a board's tickets; `kin` are the groups by the board's own numbers."""
        board, found, text = held.board, self.best, self.query.text
        columns, most = board.columns, self.query.offset + self.query.limit
        # Whoever comes behind the last of those that are known already need not stand in line.
        last = found[-1].place[0] if len(found) == most else NEVER
        for row in board.look(keys):
            key, about, places = row
            if text and text not in key.decode().casefold():
                continue
            numbers = (about, *columns.name[places.start : places.stop])
            group = kin.get(numbers)
            if group is None:
                group = kin[numbers] = self._group(board, numbers)
            group.tickets += 1
            if not group.wanted:
                continue
            urgent = urgency(columns, places, opened, self.now)
            if (by := self._place(urgent)) is not None and by <= last:
                tier = self.tiers.get(group.subject[TIER], len(self.tiers))
                found.append(Candidate((by, tier, key.decode()), held, row))
        self.best = nsmallest(most, found, key=lambda one: one.place)

    def _group(self, board: Board, numbers: tuple[int, ...]) -> Group:
        subject = board.subjects.by_number[numbers[0]]
        policies = frozenset(board.names[number][0] for number in numbers[1:])
        group = Group(subject, policies, {}, wanted=True)
        group.passes = {
            name: not values.isdisjoint(group.values(name)) for name, values in self.query.filters
        }
        group.wanted = all(group.passes.values())
        self.groups.append(group)
        return group

    def _place(self, urgent: Urgency) -> float | None:
        """Count a ticket that passes the filters; None where `only` leaves it out."""
        self.matched += 1
        self.ahead += urgent.ahead < NEVER
        self.overdue += urgent.overdue
        self.at_risk += urgent.at_risk
        only, sort = self.query.only, self.query.sort
        if (only == "overdue" and not urgent.overdue) or (only == "at_risk" and not urgent.at_risk):
            return None
        if only == "ahead" and urgent.ahead == NEVER:
            return None
        if sort == "deadline":
            # Among what can still be kept, what was missed already does not decide.
            return urgent.ahead if only == "ahead" else urgent.nearest
        if sort == "remaining":
            return urgent.remaining
        return -urgent.used if sort == "used" else 0

    def facets(self) -> dict[str, list[tuple[str, int]]]:
        """Count the tickets by value of each filter, those that the other filters let through."""
        counts: dict[str, Counter[str]] = {name: Counter() for name in FILTERS}
        for group in self.groups:
            for name, count in counts.items():
                if all(passes for other, passes in group.passes.items() if other != name):
                    for value in group.values(name):
                        count[value] += group.tickets
        return {
            name: sorted(count.items(), key=lambda one: (-one[1], one[0]))[:MOST_VALUES]
            for name, count in counts.items()
        }


async def triage(worker: Worker, query: Query) -> Shown:
    """Answer a query over all boards; others may work meanwhile."""
    await worker.catch_up()
    now, boards = worker.app.clock(), all_boards(worker)
    look = Look(query, now, _tiers(worker.policies))
    for held in boards:
        look.total += len(held.board)
        keys, kin = iter(held.board), dict[tuple[int, ...], Group]()
        while portion := list(islice(keys, PORTION)):
            # Anew for each portion: there may be a schedule more by then.
            look.take(held, portion, kin, worker.paces.opened(now))
            await asyncio.sleep(0)
    opened, counting = worker.paces.opened(now), worker.paces.counting(now)
    tickets = (
        listed(held, row[0], now, opened, counting) for _, held, row in look.best[query.offset :]
    )
    return {
        "as_of": show(now),
        "clock_rate": worker.clock_rate,
        "total": look.total,
        "matched": look.matched,
        "ahead": look.ahead,
        "overdue": look.overdue,
        "at_risk": look.at_risk,
        "partitions": _partitions(worker, boards),
        "offset": query.offset,
        "limit": query.limit,
        "facets": look.facets(),
        "tickets": [one for one in tickets if one is not None],
    }


def all_boards(worker: Worker) -> list[Held]:
    """Give the boards of all partitions that can be seen, this worker's own first."""
    own = worker.held()
    here = {held.partition for held in own}
    return own + [held for held in worker.elsewhere.boards() if held.partition not in here]


def _partitions(worker: Worker, boards: Sequence[Held]) -> Shown:
    here = sum(held.here for held in boards)
    return {"all": worker.partitions, "here": here, "shown": len(boards)}


def _tiers(policies: PolicySet) -> dict[str | None, int]:
    """Give the place of each tier: that of the first policy which names it."""
    places: dict[str | None, int] = {}
    for place, policy in enumerate(policies.policies):
        for tier in policy.match.get("tier", ()):
            places.setdefault(str(tier), place)
    return places

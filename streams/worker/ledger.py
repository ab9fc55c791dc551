"""The ledger of a partition: every outcome of the last 31 days, exact and crash-proof.

It is a table beside the tickets' one, so it commits in the same transaction as the facts that it
counts, and is restored with them: after a crash or a rebalance the rate is what it was. A row holds
the outcomes of one policy, kind and metric in one hour: [ms within the hour, met, breached]. An
hour with more of them than one row should hold goes on in the next, whose key has a number more:
each commit writes a row as a whole, and no record may be larger than the log allows.

Resolved tickets stand in it too, under a name that no policy can have, each at the instant when it
was solved (R27). What is said of one changes when it is reopened, or a late event arrives; then the
entry is taken back at the instant where it stood, so that no window sees half of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import orjson

from streams.sla.compliance import outcome
from streams.sla.facts import Fact

HOUR = 3_600_000
KEPT = 31 * 24 * HOUR
"""How long outcomes are kept, in ms: the longest window (30 days) and a day."""

FULL = 500
"""Outcomes in a row. A row of a former release may have more; it is left as it is."""

Name = tuple[str, str, str]
TICKETS: Name = ("", "", "tickets")
"""In a policy's place: what is met and breached are tickets."""

Resolution = tuple[int, bool] | None
"""When a ticket was resolved (ms UTC), and whether with all its SLA clocks met."""

Hour = tuple[Name, int]
Entries = list[list[int]]


def encode(entries: Entries) -> bytes:
    """Write a row."""
    return orjson.dumps(entries)


def decode(row: bytes) -> Entries:
    """Read a row."""
    entries: Entries = orjson.loads(row)
    return entries


class Ledger:
    """Outcomes by policy, kind and metric; `write(key, entries)` keeps a row, None deletes it."""

    def __init__(self, write: Callable[[bytes, Entries | None], None]) -> None:
        self._write = write
        self._hours: dict[Hour, list[Entries]] = {}
        self._looked: int | None = None

    def restore(self, key: bytes, entries: Entries) -> None:
        """Take a row up as it was."""
        policy, kind, metric, hour, *number = orjson.loads(key)
        rows = self._hours.setdefault(((policy, kind, metric), hour), [])
        place = number[0] if number else 0
        rows += [[] for _ in range(place + 1 - len(rows))]
        rows[place] = entries

    def add(self, fact: Fact, now: int) -> None:
        """Count a fact at its own time (R26), unless it is older than what is kept."""
        met, breached = outcome(fact)
        if (met, breached) != (0, 0):
            self._put(fact.counted_under, (fact.time, met, breached), now)

    def resolve(self, before: Resolution, after: Resolution, now: int) -> None:
        """Count a ticket as it is resolved `after` a change, no more as it was `before` (R27)."""
        if before == after:
            return
        for sign, resolution in ((-1, before), (1, after)):
            if resolution is not None:
                at, met = resolution
                self._put(TICKETS, (at, sign * met, sign * (not met)), now)

    def _put(self, name: Name, entry: tuple[int, int, int], now: int) -> None:
        """Add (ms UTC, met, breached) to what is counted under a name."""
        time, met, breached = entry
        if time < now - KEPT:
            return
        hour, ms = divmod(time, HOUR)
        rows = self._hours.setdefault((name, hour), [[]])
        if len(rows[-1]) >= FULL:
            rows.append([])
        rows[-1].append([ms, met, breached])
        self._write(_key(name, hour, len(rows) - 1), rows[-1])

    def forget(self, now: int) -> None:
        """Drop the hours that no window reaches any more."""
        # Ticks ask many times a second; the answer changes once an hour, just after it is full.
        hour = (now - 1) // HOUR
        if hour == self._looked:
            return
        self._looked = hour
        for name, hour in [key for key in self._hours if (key[1] + 1) * HOUR < now - KEPT]:
            for number in range(len(self._hours.pop((name, hour)))):
                self._write(_key(name, hour, number), None)

    def outcomes(self, since: int) -> Iterator[tuple[Name, int, int]]:
        """Give (policy, kind, metric), met and breached of the outcomes at or after an instant."""
        return (one for one in self._since(since) if one[0] != TICKETS)

    def tickets(self, since: int) -> tuple[int, int]:
        """Count the tickets that were resolved at or after an instant: met, and missed (R27)."""
        found = [one for one in self._since(since) if one[0] == TICKETS]
        return sum(met for _, met, _ in found), sum(missed for _, _, missed in found)

    def _since(self, since: int) -> Iterator[tuple[Name, int, int]]:
        for (name, hour), rows in self._hours.items():
            if (hour + 1) * HOUR <= since:
                continue
            begins = since - hour * HOUR
            known = [entry for entries in rows for entry in entries if entry[0] >= begins]
            yield name, sum(entry[1] for entry in known), sum(entry[2] for entry in known)


def _key(name: Name, hour: int, number: int) -> bytes:
    """Name a row: the first of an hour as a release wrote it that knew no others."""
    return orjson.dumps([*name, hour, *([number] if number else [])])

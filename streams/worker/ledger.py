"""The ledger of a partition: every outcome of the last 31 days, exact and crash-proof.

It is a table beside the tickets' one, so it commits in the same transaction as the facts that it
counts, and is restored with them: after a crash or a rebalance the rate is what it was. A row holds
the outcomes of one policy, kind and metric in one hour: [ms within the hour, met, breached].
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import orjson

from streams.sla.compliance import outcome
from streams.sla.facts import Fact

HOUR = 3_600_000
KEPT = 31 * 24 * HOUR
"""How long outcomes are kept, in ms: the longest window (30 days) and a day."""

Name = tuple[str, str, str]
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
        self._hours: dict[tuple[Name, int], Entries] = {}
        self._looked: int | None = None

    def restore(self, key: bytes, entries: Entries) -> None:
        """Take a row up as it was."""
        *name, hour = _name(key)
        self._hours[(name[0], name[1], name[2]), hour] = entries

    def add(self, fact: Fact, now: int) -> None:
        """Count a fact at its own time (R26), unless it is older than what is kept."""
        met, breached = outcome(fact)
        if (met, breached) == (0, 0) or fact.time < now - KEPT:
            return
        hour, ms = divmod(fact.time, HOUR)
        name = fact.counted_under
        entries = self._hours.setdefault((name, hour), [])
        entries.append([ms, met, breached])
        self._write(_key(name, hour), entries)

    def forget(self, now: int) -> None:
        """Drop the hours that no window reaches any more."""
        # Ticks ask many times a second; the answer changes once an hour, just after it is full.
        hour = (now - 1) // HOUR
        if hour == self._looked:
            return
        self._looked = hour
        for name, hour in [key for key in self._hours if (key[1] + 1) * HOUR < now - KEPT]:
            del self._hours[name, hour]
            self._write(_key(name, hour), None)

    def outcomes(self, since: int) -> Iterator[tuple[Name, int, int]]:
        """Give (policy, kind, metric), met and breached of the outcomes at or after an instant."""
        for (name, hour), entries in self._hours.items():
            if (hour + 1) * HOUR <= since:
                continue
            known = [entry for entry in entries if hour * HOUR + entry[0] >= since]
            yield name, sum(entry[1] for entry in known), sum(entry[2] for entry in known)


def _key(name: Name, hour: int) -> bytes:
    return orjson.dumps([*name, hour])


def _name(key: bytes) -> tuple[Any, ...]:
    return tuple(orjson.loads(key))

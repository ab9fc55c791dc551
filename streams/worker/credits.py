"""The credit ledger of a partition: what its cycles add to the accounts' months (R31).

Its rows stand in the ledger's table beside those of the hours, and commit with the facts that they
count: {"account", "month"} → [[met, breached, numerator, denominator]], the latter the shares of
the fee that lateness has earned. Sums, not entries: what is taken back leaves the very month in
which it was counted. Only a partition's part of a month is here, so nothing is judged here either:
the rate, and what it earns, is that of all partitions together.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import orjson

from streams.sla.credits import Month, PolicyOf, entry
from streams.sla.facts import Fact
from streams.wire.instant import show
from streams.worker.ledger import HOUR, Entries

MONTHS = 14
"""How many calendar months are kept: the present one, a year of invoices, and one to argue in."""

Name = tuple[str, str]
"""Account and month."""


class CreditLedger:
    """Months by account; `write(key, entries)` keeps a row, None deletes it."""

    def __init__(self, write: Callable[[bytes, Entries | None], None], policy_of: PolicyOf) -> None:
        self._write = write
        self._policy_of = policy_of
        self._months: dict[Name, Month] = {}
        self._looked: int | None = None

    @staticmethod
    def owns(key: bytes) -> bool:
        """Whether a row of the ledger's table is one of these: an object, not a list."""
        return key.startswith(b"{")

    def restore(self, key: bytes, entries: Entries) -> None:
        """Take a row up as it was."""
        name = orjson.loads(key)
        ((met, breached, numerator, denominator),) = entries
        month = Month(met, breached, Fraction(numerator, denominator))
        self._months[name["account"], name["month"]] = month

    def add(self, fact: Fact, now: int) -> None:
        """Count a fact in its account's month, unless that is older than what is kept."""
        one = entry(fact, self._policy_of)
        if one is None or _number(one.month) < _oldest(now):
            return
        name = one.account, one.month
        month = self._months.setdefault(name, Month())
        month.add(one)
        late = month.late.as_integer_ratio()
        self._write(_key(name), [[month.met, month.breached, *late]])

    def forget(self, now: int) -> None:
        """Drop the months that are no longer kept."""
        # Ticks ask many times a second; the answer can only change with the hour.
        if now // HOUR == self._looked:
            return
        self._looked = now // HOUR
        oldest = _oldest(now)
        for name in [name for name in self._months if _number(name[1]) < oldest]:
            del self._months[name]
            self._write(_key(name), None)

    def month(self, account: str, month: str) -> Month:
        """Give what this partition has of an account's month."""
        return self._months.get((account, month), Month())


def before(month: str) -> str:
    """Name the month before a month."""
    year, number = divmod(_number(month) - 1, 12)
    return f"{year:04}-{number + 1:02}"


def _number(month: str) -> int:
    """Number the months without a gap."""
    return int(month[:4]) * 12 + int(month[5:]) - 1


def _oldest(now: int) -> int:
    return _number(show(now)[:7]) - MONTHS + 1


def _key(name: Name) -> bytes:
    return orjson.dumps({"account": name[0], "month": name[1]})

"""The credit ledger of a partition: accounts' months, kept with the facts that they count (R31)."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import orjson
import pytest

from streams.sla.credits import Month
from streams.sla.engine import Engine
from streams.sla.facts import Fact
from streams.wire.instant import parse
from streams.worker import ledger as rows_of
from streams.worker.credits import MONTHS, CreditLedger, before
from streams.worker.ledger import Entries, Ledger
from tests.sla.test_facts import facts
from tests.sla.test_properties import POLICIES

ENGINE = Engine(POLICIES)
NOW = parse("2026-04-02T00:00:00Z")
FACTS = facts()
BREACH = next(fact for fact in FACTS if fact.type == "breached")
LATE = next(fact for fact in FACTS if fact.type == "credited")
MARCH = "2026-03"


class Kept:
    """A ledger and its rows at rest."""

    def __init__(self) -> None:
        """Begin empty."""
        self.rows: dict[bytes, bytes] = {}
        self.ledger = CreditLedger(self.write, ENGINE.policy)

    def write(self, key: bytes, entries: Entries | None) -> None:
        """Keep a row as the table does."""
        if entries is None:
            del self.rows[key]
        else:
            self.rows[key] = rows_of.encode(entries)

    def restored(self) -> CreditLedger:
        """Give a ledger of another process, made of the rows."""
        again = CreditLedger(self.write, ENGINE.policy)
        for key, row in self.rows.items():
            assert CreditLedger.owns(key)
            again.restore(key, rows_of.decode(row))
        return again


def dated(fact: Fact, month: str) -> Fact:
    """Give a fact that counts in another month."""
    assert fact.credit is not None
    return replace(fact, credit=replace(fact.credit, month=month))


def test_a_month_is_the_sum_of_its_facts_and_is_restored_as_it_was() -> None:
    """R31: after a crash nothing is lost, and nothing is counted twice."""
    kept = Kept()
    for fact in FACTS:
        kept.ledger.add(fact, NOW)
    month = Month(breached=2, late=Fraction(5, 100))
    assert kept.ledger.month("acme", MARCH) == month
    again = kept.restored()
    assert again.month("acme", MARCH) == month
    again.add(replace(LATE, ticket="u"), NOW)
    assert again.month("acme", MARCH).late == Fraction(7, 100)
    assert kept.restored().month("acme", MARCH) == again.month("acme", MARCH)
    assert again.month("acme", "2026-04") == again.month("globex", MARCH) == Month()


def test_what_is_taken_back_leaves_its_own_month() -> None:
    """R7, R31: whenever that is."""
    kept = Kept()
    for fact in (BREACH, LATE):
        kept.ledger.add(fact, NOW)
    for fact in (BREACH, LATE):
        kept.ledger.add(fact.taken_back(NOW), NOW)
    assert kept.ledger.month("acme", MARCH) == Month()
    assert len(kept.rows) == 1


def test_rows_of_months_and_of_hours_share_a_table_and_never_a_key() -> None:
    """R26, R31: whatever policies and accounts are called."""
    kept = Kept()
    hours: dict[bytes, Entries | None] = {}
    account = '["acme","sla","first_response",1]'
    assert BREACH.credit is not None
    contract = replace(BREACH.credit.contract, account=account)
    odd = replace(
        BREACH, policy='{"account":"acme"}', credit=replace(BREACH.credit, contract=contract)
    )
    for fact in (BREACH, odd):
        kept.ledger.add(fact, NOW)
        Ledger(hours.__setitem__).add(fact, NOW)
    assert len(kept.rows) == len(hours) == 2
    assert not any(CreditLedger.owns(key) for key in hours)
    assert kept.restored().month(account, MARCH) == Month(breached=1)


def test_months_are_kept_for_fourteen_and_then_dropped() -> None:
    """R31: the row goes with the month."""
    kept = Kept()
    kept.ledger.add(BREACH, NOW)
    last = parse("2027-04-30T23:59:59.999Z")
    kept.ledger.forget(last)
    assert kept.ledger.month("acme", MARCH).breached == 1
    kept.ledger.forget(last + 1)
    assert kept.ledger.month("acme", MARCH) == Month()
    assert kept.rows == {}
    assert MONTHS == 14


def test_a_fact_of_a_month_that_is_no_longer_kept_is_not_taken_up() -> None:
    """R31: nor what takes it back, or the month would owe less than nothing."""
    kept = Kept()
    for month, taken in (("2025-02", 0), ("2025-03", 1)):
        kept.ledger.add(dated(BREACH, month), NOW)
        assert kept.ledger.month("acme", month).breached == taken
    kept.ledger.add(dated(BREACH, "2025-02").taken_back(NOW), NOW)
    assert [orjson.loads(key)["month"] for key in kept.rows] == ["2025-03"]


def test_months_are_looked_through_once_an_hour() -> None:
    """Ticks come many times a second."""
    kept = Kept()
    late = parse("2027-05-01T00:00:00Z")
    kept.ledger.forget(late)
    kept.ledger.add(BREACH, NOW)
    kept.ledger.forget(late + rows_of.HOUR - 1)
    assert len(kept.rows) == 1
    kept.ledger.forget(late + rows_of.HOUR)
    assert kept.rows == {}


@pytest.mark.parametrize(("month", "earlier"), [("2026-03", "2026-02"), ("2026-01", "2025-12")])
def test_the_month_before(month: str, earlier: str) -> None:
    """Over the year, too."""
    assert before(month) == earlier

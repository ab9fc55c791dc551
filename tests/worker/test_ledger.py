"""The ledger of a partition: outcomes by hour, as long as a window reaches them."""

from __future__ import annotations

from dataclasses import replace

from streams.worker.ledger import FULL, HOUR, KEPT, Entries, Ledger
from tests.sla.test_facts import facts

BREACH = next(fact for fact in facts() if fact.type == "breached")


def test_outcomes_are_dropped_once_no_window_reaches_their_hour() -> None:
    """R26: not a millisecond before the hour is out of reach, and the row goes with it."""
    rows: dict[bytes, Entries | None] = {}
    ledger = Ledger(rows.__setitem__)
    now = 500_000 * HOUR + 5
    ledger.add(replace(BREACH, time=now), now)
    ledger.add(replace(BREACH, time=now + HOUR), now + HOUR)
    assert [breached for _, _, breached in ledger.outcomes(0)] == [1, 1]
    full = 500_001 * HOUR + KEPT
    for at in (now, now + HOUR, full - 1, full):
        ledger.forget(at)
        assert len(list(ledger.outcomes(0))) == 2
    ledger.forget(full + 1)
    assert [breached for _, _, breached in ledger.outcomes(0)] == [1]
    assert sorted(rows.values(), key=str) == [None, [[5, 0, 1]]]


def test_an_outcome_older_than_what_is_kept_is_not_taken_up() -> None:
    """A replay of years of history does not fill the ledger."""
    rows: dict[bytes, Entries | None] = {}
    ledger = Ledger(rows.__setitem__)
    ledger.add(replace(BREACH, time=0), KEPT + 1)
    assert rows == {}
    ledger.add(replace(BREACH, time=0), KEPT)
    assert list(rows.values()) == [[[0, 0, 1]]]


def test_a_window_begins_at_its_instant_not_at_its_hour() -> None:
    """The rate is exact: what happened a millisecond before is out, what happened at it is in."""
    ledger = Ledger(lambda _key, _entries: None)
    for time in (HOUR + 9, HOUR + 10, HOUR + 11):
        ledger.add(replace(BREACH, time=time), HOUR + 20)
    assert [breached for _, _, breached in ledger.outcomes(HOUR + 10)] == [2]


def test_an_hour_of_many_outcomes_lies_in_several_rows() -> None:
    """Each commit writes a row as a whole, and 60,000 outcomes in one would end the worker."""
    rows: dict[bytes, Entries | None] = {}
    ledger = Ledger(rows.__setitem__)
    many = 3 * FULL + 1
    for ms in range(many):
        ledger.add(replace(BREACH, time=500_000 * HOUR + ms), 500_000 * HOUR + ms)
    kept = {key: list(entries or ()) for key, entries in rows.items()}
    assert [len(entries) for entries in kept.values()] == [FULL, FULL, FULL, 1]
    assert [breached for _, _, breached in ledger.outcomes(500_000 * HOUR + 7)] == [many - 7]

    again = Ledger(rows.__setitem__)
    for key in reversed(kept):  # rows come back in the order of their last change
        again.restore(key, kept[key])
    assert [breached for _, _, breached in again.outcomes(500_000 * HOUR + 7)] == [many - 7]
    again.add(replace(BREACH, time=500_000 * HOUR + many), 500_000 * HOUR + many)
    assert len(rows[list(kept)[-1]] or ()) == 2
    again.forget(500_001 * HOUR + KEPT + 1)
    assert list(rows.values()) == [None] * 4
    assert not list(again.outcomes(0))


def test_a_ticket_is_counted_where_it_was_solved_and_taken_back_there() -> None:
    """R27: what is said of it changes; no window sees half of it, and cycles are apart."""
    rows: dict[bytes, Entries | None] = {}
    ledger = Ledger(rows.__setitem__)
    solved, now = 500_000 * HOUR + 7, 500_002 * HOUR
    ledger.add(replace(BREACH, time=solved), now)
    ledger.resolve(None, (solved, True), now)
    ledger.resolve((solved, True), (solved, True), now)
    assert ledger.tickets(solved) == (1, 0)
    ledger.resolve((solved, True), (solved, False), now)
    for since, counted in ((solved, (0, 1)), (solved + 1, (0, 0))):
        assert ledger.tickets(since) == counted
    ledger.resolve((solved, False), None, now + HOUR)
    assert ledger.tickets(0) == (0, 0)
    assert [entry for entries in rows.values() for entry in entries or ()] == [
        *([7, 0, 1], [7, 1, 0], [7, -1, 0], [7, 0, 1], [7, 0, -1])
    ]
    again = Ledger(rows.__setitem__)
    for key, entries in rows.items():
        again.restore(key, entries or [])
    again.resolve(None, (solved, False), now)
    assert again.tickets(solved) == (0, 1)
    assert [breached for _, _, breached in again.outcomes(0)] == [1]
    again.resolve(None, (now - KEPT - 1, True), now)
    assert again.tickets(0) == (0, 1)
    again.forget(500_001 * HOUR + KEPT + 1)
    assert again.tickets(0) == (0, 0)
    assert list(rows.values()) == [None, None]

"""Rows: the state at rest."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import orjson
import pytest
from hypothesis import given

from streams.sla.engine import Engine
from streams.sla.events import Changed, Created, Deleted, Merged, TicketEvent
from streams.sla.ticket import Forgotten, Ticket
from streams.wire import row
from tests.sla.test_engine import CREATED, START
from tests.sla.test_properties import MINUTE, POLICIES, histories


@given(histories(tiers=True, distinct=False))
def test_a_ticket_reads_back_as_it_was(events: list[TicketEvent]) -> None:
    """Whatever has happened to it, and the row's due is the ticket's."""
    engine = Engine(POLICIES)
    ticket = None
    for event in reversed(events):
        ticket, _ = engine.apply(ticket, event)
        packed = row.encode(ticket)
        assert row.decode(packed, engine) == ticket
        assert orjson.loads(packed)["due"] == ticket.due


@given(histories(tiers=True))
def test_what_a_row_does_not_tell_of_outcomes_its_clocks_show(events: list[TicketEvent]) -> None:
    """R27: rows of earlier releases count what their clocks' last cycles came to."""
    engine, ticket = Engine(POLICIES), None
    for event in events:
        ticket, _ = engine.apply(ticket, event)
    assert ticket is not None
    packed = orjson.loads(row.encode(ticket))
    packed.pop("k", None)
    old = row.decode(orjson.dumps(packed), engine)
    assert isinstance(old, Ticket)
    assert old.story.solved_at is None
    sla = [clock for clock in ticket.clocks.values() if clock.kind == "sla"]
    if all(clock.cycle == 1 for clock in sla):
        assert old.outcomes == ticket.outcomes
    else:
        assert old.outcomes.breached <= ticket.outcomes.breached


@pytest.mark.parametrize(
    "end", [Merged("t", START + MINUTE, 1, "u"), Deleted("t", START + MINUTE, 1, "spam")]
)
def test_every_type_of_event_is_kept(end: TicketEvent) -> None:
    """The history is what late events are folded into."""
    engine = Engine(POLICIES)
    ticket, _ = engine.apply(
        None, replace(CREATED, attributes={**CREATED.attributes, "tags": ("a", 1)})
    )
    ticket, _ = engine.apply(ticket, end)
    assert row.decode(row.encode(ticket), engine) == ticket


def test_a_typical_open_ticket_takes_a_few_hundred_bytes() -> None:
    """The changelog is the price of a commit."""
    ticket, _ = Engine(POLICIES).apply(None, CREATED)
    assert len(row.encode(ticket)) < 700


def test_rows_that_this_release_cannot_read_are_refused_in_words() -> None:
    """An older worker must not guess at a newer row, nor at policies that it was not given."""
    engine = Engine(POLICIES)
    ticket, _ = engine.apply(None, CREATED)
    packed = orjson.loads(row.encode(ticket))
    with pytest.raises(row.UnreadableRow, match="state version 99"):
        row.decode(orjson.dumps({**packed, "v": 99}), engine)
    with pytest.raises(row.UnreadableRow, match="'test' is not among those known"):
        row.decode(row.encode(ticket), Engine(replace(POLICIES, version="other")))
    with pytest.raises(row.UnreadableRow, match="not an event of a row"):
        row.decode(orjson.dumps({**packed, "e": [["?", 1]]}), engine)
    with pytest.raises(row.UnreadableRow, match="cannot be read: 's'"):
        row.decode(orjson.dumps({k: v for k, v in packed.items() if k != "s"}), engine)


def test_what_is_left_of_a_forgotten_ticket_takes_a_few_bytes() -> None:
    """That it was here: a later event must not begin it anew under ids that are spent (R8)."""
    left = Forgotten('a "ticket"', START)
    packed = row.encode(left)
    assert row.decode(packed, Engine(POLICIES)) == left
    assert orjson.loads(packed)["due"] is None
    assert len(packed) < 70


def test_what_a_cycle_has_earned_is_kept() -> None:
    """R31: or a restart would let it earn twice."""
    engine = Engine(POLICIES)
    ticket, _ = engine.apply(None, replace(CREATED, attributes={"tier": "vip"}))
    earned = [fact for fact in engine.settle(ticket, START + 200 * MINUTE) if fact.credit]
    again = row.decode(row.encode(ticket), engine)
    assert isinstance(again, Ticket)
    shares = {clock.metric: clock.earned for clock in again.clocks.values()}
    assert shares["first_response"] == Fraction(5, 100)
    assert shares["total_resolution"] == Fraction(2, 100)
    more = [fact for fact in engine.settle(again, START + 9_999 * MINUTE) if fact.credit]
    assert {fact.id for fact in earned}.isdisjoint(fact.id for fact in more)


def test_a_row_from_before_credits_earns_what_is_due_from_then_on() -> None:
    """R31: it names no share, and its due is that of the next warning or of none."""
    engine = Engine(POLICIES)
    ticket, _ = engine.apply(None, replace(CREATED, attributes={"tier": "vip"}))
    engine.settle(ticket, START + 20 * MINUTE)
    packed = orjson.loads(row.encode(ticket))
    (response,) = (clock for clock in packed["c"] if clock[1] == "first_response")
    assert response.pop() == [0, 1]
    response[13] = None  # due: the breach was the last step
    old = row.decode(orjson.dumps(packed), engine)
    assert old == ticket
    said = [fact.id for fact in engine.settle(old, START + 999 * MINUTE)]
    assert "t:sla:first_response:1:0:credited:late:30m" in said
    assert said == [fact.id for fact in engine.settle(ticket, START + 999 * MINUTE)]


def test_what_a_cycle_has_earned_is_kept_where_no_contract_holds_for_a_while() -> None:
    """R31: or it would earn the same line twice."""
    free = replace(POLICIES.policies[0], name="free", contract=None)
    free = replace(free, match={"tier": frozenset({"free"})})
    engine = Engine(replace(POLICIES, policies=(*POLICIES.policies, free)))
    ticket, _ = engine.apply(None, replace(CREATED, attributes={"tier": "vip"}))
    engine.settle(ticket, START + 50 * MINUTE)
    ticket, _ = engine.apply(ticket, Changed("t", START + 50 * MINUTE, 1, {"tier": "free"}))
    again = row.decode(row.encode(ticket), engine)
    assert again == ticket
    assert isinstance(again, Ticket)
    _, facts = engine.apply(again, Changed("t", START + 60 * MINUTE, 2, {"tier": "vip"}))
    assert [fact for fact in facts if fact.type == "credited"] == []


def test_a_creation_whose_attributes_only_equal_the_tickets_keeps_its_own() -> None:
    """R8, R19: 1 and True are equal, but a filter tells them apart."""
    engine = Engine(POLICIES)
    ticket, _ = engine.apply(None, Created("a", 1_000, 1, {"tier": "standard", "vip": 1}))
    assert b'"c",1000,1,0' in row.encode(ticket)
    ticket, _ = engine.apply(ticket, Changed("a", 2_000, 2, {"vip": True}))
    again = row.decode(row.encode(ticket), engine)
    assert isinstance(again, Ticket)
    created, changed = again.history
    assert isinstance(created, Created)
    assert isinstance(changed, Changed)
    assert created.attributes["vip"] is not True
    assert changed.attributes["vip"] is True

"""What the scenarios and properties do not reach: refusals, versions, matching."""

from __future__ import annotations

from dataclasses import replace

import pytest

from streams.sla.engine import Engine, TooLate
from streams.sla.events import Changed, Created, Deleted, Merged, Messaged
from streams.sla.ticket import HISTORY_LIMIT
from streams.sla.versions import UnknownVersion
from tests.sla.test_properties import MINUTE, POLICIES, STARTS

START = STARTS[0]
CREATED = Created("t", START, 0, {"tier": "standard", "status": "open"})


def test_an_event_older_than_the_kept_history_is_refused_and_changes_nothing() -> None:
    """R7: it cannot be told where it belongs, so nobody guesses."""
    engine = Engine(POLICIES)
    ticket, _ = engine.apply(None, CREATED)
    said = [
        Changed("t", START + key * MINUTE, key, {"tags": ("x",)})
        for key in range(1, HISTORY_LIMIT + 10)
    ]
    for event in said:
        ticket, _ = engine.apply(ticket, event)
    assert ticket.base is not None
    before = ticket.copy()
    with pytest.raises(TooLate, match="older than the ticket's kept history"):
        engine.apply(ticket, Messaged("t", START + MINUTE, 9_999, "agent"))
    assert ticket == before
    # What was folded in last is known by its place alone: it must not be folded in again.
    last = next(event for event in reversed(said) if event.time == ticket.base.newest[0])
    with pytest.raises(TooLate):
        engine.apply(ticket, last)
    assert ticket == before


def test_a_policy_that_comes_late_counts_from_the_start_beyond_the_kept_history() -> None:
    """R9: what was folded into the base still counts."""
    engine = Engine(POLICIES)
    ticket, facts = engine.apply(None, replace(CREATED, attributes={"status": "open"}))
    assert facts == []
    for key in range(1, HISTORY_LIMIT + 10):
        ticket, _ = engine.apply(ticket, Changed("t", START + key, key, {"tags": ("x",)}))
    assert ticket.base is not None
    ticket, facts = engine.apply(ticket, Changed("t", START + 20 * MINUTE, 5_000, {"tier": "vip"}))
    said = [(fact.metric, fact.type, fact.reason) for fact in facts]
    assert ("first_response", "breached", "policy_applied") in said
    assert all(fact.elapsed == 20 * MINUTE for fact in facts)


def test_a_ticket_runs_under_the_version_that_it_started_with() -> None:
    """R18: a new file changes nothing for it; a version that nobody knows is refused in words."""
    engine = Engine(POLICIES)
    ticket, _ = engine.apply(None, CREATED)
    newer = replace(POLICIES, version="newer", policies=())
    ticket, facts = Engine(newer, {"test": POLICIES}).apply(
        ticket, Messaged("t", START + MINUTE, 1, "agent")
    )
    assert [(fact.type, fact.version) for fact in facts] == [("fulfilled", "test")]
    with pytest.raises(UnknownVersion, match="'test' is not among those known: newer"):
        Engine(newer).apply(ticket, Messaged("t", START + 2 * MINUTE, 2, "agent"))
    with pytest.raises(UnknownVersion, match="no sla policy 'gone'"):
        engine.policy("test", "sla", "gone")


def test_a_ticket_that_no_policy_matches_is_known_as_such() -> None:
    """R19: counted, not guessed."""
    engine = Engine(POLICIES)
    matched, _ = engine.apply(None, CREATED)
    other, facts = engine.apply(None, replace(CREATED, attributes={"tier": "free"}))
    assert not engine.unmatched(matched)
    assert engine.unmatched(other)
    assert facts == []


@pytest.mark.parametrize(
    "end", [Merged("t", START + MINUTE, 1, "u"), Deleted("t", START + MINUTE, 1, "spam")]
)
def test_a_ticket_that_is_gone_starts_no_clock_again(end: Merged | Deleted) -> None:
    """R20: events that still arrive for it are known, and say nothing."""
    engine = Engine(POLICIES)
    ticket, _ = engine.apply(None, CREATED)
    ticket, facts = engine.apply(ticket, end)
    assert {fact.type for fact in facts} == {"cancelled"}
    ticket, facts = engine.apply(ticket, Changed("t", START + 2 * MINUTE, 2, {"status": "open"}))
    assert facts == []
    assert ticket.due is None


def test_messages_before_anything_else_start_a_ticket_with_what_is_known() -> None:
    """A first event that is not a creation starts the ticket."""
    engine = Engine(POLICIES)
    ticket, facts = engine.apply(None, Messaged("t", START, 1, "customer"))
    assert facts == []
    ticket, facts = engine.apply(ticket, Changed("t", START + MINUTE, 2, {"tier": "vip"}))
    assert {"first_response", "total_resolution"} <= {
        fact.metric for fact in facts if fact.type == "started"
    }
    assert {fact.started_at for fact in facts} == {START}


def test_a_wait_is_dated_by_its_oldest_message_also_where_the_policy_comes_later() -> None:
    """R10, R9: more messages do not restart it, whether or not anybody counted at the time."""
    engine = Engine(POLICIES)
    ticket, _ = engine.apply(None, replace(CREATED, attributes={}))
    for minute, author in enumerate(("agent", "customer", "customer"), 1):
        ticket, _ = engine.apply(ticket, Messaged("t", START + minute * MINUTE, minute, author))
    ticket, facts = engine.apply(ticket, Changed("t", START + 9 * MINUTE, 9, {"tier": "vip"}))
    (wait,) = [fact for fact in facts if (fact.metric, fact.type) == ("next_response", "started")]
    assert (wait.started_at, wait.elapsed) == (START + 2 * MINUTE, 7 * MINUTE)


def test_a_ticket_is_closed_once_it_is_done_and_no_clock_is_open() -> None:
    """Nothing comes of it any more but by an event."""
    engine = Engine(POLICIES)
    ticket, _ = engine.apply(None, CREATED)
    assert not ticket.closed
    ticket, _ = engine.apply(ticket, Changed("t", START + MINUTE, 1, {"status": "solved"}))
    assert ticket.closed
    ticket, _ = engine.apply(ticket, Changed("t", START + 2 * MINUTE, 2, {"status": "open"}))
    assert not ticket.closed

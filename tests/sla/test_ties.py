"""What happens to a ticket at one instant, and the order in which it applies (R6)."""

from __future__ import annotations

from typing import Any

import pytest

from streams.sla.engine import Engine
from streams.sla.events import Changed, Created, Deleted, Merged, Messaged, TicketEvent
from streams.sla.ticket import HISTORY_LIMIT, Ticket
from streams.wire import row
from tests.sla.test_properties import MINUTE, POLICIES, STARTS

ORDER: list[list[TicketEvent]] = [
    [Created("t", 0, 0, {"status": "solved"}), Created("t", 0, 1, author="agent")],
    [Messaged("t", 0, 2, "agent")],
    [
        Changed("t", 0, 3, {"status": "solved"}),
        Changed("t", 0, 4, {"status": "Closed", "priority": "low"}),
        Merged("t", 0, 5, "u"),
        Deleted("t", 0, 6),
    ],
    [Changed("t", 0, 7, {"status": "pending"}), Changed("t", 0, 8, {"status": "on-hold"})],
    [
        Messaged("t", 0, 9, "customer"),
        Messaged("t", 0, 10, "agent", public=False),
        Messaged("t", 0, 11, "bot"),
        Changed("t", 0, 12, {"status": "open"}),
        Changed("t", 0, 13, {"status": None}),
        Changed("t", 0, 14, {"priority": "urgent"}),
    ],
]
"""Groups of events: each applies before the next, and within one the order of arrival holds."""


@pytest.mark.parametrize("backwards", [False, True])
def test_at_one_instant_stop_comes_before_pause_and_pause_before_start(backwards: bool) -> None:  # noqa: FBT001
    """R6: a creation before all, an answer before the solve; then arrival, as a sort keeps it."""
    arrived = [event for group in ORDER for event in group]
    if backwards:
        arrived.reverse()
    applied = sorted(arrived, key=lambda event: event.order(POLICIES.category))
    groups = [list(reversed(group)) if backwards else group for group in ORDER]
    assert applied == [event for group in groups for event in group]


def test_the_instant_goes_before_everything_else() -> None:
    """R6, R1: a start that is a millisecond earlier applies before a creation."""
    start, creation = Messaged("t", 0, 1), Created("t", 1, 2)
    assert start.order(POLICIES.category) < creation.order(POLICIES.category)


@pytest.mark.parametrize("kinds", [(Changed, Changed, Changed), (Created, Created, Created)])
def test_pauses_at_one_instant_have_ids_of_their_own(kinds: tuple[Any, ...]) -> None:
    """R8: a source that knows only minutes tells of several changes, or creations, at one."""
    engine = Engine(POLICIES)
    first = Created("t", STARTS[0], 0, {"tier": "standard", "status": "open"})
    ticket, facts = engine.apply(None, first)
    statuses = ("pending", "on_hold", "pending")
    for key, (kind, status) in enumerate(zip(kinds, statuses, strict=True), 1):
        ticket, said = engine.apply(ticket, kind("t", STARTS[0] + MINUTE, key, {"status": status}))
        facts += said
    facts = [fact for fact in facts if fact.metric == "total_resolution"]
    assert [fact.type for fact in facts] == ["started", "paused", "resumed", "paused"]
    assert len({fact.id for fact in facts}) == len(facts)


def test_a_creation_with_the_first_change_after_it_says_the_plain_instant() -> None:
    """R8: most sources tell of both at one instant, and the common id is the short one."""
    engine = Engine(POLICIES)
    ticket, _ = engine.apply(None, Created("t", STARTS[0], 0, {"tier": "standard"}))
    _, facts = engine.apply(ticket, Changed("t", STARTS[0], 1, {"status": "pending"}))
    paused = [fact for fact in facts if fact.type == "paused"]
    assert paused
    assert {fact.discriminator for fact in paused} == {str(STARTS[0])}


def test_more_changes_at_one_instant_than_are_kept_have_ids_of_their_own() -> None:
    """R8: what was folded into the base is counted, and a row keeps the count."""
    engine = Engine(POLICIES)
    ticket, facts = engine.apply(None, Created("t", STARTS[0], 0, {"tier": "standard"}))
    for key in range(1, 2 * HISTORY_LIMIT + 50):
        status = ("pending", "on_hold")[key % 2]
        ticket, said = engine.apply(ticket, Changed("t", STARTS[0], key, {"status": status}))
        facts += said
        again = row.decode(row.encode(ticket), engine)
        assert isinstance(again, Ticket)
        assert again == ticket
        ticket = again
    facts = [fact for fact in facts if fact.metric == "total_resolution"]
    assert len(facts) == 2 * HISTORY_LIMIT + 49
    assert len({fact.id for fact in facts}) == len(facts)

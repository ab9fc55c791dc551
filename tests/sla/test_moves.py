"""A ticket that changes hands: what the customer was promised, and who is named (R14, R16)."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.sla.engine import Engine
from streams.sla.events import Changed, Created, TicketEvent
from streams.sla.facts import Fact
from tests.sla.test_properties import MINUTE, POLICIES, STARTS, end_of, fold, histories, minutes

START = STARTS[0]
HANDS = st.fixed_dictionaries(
    {},
    optional={
        "team": st.sampled_from(["ann", "bob", None]),
        "assignee": st.sampled_from(["cid", None]),
    },
)


def of_the_customer(facts: list[Fact]) -> list[Fact]:
    """Leave out what is the teams' own, and in whose hands the ticket was."""
    return [
        replace(fact, attributes={}, causes=())
        for fact in facts
        if fact.kind == "sla" and fact.metric != "team_ownership"
    ]


@settings(max_examples=200)
@given(histories(tiers=True), st.lists(st.tuples(minutes, HANDS), min_size=1, max_size=6))
def test_the_customers_clocks_do_not_notice_a_move(
    events: list[TicketEvent], moves: list[tuple[int, dict[str, str | None]]]
) -> None:
    """R14: whatever else happens, moves between teams and hands change no fact of theirs."""
    end = end_of(events)
    moved = events + [
        Changed("t", events[0].time + minute * MINUTE, 1_000 + number, hands)
        for number, (minute, hands) in enumerate(moves)
    ]
    moved.sort(key=lambda event: event.order(POLICIES.category))
    assert of_the_customer(fold(moved, end)) == of_the_customer(fold(events, end))


def test_an_outcome_names_those_who_brought_it_about() -> None:
    """R16: what ends with a change is reported under the attributes from before it."""
    open_ = {"tier": "vip", "status": "open", "team": "first"}
    facts = fold(
        [
            Created("t", START, 0, open_),
            Changed("t", START + MINUTE, 1, {"team": "second"}),
            Changed("t", START + 2 * MINUTE, 2, {"team": "third", "status": "solved"}),
        ],
        START + 3 * MINUTE,
    )
    outcomes = {(f.metric, f.cycle): f for f in facts if f.type == "fulfilled"}
    started = {(f.metric, f.cycle): f for f in facts if f.type == "started"}
    assert outcomes["team_ownership", 1].attributes == open_
    assert outcomes["team_ownership", 2].attributes == {**open_, "team": "second"}
    assert outcomes["total_resolution", 1].attributes == {**open_, "team": "second"}
    assert started["team_ownership", 2].attributes == {**open_, "team": "second"}


def test_a_breach_names_those_who_had_the_ticket_at_the_deadline() -> None:
    """R16, R3: also where it is seen only with a later event, and whatever comes afterwards."""
    engine = Engine(POLICIES)
    ticket, _ = engine.apply(None, Created("t", START, 0, {"tier": "vip", "team": "first"}))
    ticket, facts = engine.apply(ticket, Changed("t", START + 20 * MINUTE, 1, {"team": "second"}))
    (breach,) = [fact for fact in facts if fact.type == "breached"]
    engine.apply(ticket, Changed("t", START + 21 * MINUTE, 2, {"team": "third"}))
    assert (breach.metric, breach.time) == ("first_response", START + 15 * MINUTE)
    assert breach.attributes == {"tier": "vip", "team": "first"}

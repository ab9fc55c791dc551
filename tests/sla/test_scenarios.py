"""Every scenario, on the drivers that need no broker (the worker's suite runs them on Kafka)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from streams.history.replay import replay
from streams.policies import load_file
from streams.sla.engine import Engine
from streams.sla.facts import Fact
from streams.sla.ticket import Ticket
from streams.wire import absorbed, row
from streams.wire.ticket_events import decode
from tests.scenario import FOLDER, Scenario, read_all, say

SCENARIOS = read_all()
POLICIES = load_file(FOLDER / "policies.yaml")


def on_the_core(scenario: Scenario) -> list[Fact]:
    """Fold the events one by one."""
    return _fold(scenario, at_rest=False)


def through_rows(scenario: Scenario) -> list[Fact]:
    """Fold them with the state encoded and decoded between any two."""
    return _fold(scenario, at_rest=True)


def by_replay(scenario: Scenario) -> list[Fact]:
    """Replay them in the order of arrival."""
    events = [decode(orjson.dumps(event), keyed=False) for event in scenario.events]
    known = [event for event in events if event is not None]
    return [fact for _, fact in replay(known, POLICIES, until=scenario.until, arrival=True).facts]


def _fold(scenario: Scenario, *, at_rest: bool) -> list[Fact]:
    """Apply each event to its ticket, and to survivors at once what merges leave them."""
    engine, facts = Engine(POLICIES), []
    tickets: dict[str, Ticket] = {}
    arriving = [decode(orjson.dumps(record), keyed=False) for record in scenario.events]
    while arriving:
        event = arriving.pop(0)
        assert event is not None
        known = tickets.get(event.ticket)
        told = known.story.bequests if known is not None else {}
        ticket, said = engine.apply(known, event)
        facts += said
        left = [one for one in ticket.story.news(told) if one.into in tickets]
        arriving[:0] = [absorbed.event(one) for one in left]
        if at_rest:
            again = row.decode(row.encode(ticket), engine)
            assert isinstance(again, Ticket)
            ticket = again
        tickets[ticket.id] = ticket
    for ticket in tickets.values():
        facts += engine.settle(ticket, scenario.until)
    return facts


@pytest.mark.parametrize("driver", [on_the_core, through_rows, by_replay])
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.title)
def test_what_is_said_is_what_the_scenario_says(
    scenario: Scenario, driver: Callable[[Scenario], list[Fact]]
) -> None:
    """R1-R9, R12, R15, R16, R19-R24: each scenario's title is the sentence."""
    facts = driver(scenario)
    if len(scenario.tickets) > 1:
        facts.sort(key=lambda fact: (fact.time, fact.ticket))
    said = [say(fact) for fact in facts if not scenario.watch or fact.metric in scenario.watch]
    assert said == scenario.expected


def test_every_file_of_scenarios_is_read() -> None:
    """A scenario that nobody runs proves nothing."""
    headings = sum(path.read_text().count("\n## ") + 1 for path in Path(FOLDER).glob("*.txt"))
    assert len(SCENARIOS) == headings
    assert len({scenario.ticket for scenario in SCENARIOS}) == headings

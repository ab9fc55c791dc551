"""What the demo's tests share: the packaged sample, and a scene without a broker."""

from __future__ import annotations

from collections.abc import Iterator

import orjson
import pytest

from streams.demo.plan import Plan, plan
from streams.demo.sample import Sample, open_sample
from streams.demo.scene import Scene, Standing
from streams.demo.telling import read
from streams.history.replay import replay
from streams.sla.engine import Engine
from streams.sla.facts import Fact
from streams.sla.ticket import Ticket
from streams.wire import sla_events, status


@pytest.fixture(scope="package")
def sample() -> Iterator[Sample]:
    """Read the packaged sample once."""
    with open_sample() as opened:
        yield opened


@pytest.fixture(scope="package")
def facts(sample: Sample) -> list[Fact]:
    """Give all that can be said of the sample, in the order of time."""
    done = replay((record.event for record in sample.records), sample.policies)
    return [fact for _, fact in done.facts]


@pytest.fixture(scope="package")
def play(facts: list[Fact]) -> Plan:
    """Give the plan of the demo as it ships."""
    return plan(facts)


def scene_at(sample: Sample, instant: int) -> Scene:
    """Give the scene as a worker would have left it at an instant (ms UTC)."""
    engine, scene = Engine(sample.policies), Scene(sample.policies, state="running", now=instant)
    tickets: dict[str, Ticket] = {}
    told: list[Fact] = []
    for record in sample.records:
        if record.time <= instant:
            name = record.event.ticket
            tickets[name], facts = engine.apply(tickets.get(name), record.event)
            told += facts
            scene.published += 1
    for ticket in tickets.values():
        told += engine.settle(ticket, instant)
        shown = status.encode(status.status(ticket))
        scene.stand(ticket.id, None if shown is None else orjson.loads(shown))
    for fact in sorted(told, key=lambda fact: fact.time):
        scene.tell(read(sla_events.encode(fact, fact.time + 1000)))
    scene.processed = scene.published
    scene.standings = [
        Standing(*name, float(tally.rate), 0.9)
        for name, tally in sorted(scene.compliance.tallies.items())
        if tally.rate is not None
    ]
    return scene

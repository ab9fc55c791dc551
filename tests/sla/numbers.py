"""Small histories whose numbers anyone can count: lines of scenarios in, the replay out."""

from __future__ import annotations

import orjson

from streams.history.replay import Replay, replay
from streams.policies import load_file
from streams.sla.facts import Fact
from streams.wire.ticket_events import decode
from tests.scenario import FOLDER, read

POLICIES = load_file(FOLDER / "policies.yaml")


def told(*histories: str, until: str = "Fri 17:00", arrival: bool = True) -> Replay:
    """Replay histories, a ticket each: t0, t1, …; in the order of the lines, which is arrival."""
    events, end = [], 0
    for number, history in enumerate(histories):
        scenario = read(f"t{number}\n{history}\nuntil {until}\n=>")
        end = scenario.until
        for event in scenario.events:
            known = decode(orjson.dumps(event), keyed=False)
            assert known is not None
            events.append(known)
    return replay(events, POLICIES, until=end, arrival=arrival)


def standing(facts: list[Fact]) -> list[Fact]:
    """Give the facts that were not taken back."""
    known = {fact.id: fact for fact in facts if fact.retracts is None}
    for fact in facts:
        if fact.retracts is not None:
            del known[fact.retracts]
    return list(known.values())

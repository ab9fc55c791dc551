"""The schemas and the real reader and writer agree."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import islice
from pathlib import Path

import orjson
import pytest

from streams.history.export import read_export
from streams.history.importer import Importer
from streams.history.mapping import load_mapping
from streams.history.replay import replay
from streams.policies import load_file
from streams.sla.duration import Active
from streams.sla.engine import Engine
from streams.sla.events import TicketEvent
from streams.sla.facts import TYPES as FACTS
from streams.sla.policy import Contract, Credit, PolicySet
from streams.sla.ticket import Ticket
from streams.sla.versions import Adoption
from streams.wire import sla_events, status
from streams.wire.ticket_events import Rejected, decode
from tests.schemas.shelf import INVALID, VALID, errors, name, read

DEMO = Path(__file__).parents[2] / "streams" / "demo_data"
EVENTS = 2_000
HOUR = 3_600_000
LATE = 7
"""Every so many events one arrives three places too late, so that facts are taken back (R7)."""


def of_tickets(paths: list[Path]) -> list[Path]:
    """Keep the examples of ticket events."""
    return [path for path in paths if path.parents[2].name.startswith("ticket.")]


@pytest.mark.parametrize("path", of_tickets(VALID), ids=name)
def test_what_the_schema_takes_the_decoder_takes(path: Path) -> None:
    """An upstream team that validates is not refused."""
    assert decode(path.read_bytes(), keyed=False) is not None


@pytest.mark.parametrize("path", of_tickets(INVALID), ids=name)
def test_what_the_schema_refuses_the_decoder_refuses(path: Path) -> None:
    """And for the reason that the example states."""
    stated = read(path)
    with pytest.raises(Rejected) as caught:
        decode(orjson.dumps(stated["example"]), keyed=False)
    assert caught.value.reason == stated["refused"]


@pytest.fixture(scope="module")
def imported() -> list[bytes]:
    """Import a few thousand events of real incidents."""
    mapping = load_mapping(str(DEMO / "mapping.yaml"))
    rows = read_export(str(DEMO / "incidents-sample.csv.gz"), mapping.file, mapping.columns())
    return [event.encode() for event in islice(Importer(mapping).events(rows), EVENTS)]


@pytest.fixture(scope="module")
def events(imported: list[bytes]) -> list[TicketEvent]:
    """Read them, and let some of them arrive late."""
    read_ = [decode(line, keyed=False) for line in imported]
    arriving = [event for event in read_ if event is not None]
    for place in range(0, len(arriving) - LATE, LATE):
        arriving.insert(place + 3, arriving.pop(place))
    return arriving


def test_every_event_that_the_importer_writes_validates(imported: list[bytes]) -> None:
    """What we make ourselves is what we ask of others."""
    assert len(imported) == EVENTS
    for line in imported:
        event = orjson.loads(line)
        assert errors(event["type"], event) == [], event


def under_a_contract(policies: PolicySet) -> PolicySet:
    """Let the last of the policies carry a contract (R31)."""
    *rest, last = policies.policies
    credits_ = Credit(Fraction(1, 20), below=Fraction(9, 10)), Credit(Fraction(1, 50), late_ms=HOUR)
    contract = Contract("acme", Fraction("199.99"), "EUR", credits_)
    return replace(policies, policies=(*rest, replace(last, contract=contract)))


def test_every_fact_that_a_replay_writes_validates(events: list[TicketEvent]) -> None:
    """Strict on what we write ourselves: no field that the schema does not name."""
    told = replay(events, under_a_contract(load_file(DEMO / "policies.yaml")), arrival=True)
    types, credited = set(), set()
    for instant, fact in told.facts:
        written = orjson.loads(sla_events.encode(fact, instant))
        types.add(written["type"])
        credited.add((written["type"], "credit" in written["data"] and bool(fact.credit)))
        assert errors(written["type"], written) == [], written
    wanted = {f"sla.{fact}" for fact in FACTS} - {"sla.cancelled"}
    assert wanted <= types, "a type that is never written is not tested"
    under = {("sla.breached", True), ("sla.breached", False), ("sla.breach_retracted", True)}
    assert under <= credited


def test_what_an_adoption_makes_of_open_clocks_validates(events: list[TicketEvent]) -> None:
    """R18: retargets and breaches with their reason, statuses with clocks of two versions."""
    old = load_file(DEMO / "policies.yaml")
    tight = tuple(
        replace(policy, targets={metric: {"default": Active(1)} for metric in policy.targets})
        for policy in old.policies
    )
    middle = sorted(event.time for event in events)[len(events) // 2]
    adoptions = [Adoption(0, old.version), Adoption(middle, "tight", "now")]
    engine = Engine(replace(old, version="tight", policies=tight), {old.version: old}, adoptions)
    tickets: dict[str, Ticket] = {}
    reasons = set()
    for event in events:
        tickets[event.ticket], facts = engine.apply(tickets.get(event.ticket), event)
        for fact in facts:
            written = orjson.loads(sla_events.encode(fact, fact.time))
            assert errors(written["type"], written) == [], written
            if fact.reason == "policies_changed":
                reasons.add(fact.type)
        standing = status.encode(status.status(tickets[event.ticket]))
        assert standing is None or errors("sla-status", orjson.loads(standing)) == []
    assert reasons >= {"retargeted", "breached"}


def test_every_status_on_the_way_validates(events: list[TicketEvent]) -> None:
    """Between any two events, whatever the ticket's clocks are doing."""
    engine = Engine(load_file(DEMO / "policies.yaml"))
    tickets: dict[str, Ticket] = {}
    seen = 0
    for event in events:
        tickets[event.ticket], _ = engine.apply(tickets.get(event.ticket), event)
        value = status.encode(status.status(tickets[event.ticket]))
        if value is not None:
            seen += 1
            assert errors("sla-status", orjson.loads(value)) == []
    assert seen

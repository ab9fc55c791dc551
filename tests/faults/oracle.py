"""What must have been said of the ticket events that a log holds, and what may be taken back.

The oracle is the replay of the log's events, put into the order of their time (R1). A fact that was
taken back must have an excuse (R7): an event that was not yet in the log when the fact came true,
or that came behind a younger one of its ticket. Anything else is a false breach (R4).
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from streams.history.merges import hand_on
from streams.history.replay import by_ticket, replay
from streams.sla.engine import Engine
from streams.sla.events import Absorbed, Merged, TicketEvent
from streams.sla.facts import Fact
from streams.wire import instant, status
from streams.wire.sla_events import event as as_event
from streams.wire.ticket_events import Rejected, decode
from tests.faults.ground import Ground, Record

FORGIVEN = ("detected_at", "attributes", "causes", "credit", "corrects")
"""What two facts may differ in that say the same of a ticket with late events."""
ISSUE = re.compile(r"~\d+$")
NEVER = 1 << 60

Said = dict[str, Any]


class Arrival(NamedTuple):
    """An event as it came: when it happened, and when it was surely in the log (ms UTC)."""

    time: int
    acked: int


@dataclass(slots=True)
class Oracle:
    """What a log's events come to.

    `facts`: what must be said, by id; `standing`: the open clocks by ticket, as on `sla-status`;
    `arrivals`: each ticket's events in the order of the log, duplicates left out; `inherited`: how
    many records of the log are words of the workers to survivors of merges (R20).
    """

    facts: dict[str, Said] = field(default_factory=dict)
    standing: dict[str, Counter[str]] = field(default_factory=dict)
    arrivals: dict[str, list[Arrival]] = field(default_factory=lambda: defaultdict(list))
    survivors: set[str] = field(default_factory=set)
    events: int = 0
    duplicates: int = 0
    ignored: int = 0
    inherited: int = 0
    rejected: list[tuple[Record, str]] = field(default_factory=list)

    def excused(self, ticket: str, time: int) -> bool:
        """Whether something may have been said of a ticket at an instant that was not so (R7)."""
        if ticket in self.survivors:
            return True
        newest = -1
        for event in self.arrivals.get(ticket, ()):
            if event.time <= time and (time < event.acked or newest >= time):
                return True
            newest = max(newest, event.time)
        return False

    def late(self, ticket: str) -> bool:
        """Whether an event of a ticket came behind a younger one."""
        newest = -1
        for event in self.arrivals.get(ticket, ()):
            if event.time < newest:
                return True
            newest = max(newest, event.time)
        return ticket in self.survivors

    def seen_from(self, ticket: str, time: int) -> int:
        """Give when all that brings a fact of `time` about was in the log, ms UTC."""
        acks = [e.acked for e in self.arrivals.get(ticket, ()) if e.time <= time < NEVER]
        return max([time, *(ack for ack in acks if ack < NEVER)])


def ask(ground: Ground) -> Oracle:
    """Fold the log's events; nothing else of the ground is looked at but `until` and `acked`."""
    oracle = Oracle()
    events = list(_events(ground, oracle))
    oracle.survivors = {event.into for event in events if isinstance(event, Merged)}
    facts = _fold(events, ground, oracle)
    if not ground.adoptions:
        # What is dated after the end has happened to its ticket; the replay leaves it out.
        ahead = {event.ticket for event in events if event.time > ground.until}
        done = replay(events, ground.policies, until=ground.until)
        facts = [fact for fact in facts if fact.ticket in ahead]
        facts += [fact for _, fact in done.facts if fact.ticket not in ahead]
    oracle.facts = {fact.id: as_event(fact, 0) for fact in facts}
    return oracle


def net(said: Iterable[Said]) -> Counter[str]:
    """Give what stands once all that was taken back is gone, whatever brought it about (R7)."""
    told = list(said)
    back = {event["data"]["retracts"] for event in told if "retracts" in event["data"]}
    return Counter(
        _content(event)
        for event in told
        if event["id"] not in back and "retracts" not in event["data"]
    )


def exact(event: Said) -> Said:
    """Leave out when a fact was seen, the one thing in which two runs may differ (R3)."""
    data = {name: value for name, value in event["data"].items() if name != "detected_at"}
    return {**event, "data": data}


def clocks(standing: Mapping[str, Any]) -> Counter[str]:
    """Give the open clocks of a status, without what depends on when somebody looked."""
    names = ("policy", "kind", "metric", "cycle", "state", "started_at", "deadline", "breached_at")
    return Counter(
        orjson.dumps([clock[name] for name in names]).decode() for clock in standing["clocks"]
    )


def milliseconds(text: str) -> int:
    """Read an instant of an SLA event, ms UTC."""
    return instant.parse(text)


def _content(event: Said) -> str:
    data = {name: value for name, value in event["data"].items() if name not in FORGIVEN}
    told = [ISSUE.sub("", event["id"]), event["type"], event["time"], data]
    return orjson.dumps(told, option=orjson.OPT_SORT_KEYS).decode()


def _events(ground: Ground, oracle: Oracle) -> Iterable[TicketEvent]:
    """Decode the log as it is; the first of two with the same id counts (R7)."""
    known: set[tuple[str, int]] = set()
    for record in ground.source:
        try:
            event = decode(record.value, record.key, record.headers)
        except Rejected as fault:
            oracle.rejected.append((record, fault.reason))
            continue
        if event is None or isinstance(event, Absorbed):
            oracle.ignored += event is None
            oracle.inherited += event is not None
            continue
        if (event.ticket, event.key) in known:
            oracle.duplicates += 1
            continue
        known.add((event.ticket, event.key))
        oracle.events += 1
        acked = ground.acked.get(name_of(record), NEVER)
        oracle.arrivals[event.ticket].append(Arrival(event.time, acked))
        yield event


def name_of(record: Record) -> str:
    """Give the id of a ticket event, which `acked` goes by."""
    names = dict(record.headers)
    if "ce_id" in names:
        return names["ce_id"].decode()
    found: str = orjson.loads(record.value or b"{}").get("id", "")
    return found


def _fold(events: Sequence[TicketEvent], ground: Ground, oracle: Oracle) -> list[Fact]:
    """Fold each ticket in order, also where the policies change, of which the replay knows nothing.

    Leaves how the tickets stand in the end with the oracle.
    """
    policies, said = ground.policies, list[Fact]()
    tickets = by_ticket(events)
    hand_on(tickets, policies, events)
    engine = Engine(policies, ground.versions, ground.adoptions)
    for name, history in tickets.items():
        ticket = None
        for event in sorted(history, key=lambda one: one.order(policies.category)):
            ticket, facts = engine.apply(ticket, event)
            said += facts
        if ticket is not None:
            said += engine.settle(ticket, ground.until)
            if (told := status.status(ticket)) is not None:
                oracle.standing[name] = clocks(told)
    return said

"""A ticket's state at rest: one row of the table, compact JSON.

`v` is the state version; a reader knows every version that was ever written. Version 2 added to
version 1 what a merge hands on, the version of the policies that a clock is held to, what it has
earned by a contract, and whether it lapsed; most rows have none of these. Version 3 leaves out what
can be told from the rest of the row: nothing at the end of a clock, hands and attributes that are
the ticket's own. What R27 asks for, since when the ticket is solved and what became of its clocks,
came later, at the end, where a reader that does not know it passes it over.

`due` stands first, so that an index of what is due can be rebuilt without building tickets. Lists
in the place of objects: a row is read and written by the millions, and its changelog is the price
of a commit.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, fields
from fractions import Fraction
from operator import attrgetter
from typing import Any

import orjson

from streams.sla.clock import NOTHING, Clock, steps
from streams.sla.compliance import Tally
from streams.sla.engine import Engine
from streams.sla.events import (
    Absorbed,
    Adopted,
    Attributes,
    Changed,
    Created,
    Deleted,
    Merged,
    Messaged,
    TicketEvent,
    Where,
)
from streams.sla.story import Bequest, Story, Talk
from streams.sla.ticket import Forgotten, Ticket
from streams.sla.versions import UnknownVersion

STATE_VERSION = 3
READABLE = (1, 2, 3)

OWN = 0
"""In the place of hands, or attributes, that are those of the ticket's story."""

NO_ATTRIBUTES: Attributes = {}

NOT_COUNTED = (None, 0, 0)
"""Since when a ticket is solved, and its outcomes, where a row does not say."""

CREATED_WITH = 3
"""The place of the attributes in a packed creation."""

TALK = attrgetter(*(one.name for one in fields(Talk)))
QUIET = TALK(Talk())

STORY_TAIL = 8
"""What a packed story has after its talks, up to the team's tenures."""

CLOCK_HEAD = 12
"""What a packed clock has up to its shares."""

CLOCK_TAIL = 7
"""What a packed clock has after its shares, from the step to the policy that it was met by."""

EVENTS: dict[str, type[TicketEvent]] = {
    "c": Created,
    "m": Messaged,
    "a": Changed,
    "j": Merged,
    "d": Deleted,
    "i": Absorbed,
    "v": Adopted,
}
LETTERS = {type_: letter for letter, type_ in EVENTS.items()}
PLAIN = "mjdv"
"""Events whose fields are written as they are."""
FIELDS = {
    type_: attrgetter(*(one.name for one in fields(type_) if one.name != "ticket"))
    for type_ in LETTERS
}
"""A packed event: its letter, then its fields in their order, but for the ticket."""


class UnreadableRow(ValueError):
    """A row of a state version that this release does not know, or under unknown policies."""


def encode(ticket: Ticket | Forgotten) -> bytes:
    """Write a ticket as a row, or the little that is left of it."""
    if isinstance(ticket, Forgotten):
        return b'{"v":%d,"due":null,"f":[%b,%d]}' % (
            STATE_VERSION,
            orjson.dumps(ticket.id),
            ticket.reached,
        )
    packed = orjson.dumps({"v": STATE_VERSION, "due": ticket.due, **_pack(ticket)})
    # A copy, because orjson leaves some 4 KB allocated behind each result for as long as it lives.
    return bytes(memoryview(packed))


def decode(row: bytes, engine: Engine) -> Ticket | Forgotten:
    """Read a row. Raises UnreadableRow, never guesses."""
    packed = orjson.loads(row)
    must_be_readable(packed)
    if "f" in packed:
        return Forgotten(*packed["f"])
    try:
        ticket = _unpack(packed, engine)
    except (UnknownVersion, KeyError) as fault:
        message = f"row of ticket {packed.get('id')!r} cannot be read: {fault}"
        raise UnreadableRow(message) from fault
    if "k" not in packed:
        ticket.outcomes = _seen(ticket.clocks.values())
    return ticket


def must_be_readable(packed: dict[str, Any]) -> None:
    """Refuse a row of a state version that this release does not know: UnreadableRow."""
    if packed.get("v") not in READABLE:
        message = (
            f"row of state version {packed.get('v')!r}: this release reads up to {STATE_VERSION}; "
            "run the release that wrote it, or a newer one"
        )
        raise UnreadableRow(message)


def _pack(ticket: Ticket) -> dict[str, Any]:
    story, where = ticket.story, ticket.story.where
    packed: dict[str, Any] = {
        "id": ticket.id,
        "p": ticket.version,
        **({"a": ticket.adopted} if ticket.adopted >= 0 else {}),
        "s": _pack_story(story),
        "c": [_pack_clock(clock, ticket.version, where) for clock in ticket.clocks.values()],
        "n": ticket.newest,
        "r": ticket.reached,
        "e": [_pack_event(event, story.attributes) for event in ticket.history],
    }
    if ticket.base is not None:
        packed["b"] = _pack(ticket.base)
    if ticket.began != ticket.version:
        packed["o"] = ticket.began
    if ticket.turns:
        packed["t"] = ticket.turns
    if ticket.spent:
        packed["x"] = [[*key, count] for key, count in ticket.spent.items()]
    outcomes = ticket.outcomes
    if story.solved_at is not None or outcomes.met or outcomes.breached:
        packed["k"] = [story.solved_at, outcomes.met, outcomes.breached]
    return packed


def _unpack(packed: dict[str, Any], engine: Engine) -> Ticket:
    version, story = packed["p"], _unpack_story(packed["s"])
    where = story.where
    clocks = [_unpack_clock(entry, version, where, engine) for entry in packed["c"]]
    id_ = packed["id"]
    story.solved_at, *counted = packed.get("k", NOT_COUNTED)
    return Ticket(
        id=id_,
        version=version,
        story=story,
        clocks={(clock.kind, clock.metric): clock for clock in clocks},
        newest=(packed["n"][0], packed["n"][1]),
        reached=packed["r"],
        history=[_unpack_event(id_, entry, story.attributes) for entry in packed["e"]],
        base=_unpack(packed["b"], engine) if "b" in packed else None,
        began=packed.get("o", version),
        adopted=packed.get("a", -1),
        turns=packed.get("t", 0),
        spent={
            (kind, metric, cycle, revision, type_, threshold): count
            for kind, metric, cycle, revision, type_, threshold, count in packed.get("x", ())
        },
        outcomes=Tally(*counted),
    )


def _seen(clocks: Iterable[Clock]) -> Tally:
    """Count what SLA clocks show: of earlier cycles a row from before they were counted is mute."""
    tally = Tally()
    for clock in clocks:
        if clock.kind == "sla":
            tally.breached += clock.breached_at is not None
            tally.met += clock.state == "fulfilled" and clock.breached_at is None
    return tally


def _pack_story(story: Story) -> list[Any]:
    humans, anyone = TALK(story.humans), TALK(story.anyone)
    return [
        story.opened_at,
        story.attributes,
        story.category,
        story.customer_at,
        () if humans == QUIET else humans,
        None if anyone == humans else () if anyone == QUIET else anyone,
        story.spoke_since_status,
        story.solved,
        story.ever_solved,
        story.gone,
        story.reopens,
        story.reopened_at,
        story.team_since,
        story.tenures,
        *([[list(astuple(left)) for left in story.bequests.values()]] if story.bequests else ()),
    ]


def _unpack_story(packed: list[Any]) -> Story:
    opened_at, attributes, category, customer_at, humans, anyone, *rest = packed
    talks = Talk(*humans), Talk(*(humans if anyone is None else anyone))
    left = rest.pop() if len(rest) > STORY_TAIL else []
    story = Story(opened_at, _attributes(attributes), category, customer_at, *talks, *rest)
    story.bequests = {
        origin: Bequest(origin, into, at, tuple(waits), tuple(where))
        for origin, into, at, waits, where in left
    }
    return story


def _pack_clock(clock: Clock, version: str, where: Where) -> list[Any]:
    policy = clock.policy
    packed = [
        clock.kind,
        clock.metric,
        clock.cycle,
        policy.name,
        clock.target,
        clock.started_at,
        clock.since,
        clock.state,
        clock.revision,
        clock.used,
        OWN if clock.where == where else clock.where,
        [[*where, ms] for where, ms in clock.shares.items()],
        clock.step,
        clock.due,
        clock.deadline,
        clock.breached_at,
        clock.finished_at,
        clock.reason,
        clock.met_by,
    ]
    if clock.version != version:
        packed.append(clock.version)
    if policy.contract is not None or (clock.earned is not NOTHING and clock.earned):
        packed.append(clock.earned.as_integer_ratio())
    if clock.lapsed:
        packed.append(True)
    while packed[-1] is None:
        packed.pop()
    return packed


def _unpack_clock(packed: list[Any], version: str, own: Where, engine: Engine) -> Clock:
    kind, metric, cycle, name, target, started_at, since, *rest = packed
    state, revision, used, where, shares, *last = rest
    tail, more = last[:CLOCK_TAIL], last[CLOCK_TAIL:]
    held, earned = version, None
    if more:
        held = next((one for one in more if isinstance(one, str)), version)
        earned = next((one for one in more if isinstance(one, list)), None)
    policy = engine.policy(held, kind, name)
    clock = Clock(
        *(kind, metric, cycle, policy, target, started_at, since, ()),
        *(state, revision, used, own if where == OWN else tuple(where)),
        {(team, status, assignee): ms for team, status, assignee, ms in shares},
        *tail,
    )
    clock.version, clock.lapsed = held, any(one is True for one in more)
    clock.steps = steps(policy, target, started_at, clock.breached_at)
    if earned is not None:
        clock.earned = Fraction(*earned)
    elif clock.lines():
        clock.plan()  # the row is from before lines fell due
    return clock


def pack_event(event: TicketEvent) -> list[Any]:
    """Pack an event by itself, whatever its ticket: as a list that JSON can hold."""
    return _pack_event(event, NO_ATTRIBUTES)


def unpack_event(ticket: str, packed: list[Any]) -> TicketEvent:
    """Give the event that was packed by itself."""
    return _unpack_event(ticket, packed, NO_ATTRIBUTES)


def _pack_event(event: TicketEvent, own: Attributes) -> list[Any]:
    type_ = type(event)
    packed = [LETTERS[type_], *FIELDS[type_](event)]
    if isinstance(event, Created) and _very_same(event.attributes, own):
        packed[CREATED_WITH] = OWN
    return packed


def _very_same(one: Attributes, other: Attributes) -> bool:
    """Whether they hold the same objects: 1 and True are equal, and not the same to a filter."""
    if len(one) != len(other):
        return False
    return all(other.get(name, other) is value for name, value in one.items())


def _unpack_event(ticket: str, packed: list[Any], own: Attributes) -> TicketEvent:
    letter, *values = packed
    if letter == LETTERS[Created] and packed[CREATED_WITH] == OWN:
        return Created(ticket, values[0], values[1], own, *values[CREATED_WITH:])
    if letter not in EVENTS:
        message = f"not an event of a row: {packed!r}"
        raise UnreadableRow(message)
    if letter in PLAIN:
        return EVENTS[letter](ticket, *values)
    return EVENTS[letter](ticket, *map(_value, values))


def _value(packed: Any) -> Any:
    if type(packed) is dict:
        return _attributes(packed)
    return tuple(packed) if type(packed) is list else packed


def _attributes(packed: dict[str, Any]) -> Attributes:
    """Lists come back as tuples, so that attributes stay comparable."""
    return {
        name: tuple(value) if isinstance(value, list) else value for name, value in packed.items()
    }

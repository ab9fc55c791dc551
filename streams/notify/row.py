"""A row of the journal: what is known of one notice, or of one digest of several.

A notice is keyed by route, channel and event; a row's key is these three as JSON. A row holds its
event until it is settled, for until then it may have to be said (again).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import orjson

State = Literal["pending", "sending", "sent", "dropped", "void"]
Ident = tuple[str, str, str]
"""Route, channel, key."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What a route wants said of an event.

    `key` is the event's id. `clock` is the same for all notices of one cycle of one clock. A
    `resolve` ends the notice whose key is `ends`, or, where that is None, all of its clock. `due`
    ms UTC: not to be said before. `event` is the CloudEvent.
    """

    route: str
    channel: str
    key: str
    clock: str
    action: Literal["trigger", "resolve"]
    due: int
    event: Mapping[str, Any]
    ends: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A notice's state; instants ms UTC.

    `about`: the key of the row that this one ends, or its own. `held`: it was not to be said at
    once. `after`: no attempt before. `first`: when the first attempt began. `doubt`: an attempt may
    have arrived of which nothing was heard. `over`: what it told of has ended, and that was seen
    to. `digest`: the key of the digest that tells of it, `members` are a digest's own.
    """

    route: str
    channel: str
    key: str
    clock: str
    action: Literal["trigger", "resolve"]
    about: str
    at: int
    due: int
    after: int
    state: State = "pending"
    held: bool = False
    attempts: int = 0
    first: int | None = None
    doubt: bool = False
    over: bool = False
    digest: str | None = None
    members: tuple[str, ...] = ()
    receipt: str | None = None
    reason: str | None = None
    settled: int | None = None
    event: Mapping[str, Any] | None = field(default=None, compare=False)

    @property
    def ident(self) -> Ident:
        """The row's key."""
        return self.route, self.channel, self.key

    def sibling(self, key: str) -> Ident:
        """Give the key of another row of the same route and channel."""
        return self.route, self.channel, key

    def notice(self) -> Notice:
        """Give the notice again, to be said."""
        assert self.event is not None  # it is let go when the row is settled
        return Notice(
            self.route,
            self.channel,
            self.key,
            self.clock,
            self.action,
            self.due,
            self.event,
            self.about if self.action == "resolve" else None,
        )


def key_bytes(ident: Ident) -> bytes:
    """Write a row's key."""
    return orjson.dumps(ident)


def encode(row: Row) -> bytes:
    """Write a row."""
    return orjson.dumps(asdict(row))


def decode(value: bytes) -> Row:
    """Read a row; a field that a later release adds has its default in what an earlier wrote."""
    told = orjson.loads(value)
    return Row(**{**told, "members": tuple(told.get("members", ()))})

"""Escalation in the help desk: a ticket is raised or handed on, once, and marked.

Decisions: it only raises, by an order of values, lowest first; who lowers a ticket is a person. Our
own change comes back as a hook, moves the clocks, and may break another promise: so nothing is done
to a ticket that bears the marker, nor to one that was escalated `most` times within a day, should
somebody take the marker away. That count is this process's memory; the marker is the ticket's.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal
from weakref import WeakValueDictionary

import aiohttp
from pydantic import Field, model_validator

from streams.notify.desks import known
from streams.notify.desks.desk import Desk, Standing
from streams.notify.message import Message
from streams.process.config import Part

DAY_SECONDS = 86_400.0
REMEMBERED = 100_000
Value = Annotated[str, Field(min_length=1)]


class Settings(Part):
    """`set`: field → value to raise it to; `order`: field → its values, lowest first.

    `assign`: a group's or an assignee's id at the desk. `most` times a day and ticket.
    """

    type: Literal["escalate"]
    desk: str
    set: Mapping[str, Value] = Field(default_factory=dict)
    order: Mapping[str, tuple[Value, ...]] = Field(default_factory=dict)
    assign: Mapping[Literal["group", "assignee"], Value] = Field(default_factory=dict)
    tag: str = Field(default="sla-escalated", pattern=r"^[^\s,]{1,80}$")
    most: int = Field(default=1, ge=1, le=100)

    @model_validator(mode="after")
    def _does_something(self) -> Settings:
        if not self.set and not self.assign:
            message = "does nothing; write `set: {priority: …}` or `assign: {group: …}`"
            raise ValueError(message)
        return self


@dataclass(slots=True)
class Cap:
    """How often each ticket was escalated within a day; `now` gives seconds that only grow."""

    most: int
    now: Callable[[], float] = time.monotonic
    _seen: OrderedDict[str, list[float]] = field(default_factory=OrderedDict)

    def reached(self, ticket: str) -> bool:
        """Tell whether it was escalated often enough."""
        since = self.now() - DAY_SECONDS
        return sum(at > since for at in self._seen.get(ticket, ())) >= self.most

    def note(self, ticket: str) -> None:
        """Take note of an escalation; the longest untouched ticket is forgotten first."""
        self._seen[ticket] = [*self._seen.get(ticket, ()), self.now()][-self.most :]
        self._seen.move_to_end(ticket)
        while len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)


def raised(
    seen: Standing, wanted: Mapping[str, str], orders: Mapping[str, Sequence[str]]
) -> dict[str, str]:
    """Give what is to be raised: never what is as high, nor what no order knows."""
    found = {}
    for name, value in wanted.items():
        order = orders[name]
        have = seen.values.get(name)
        # A value outside the order was given by somebody who means it: it is left alone.
        if have is None or (str(have) in order and order.index(str(have)) < order.index(value)):
            found[name] = value
    return found


@dataclass(frozen=True, slots=True)
class Escalate:
    """A desk, and what is done there to a ticket; repeats find the marker and do nothing."""

    name: str
    desk: Desk
    told: Settings
    orders: Mapping[str, Sequence[str]]
    cap: Cap
    once: bool = True
    _locks: WeakValueDictionary[str, asyncio.Lock] = field(default_factory=WeakValueDictionary)

    async def send(self, message: Message) -> str | None:
        """Escalate each ticket spoken of; an end does nothing. Raises Temporary, Permanent."""
        if message.action == "resolve":
            return None
        for ticket in dict.fromkeys(str(event["data"]["ticket"]) for event in message.events):
            key = self.desk.ids.own(ticket)
            if key is not None:
                async with self._locks.setdefault(key, asyncio.Lock()):
                    await self._escalate(key)
        return None

    async def _escalate(self, key: str) -> None:
        if self.cap.reached(key):
            return
        told = self.told
        seen = await self.desk.read(key, [*told.set, *told.assign])
        if told.tag in seen.tags:
            return
        changes = raised(seen, told.set, self.orders)
        handed: dict[str, str] = {
            name: value for name, value in told.assign.items() if str(seen.values[name]) != value
        }
        if changes or handed:
            await self.desk.write(seen, changes | handed, told.tag)
            self.cap.note(key)


def make(
    name: str, told: Settings, session: aiohttp.ClientSession, desks: Mapping[str, known.Known]
) -> Escalate:
    """Make it. Raises NoSecret."""
    described = desks[told.desk]
    orders = {**known.orders(described.type), **told.order}
    desk = known.make(told.desk, described, session)
    return Escalate(name, desk, told, orders, Cap(told.most))

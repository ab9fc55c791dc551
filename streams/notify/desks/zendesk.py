"""Zendesk's tickets: safe updates, which fail if somebody else changed the ticket meanwhile.

Form: "Zendesk Developer Docs, Ticketing API, Tickets" (Show Ticket, Update Ticket, "Protecting
against ticket update collisions"). Decision: tags are written as the whole list that was read, with
ours; `safe_update` makes that safe, and the tag comes with the fields or not at all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import aiohttp

from streams.notify.desks.desk import Access, Changes, Ids, NotAField, Standing, table
from streams.process.calling import Caller, Permanent, Temporary
from streams.wire.instant import show

ID = re.compile(r"[0-9]{1,19}", re.ASCII)
NAMES = {"group": "group_id", "assignee": "assignee_id", "priority": "priority", "type": "type"}
ORDERS = {"priority": ("low", "normal", "high", "urgent")}
CONFLICT = 409


class Settings(Access):
    """`login`: `user: you@example.com/token` and the API token as `password`, or an OAuth token."""

    type: Literal["zendesk"]


def field(name: str) -> str:
    """Give Zendesk's name of a field; a custom field is its number. Raises NotAField."""
    if name in NAMES:
        return NAMES[name]
    if ID.fullmatch(name):
        return name
    message = "is no field; write priority, type, group, assignee, or a custom field's number"
    raise NotAField(message)


def _number(name: str, value: str | int | None) -> str | int | None:
    """Write a group's or an assignee's id as the number that it is."""
    return value if value is None or name not in ("group", "assignee") else int(value)


@dataclass(frozen=True, slots=True)
class Zendesk:
    """A Zendesk account; `base` ends before `/api`."""

    caller: Caller
    base: str
    ids: Ids

    async def read(self, key: str, fields: Sequence[str]) -> Standing:
        """Read fields of a ticket. Raises Temporary, Permanent."""
        ticket = table(await self.caller.call("GET", self._address(key)), "ticket")
        custom = {str(one.get("id")): one.get("value") for one in ticket.get("custom_fields") or ()}
        values = {name: {**ticket, **custom}.get(field(name)) for name in fields}
        return Standing(key, values, tuple(ticket.get("tags") or ()), ticket.get("updated_at"))

    async def write(self, seen: Standing, changes: Changes, tag: str | None = None) -> None:
        """Write what was read before. Raises Temporary (a collision too), Permanent."""
        ticket: dict[str, Any] = {}
        custom = []
        for name, value in changes.items():
            if name in NAMES:
                ticket[NAMES[name]] = _number(name, value)
            else:
                custom.append({"id": int(name), "value": value})
        if custom:
            ticket["custom_fields"] = custom
        if tag is not None:
            ticket["tags"] = sorted({*seen.tags, tag})
        if seen.stamp is not None:
            ticket |= {"updated_stamp": seen.stamp, "safe_update": True}
        try:
            await self.caller.call("PUT", self._address(seen.key), json={"ticket": ticket})
        except Permanent as fault:
            if fault.status != CONFLICT:
                raise
            message = "somebody else changed the ticket meanwhile"
            raise Temporary(message) from None

    def instant(self, at: int) -> str:
        """Write an instant (ms UTC) for a text field: Zendesk's date fields hold days."""
        return show(at)

    def _address(self, key: str) -> str:
        return f"{self.base}/api/v2/tickets/{key}.json"


def make(told: Settings, session: aiohttp.ClientSession) -> Zendesk:
    """Make it. Raises NoSecret."""
    caller = Caller(session, *told.login.read())
    return Zendesk(caller, told.address, Ids("Zendesk", told.prefix, ID))

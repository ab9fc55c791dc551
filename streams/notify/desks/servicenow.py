"""ServiceNow's incidents, or records of another table of tasks.

Form: "ServiceNow Developers, REST API reference, Table API" (GET with `sysparm_query`, PATCH by
`sys_id`; a date and time is `yyyy-MM-dd HH:mm:ss` in UTC). Decision: a task has no list of tags of
its own in that API, so a marker is a word in a column of text, `marker`, beside what stands there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import aiohttp
from pydantic import Field

from streams.notify.desks.desk import Access, Changes, Ids, NotAField, Standing, table
from streams.process.calling import Caller, Permanent, Temporary
from streams.wire.instant import show

SYS_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
ID = re.compile(r"[0-9a-f]{32}|[A-Z]{2,10}[0-9]{1,20}", re.ASCII)
COLUMN = r"^[a-z][a-z0-9_]{0,79}$"
NAMES = {"group": "assignment_group", "assignee": "assigned_to"}
ORDERS = dict.fromkeys(("priority", "urgency", "impact"), ("5", "4", "3", "2", "1"))
Column = Annotated[str, Field(pattern=COLUMN)]


class Settings(Access):
    """`table` of the tickets; `marker`: the column of text that holds our markers."""

    type: Literal["servicenow"]
    table: Column = "incident"
    marker: Column = "correlation_display"


def field(name: str) -> str:
    """Give the column of a field. Raises NotAField."""
    if not re.match(COLUMN, name, re.ASCII):
        message = "is no column; write its name, such as urgency or u_sla_due"
        raise NotAField(message)
    return NAMES.get(name, name)


@dataclass(frozen=True, slots=True)
class ServiceNow:
    """A table of an instance; `base` is its address in the Table API."""

    caller: Caller
    base: str
    ids: Ids
    marker: str = "correlation_display"

    async def read(self, key: str, fields: Sequence[str]) -> Standing:
        """Read columns of a record, by number or sys_id. Raises Temporary, Permanent."""
        columns = [field(name) for name in fields]
        query = {
            "sysparm_query": f"{'sys_id' if SYS_ID.fullmatch(key) else 'number'}={key}",
            "sysparm_fields": ",".join(["sys_id", self.marker, *columns]),
            "sysparm_exclude_reference_link": "true",
            "sysparm_display_value": "false",
            "sysparm_limit": "1",
        }
        found = (await self.caller.call("GET", self.base, query=query)).json()
        rows = found.get("result") if isinstance(found, dict) else None
        if rows == []:
            message = f"it has no ticket {key}"
            raise Permanent(message)
        row: dict[str, Any] = rows[0] if isinstance(rows, list) else {}
        sys_id = str(row.get("sys_id"))
        if not SYS_ID.fullmatch(sys_id):
            message = "it answers without the ticket"
            raise Temporary(message)
        values = {name: row.get(field(name)) or None for name in fields}
        return Standing(sys_id, values, tuple(str(row.get(self.marker) or "").split()))

    async def write(self, seen: Standing, changes: Changes, tag: str | None = None) -> None:
        """Write columns of a record. Raises Temporary, Permanent."""
        row = {field(n): "" if one is None else str(one) for n, one in changes.items()}
        if tag is not None:
            row[self.marker] = " ".join([*(one for one in seen.tags if one != tag), tag])
        reply = await self.caller.call("PATCH", f"{self.base}/{seen.key}", json=row)
        told = table(reply, "result")
        # A column that is not there is passed over without a word: then nothing guards us.
        if tag is not None and tag not in str(told.get(self.marker, "")).split():
            message = f"the marker did not stay in column {self.marker}; name one that holds text"
            raise Permanent(message)

    def instant(self, at: int) -> str:
        """Write an instant (ms UTC) as columns of date and time have it, to the second."""
        return show(at)[:19].replace("T", " ")


def make(told: Settings, session: aiohttp.ClientSession) -> ServiceNow:
    """Make it. Raises NoSecret."""
    caller = Caller(session, *told.login.read())
    base = f"{told.address}/api/now/table/{told.table}"
    return ServiceNow(caller, base, Ids("ServiceNow", told.prefix, ID), told.marker)

"""Jira's and Jira Service Management's issues.

Form: "The Jira Cloud platform REST API, Issues" (Get issue, Edit issue; a date and time as
`2011-10-19T10:29:29.908+1100`). Decision: Jira knows no versions of an issue, so a label is added
by `update`, which leaves the others alone, in the same call as the fields.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import aiohttp

from streams.notify.desks.desk import Access, Changes, Ids, NotAField, Standing, table
from streams.process.calling import Caller
from streams.wire.instant import show

ID = re.compile(r"[A-Z][A-Z0-9_]{1,40}-[0-9]{1,15}|[0-9]{1,19}", re.ASCII)
PLAIN = re.compile(r"customfield_[0-9]{1,12}|duedate", re.ASCII)
WITHIN = {"priority": "name", "assignee": "accountId"}
"""Fields that are objects, and by which of their keys they are named."""
ORDERS = {"priority": ("Lowest", "Low", "Medium", "High", "Highest")}


class Settings(Access):
    """`login`: `user:` the account's address and the API token as `password`, or a bearer token.

    `version` of the REST API: 3 for the Cloud, 2 for a Data Center.
    """

    type: Literal["jira"]
    version: Literal[2, 3] = 3


def field(name: str) -> str:
    """Give Jira's name of a field. Raises NotAField."""
    if name in WITHIN or PLAIN.fullmatch(name):
        return name
    message = "is no field; write priority, assignee, duedate, or customfield_ and a number"
    raise NotAField(message)


@dataclass(frozen=True, slots=True)
class Jira:
    """A Jira site; `base` is the REST API with its version."""

    caller: Caller
    base: str
    ids: Ids

    async def read(self, key: str, fields: Sequence[str]) -> Standing:
        """Read fields of an issue. Raises Temporary, Permanent."""
        query = {"fields": ",".join([*map(field, fields), "labels"])}
        told = table(await self.caller.call("GET", self._address(key), query=query), "fields")
        values: dict[str, Any] = {}
        for name in fields:
            value = told.get(name)
            values[name] = value.get(WITHIN.get(name)) if isinstance(value, dict) else value
        return Standing(key, values, tuple(told.get("labels") or ()))

    async def write(self, seen: Standing, changes: Changes, tag: str | None = None) -> None:
        """Edit an issue. Raises Temporary, Permanent."""
        edit: dict[str, Any] = {}
        if changes:
            edit["fields"] = {
                field(name): {WITHIN[name]: value} if name in WITHIN else value
                for name, value in changes.items()
            }
        if tag is not None:
            edit["update"] = {"labels": [{"add": tag}]}
        await self.caller.call("PUT", self._address(seen.key), json=edit)

    def instant(self, at: int) -> str:
        """Write an instant (ms UTC) as Jira's fields of date and time have it."""
        return show(at).removesuffix("Z") + "+0000"

    def _address(self, key: str) -> str:
        return f"{self.base}/issue/{key}"


def make(told: Settings, session: aiohttp.ClientSession) -> Jira:
    """Make it. Raises NoSecret."""
    caller = Caller(session, *told.login.read())
    base = f"{told.address}/rest/api/{told.version}"
    return Jira(caller, base, Ids("Jira", told.prefix, ID))

"""What a desk is to us: fields of a ticket, read and written. It fails as calls do.

Decisions: a ticket's id goes into a path only once it has its vendor's form. What has not the
desk's prefix is another desk's, and no mistake.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import Field

from streams.process.calling import Permanent, Reply, Temporary
from streams.process.config import Part
from streams.process.login import Address, Login

Changes = Mapping[str, str | int | None]
"""Values by our name of a field; None empties it."""


class Access(Part):
    """What each desk's settings say: where its API is; `prefix` stands before its ids in ours."""

    address: Address
    login: Login
    prefix: str = Field(default="", max_length=40)


class NotAField(ValueError):
    """A field that the desk cannot have; says what to write."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What was read of a ticket; `key` is the vendor's own, `stamp` its version where it has one.

    `values` by the names that were asked for, None where a field is empty.
    """

    key: str
    values: Mapping[str, Any]
    tags: Sequence[str] = ()
    stamp: str | None = None


@dataclass(frozen=True, slots=True)
class Ids:
    """The form of a desk's ticket ids, after our `prefix`."""

    vendor: str
    prefix: str
    form: re.Pattern[str]

    def own(self, ticket: str) -> str | None:
        """Give the vendor's id of our ticket; None: another desk's. Raises Permanent."""
        if not ticket.startswith(self.prefix):
            return None
        key = ticket.removeprefix(self.prefix)
        if not self.form.fullmatch(key):
            message = f"ticket {ticket[:60]!r} has no id of {self.vendor}'s; give desks a prefix"
            raise Permanent(message)
        return key


class Desk(Protocol):
    """A help desk. No secret is in any error."""

    @property
    def ids(self) -> Ids:
        """The form of its tickets' ids."""

    async def read(self, key: str, fields: Sequence[str]) -> Standing:
        """Read fields of a ticket. Raises Temporary, Permanent."""

    async def write(self, seen: Standing, changes: Changes, tag: str | None = None) -> None:
        """Write fields, and add a tag, in one call. Raises Temporary, Permanent."""

    def instant(self, at: int) -> str:
        """Write an instant (ms UTC) as the desk's fields of date and time have it."""


def table(reply: Reply, *path: str) -> dict[str, Any]:
    """Give the JSON object at a path of an answer. Raises Temporary: it is not there."""
    found = reply.json()
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    if not isinstance(found, dict):
        message = "it answers without the ticket"
        raise Temporary(message)
    return found

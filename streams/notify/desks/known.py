"""The desks that are there, by the `type` that the file gives them, and what a file says of them.

Decision: what a desk cannot have is told when the file is read, not when the first ticket breaks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Annotated, Any, assert_never

import aiohttp
from pydantic import Field

from streams.notify.desks import jira, servicenow, zendesk
from streams.notify.desks.desk import Desk, NotAField
from streams.process.secret import NoSecret

Known = Annotated[
    zendesk.Settings | jira.Settings | servicenow.Settings, Field(discriminator="type")
]
TYPES: Mapping[str, ModuleType] = {"zendesk": zendesk, "jira": jira, "servicenow": servicenow}


def make(name: str, told: Known, session: aiohttp.ClientSession) -> Desk:
    """Make a desk. Raises NoSecret, with the desk's name."""
    try:
        match told:
            case zendesk.Settings():
                return zendesk.make(told, session)
            case jira.Settings():
                return jira.make(told, session)
            case servicenow.Settings():
                return servicenow.make(told, session)
            case _:
                assert_never(told)
    except NoSecret as fault:
        message = f"desks.{name}: {fault}"
        raise NoSecret(message) from None


def orders(type_: str) -> Mapping[str, Sequence[str]]:
    """Give a desk's own orders of values, lowest first, by field."""
    found: Mapping[str, Sequence[str]] = TYPES[type_].ORDERS
    return found


def misnamed(type_: Any, name: str) -> str | None:
    """Say what is wrong with a field's name at a type of desk; None: nothing."""
    if type_ not in TYPES:
        return None
    try:
        TYPES[type_].field(name)
    except NotAField as fault:
        return str(fault)
    return None

"""A source's history from its own API: which help desks have one, and what they need for it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp

from streams.gateway.reconcile import jira, servicenow, zendesk
from streams.gateway.reconcile.desk import Desk, bad
from streams.gateway.reconcile.pages import LARGEST, Pages
from streams.history.export import Row, Unreadable, object_row
from streams.history.parts import FileShape
from streams.process.calling import Caller
from streams.process.problem import BadFile, Problem
from streams.process.secret import NoSecret

SECONDS = 60.0
"""For one page: an incremental export may take its time."""

Raw = Callable[[Pages, int, int], AsyncIterator[dict[str, Any]]]
APIS: dict[str, Raw] = {"zendesk": zendesk.rows, "jira": jira.rows, "servicenow": servicenow.rows}
"""By adapter."""

Rows = Callable[[int, int], AsyncIterator[Row | Unreadable]]
"""Gives rows from an instant on; both it and now are ms UTC."""


@asynccontextmanager
async def fetching(path: Path, name: str, desk: Desk) -> AsyncIterator[Rows]:
    """Open a source's API; `path` and `name` are where it stands. Raises BadFile."""
    export = desk.export
    if desk.source.adapter.name not in APIS:
        listed = ", ".join(sorted(APIS))
        what = f"has no API that is read (that have {listed})"
        raise bad(path, f"sources.{name}", what, "name exports by --file")
    if export.address is None:
        what, fix = "is absent, and no --file is given", "write the help desk's address, or a file"
        raise bad(path, f"sources.{name}.export.address", what, fix)
    try:
        headers, secrets = export.login.read()
    except NoSecret as fault:
        problem = Problem.told(f"sources.{name}.export.login", fault, "set it")
        raise BadFile(str(path), [problem]) from None
    raw = APIS[desk.source.adapter.name]
    if raw is servicenow.rows:
        raw = partial(servicenow.rows, table=export.table)
    async with aiohttp.ClientSession(trust_env=True) as session:
        caller = Caller(session, headers, secrets, SECONDS, LARGEST)
        yield partial(_rows, raw, Pages(caller, export.address), desk.mapping.file)


async def _rows(
    raw: Raw, pages: Pages, shape: FileShape, since: int, now: int
) -> AsyncIterator[Row | Unreadable]:
    number = 0
    async for fields in raw(pages, since, now):
        number += 1
        yield object_row(pages.base, number, fields, shape)

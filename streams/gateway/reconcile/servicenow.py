"""ServiceNow's records that changed, each with its audit, as the mapping `servicenow-audit` reads.

Form: "Table API" of its REST API reference. Decisions: an instant in a query is taken as local time
of the account, so it is asked from MARGIN earlier, and what is too old is left out later; rows that
the account may not see are missing from a page, so a short page is not the last: the count is.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import AsyncIterator
from typing import Any

from streams.gateway.reconcile.pages import Pages
from streams.wire.instant import show

MARGIN = 14 * 3_600_000
PAGE, TOGETHER = 500, 50
SYS_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)


async def rows(
    pages: Pages, since: int, _now: int, *, table: str = "incident"
) -> AsyncIterator[dict[str, Any]]:
    """Give records of a table updated from `since` (ms UTC) on. Raises ExportError."""
    start = show(max(0, since - MARGIN))[:19].replace("T", " ")
    waiting: list[dict[str, Any]] = []
    async for record in _records(pages, table, f"sys_updated_on>={start}"):
        if SYS_ID.fullmatch(str(record.get("sys_id"))):
            waiting.append(record)
        if len(waiting) == TOGETHER:
            async for row in _audited(pages, table, waiting):
                yield row
            waiting = []
    async for row in _audited(pages, table, waiting):
        yield row


async def _audited(
    pages: Pages, table: str, records: list[dict[str, Any]]
) -> AsyncIterator[dict[str, Any]]:
    if not records:
        return
    audits = defaultdict(list)
    named = ",".join(record["sys_id"] for record in records)
    query = f"tablename={table}^documentkeyIN{named}"
    async for audit in _records(pages, "sys_audit", query):
        audits[audit.get("documentkey")].append(audit)
    for record in records:
        yield {"incident": record, "audit": audits[record["sys_id"]]}


async def _records(pages: Pages, table: str, query: str) -> AsyncIterator[dict[str, Any]]:
    """Give all records, in an order in which none is passed over while others are written."""
    offset = 0
    while True:
        asked = {
            "sysparm_query": f"{query}^ORDERBYsys_created_on^ORDERBYsys_id",
            "sysparm_limit": str(PAGE),
            "sysparm_offset": str(offset),
        }
        page = await pages.get(f"/api/now/table/{table}", asked)
        found = page.listed("result")
        for record in found:
            yield record
        offset += PAGE
        total = page.headers.get("x-total-count", "")
        if offset >= int(total) if total.isdecimal() else len(found) < PAGE:
            return

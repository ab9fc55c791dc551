"""Zendesk's tickets that changed, each with all its audits, as the mapping `zendesk-audits` reads.

Form: "Incremental Exports, cursor-based" and "Ticket Audits" of its API reference. Decision: it is
audits that are read, not ticket metric events: those tell what Zendesk's own clocks made of a
ticket, not what happened to it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from streams.gateway.reconcile.pages import Page, Pages

MINUTE = 60_000
DELETED = "deleted"


async def rows(pages: Pages, since: int, now: int) -> AsyncIterator[dict[str, Any]]:
    """Give tickets updated from `since` on, both ms UTC. Raises ExportError."""
    # Zendesk refuses a start within the last minute.
    start = min(since, now - 2 * MINUTE) // 1000
    query: dict[str, str] | None = {"start_time": str(max(0, start)), "per_page": "100"}
    where = "/api/v2/incremental/tickets/cursor.json"
    seen: set[int] = set()
    while True:
        page = await pages.get(where, query)
        for ticket in page.listed("tickets"):
            number = ticket.get("id")
            # A ticket that changes meanwhile comes again.
            if not isinstance(number, int) or number in seen or ticket.get("status") == DELETED:
                continue
            seen.add(number)
            audits = await _audits(pages, number)
            if audits is not None:
                yield {"ticket": ticket, "audits": audits}
        after = page.content.get("after_url")
        if page.content.get("end_of_stream") is not False or not isinstance(after, str):
            return
        where, query = after, None


async def _audits(pages: Pages, number: int) -> list[dict[str, Any]] | None:
    """Give a ticket's audits; None where it has gone meanwhile."""
    where, query = f"/api/v2/tickets/{number}/audits.json", {"page[size]": "100"}
    page: Page | None = await pages.find(where, query)
    if page is None:
        return None
    found = page.listed("audits")
    while (after := _next(page)) is not None:
        page = await pages.get(after)
        found += page.listed("audits")
    return found


def _next(page: Page) -> str | None:
    meta, links = page.content.get("meta"), page.content.get("links")
    if not isinstance(meta, dict) or meta.get("has_more") is not True:
        return None
    after = links.get("next") if isinstance(links, dict) else None
    return after if isinstance(after, str) else None

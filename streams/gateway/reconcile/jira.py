"""Jira's issues that changed, each with its changelog and comments, as the mapping `jira` reads.

Form: "Issue search" (by JQL, enhanced), "Get changelogs" and "Get comments" of the Jira Cloud
platform REST API. Decision: since when is told in minutes from now, for JQL takes an instant as the
account's local time; what a search cuts off is fetched, for half a history would be a wrong one.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

from streams.gateway.reconcile.pages import Pages
from streams.history.export import ExportError

MINUTE = 60_000
PAGE = 100
KEY = re.compile(r"[A-Z][A-Z0-9_]{1,40}-[0-9]{1,15}", re.ASCII)


async def rows(pages: Pages, since: int, now: int) -> AsyncIterator[dict[str, Any]]:
    """Give issues updated from `since` on, both ms UTC. Raises ExportError."""
    minutes = (now - since) // MINUTE + 1
    query = {
        "jql": f'updated >= "-{minutes}m" ORDER BY updated ASC',
        "fields": "*all",
        "expand": "changelog",
        "maxResults": str(PAGE),
    }
    while True:
        page = await pages.get("/rest/api/3/search/jql", query)
        for issue in page.listed("issues"):
            await _complete(pages, issue)
            yield issue
        token = page.content.get("nextPageToken")
        if not isinstance(token, str) or not token or page.content.get("isLast") is True:
            return
        query["nextPageToken"] = token


async def _complete(pages: Pages, issue: dict[str, Any]) -> None:
    """Fetch what the search cut off of an issue."""
    key = str(issue.get("key"))
    changelog = issue.get("changelog")
    comments = (issue.get("fields") or {}).get("comment")
    for held, name, path in (
        (changelog, "histories", "changelog"),
        (comments, "comments", "comment"),
    ):
        if isinstance(held, dict) and _short(held, name):
            if not KEY.fullmatch(key):
                message = f"an issue's key is {key[:60]!r}; check the address of `export:`"
                raise ExportError(message)
            held[name] = await _all(pages, f"/rest/api/3/issue/{key}/{path}")
            held["total"] = len(held[name])


def _short(held: dict[str, Any], name: str) -> bool:
    listed, total = held.get(name), held.get("total")
    return isinstance(listed, list) and isinstance(total, int) and len(listed) < total


async def _all(pages: Pages, where: str) -> list[dict[str, Any]]:
    """Give all of a list that is counted: changelogs call it `values`, comments `comments`."""
    found: list[dict[str, Any]] = []
    while True:
        page = await pages.get(where, {"startAt": str(len(found)), "maxResults": str(PAGE)})
        part = page.listed("values" if "values" in page.content else "comments")
        found += part
        total = page.content.get("total")
        if not part or (isinstance(total, int) and len(found) >= total):
            return found

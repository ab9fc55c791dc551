"""The exports of help desks, page by page, as their API references describe them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.far.side import Answer, FarSide, Seen

LOGIN = "Bearer export-s3cret"
TOKEN = "export-s3cret"


@dataclass
class Zendesk(FarSide):
    """Incremental tickets by cursor, and audits by cursor; `size` of a page."""

    tickets: list[dict[str, Any]] = field(default_factory=list)
    size: int = 2
    elsewhere: str | None = None

    def handle(self, seen: Seen) -> Answer:
        """Give a page."""
        if seen.headers.get("authorization") != LOGIN:
            return 401, {"error": "Couldn't authenticate you"}
        place = int(seen.query.get("cursor", 0))
        if seen.path == "/api/v2/incremental/tickets/cursor.json":
            assert place or int(seen.query["start_time"]) > 0, "a start is needed"
            part = self.tickets[place : place + self.size]
            after = place + self.size
            url = f"{self.elsewhere or self.url}{seen.path}?cursor={after}"
            return 200, {
                "tickets": [one["ticket"] for one in part],
                "after_url": url,
                "end_of_stream": after >= len(self.tickets),
            }
        number = int(seen.path.split("/")[4])
        assert seen.path == f"/api/v2/tickets/{number}/audits.json"
        audits = [one["audits"] for one in self.tickets if one["ticket"]["id"] == number]
        if not audits:
            return 404, {"error": "RecordNotFound"}
        more = place + self.size < len(audits[0])
        url = f"{self.url}{seen.path}?cursor={place + self.size}"
        return 200, {
            "audits": audits[0][place : place + self.size],
            "meta": {"has_more": more},
            "links": {"next": url if more else None},
        }


@dataclass
class Jira(FarSide):
    """The search by JQL, which cuts changelogs and comments off at `size`."""

    issues: list[dict[str, Any]] = field(default_factory=list)
    size: int = 2

    def handle(self, seen: Seen) -> Answer:
        """Give a page."""
        if seen.headers.get("authorization") != LOGIN:
            return 401, {"errorMessages": ["who?"]}
        if seen.path == "/rest/api/3/search/jql":
            assert seen.query["jql"].startswith('updated >= "-'), "since when"
            assert (seen.query["fields"], seen.query["expand"]) == ("*all", "changelog")
            place = int(seen.query.get("nextPageToken", "0"))
            after = place + self.size
            told: dict[str, Any] = {
                "issues": [self._cut(one) for one in self.issues[place:after]],
                "isLast": after >= len(self.issues),
            }
            return 200, told if told["isLast"] else {**told, "nextPageToken": str(after)}
        _, _, _, _, _, key, part = seen.path.split("/")
        (issue,) = (one for one in self.issues if one["key"] == key)
        if part == "changelog":
            name, whole = "values", issue["changelog"]["histories"]
        else:
            name, whole = "comments", issue["fields"]["comment"]["comments"]
        start = int(seen.query["startAt"])
        return 200, {name: whole[start : start + self.size], "total": len(whole)}

    def _cut(self, issue: dict[str, Any]) -> dict[str, Any]:
        histories = issue["changelog"]["histories"]
        comments = issue["fields"]["comment"]["comments"]
        comment = {"comments": comments[: self.size], "total": len(comments)}
        return {
            **issue,
            "changelog": {"histories": histories[: self.size], "total": len(histories)},
            "fields": {**issue["fields"], "comment": comment},
        }


@dataclass
class ServiceNow(FarSide):
    """The Table API; records that the account may not see are missing from their page."""

    tables: dict[str, list[dict[str, Any] | None]] = field(default_factory=dict)

    def handle(self, seen: Seen) -> Answer:
        """Give a page."""
        if seen.headers.get("authorization") != LOGIN:
            return 401, {"error": {"message": "User Not Authenticated"}}
        records = self.tables[seen.path.removeprefix("/api/now/table/")]
        query = seen.query["sysparm_query"]
        assert query.endswith("^ORDERBYsys_created_on^ORDERBYsys_id"), "no order, no pages"
        if "documentkeyIN" in query:
            named = query.split("documentkeyIN")[1].split("^")[0].split(",")
            records = [one for one in records if one and one["documentkey"] in named]
        start = int(seen.query["sysparm_offset"])
        part = records[start : start + int(seen.query["sysparm_limit"])]
        shown = [one for one in part if one is not None]
        return 200, {"result": shown}, {"X-Total-Count": str(len(records))}

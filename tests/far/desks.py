"""Help desks' APIs of single tickets, by the vendors' references: read, and written with care."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from jsonschema import Draft202012Validator

from tests.far.side import Answer, FarSide, Seen

TOKEN = "desk-s3cret"
ZENDESK = Draft202012Validator(
    {
        "type": "object",
        "properties": {
            "ticket": {
                "type": "object",
                "properties": {
                    "priority": {"enum": ["low", "normal", "high", "urgent"]},
                    "group_id": {"type": "integer"},
                    "assignee_id": {"type": "integer"},
                    "tags": {"type": "array", "items": {"type": "string", "pattern": r"^\S+$"}},
                    "custom_fields": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "properties": {
                                "id": {"type": "integer"},
                                "value": {"type": ["string", "null"]},
                            },
                            "required": ["id", "value"],
                            "additionalProperties": False,
                        },
                    },
                    "safe_update": {"const": True},
                    "updated_stamp": {"type": "string"},
                },
                "additionalProperties": False,
            }
        },
        "required": ["ticket"],
        "additionalProperties": False,
    }
)


@dataclass
class Desk(FarSide):
    """Tickets by id, and how often each was written to."""

    tickets: dict[str, dict[str, Any]] = field(default_factory=dict)
    writes: Counter[str] = field(default_factory=Counter)

    def handle(self, seen: Seen) -> Answer:
        """Let in who has the token."""
        if seen.headers.get("authorization") != f"Bearer {TOKEN}":
            return 401, {"error": "who?"}
        return self.answer(seen)

    def answer(self, seen: Seen) -> Answer:
        """Answer who was let in."""
        raise NotImplementedError


class Zendesk(Desk):
    """A change that is based on an old version of a ticket is refused."""

    def answer(self, seen: Seen) -> Answer:
        """Show or update a ticket."""
        number = seen.path.removeprefix("/api/v2/tickets/").removesuffix(".json")
        assert number.isdecimal(), "no such address"
        ticket = self.tickets.setdefault(
            number, {"tags": [], "priority": "normal", "custom_fields": [], "group_id": 1}
        )
        ticket.setdefault("updated_at", "2026-03-27T15:00:00Z")
        if seen.method == "PUT":
            ZENDESK.validate(seen.body)
            told = dict(seen.body["ticket"])
            if told.pop("safe_update", False) and told.pop("updated_stamp") != ticket["updated_at"]:
                return 409, {"error": "UpdateConflict"}
            custom = {one["id"]: one for one in ticket["custom_fields"]}
            custom |= {one["id"]: one for one in told.pop("custom_fields", [])}
            self.writes[number] += 1
            stamp = f"2026-03-27T15:{self.writes[number] // 60:02}:{self.writes[number] % 60:02}Z"
            ticket |= told | {"custom_fields": list(custom.values()), "updated_at": stamp}
        return 200, {"ticket": {"id": int(number), **ticket}}

    def field(self, number: int, name: int) -> str | None:
        """Give a custom field."""
        fields = self.tickets.get(str(number), {}).get("custom_fields", [])
        return next((one["value"] for one in fields if one["id"] == name), None)


class Jira(Desk):
    """Issues by key; an instant is shown in the account's own zone."""

    def answer(self, seen: Seen) -> Answer:
        """Show or edit an issue."""
        key = seen.path.removeprefix("/rest/api/3/issue/")
        issue = self.tickets.setdefault(key, {"labels": [], "priority": {"name": "Low"}})
        if seen.method == "PUT":
            assert set(seen.body) <= {"fields", "update"}, "no such part"
            self.writes[key] += 1
            issue |= seen.body.get("fields", {})
            for one in seen.body.get("update", {}).get("labels", []):
                issue["labels"] = [*issue["labels"], one["add"]]
            return 204, ""
        asked = seen.query["fields"].split(",")
        return 200, {"key": key, "fields": {name: issue.get(name) for name in asked}}


class ServiceNow(Desk):
    """Records of incidents; what is no column is passed over without a word."""

    columns = ("priority", "urgency", "assignment_group", "u_sla_due", "correlation_display")

    def answer(self, seen: Seen) -> Answer:
        """Find, show or patch a record."""
        rest = seen.path.removeprefix("/api/now/table/incident").strip("/")
        if seen.method == "PATCH":
            record = self.tickets[rest]
            self.writes[rest] += 1
            record |= {name: one for name, one in seen.body.items() if name in self.columns}
            return 200, {"result": record}
        name, _, value = seen.query["sysparm_query"].partition("=")
        found = [one for one in self.tickets.values() if one.get(name) == value]
        return 200, {"result": found[:1]}

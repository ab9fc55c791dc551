"""PagerDuty's Events API v2, as "Send an Alert Event" and PD-CEF describe it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from tests.far.side import Answer, FarSide, Seen

KEY = "0123456789abcdef0123456789abcdef"
PAYLOAD = {
    "type": "object",
    "properties": {
        "summary": {"type": "string", "minLength": 1, "maxLength": 1024},
        "source": {"type": "string", "minLength": 1},
        "severity": {"enum": ["critical", "error", "warning", "info"]},
        "timestamp": {"type": "string", "format": "date-time"},
        "component": {"type": "string"},
        "group": {"type": "string"},
        "class": {"type": "string"},
        "custom_details": {"type": "object"},
    },
    "required": ["summary", "source", "severity"],
    "additionalProperties": False,
}
EVENT = Draft202012Validator(
    {
        "type": "object",
        "properties": {
            "routing_key": {"type": "string", "pattern": "^[0-9a-zA-Z]{32}$"},
            "event_action": {"enum": ["trigger", "acknowledge", "resolve"]},
            "dedup_key": {"type": "string", "minLength": 1, "maxLength": 255},
            "payload": PAYLOAD,
            "client": {"type": "string"},
            "client_url": {"type": "string"},
            "links": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"href": {"type": "string"}, "text": {"type": "string"}},
                    "required": ["href"],
                },
            },
        },
        "required": ["routing_key", "event_action"],
        "if": {"properties": {"event_action": {"const": "trigger"}}},
        "then": {"required": ["payload"]},
        "else": {"required": ["dedup_key"]},
        "additionalProperties": False,
    },
    format_checker=FormatChecker(),
)


@dataclass
class PagerDuty(FarSide):
    """Pages once for each `dedup_key` that has no open incident."""

    pages: Counter[str] = field(default_factory=Counter)
    open: set[str] = field(default_factory=set)
    resolved: set[str] = field(default_factory=set)
    events: list[dict[str, Any]] = field(default_factory=list)

    def handle(self, seen: Seen) -> Answer:
        """Take an event."""
        assert (seen.method, seen.path) == ("POST", "/v2/enqueue"), "no such method"
        EVENT.validate(seen.body)
        if seen.body["routing_key"] != KEY:
            return 400, {"status": "invalid event", "errors": ["'routing_key' is invalid"]}
        key = seen.body["dedup_key"]
        self.events.append(seen.body)
        if seen.body["event_action"] == "trigger":
            if key not in self.open:
                self.pages[key] += 1
                self.open.add(key)
        else:
            self.open.discard(key)
            self.resolved.add(key)
        return 202, {"status": "success", "message": "Event processed", "dedup_key": key}

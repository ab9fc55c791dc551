"""Alertmanager's API v2, by the part `postAlerts` of its OpenAPI."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from streams.wire.instant import parse
from tests.far.side import Answer, FarSide, Seen

LABELS = {
    "type": "object",
    "propertyNames": {"pattern": "^[a-zA-Z_][a-zA-Z0-9_]*$"},
    "additionalProperties": {"type": "string"},
}
ALERTS = Draft202012Validator(
    {
        "type": "array",
        "minItems": 1,
        "items": {
            "type": "object",
            "properties": {
                "labels": LABELS | {"required": ["alertname"]},
                "annotations": LABELS,
                "startsAt": {"type": "string", "format": "date-time"},
                "endsAt": {"type": "string", "format": "date-time"},
                "generatorURL": {"type": "string", "format": "uri"},
            },
            "required": ["labels"],
            "additionalProperties": False,
        },
    },
    format_checker=FormatChecker(),
)


@dataclass
class Alertmanager(FarSide):
    """One alert for each set of labels, firing until its end; `now` is that of the alerts."""

    alerts: dict[str, dict[str, Any]] = field(default_factory=dict)
    told: Counter[str] = field(default_factory=Counter)

    def handle(self, seen: Seen) -> Answer:
        """Take alerts."""
        assert (seen.method, seen.path) == ("POST", "/api/v2/alerts"), "no such method"
        ALERTS.validate(seen.body)
        for alert in seen.body:
            starts, ends = parse(alert["startsAt"]), parse(alert["endsAt"])
            assert starts < ends, "start time must be before end time"
            key = json.dumps(alert["labels"], sort_keys=True)
            self.alerts[key] = alert
            self.told[key] += 1
        return 200, ""

    def firing(self, now: int) -> list[dict[str, str]]:
        """Give the labels of what fires at an instant (ms UTC)."""
        return [one["labels"] for one in self.alerts.values() if parse(one["endsAt"]) > now]

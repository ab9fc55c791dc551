"""Histories as help desks tell them, of the last hours."""

from __future__ import annotations

import time
from typing import Any

from streams.wire.instant import show

MINUTE, HOUR = 60_000, 3_600_000
NOW = time.time_ns() // 1_000_000 // 1_000 * 1_000


def second(ms: int) -> str:
    """Write an instant as Zendesk does."""
    return show(ms)[:19] + "Z"


def zendesk(number: int) -> dict[str, Any]:
    """Give a ticket with its audits: opened, waiting for parts, answered, solved."""
    born = NOW - 12 * HOUR + number * 20 * MINUTE
    steps: list[tuple[int, int, list[dict[str, Any]]]] = [
        (0, 1, [_said(public=True), _change("Create", "status", "new")]),
        (10, 5, [_change("Change", "status", "parts"), _change("Change", "assignee_id", "5")]),
        (60, 5, [_said(public=True)]),
        (90, 1, [_said(public=True)]),
        (120, 5, [_said(public=False), _change("Change", "status", "solved")]),
    ]
    audits = [
        {"id": number * 100 + place, "created_at": second(born + at * MINUTE), "author_id": who,
         "events": [{**one, "id": number * 1000 + place * 10 + n} for n, one in enumerate(events)]}
        for place, (at, who, events) in enumerate(steps)
    ]  # fmt: skip
    return {"ticket": {"id": number, "requester_id": 1, "status": "solved"}, "audits": audits}


def _said(*, public: bool) -> dict[str, Any]:
    return {"type": "Comment", "public": public}


def _change(type_: str, name: str, value: str) -> dict[str, Any]:
    return {"type": type_, "field_name": name, "value": value, "previous_value": None}

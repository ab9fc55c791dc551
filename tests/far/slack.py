"""Slack's incoming webhooks and `chat.postMessage`, as "Slack API" describes them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from jsonschema import Draft202012Validator

from tests.far.side import Answer, FarSide, Seen

HOOK = "/services/T000/B000/hooksecret"
TOKEN = "xoxb-bot-secret"
TEXT = {"type": "string", "minLength": 1}
PLAIN = {
    "type": "object",
    "properties": {"type": {"const": "plain_text"}, "text": TEXT, "emoji": {"type": "boolean"}},
    "required": ["type", "text"],
    "additionalProperties": False,
}
MARKED = {
    "type": "object",
    "properties": {"type": {"const": "mrkdwn"}, "text": TEXT},
    "required": ["type", "text"],
    "additionalProperties": False,
}
HEADER = {
    "properties": {
        "type": {"const": "header"},
        "text": {**PLAIN, "properties": {**PLAIN["properties"], "text": TEXT | {"maxLength": 150}}},  # type: ignore[dict-item]
    },
    "required": ["type", "text"],
    "additionalProperties": False,
}
SECTION = {
    "properties": {
        "type": {"const": "section"},
        "text": {
            **PLAIN,
            "properties": {**PLAIN["properties"], "text": TEXT | {"maxLength": 3000}},  # type: ignore[dict-item]
        },
    },
    "required": ["type", "text"],
    "additionalProperties": False,
}
CONTEXT = {
    "properties": {
        "type": {"const": "context"},
        "elements": {"type": "array", "minItems": 1, "maxItems": 10, "items": MARKED},
    },
    "required": ["type", "elements"],
    "additionalProperties": False,
}
POST = Draft202012Validator(
    {
        "type": "object",
        "properties": {
            "text": {"type": "string", "minLength": 1, "maxLength": 40_000},
            "blocks": {
                "type": "array",
                "minItems": 1,
                "maxItems": 50,
                "items": {"type": "object", "oneOf": [HEADER, SECTION, CONTEXT]},
            },
            "channel": TEXT,
            "unfurl_links": {"type": "boolean"},
            "thread_ts": {"type": "string", "pattern": r"^\d+\.\d{6}$"},
            "reply_broadcast": {"type": "boolean"},
        },
        "required": ["text", "blocks"],
        "additionalProperties": False,
    }
)


@dataclass
class Slack(FarSide):
    """Shows what is posted, however often."""

    posts: list[dict[str, Any]] = field(default_factory=list)

    @property
    def hook(self) -> str:
        """The address of the incoming webhook."""
        return self.url + HOOK

    def handle(self, seen: Seen) -> Answer:
        """Take a message."""
        assert seen.method == "POST", "Slack is told by POST"
        assert seen.headers["content-type"].startswith("application/json"), "it is JSON"
        if seen.path == HOOK:
            POST.validate(seen.body)
            assert "channel" not in seen.body, "an incoming webhook has its channel"
            self.posts.append(seen.body)
            return 200, "ok"
        assert seen.path == "/api/chat.postMessage", "no such method"
        if seen.headers.get("authorization") != f"Bearer {TOKEN}":
            return 200, {"ok": False, "error": "invalid_auth"}
        POST.validate(seen.body)
        known = {f"{number}.000000" for number in range(1, len(self.posts) + 1)}
        assert seen.body.get("thread_ts") in {None, *known}, "no such thread"
        self.posts.append(seen.body)
        return 200, {"ok": True, "channel": "C1", "ts": f"{len(self.posts)}.000000"}

    def titles(self) -> Counter[str]:
        """Count what was posted by its title."""
        return Counter(post["text"] for post in self.posts)

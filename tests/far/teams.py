"""A workflow of Microsoft Teams that posts cards, by the schema of Adaptive Cards 1.4."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from tests.far.side import Answer, FarSide, Seen

HOOK = "/workflows/0123/triggers/manual/paths/invoke"
RUN = {
    "type": "object",
    "properties": {
        "type": {"const": "TextRun"},
        "text": {"type": "string", "minLength": 1},
        "size": {"enum": ["default", "small", "medium", "large", "extraLarge"]},
        "weight": {"enum": ["default", "lighter", "bolder"]},
        "color": {
            "enum": ["default", "dark", "light", "accent", "good", "warning", "attention"],
        },
    },
    "required": ["type", "text"],
    "additionalProperties": False,
}
BLOCK = {
    "type": "object",
    "properties": {
        "type": {"const": "RichTextBlock"},
        "inlines": {"type": "array", "minItems": 1, "items": RUN},
    },
    "required": ["type", "inlines"],
    "additionalProperties": False,
}
OPEN = {
    "type": "object",
    "properties": {
        "type": {"const": "Action.OpenUrl"},
        "title": {"type": "string", "minLength": 1},
        "url": {"type": "string", "format": "uri"},
    },
    "required": ["type", "url"],
    "additionalProperties": False,
}
CARD = {
    "type": "object",
    "properties": {
        "$schema": {"type": "string"},
        "type": {"const": "AdaptiveCard"},
        "version": {"const": "1.4"},
        "body": {"type": "array", "minItems": 1, "items": BLOCK},
        "actions": {"type": "array", "minItems": 1, "maxItems": 6, "items": OPEN},
    },
    "required": ["type", "version", "body"],
    "additionalProperties": False,
}
POSTED = Draft202012Validator(
    {
        "type": "object",
        "properties": {
            "type": {"const": "message"},
            "attachments": {
                "type": "array",
                "minItems": 1,
                "items": {
                    "type": "object",
                    "properties": {
                        "contentType": {"const": "application/vnd.microsoft.card.adaptive"},
                        "content": CARD,
                    },
                    "required": ["contentType", "content"],
                    "additionalProperties": False,
                },
            },
        },
        "required": ["type", "attachments"],
        "additionalProperties": False,
    },
    format_checker=FormatChecker(),
)


@dataclass
class Teams(FarSide):
    """Shows what is posted, however often."""

    posts: list[dict[str, Any]] = field(default_factory=list)

    @property
    def hook(self) -> str:
        """The workflow's address, with its signature."""
        return f"{self.url}{HOOK}?sig=teamssecret"

    def handle(self, seen: Seen) -> Answer:
        """Take a card."""
        assert (seen.method, seen.path) == ("POST", HOOK), "no such workflow"
        if seen.query.get("sig") != "teamssecret":
            return 401, {"error": {"code": "DirectApiAuthorizationRequired"}}
        assert len(seen.raw) <= 28_000, "Teams takes no larger ones"
        POSTED.validate(seen.body)
        self.posts.append(seen.body)
        return 202, ""

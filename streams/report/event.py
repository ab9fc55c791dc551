"""A ticket event in a few words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from streams.insight.promise import said
from streams.report.language import Language, plain

Told = Mapping[str, Any]

ABSENT = "\N{EN DASH}"
NAMED = ("status", "priority", "tier", "channel", "team", "assignee")
"""Attributes that are told of an event; there may be dozens."""


def event(told: Told, words: Language) -> Markup:
    """Say an event, as `/tickets/{id}` has it."""
    match told["type"].removeprefix("ticket."):
        case "created":
            who = _spoken(told, "created", "created_private", words)
            shown = _attributes(told["attributes"])
            return Markup("{}{}{}").format(who, words["form.list"], shown) if shown else who
        case "message":
            return _spoken(told, "message", "note", words)
        case "changed":
            return _attributes(told["attributes"])
        case "deleted":
            return words.say("events.deleted", reason=words[f"why.{told['reason']}"])
        case type_:
            form, value = RARE[type_]
            return words.say(f"events.{form}", name=plain(str(told[value])))


RARE = {
    "merged": ("merged", "into"),
    "absorbed": ("absorbed", "origin"),
    "policies.adopted": ("adopted", "version"),
}


def _spoken(told: Told, public: str, private: str, words: Language) -> Markup:
    form = public if told["public"] else private
    return words.say(f"events.{form}", author=words[f"authors.{told['author']}"])


def _attributes(attributes: Told) -> Markup:
    told = [(name, attributes[name]) for name in NAMED if name in attributes]
    told = told or list(attributes.items())[: len(NAMED)]
    parts = [
        Markup("{} <bdi>{}</bdi>").format(plain(name), plain(said(value) or ABSENT))
        for name, value in told
    ]
    return Markup(", ").join(parts)

"""Microsoft Teams: a workflow that begins with "When a Teams webhook request is received".

Form: "Microsoft Teams, Create incoming webhooks with Workflows" and the schema of Adaptive Cards,
1.4. Decisions: what a ticket says stands in text runs, which know no Markdown, so that it can bear
no link and no mention. Teams knows no key: what may have arrived is said again and bears a sign.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import aiohttp

from streams.notify.message import Message, cut
from streams.process.calling import Caller
from streams.process.config import Part
from streams.process.secret import Kept, NoSecret, Secret

LARGEST = 28_000
"""Bytes; Teams refuses messages from 28 KB on."""
LINES, LINE = 60, 400
COLOURS = {"critical": "attention", "warning": "warning", "info": "good"}


class Settings(Part):
    """`address`: the workflow's URL, a secret."""

    type: Literal["teams"]
    address: Secret


@dataclass(frozen=True, slots=True)
class Teams:
    """A channel or chat of Teams."""

    name: str
    caller: Caller
    address: Kept = field(repr=False)
    once: bool = False

    async def send(self, message: Message) -> str | None:
        """Post it. Raises Temporary, Permanent."""
        await self.caller.call("POST", self.address.text, json=posted(message))
        return None


def posted(message: Message) -> dict[str, Any]:
    """Lay a message out as a card, never larger than Teams takes."""
    lines = [cut(line, LINE) for line in message.lines if line.strip()]
    if len(lines) > LINES:
        lines = [*lines[: LINES - 1], f"… ({len(lines) - LINES + 1})"]
    room, kept = LARGEST - 4_000, []
    for line in lines:
        # Escaped as JSON a character may be twelve bytes; a block is about 90 around it.
        room -= 90 + max(len(line.encode()), len(line) * 2)
        if room < 0:
            break
        kept.append(line)
    title = {"size": "large", "weight": "bolder", "color": COLOURS[message.severity]}
    body = [_block(cut(message.headline, LINE), **title), *map(_block, kept)]
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
    }
    if message.link:
        link = {"type": "Action.OpenUrl", "title": "Ticket", "url": message.link}
        card["actions"] = [link]
    content = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
    return {"type": "message", "attachments": [content]}


def _block(line: str, **style: str) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": line, **style}]}


def make(name: str, told: Settings, session: aiohttp.ClientSession) -> Teams:
    """Make it. Raises NoSecret."""
    kept = told.address.read()[0]
    if not kept.text.startswith(("https://", "http://127.0.0.1", "http://localhost")):
        message = "address: the secret is no https address; copy the workflow's URL whole"
        raise NoSecret(message)
    return Teams(name, Caller(session, secrets=(kept,)), kept)

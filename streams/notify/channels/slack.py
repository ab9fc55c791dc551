"""Slack: an incoming webhook, or a bot's `chat.postMessage`, in Block Kit.

Form: "Slack API, Incoming webhooks", "chat.postMessage", "Block Kit reference". Decisions: Slack
knows no key, so what may have arrived is said again and bears a sign. A bot's answer names the
message, and what ends it goes into its thread; an incoming webhook's does not.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import aiohttp
from pydantic import model_validator

from streams.notify.message import Message, cut
from streams.process.calling import Caller, Permanent, Temporary
from streams.process.config import Part
from streams.process.login import Address
from streams.process.secret import Kept, NoSecret, Secret

HEADER, SECTION = 150, 3000
SIGNS = {"critical": ":red_circle: ", "warning": ":large_yellow_circle: ", "info": ""}
OF_THE_MESSAGE = frozenset(
    {"invalid_blocks", "invalid_blocks_format", "msg_too_long", "no_text", "invalid_arguments"}
)


class Settings(Part):
    """`address` of an incoming webhook, a secret; or a bot's `token` and its `channel`."""

    type: Literal["slack"]
    address: Secret = Secret()
    token: Secret = Secret()
    channel: str | None = None
    base: Address = "https://slack.com"

    @model_validator(mode="after")
    def _one_way(self) -> Settings:
        hook = bool(self.address.env or self.address.file)
        bot = bool(self.token.env or self.token.file)
        if hook == bot or bot != (self.channel is not None):
            message = "needs `address:` alone, or `token:` and `channel:`"
            raise ValueError(message)
        return self


@dataclass(frozen=True, slots=True)
class Slack:
    """A channel of Slack; `channel` None for an incoming webhook, whose `address` is a secret."""

    name: str
    caller: Caller
    address: Kept = field(repr=False)
    channel: str | None = None
    once: bool = False

    async def send(self, message: Message) -> str | None:
        """Post it; give `channel:ts` where Slack says so. Raises Temporary, Permanent."""
        content: dict[str, Any] = {"text": _escaped(message.headline), "blocks": blocks(message)}
        if self.channel is None:
            await self.caller.call("POST", self.address.text, json=content)
            return None
        channel, _, thread = (message.receipt or "").rpartition(":")
        content |= {"channel": channel or self.channel, "unfurl_links": False}
        if thread:
            content |= {"thread_ts": thread, "reply_broadcast": True}
        told = (await self.caller.call("POST", self.address.text, json=content)).json()
        if not isinstance(told, dict) or told.get("ok") is not True:
            error = str(told.get("error", "")) if isinstance(told, dict) else ""
            # The rest is about who we are or where it goes: a person can mend that meanwhile.
            raise (Permanent if error in OF_THE_MESSAGE else Temporary)(f"Slack says {error[:80]}")
        return f"{told.get('channel', self.channel)}:{told['ts']}" if told.get("ts") else None


def blocks(message: Message) -> list[dict[str, Any]]:
    """Lay a message out: title, text, link. What stands in it is no mark-up."""
    title = SIGNS[message.severity] + message.headline
    found: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": cut(title, HEADER)}}
    ]
    if text := "\n".join(message.lines).strip():
        plain = {"type": "plain_text", "text": cut(text, SECTION), "emoji": False}
        found.append({"type": "section", "text": plain})
    if message.link:
        link = f"<{_escaped(message.link)}>"
        found.append({"type": "context", "elements": [{"type": "mrkdwn", "text": link}]})
    return found


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def make(name: str, told: Settings, session: aiohttp.ClientSession) -> Slack:
    """Make it. Raises NoSecret."""
    if told.channel is None:
        kept = told.address.read()[0]
        if not kept.text.startswith(("https://", "http://127.0.0.1", "http://localhost")):
            message = "address: the secret is no https address; copy the webhook's URL whole"
            raise NoSecret(message)
        return Slack(name, Caller(session, secrets=(kept,)), kept)
    token = told.token.read()[0]
    caller = Caller(session, {"Authorization": f"Bearer {token.text}"}, (token,))
    address = Kept(f"{told.base}/api/chat.postMessage".encode())
    return Slack(name, caller, address, told.channel)

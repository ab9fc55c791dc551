"""PagerDuty, Events API v2: one incident for each `dedup_key`, however often it is told.

Form: "PagerDuty Developer Documentation, Send an Event" and "PD-CEF".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Literal

import aiohttp

from streams.notify.message import Message
from streams.process.calling import Caller
from streams.process.config import Part
from streams.process.login import Address
from streams.process.secret import Kept, Secret
from streams.wire.instant import show

KEY, SUMMARY = 255, 1024


class Settings(Part):
    """`key`: an integration's routing key; `base`: https://events.eu.pagerduty.com in the EU."""

    type: Literal["pagerduty"]
    key: Secret
    base: Address = "https://events.pagerduty.com"


@dataclass(frozen=True, slots=True)
class PagerDuty:
    """A service's integration; a key that is told again pages nobody again."""

    name: str
    caller: Caller
    address: str
    key: Kept = field(repr=False)
    once: bool = True

    async def send(self, message: Message) -> str | None:
        """Trigger or resolve. Raises Temporary, Permanent."""
        about = message.about
        if len(about) > KEY:
            about = sha256(about.encode()).hexdigest()
        event: dict[str, Any] = {
            "routing_key": self.key.text,
            "event_action": message.action,
            "dedup_key": about,
        }
        if message.action == "trigger":
            data = message.events[0]["data"]
            event["client"] = "sla-streams"
            event["payload"] = {
                "summary": message.title[:SUMMARY],
                "source": "several tickets" if message.digest else f"ticket {data['ticket']}",
                "severity": message.severity,
                "timestamp": message.events[0]["time"],
                "component": data["policy"],
                "class": data["metric"],
                "custom_details": {"said": show(message.at), **dict(message.facts)},
            }
            if message.link:
                event["links"] = [{"href": message.link, "text": "ticket"}]
        await self.caller.call("POST", self.address, json=event)
        return None


def make(name: str, told: Settings, session: aiohttp.ClientSession) -> PagerDuty:
    """Make it. Raises NoSecret."""
    key = told.key.read()[0]
    return PagerDuty(name, Caller(session, secrets=(key,)), f"{told.base}/v2/enqueue", key)

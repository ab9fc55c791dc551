"""Alertmanager, API v2: an alert is its labels (its fingerprint), however often it is told.

Form: Alertmanager's OpenAPI, `postAlerts`. Decisions: the labels of an alert are kept as the
channel's receipt, so that what ends it has the very same ones. Others tell an alert again until it
ends, and one without an end is ended after five minutes; we tell it once and say how long it lasts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

import aiohttp
import orjson
from pydantic import Field

from streams.notify.message import Message
from streams.notify.route import Length, short
from streams.process.calling import Caller
from streams.process.config import Part
from streams.process.login import Address, Login
from streams.wire.instant import parse, show

LabelName = Annotated[str, Field(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$")]


class Settings(Part):
    """`labels` go with each alert; `lasts`, in ms: when an alert ends that nothing ended."""

    type: Literal["alertmanager"]
    address: Address
    login: Login = Login()
    labels: Mapping[LabelName, str] = Field(default_factory=dict)
    lasts: Length = 86_400_000


@dataclass(frozen=True, slots=True)
class Alertmanager:
    """An Alertmanager; alerts of the same labels are one."""

    name: str
    caller: Caller
    address: str
    labels: Mapping[str, str] = field(default_factory=dict)
    lasts: int = 86_400_000
    once: bool = True

    async def send(self, message: Message) -> str | None:
        """Tell an alert, or its end; give its labels. Raises Temporary, Permanent."""
        event = message.events[0]
        known = None if message.receipt is None else orjson.loads(message.receipt)
        labels = known or self._labels(message)
        ends = message.at if message.action == "resolve" else message.at + self.lasts
        # What it speaks of may lie ahead of our clock, or its end before its beginning.
        starts = min(message.at if known else parse(event["time"]), ends - 1)
        alert = {
            "labels": labels,
            "annotations": {"summary": message.title, "description": message.text},
            "startsAt": show(starts),
            "endsAt": show(ends),
        }
        if message.link:
            alert["generatorURL"] = message.link
        await self.caller.call("POST", self.address, json=[alert])
        return orjson.dumps(labels).decode()

    def _labels(self, message: Message) -> dict[str, str]:
        data = message.events[0]["data"]
        own = {"alertname": "sla_" + short(message.events[0]), "severity": message.severity}
        if message.digest:
            own["alertname"] = "sla_digest"
        else:
            own |= {name: str(data[name]) for name in ("ticket", "policy", "metric", "kind")}
        return {**self.labels, **own, "sla_event": message.about}


def make(name: str, told: Settings, session: aiohttp.ClientSession) -> Alertmanager:
    """Make it. Raises NoSecret."""
    headers, kept = told.login.read()
    caller = Caller(session, headers, kept)
    return Alertmanager(name, caller, f"{told.address}/api/v2/alerts", told.labels, told.lasts)

"""Any receiver of ours: JSON, signed as the Standard Webhooks specification has it.

Headers `webhook-id` (the message's key, the same at each attempt: a receiver drops what it knows),
`webhook-timestamp` (s), `webhook-signature` (`v1,` and the base64 HMAC-SHA256 of
`id.timestamp.body`; one for each secret, with spaces between).
"""

from __future__ import annotations

import hmac
import time
from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import aiohttp
import orjson

from streams.notify.message import Message
from streams.process.calling import Caller
from streams.process.config import Part
from streams.process.login import Address, Login
from streams.process.secret import Kept, NoSecret, Secret
from streams.wire.instant import show

PREFIX = "whsec_"


class Settings(Part):
    """`once`: the receiver drops what comes again under the same `webhook-id`."""

    type: Literal["webhook"]
    address: Address
    secret: Secret
    login: Login = Login()
    once: bool = False


@dataclass(frozen=True, slots=True)
class Webhook:
    """A receiver; whether it drops repeats is its own to say. `now` gives seconds."""

    name: str
    caller: Caller
    address: str
    keys: Sequence[bytes] = field(repr=False)
    once: bool = False
    now: Callable[[], float] = time.time

    async def send(self, message: Message) -> str | None:
        """Send it. Raises Temporary, Permanent."""
        content = body(message)
        headers = signed(self.keys, message.key, int(self.now()), content)
        await self.caller.call("POST", self.address, data=content, headers=headers)
        return None


def body(message: Message) -> bytes:
    """Write a message as JSON; instants as RFC 3339, `events` as they came from the topic."""
    return orjson.dumps(
        {
            "key": message.key,
            "about": message.about,
            "action": message.action,
            "severity": message.severity,
            "title": message.title,
            "text": message.text,
            "at": show(message.at),
            "link": message.link,
            "digest": message.digest,
            "repeat": message.repeat,
            "facts": [{"label": label, "value": value} for label, value in message.facts],
            "events": message.events,
        }
    )


def signed(keys: Sequence[bytes], key: str, at: int, content: bytes) -> dict[str, str]:
    """Give the headers, `at` in seconds; an id that is no token of HTTP is written as base64."""
    id_ = key if key.isascii() and key.isprintable() else b64encode(key.encode()).decode()
    payload = f"{id_}.{at}.".encode() + content
    signatures = [b64encode(hmac.digest(one, payload, "sha256")).decode() for one in keys]
    return {
        "Content-Type": "application/json",
        "webhook-id": id_,
        "webhook-timestamp": str(at),
        "webhook-signature": " ".join(f"v1,{one}" for one in signatures),
    }


def secret_bytes(kept: Kept) -> bytes:
    """Read a secret: `whsec_` and base64, or plain text. Raises NoSecret."""
    if not kept.text.startswith(PREFIX):
        return kept.bytes
    try:
        return b64decode(kept.text.removeprefix(PREFIX), validate=True)
    except Error:
        message = "secret: no base64 after whsec_; copy it whole"
        raise NoSecret(message) from None


def make(name: str, told: Settings, session: aiohttp.ClientSession) -> Webhook:
    """Make it. Raises NoSecret."""
    kept, (headers, login) = told.secret.read(), told.login.read()
    caller = Caller(session, headers, (*kept, *login))
    keys = tuple(secret_bytes(one) for one in kept)
    return Webhook(name, caller, told.address, keys, told.once)

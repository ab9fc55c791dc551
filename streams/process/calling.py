"""Calls of others' HTTP interfaces: an answer, or why there is none and whether it may come later.

Decisions: a refusal of who we are (401, 403, 404, 410) may be mended by a person while we wait, so
it counts as temporary; a refusal of what we say (400, 422) does not. Redirects are not followed: a
login would go with them. What the far side says is told, cut short and without our secrets; its
address is not, since some addresses are secrets.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
import orjson

from streams.process.secret import Kept

SECONDS = 15.0
LARGEST = 1 << 20
SAID = 200

MENDABLE = frozenset({401, 403, 404, 405, 407, 410})
LATER = frozenset({408, 425, 429})


class Temporary(Exception):
    """It may work later; `retry_after` in seconds where the far side said so.

    Whether what we sent arrived may be unknown (`doubtful`: no answer came, or half of one).
    `status` is that of the refusal, None where there was none.
    """

    def __init__(
        self,
        message: str,
        retry_after: float | None = None,
        *,
        doubtful: bool = False,
        status: int | None = None,
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.doubtful = doubtful
        self.status = status


class Permanent(Exception):
    """It will not work however often it is tried; says what the far side said, and no secret.

    `status` is that of the refusal, None where there was none.
    """

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that was not refused; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Read the body as JSON. Raises Temporary: half an answer, or something in between."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            raise Temporary("it answers with something that is no JSON", doubtful=True) from None


@dataclass(frozen=True, slots=True)
class Caller:
    """One far side: `session` does the calls, `secrets` are left out of what is told of it.

    `headers` go with each call, a login say; `seconds` is the time for a whole call, `largest` the
    bytes that an answer may have.
    """

    session: aiohttp.ClientSession
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: Sequence[Kept] = ()
    seconds: float = SECONDS
    largest: int = LARGEST

    async def call(
        self,
        method: str,
        address: str,
        *,
        json: Any = None,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Reply:
        """Call once; `json` is a JSON value, `data` bytes. Raises Temporary, Permanent."""
        sent = {**self.headers, **(headers or {})}
        if json is not None:
            data = orjson.dumps(json)
            sent.setdefault("Content-Type", "application/json")
        try:
            async with self.session.request(
                method,
                address,
                data=data,
                headers=sent,
                params=query,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=self.seconds),
            ) as answer:
                body = await self._read(answer)
                got = {name.lower(): value for name, value in answer.headers.items()}
                reply = Reply(answer.status, got, body)
        except aiohttp.ClientConnectorError as fault:
            raise Temporary(f"it cannot be reached: {self._hide(_why(fault))}") from None
        except TimeoutError:
            raise Temporary(f"no answer within {self.seconds:g} s", doubtful=True) from None
        except (aiohttp.ClientError, OSError) as fault:
            message = f"the connection broke ({type(fault).__name__})"
            raise Temporary(message, doubtful=True) from None
        self._judge(reply)
        return reply

    async def _read(self, answer: aiohttp.ClientResponse) -> bytes:
        body = bytearray()
        async for part in answer.content.iter_any():
            body += part
            if len(body) > self.largest:
                message = f"its answer is larger than {self.largest} bytes"
                raise Permanent(message)
        return bytes(body)

    def _judge(self, reply: Reply) -> None:
        if 200 <= reply.status < 300:
            return
        said = self._hide(" ".join(reply.body.decode("utf-8", "replace").split()))[:SAID]
        message = f"it answers {reply.status}" + (f": {said}" if said else "")
        if reply.status >= 500:
            doubtful = reply.status != 503
            wait = retry_after(reply.headers)
            raise Temporary(message, wait, doubtful=doubtful, status=reply.status)
        if reply.status in LATER | MENDABLE:
            raise Temporary(message, retry_after(reply.headers), status=reply.status)
        raise Permanent(message, reply.status)

    def _hide(self, said: str) -> str:
        for secret in self.secrets:
            said = said.replace(secret.text, "…")
        return said


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Read `Retry-After` (RFC 9110, 10.2.3) as seconds from now; None where there is no such."""
    told = headers.get("retry-after", "").strip()
    if told.isascii() and told.isdigit():
        return float(told[:9])
    try:
        at = parsedate_to_datetime(told).timestamp()
        now = parsedate_to_datetime(headers["date"]).timestamp()
    except KeyError:
        now = time.time()
    except (ValueError, OverflowError):
        return None
    return max(0.0, at - now)


def _why(fault: aiohttp.ClientConnectorError) -> str:
    if isinstance(fault, aiohttp.ClientConnectorCertificateError):
        return "its certificate is not trusted; set SSL_CERT_FILE to its authority's"
    return fault.os_error.strerror or type(fault.os_error).__name__

"""Who sent a hook: each help desk's own signature, or a shared secret where it has none.

Comparisons take the same time whatever was sent. Of several secrets any will do (see
`process.secret`). Whether a signature is too old or was seen before, the gateway judges: a scheme
only says when it was made and what marks it.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from streams.gateway.hook import Hook
from streams.wire import instant

Why = Literal["unsigned", "forged", "stale", "replayed"]


class Refused(Exception):
    """A hook that is not let in; `why` is what it is counted as, the words name the header."""

    def __init__(self, why: Why, message: str) -> None:
        super().__init__(message)
        self.why = why


@dataclass(frozen=True, slots=True)
class Signed:
    """What a good signature says: when it was made (ms UTC), and what tells it from any other.

    Either is None where the scheme does not say: a shared secret says neither.
    """

    at: int | None = None
    mark: bytes | None = None


class Scheme(Protocol):
    """A way to sign hooks."""

    def check(self, hook: Hook, secrets: Sequence[bytes]) -> Signed:
        """Say what a hook's signature tells. Raises Refused."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """The time that is signed along with the body: its header, how it is written, what follows it.

    `form`: RFC 3339, or seconds or milliseconds since 1970.
    """

    header: str
    form: Literal["rfc3339", "s", "ms"]
    joint: bytes = b""


@dataclass(frozen=True, slots=True)
class Hmac:
    """An HMAC of the body, or of a stamp and the body, in a header; `prefix` stands before it."""

    header: str
    algorithm: Literal["sha1", "sha256"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    prefix: str = ""
    stamp: Stamp | None = None

    def sign(self, body: bytes, secret: bytes, stamp: str = "") -> str:
        """Give the header's value for a body; `stamp` is that of the stamp's header."""
        signed = body
        if self.stamp is not None:
            signed = stamp.encode() + self.stamp.joint + body
        made = hmac.digest(secret, signed, self.algorithm)
        return self.prefix + (made.hex() if self.encoding == "hex" else b64encode(made).decode())

    def check(self, hook: Hook, secrets: Sequence[bytes]) -> Signed:
        """Say what a hook's signature tells. Raises Refused."""
        given = hook.headers.get(self.header.lower(), "")
        stamp = "" if self.stamp is None else hook.headers.get(self.stamp.header.lower(), "")
        if not given or (self.stamp is not None and not stamp):
            absent = self.header if not given or self.stamp is None else self.stamp.header
            raise Refused("unsigned", f"{absent} is absent; sign the hook with the shared secret")
        sent = self._bytes(given)
        found = False
        for secret in secrets:
            found |= hmac.compare_digest(sent, self._bytes(self.sign(hook.body, secret, stamp)))
        if not found:
            raise Refused("forged", f"{self.header} does not fit body and secret; check the secret")
        # What was signed, not how the signature was written: letters' case may be changed freely.
        return Signed(_instant(self.stamp, stamp), stamp.encode() + b"\0" + sent)

    def _bytes(self, given: str) -> bytes:
        if not given.lower().startswith(self.prefix):
            return b""
        try:
            coded = given[len(self.prefix) :]
            return (
                bytes.fromhex(coded) if self.encoding == "hex" else b64decode(coded, validate=True)
            )
        except (ValueError, NotBase64):
            return b""


@dataclass(frozen=True, slots=True)
class Either:
    """Two ways of one help desk: `stamped` where its stamp's header is sent, else `bare`."""

    stamped: Hmac
    bare: Hmac

    def check(self, hook: Hook, secrets: Sequence[bytes]) -> Signed:
        """Say what a hook's signature tells. Raises Refused."""
        stamp = self.stamped.stamp
        timed = stamp is not None and stamp.header.lower() in hook.headers
        return (self.stamped if timed else self.bare).check(hook, secrets)


@dataclass(frozen=True, slots=True)
class Shared:
    """A shared secret in a header: `Authorization: Bearer`, the password of Basic, or one's own."""

    header: str = "x-sla-secret"

    def check(self, hook: Hook, secrets: Sequence[bytes]) -> Signed:
        """Say that the secret is there. Raises Refused."""
        given = [_bytes(hook.headers[self.header])] if self.header in hook.headers else []
        kind, _, rest = hook.headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            given.append(_bytes(rest.strip()))
        elif kind.lower() == "basic":
            given.append(_password(rest.strip()))
        if not given:
            message = f"{self.header} is absent; send the shared secret there, or as Authorization"
            raise Refused("unsigned", message)
        found = False
        for one in given:
            for secret in secrets:
                # Of digests, so that the length tells nothing either.
                found |= hmac.compare_digest(_digest(one), _digest(secret))
        if not found:
            raise Refused("forged", f"{self.header}: not the shared secret; check it on both sides")
        return Signed()


def _digest(value: bytes) -> bytes:
    return hashlib.sha256(value).digest()


def _bytes(value: str) -> bytes:
    return value.encode("utf-8", "surrogateescape")


def _password(coded: str) -> bytes:
    try:
        return b64decode(coded, validate=True).partition(b":")[2]
    except (ValueError, NotBase64):
        return b""


def _instant(stamp: Stamp | None, text: str) -> int | None:
    if stamp is None:
        return None
    try:
        if stamp.form == "rfc3339":
            return instant.parse(text)
        ms = round(float(text) * (1000 if stamp.form == "s" else 1))
    except (ValueError, OverflowError):
        ms = -1
    if ms < 0:
        form = "a time like 2026-03-27T15:00:00Z" if stamp.form == "rfc3339" else stamp.form
        raise Refused("forged", f"{stamp.header}: no time; send {form}")
    return ms

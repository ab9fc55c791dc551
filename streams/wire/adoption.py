"""Adoptions on the topic `sla-policies`: which version holds from when on, and for whom (R18).

A record each, beside those that hold the policy sets under their versions. The key says which
adoption it is, so that compaction keeps them all; the value says it as JSON.
"""

from __future__ import annotations

from typing import get_args

import orjson

from streams.sla.events import Since
from streams.sla.versions import Adoption
from streams.wire.instant import NotAnInstant, OutOfRange, parse, show

PREFIX = b"adopted:"
"""What a key begins with. A version is hexadecimal: no set's key begins like it."""


class NotAnAdoption(ValueError):
    """A record that cannot be read as an adoption; says why."""


def key(adoption: Adoption) -> bytes:
    """Give the record's key."""
    return b"%b%b:%b" % (PREFIX, show(adoption.at).encode(), adoption.version.encode())


def encode(adoption: Adoption) -> bytes:
    """Write the record's value."""
    return orjson.dumps(
        {"at": show(adoption.at), "version": adoption.version, "since": adoption.since}
    )


def decode(value: bytes) -> Adoption:
    """Read a record's value. Raises NotAnAdoption."""
    try:
        told = orjson.loads(value)
        at, version, since = told["at"], told["version"], told["since"]
        instant = parse(at)
    except (NotAnInstant, OutOfRange) as fault:
        message = f"at: {fault}"
        raise NotAnAdoption(message) from None
    except (ValueError, TypeError, KeyError, AttributeError) as fault:
        message = f"not JSON with at, version and since: {fault!r}"
        raise NotAnAdoption(message) from None
    if not isinstance(version, str) or not version:
        message = f"version: {version!r} is no version of policies"
        raise NotAnAdoption(message)
    if since is not None and since not in get_args(Since):
        message = f"since: {since!r} is none of null, {', '.join(get_args(Since))}"
        raise NotAnAdoption(message)
    return Adoption(instant, version, since)

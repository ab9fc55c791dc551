"""The dead letter: a record that could not be read, untouched, with its reason and origin.

Headers follow Kafka Connect's `__connect.errors.*`, which the tools of the field know. The record's
own headers stay before them. A webhook that cannot be mapped lies here too: it was no record yet,
so in place of a topic, partition and offset stands the source that it came by.
"""

from __future__ import annotations

from collections.abc import Iterable

PREFIX = "__connect.errors."
Headers = tuple[tuple[str, bytes], ...]


def headers(
    original: Iterable[tuple[str, bytes]],
    *,
    topic: str,
    partition: int,
    offset: int,
    reason: str,
    message: str,
) -> Headers:
    """Give the dead letter's headers: the record's own, its origin, the reason and the words."""
    errors = {
        "topic": topic,
        "partition": str(partition),
        "offset": str(offset),
        "stage": "VALUE_CONVERTER",
        "exception.class.name": reason,
        "exception.message": message,
    }
    return _kept(original) + _encoded(errors)


def hook_headers(
    original: Iterable[tuple[str, str]], *, source: str, reason: str, message: str
) -> Headers:
    """Give the headers of a webhook's dead letter: those that name the delivery, and the rest."""
    errors = {
        "connector.name": source,
        "stage": "TRANSFORMATION",
        "exception.class.name": reason,
        "exception.message": message,
    }
    kept = [(name, value.encode("utf-8", "surrogateescape")) for name, value in original]
    return _kept(kept) + _encoded(errors)


def _kept(original: Iterable[tuple[str, bytes]]) -> Headers:
    return tuple((name, value) for name, value in original if not name.startswith(PREFIX))


def _encoded(errors: dict[str, str]) -> Headers:
    # A message may show a piece of what was sent, which may be no text.
    return tuple((PREFIX + name, text.encode("utf-8", "replace")) for name, text in errors.items())

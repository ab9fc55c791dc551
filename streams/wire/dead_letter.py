"""The dead letter: a record that could not be read, untouched, with its reason and origin.

Headers follow Kafka Connect's `__connect.errors.*`, which the tools of the field know. The record's
own headers stay before them.
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
    kept = tuple((name, value) for name, value in original if not name.startswith(PREFIX))
    return kept + tuple((PREFIX + name, text.encode()) for name, text in errors.items())

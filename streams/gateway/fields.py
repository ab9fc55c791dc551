"""Reading a hook's JSON: by path, typed, and refused in words where it is not what it must be.

A path has dots: `detail.id`. Each function raises Unmappable.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import isfinite
from typing import Any

from streams.gateway.hook import Unmappable
from streams.wire import instant

SHOWN = 80
LONGEST_ID = 255
"""Characters of a ticket's id, of a word, of a name: more is no such thing."""

_ID = re.compile(r"[1-9][0-9]{0,18}")


def at(body: Mapping[str, Any], path: str) -> Any:
    """Give what stands at a path; None where nothing does."""
    value: Any = body
    for step in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(step)
    return value


def shown(value: object) -> str:
    """Show a value in a message, in short."""
    text = "absent" if value is None else repr(value)
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"


def bad(path: str, value: object, fix: str) -> Unmappable:
    """Make the refusal of a value: absent, or one that has no meaning there."""
    reason = "missing_field" if value is None or value == "" else "bad_value"
    return Unmappable(reason, f"{path}: {shown(value)}; {fix}")


def text(body: Mapping[str, Any], path: str, meaning: str) -> str:
    """Give a text that must be there."""
    value = at(body, path)
    if isinstance(value, str) and value and len(value) <= LONGEST_ID:
        return value
    raise bad(path, value, f"send a text of at most {LONGEST_ID} characters, {meaning}")


def optional_text(body: Mapping[str, Any], path: str) -> str | None:
    """Give a text, a number as its digits; None where there is none."""
    value = at(body, path)
    if value is None or value == "":
        return None
    if isinstance(value, str) and len(value) <= LONGEST_ID:
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise bad(path, value, f"send a text of at most {LONGEST_ID} characters")


def number_id(body: Mapping[str, Any], path: str, meaning: str = "the ticket's number") -> str:
    """Give an id that is a whole number, as its digits."""
    value = at(body, path)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if isinstance(value, str) and _ID.fullmatch(value):
        return value
    raise bad(path, value, f"send {meaning}, a whole number from 1")


def id_like(body: Mapping[str, Any], path: str, pattern: str, meaning: str) -> str:
    """Give an id of a given form, such as `[A-Z][A-Z0-9_]+-[1-9][0-9]*`."""
    value = at(body, path)
    if isinstance(value, str) and len(value) <= LONGEST_ID and re.fullmatch(pattern, value):
        return value
    raise bad(path, value, f"send {meaning}, of the form {pattern}")


def rfc3339(body: Mapping[str, Any], path: str) -> int:
    """Give an instant that is written in RFC 3339, as ms UTC; digits beyond the ms are cut off."""
    value = at(body, path)
    if not isinstance(value, str):
        raise bad(path, value, "send a time like 2026-03-27T15:00:00Z")
    try:
        return instant.parse(value)
    except instant.NotAnInstant as fault:
        raise Unmappable("bad_value", f"{path}: {fault}") from None
    except instant.OutOfRange as fault:
        raise Unmappable("time_out_of_range", f"{path}: {fault}") from None


def epoch(body: Mapping[str, Any], path: str, unit_ms: int) -> int:
    """Give an instant that is counted from 1970, in units of so many ms (1000 for seconds)."""
    value = at(body, path)
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        unit = "seconds" if unit_ms == 1000 else "milliseconds"
        raise bad(path, value, f"send {unit} since 1970")
    scaled = value * unit_ms
    ms = round(scaled) if isfinite(scaled) else -1  # 1e308 s are no ms that a float can hold
    if not 0 <= ms < instant.LATEST:
        message = f"{path}: {shown(value)} is before 1970 or from 2200 on"
        raise Unmappable("time_out_of_range", message)
    return ms


def same(path: str, value: object, other: str, of: object) -> None:
    """Demand that two fields which name one thing agree; a hook that contradicts itself is none."""
    if value != of:
        message = f"{path}: {shown(value)}, but {other} says {shown(of)}; send one ticket's hook"
        raise Unmappable("bad_value", message)

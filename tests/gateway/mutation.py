"""Payloads that are nearly right: a seeded draw of what goes wrong with JSON on its way."""

from __future__ import annotations

import copy
import random
from typing import Any

import orjson

ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 7, 2**53, 2**63, -(2**63), 1.5, 1e308, 5e-324, "", " ", "0", "-1",
    "null", "1e5", "\0", "\u202e", "\U0001d54a", "a" * 300, "9" * 30, "2026-02-30T00:00:00Z",
    "2199-12-31T23:59:59.999Z", "1969-12-31T23:59:59Z", "9999-12-31T23:59:59Z", "{{ticket.id}}",
    "<script>", "'; DROP TABLE", "../../etc", [], {}, [None], {"id": {"id": 1}}, [[[[]]]],
)  # fmt: skip
"""What stands where something else should."""

Path = tuple[str | int, ...]


def paths(value: Any, here: Path = ()) -> list[Path]:
    """List where everything stands, the whole first."""
    found = [here]
    if isinstance(value, dict):
        for name, inner in value.items():
            found += paths(inner, (*here, name))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            found += paths(inner, (*here, place))
    return found


def mutated(body: Any, draw: random.Random) -> Any:
    """Give a copy with one to three things gone wrong."""
    changed = copy.deepcopy(body)
    for _ in range(draw.randint(1, 3)):
        places = paths(changed)[1:]
        if not places:
            return changed
        *outer, last = draw.choice(places)
        holder = changed
        for step in outer:
            holder = holder[step]
        _spoil(holder, last, draw)
    return changed


def _spoil(holder: Any, last: str | int, draw: random.Random) -> None:
    value = holder[last]
    how = draw.randrange(7)
    if how == 0:
        del holder[last]
    elif how == 1 and isinstance(value, str) and value:
        place = draw.randrange(len(value))
        holder[last] = value[:place] + draw.choice(["", "é", "0", "-", " "]) + value[place + 1 :]
    elif how == 2 and isinstance(value, int | float) and not isinstance(value, bool):
        holder[last] = draw.choice([-value, value * 1000, value / 1000, str(value), value + 1])
    elif how == 3:
        holder[last] = [value, value]
    elif how == 4:
        holder[last] = {"value": value}
    elif how == 5 and isinstance(holder, dict):
        holder[f"{last}_"] = holder.pop(last)
    else:
        holder[last] = copy.deepcopy(draw.choice(ODD))


def spoilt(raw: bytes, draw: random.Random) -> bytes:
    """Give bytes of which a few were lost, doubled or turned."""
    how, place = draw.randrange(4), draw.randrange(len(raw))
    if how == 0:
        return raw[:place]
    if how == 1:
        return raw[:place] + bytes([draw.randrange(256)]) + raw[place + 1 :]
    if how == 2:
        return raw[:place] + raw[place // 2 :]
    return raw[:place] + raw[place + draw.randint(1, 9) :]


def bodies(sample: dict[str, Any], draw: random.Random) -> tuple[bytes, Any]:
    """Draw a mutated body as bytes, and as JSON (None where it is none)."""
    raw = sample["raw"].encode() if "raw" in sample else orjson.dumps(sample["body"])
    if "raw" in sample or draw.random() < 0.1:
        made = spoilt(raw, draw)
        try:
            return made, orjson.loads(made)
        except orjson.JSONDecodeError:
            return made, None
    body = mutated(sample["body"], draw)
    try:
        return orjson.dumps(body), body
    except TypeError:  # an integer beyond 64 bits, half a surrogate pair
        return raw, sample["body"]

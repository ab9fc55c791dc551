"""Records that are wrong in one way each: mutations of right ones, drawn from a seed."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, NamedTuple

import orjson

from tests.faults.driver import Event

ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1e308, 2**63, "", " ", "x" * 300, "9999-12-31T23:59:59Z"),
    *("\x00", "ÿ\u2028💥", "-", "null", [], [[]], {}, {"a": {"b": []}}, ["x", 1, None]),
    *("2026-02-30T00:00:00Z", "2026-01-01", "1e9", "2026-01-01T00:00:00+99:00", "NaN"),
)
"""Values that somebody has sent in the place of a right one."""
TYPES = ("created", "changed", "message", "merged", "deleted", "sneezed", "")
FIELDS = ("specversion", "id", "source", "type", "subject", "time", "data")


class Poison(NamedTuple):
    """A record that is wrong, or only strange."""

    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()


def poison(dice: random.Random, right: Event) -> Poison:
    """Draw a mutation of a right event."""
    return dice.choice(MUTATIONS)(dice, right)


def _record(event: Any, right: Event) -> Poison:
    return Poison(right["subject"].encode(), orjson.dumps(event))


def _field(dice: random.Random, right: Event) -> Poison:
    """Put an odd value into a field of the envelope."""
    return _record({**right, dice.choice(FIELDS): _odd(dice)}, right)


def _without(dice: random.Random, right: Event) -> Poison:
    """Leave a field out."""
    gone = dice.choice(FIELDS)
    return _record({name: value for name, value in right.items() if name != gone}, right)


def _data(dice: random.Random, right: Event) -> Poison:
    """Put an odd value into the data, and make the event of any type."""
    names = ("status", "priority", "author", "public", "into", "reason", "team", "tags", "origin")
    data = {**right["data"], **{dice.choice(names): _odd(dice) for _ in range(2)}}
    return _record({**right, "type": f"ticket.{dice.choice(TYPES)}", "data": data}, right)


def _bytes(dice: random.Random, right: Event) -> Poison:
    """Change, drop or add some bytes."""
    value = bytearray(orjson.dumps(right))
    for _ in range(dice.randrange(1, 4)):
        place = dice.randrange(len(value))
        match dice.randrange(3):
            case 0:
                value[place] = dice.randrange(256)
            case 1:
                del value[place]
            case _:
                value[place:place] = dice.randbytes(2)
    return Poison(right["subject"].encode(), bytes(value))


def _cut(dice: random.Random, right: Event) -> Poison:
    """Cut the value off."""
    value = orjson.dumps(right)
    return Poison(right["subject"].encode(), value[: dice.randrange(len(value))])


def _key(dice: random.Random, right: Event) -> Poison:
    """Give it another key, or none."""
    keys = (None, b"", b"\xff\xfe", b"another", right["subject"].encode() + b" ")
    return Poison(dice.choice(keys), orjson.dumps(right))


def _value(dice: random.Random, right: Event) -> Poison:
    """Send something else than an event."""
    values = (None, b"", b"null", b"[]", b"1", b'"x"', b"\xff\xfe", b"{}", b"[" * 2_000, b"NaN")
    return Poison(right["subject"].encode(), dice.choice(values))


def _binary(dice: random.Random, right: Event) -> Poison:
    """Send it in binary mode, with something odd in a header."""
    told = {f"ce_{name}": str(right[name]).encode() for name in FIELDS if name != "data"}
    told[dice.choice(sorted(told))] = dice.choice((b"", b"\xff", b"1.0", b"ticket.changed", b"-"))
    if dice.random() < 0.3:
        del told[dice.choice(sorted(told))]
    body = dice.choice((orjson.dumps(right["data"]), b"", b"{", b"[1]"))
    return Poison(right["subject"].encode(), body, tuple(told.items()))


def _odd(dice: random.Random) -> Any:
    return dice.choice(ODD)


MUTATIONS: tuple[Callable[[random.Random, Event], Poison], ...] = (
    *(_field, _without, _data, _bytes, _cut, _key, _value, _binary),
)

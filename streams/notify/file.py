"""The notifier's file as a whole: what is said, and what each channel and desk needs for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import Field
from pydantic_core import InitErrorDetails

from streams.notify.channels.known import Known
from streams.notify.deadline import WriteBack
from streams.notify.desks.known import TYPES, misnamed, orders
from streams.notify.desks.known import Known as KnownDesk
from streams.notify.settings import VOCABULARY, NotifyFile, mistake, unknown
from streams.process.config import load


class File(NotifyFile):
    """The same with each channel's and each desk's own settings."""

    channels: Mapping[str, Known] = Field(default_factory=dict)  # type: ignore[assignment]
    desks: Mapping[str, KnownDesk] = Field(default_factory=dict)
    write_back: tuple[WriteBack, ...] = ()

    @classmethod
    def between(cls, raw: Mapping[str, Any]) -> list[InitErrorDetails]:
        """Find what does not fit together, escalations and their desks included."""
        found = super().between(raw)
        for name, channel in _tables(raw.get("channels")):
            if channel.get("type") == "escalate":
                found += unknown(
                    ("channels", name, "desk"), channel.get("desk"), raw.get("desks"), "desks"
                )
                found += _escalation(("channels", name), channel, _type(raw, channel.get("desk")))
        listed = raw.get("write_back")
        for place, rule in enumerate(listed if isinstance(listed, list) else []):
            if isinstance(rule, dict):
                where = ("write_back", place)
                found += unknown((*where, "desk"), rule.get("desk"), raw.get("desks"), "desks")
                called = rule.get("field")
                fault = misnamed(_type(raw, rule.get("desk")), str(called))
                if isinstance(called, str) and fault:
                    found.append(mistake((*where, "field"), called, fault))
        return found


def _escalation(
    where: tuple[str | int, ...], channel: Mapping[str, Any], desk: str | None
) -> Iterator[InitErrorDetails]:
    """Find fields that the desk cannot have, and values that no order knows."""
    if desk is None:
        return
    own = channel.get("order")
    known = {**orders(desk), **(own if isinstance(own, dict) else {})}
    for part in ("set", "assign"):
        values = channel.get(part)
        for name, value in values.items() if isinstance(values, dict) else ():
            place = (*where, part, str(name))
            if fault := misnamed(desk, str(name)):
                yield mistake(place, name, fault)
            elif part == "assign" and name == "group" and desk == "jira":
                yield mistake(place, value, "cannot be: Jira has no groups; use `assignee`")
            elif desk == "zendesk" and part == "assign" and not str(value).isdecimal():
                yield mistake(place, value, f"is {value!r}; write its number, in quotes")
            elif part == "set" and value not in known.get(name, ()):
                listed = ", ".join(map(str, known.get(name, ())))
                fix = f"write one of {listed}" if listed else f"write `order: {{{name}: [low, …]}}`"
                yield mistake(place, value, f"is {value!r}, which no order knows; {fix}")


def _type(raw: Mapping[str, Any], name: object) -> str | None:
    types = {one: told.get("type") for one, told in _tables(raw.get("desks"))}
    found = types.get(name) if isinstance(name, str) else None
    return found if found in TYPES else None


def _tables(value: object) -> list[tuple[str, dict[str, Any]]]:
    """Give a block's blocks, by name."""
    listed = value.items() if isinstance(value, dict) else ()
    return [(str(name), told) for name, told in listed if isinstance(told, dict)]


def open_file(path: Path) -> File:
    """Read and check the file. Raises BadFile."""
    return load(path, File, VOCABULARY)

"""The notifier's file of settings: what is said of which event, where, and when.

Decisions: all mistakes are told at once, those between parts of the file (a channel that nobody
described) beside those within one. What a channel needs is that channel's to check; of its settings
only the name counts here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import quote, urlsplit

from pydantic import (
    AfterValidator,
    Field,
    ModelWrapValidatorHandler,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails

from streams.notify.quiet import Quiet, Zone
from streams.notify.route import Event, Length, Route, text
from streams.process.config import Part
from streams.process.problem import Vocabulary

VOCABULARY = Vocabulary(noun="file of notices")
TICKET = "{ticket}"
LONGEST_LINK = 2_000
DAY = 86_400_000

Self = TypeVar("Self", bound="NotifyFile")


def _link(template: str) -> str:
    fix = f"write an address such as https://help.example.com/tickets/{TICKET}"
    rest = template.replace(TICKET, "1")
    try:
        parts = urlsplit(rest)
        host = parts.hostname
    except ValueError:
        host = None
    if not host or parts.scheme not in {"http", "https"} or re.search(r"[\s{}<>\"]", rest):
        message = f"is not an http or https address; {fix}"
        raise ValueError(message)
    if TICKET not in template or TICKET in template.split("/", 3)[2]:
        message = f"does not say where the ticket's id stands in the path; {fix}"
        raise ValueError(message)
    return template


class NotifyFile(Part):
    """The whole file; `links` by the ticket's attribute `desk`, `default` for all others.

    `remember`, in ms: how long what was said is known, to be ended or not to be said again.
    """

    version: Literal[1]
    language: Literal["en", "fr"] = "en"
    zone: Zone = "UTC"
    links: Mapping[str, Annotated[str, AfterValidator(_link)]] = Field(default_factory=dict)
    channels: Mapping[str, dict[str, object]] = Field(default_factory=dict)
    quiet: Mapping[str, Quiet] = Field(default_factory=dict)
    routes: tuple[Route, ...] = ()
    remember: Length = 30 * DAY

    @model_validator(mode="wrap")
    @classmethod
    def _all_at_once(cls, value: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        found = cls.between(value) if isinstance(value, dict) else []
        try:
            made = handler(value)
        except ValidationError as fault:
            found += [_again(dict(item)) for item in fault.errors()]
        if found:
            raise ValidationError.from_exception_data(cls.__name__, found)
        return made

    @classmethod
    def between(cls, raw: Mapping[str, Any]) -> list[InitErrorDetails]:
        """Find what does not fit together, whatever else is wrong with the file."""
        return _between(raw)

    def link(self, event: Event) -> str | None:
        """Give the address of an event's ticket at its help desk; None where none is known."""
        desk = (event["data"].get("attributes") or {}).get("desk")
        template = self.links.get("default") if desk is None else self.links.get(text(desk))
        template = template or self.links.get("default")
        ticket = str(event["data"]["ticket"])
        # `.` and `..` are no names in a path, however they are written.
        if template is None or not ticket.strip("."):
            return None
        link = template.replace(TICKET, quote(ticket, safe=""))
        return link if len(link) <= LONGEST_LINK else None

    def hold(self, route: Route, event: Event, at: int) -> int | None:
        """Say until when a route holds a notice, both ms UTC; None to send it now."""
        return None if route.quiet is None else self.quiet[route.quiet].until(event, at)


def _between(raw: Mapping[str, Any]) -> list[InitErrorDetails]:
    listed = raw.get("routes")
    routes = [
        (place, one)
        for place, one in enumerate(listed if isinstance(listed, list) else [])
        if isinstance(one, dict)
    ]
    names = Counter(one["name"] for _, one in routes if isinstance(one.get("name"), str))
    found = []
    for place, one in routes:
        name, to, quiet = one.get("name"), one.get("to"), one.get("quiet")
        if isinstance(name, str) and names[name] > 1:
            what = f"is the name of {names[name]} routes; give each a name of its own"
            found.append(mistake(("routes", place, "name"), name, what))
        several = list(enumerate(to)) if isinstance(to, list) else [(None, to)]
        for at, channel in several:
            where = ("routes", place, "to") if at is None else ("routes", place, "to", at)
            found += unknown(where, channel, raw.get("channels"), "channels")
        found += unknown(("routes", place, "quiet"), quiet, raw.get("quiet"), "quiet")
    return found


def unknown(
    where: tuple[str | int, ...], name: object, known: object, part: str
) -> list[InitErrorDetails]:
    """Find a name that a part of the file does not describe."""
    names = [str(one) for one in known] if isinstance(known, dict) else []
    if not isinstance(name, str) or not name or name in names:
        return []
    close = get_close_matches(name, names, n=1)
    fix = f"did you mean {close[0]!r}?" if close else f"describe it under `{part}:`"
    return [mistake(where, name, f"is not described under `{part}:`; {fix}")]


def mistake(where: tuple[str | int, ...], value: object, what: str) -> InitErrorDetails:
    """Make a finding of ours one of pydantic's."""
    return {"type": "value_error", "loc": where, "input": value, "ctx": {"error": ValueError(what)}}


def _again(item: dict[str, Any]) -> InitErrorDetails:
    """Take a finding of pydantic's up as one to raise."""
    kept = {"type": item["type"], "loc": item["loc"], "input": item["input"]}
    return {**kept, "ctx": item["ctx"]} if "ctx" in item else kept  # type: ignore[typeddict-item, return-value]

"""A message: what one route says through one channel, rendered, before any far side's form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["info", "warning", "critical"]
REPEAT = "\N{ANTICLOCKWISE OPEN CIRCLE ARROW} "


@dataclass(frozen=True, slots=True)
class Message:
    """What is said.

    `key` is the same at each attempt, so that a far side that knows keys drops a repeat: an SLA
    event's id, or that of a digest. `about` is the key of the message that opened what this one
    speaks of: `key` itself for one that opens (`trigger`), another for one that ends it (`resolve`:
    the breach was taken back, or its clock was fulfilled or cancelled). `title` is one line,
    `text` the whole, both plain text; `facts` are label and value in the reader's language.
    `events` are the CloudEvents told of, several in a digest. `at` ms UTC. `repeat`: an earlier
    attempt may have arrived. `receipt`: what the channel answered when `about` was sent.
    """

    key: str
    about: str
    action: Literal["trigger", "resolve"]
    severity: Severity
    title: str
    text: str
    at: int
    events: tuple[Mapping[str, Any], ...]
    facts: tuple[tuple[str, str], ...] = ()
    link: str | None = None
    digest: bool = False
    repeat: bool = False
    receipt: str | None = None

    @property
    def headline(self) -> str:
        """The title, with a sign where this may have been said before: for who knows no keys."""
        return REPEAT + self.title if self.repeat else self.title

    @property
    def lines(self) -> list[str]:
        """The text's lines without the title that begins it and the link that ends it."""
        found = self.text.splitlines()
        if found and found[0] == self.title:
            found = found[1:]
        if self.link and found and found[-1] == self.link:
            found = found[:-1]
        return found


def cut(text: str, most: int) -> str:
    """Shorten a text to so many characters, with a sign that it was."""
    return text if len(text) <= most else text[: most - 1] + "…"

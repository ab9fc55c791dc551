"""What came from outside, as a text that cannot turn, hide or forge the words around it."""

from __future__ import annotations

import unicodedata

SHOWN = 60
"""Letters that are shown of a name from outside: an id may have thousands."""
TITLE, TEXT = 200, 4_000
"""Letters of a message's title and of its text, at the most."""

_TURNING = dict.fromkeys(
    [0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)], None
)
"""What sets or overrides the direction of writing."""
_BREAKS = {"Cc", "Zl", "Zp", "Cs"}


def one_line(text: str) -> str:
    """Make a line of a text: control characters and line breaks are spaces, turning ones gone."""
    spaced = (
        " " if unicodedata.category(letter) in _BREAKS else letter
        for letter in text.translate(_TURNING)
    )
    return " ".join(part for part in "".join(spaced).split(" ") if part)


def lines(text: str) -> str:
    """Make each line of a text one that holds no control character."""
    return "\n".join(one_line(line) for line in text.splitlines()).strip()


def name(text: str) -> str:
    """Make a name from outside a short line."""
    return cut(one_line(text), SHOWN)


def cut(text: str, most: int) -> str:
    """Cut a text off where it is longer, and show that it was."""
    return text if len(text) <= most else f"{text[: most - 1]}…"

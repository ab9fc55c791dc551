"""What tickets are about: team, priority, tier and channel, each combination kept once.

Tickets are many and the words in them are few, so a board keeps a number for each ticket. What no
ticket is about any more is forgotten: words come from outside, and there may be ever new ones.
"""

from __future__ import annotations

from streams.sla.events import Attributes

Subject = tuple[str | None, ...]
"""A ticket's values of NAMES, None where it has none."""

NAMES = ("team", "priority", "tier", "channel")

NOTHING = -1
"""The number of no subject."""

LONGEST = 200
"""Letters that are kept of a value: it is a word by which tickets are sorted, not a text."""


class Subjects:
    """Subjects by number, with how many tickets are about each."""

    def __init__(self) -> None:
        """Begin without any."""
        self.by_number: list[Subject] = []
        self._numbers: dict[Subject, int] = {}
        self._tickets: list[int] = []
        self._free: list[int] = []

    def __len__(self) -> int:
        """Count the subjects."""
        return len(self._numbers)

    def change(self, number: int, attributes: Attributes) -> int:
        """Have one ticket be about these attributes, and no more about a number; give the new."""
        get = attributes.get
        words = (get("team"), get("priority"), get("tier"), get("channel"))
        subject = tuple(map(_word, words))
        found = self._numbers.get(subject)
        if found == number and found is not None:
            return number
        if found is None:
            found = self._numbers[subject] = self._place(subject)
        self._tickets[found] += 1
        if number != NOTHING:
            self.leave(number)
        return found

    def leave(self, number: int) -> None:
        """Have one ticket less be about a number."""
        self._tickets[number] -= 1
        if not self._tickets[number]:
            del self._numbers[self.by_number[number]]
            self._free.append(number)

    def _place(self, subject: Subject) -> int:
        if self._free:
            number = self._free.pop()
            self.by_number[number] = subject
            return number
        self.by_number.append(subject)
        self._tickets.append(0)
        return len(self.by_number) - 1


def _word(value: object) -> str | None:
    if value is None or (type(value) is str and len(value) <= LONGEST):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        value = ", ".join(str(_word(one)) for one in value)
    text = str(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"

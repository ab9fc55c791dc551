"""A length of time as an option of a command."""

from __future__ import annotations

from streams.cli.options import Milliseconds
from streams.process.length import length


class Length(Milliseconds):
    """A length of time such as 30m, 24h or 7d, as ms."""

    name = "length"

    def read(self, text: str) -> int:
        """Give ms. Raises ValueError, with the fix."""
        try:
            return length(text)
        except ValueError as fault:
            message = f"{text!r} {fault}"
            raise ValueError(message) from None

"""A length of time as an option of a command."""

from __future__ import annotations

import click

from streams.process.length import length


class Length(click.ParamType):
    """A length of time such as 30m, 24h or 7d, as ms."""

    name = "length"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Read it, or fail with the fix."""
        if isinstance(value, int):
            return value
        try:
            return length(value)
        except ValueError as fault:
            self.fail(f"{value!r} {fault}", param, ctx)

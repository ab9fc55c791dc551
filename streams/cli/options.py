"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from streams.cli.failure import Failure
from streams.process.connection import MECHANISMS, BadCredentials, Connection
from streams.wire import instant

F = TypeVar("F", bound=Callable[..., Any])

CA_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
CONNECTION = (
    click.option("--broker", default="127.0.0.1:9092", help="host:port, several with commas."),
    click.option("--ssl/--no-ssl", default=False, help="TLS to the brokers."),
    click.option("--ssl-ca", type=CA_FILE, help="CA file (PEM); implies --ssl."),
    click.option("--sasl-mechanism", type=click.Choice(MECHANISMS), help="SASL mechanism."),
    click.option("--sasl-username", help="SASL user."),
    click.option("--sasl-password", help="SASL password; better given as SLA_SASL_PASSWORD."),
)


class Milliseconds(click.ParamType):
    """What is written as text and means ms."""

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Read it, or fail with the fix."""
        if isinstance(value, int):
            return value
        try:
            return self.read(str(value))
        except ValueError as fault:
            self.fail(str(fault), param, ctx)

    def read(self, text: str) -> int:
        """Give ms. Raises ValueError, with the fix."""
        raise NotImplementedError


class Instant(Milliseconds):
    """An RFC 3339 instant, as ms UTC."""

    name = "instant"

    def read(self, text: str) -> int:
        """Give ms UTC. Raises NotAnInstant, OutOfRange."""
        return instant.parse(text)


class Names(click.ParamType):
    """Attributes with commas between."""

    name = "names"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        """Read them, or fail with the fix."""
        if isinstance(value, tuple):
            return value
        names = tuple(name.strip() for name in str(value).split(","))
        if len(set(names)) < len(names) or (len(names) > 1 and "" in names):
            self.fail(f"'{value}': write each attribute once: priority,channel,tier", param, ctx)
        return tuple(name for name in names if name)


def connected(command: F) -> F:
    """Add the options that say how to reach the brokers."""
    for option in reversed(CONNECTION):
        command = option(command)
    return command


def connection(given: dict[str, Any]) -> Connection:
    """Take the connection's options out of a command's arguments."""
    names = ("broker", "ssl", "ssl_ca", "sasl_mechanism", "sasl_username", "sasl_password")
    try:
        return Connection(**{name: given.pop(name) for name in names})
    except BadCredentials as fault:
        raise Failure(str(fault)) from None

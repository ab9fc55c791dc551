"""Secrets: named in a file of settings, held in the environment or in a file of their own.

Several may be valid at once, so that one can be changed without a moment in which nothing is let
in: the first is used to sign, any of them is accepted.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field

from streams.process.config import Part


class NoSecret(ValueError):
    """A secret that is named and not there; says which, and what to set."""


def _several(value: object) -> object:
    return [value] if isinstance(value, str) else value


Names = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], BeforeValidator(_several)]


class Secret(Part):
    """Where secrets are: variables of the environment (`env`), files (`file`), or both."""

    env: Names = ()
    file: Names = ()

    def read(self, environment: Mapping[str, str] = os.environ) -> tuple[Kept, ...]:
        """Give the secrets, the first first. Raises NoSecret."""
        if not self.env and not self.file:
            message = "a secret needs `env: NAME` or `file: PATH`"
            raise NoSecret(message)
        return tuple([_variable(name, environment) for name in self.env]) + tuple(
            _file(name) for name in self.file
        )


class Kept:
    """A secret's bytes, which no log, page or traceback shows."""

    __slots__ = ("_bytes",)

    def __init__(self, content: bytes) -> None:
        self._bytes = content

    def __repr__(self) -> str:
        return "Kept(…)"

    @property
    def bytes(self) -> bytes:
        """The secret itself."""
        return self._bytes

    @property
    def text(self) -> str:
        """The same as text."""
        return self._bytes.decode()


def _variable(name: str, environment: Mapping[str, str]) -> Kept:
    value = environment.get(name, "")
    if not value:
        message = f"env: {name} is not set; set it to the secret"
        raise NoSecret(message)
    return _checked(value.encode(), f"env: {name}")


def _file(name: str) -> Kept:
    try:
        content = Path(name).read_bytes().strip()
    except OSError as fault:
        message = f"file: {name}: {fault.strerror}; name a file that holds the secret alone"
        raise NoSecret(message) from None
    if not content:
        message = f"file: {name} is empty; write the secret into it"
        raise NoSecret(message)
    return _checked(content, f"file: {name}")


def _checked(content: bytes, where: str) -> Kept:
    try:
        content.decode()
    except UnicodeDecodeError:
        message = f"{where}: the secret is no UTF-8 text; write it as text"
        raise NoSecret(message) from None
    return Kept(content)

"""The gateway's file: which help desks send hooks, and how each one's are let in and read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from streams.process.config import Part, load
from streams.process.length import length
from streams.process.login import Address, Login
from streams.process.problem import Vocabulary
from streams.process.secret import Secret

NAME = r"[a-z0-9][a-z0-9_-]{0,62}"
"""What a source may be called: it stands in the address and in labels."""

VOCABULARY = Vocabulary(noun="gateway file")


def _one_column(path: str) -> str:
    if not all(path.split(".")):
        message = (
            f"is {path!r}; write the field's path with dots, such as ticket.custom_fields.tier"
        )
        raise ValueError(message)
    return path


Length = Annotated[int, BeforeValidator(length)]
FieldPath = Annotated[str, BeforeValidator(_one_column)]


class Export(Part):
    """How a help desk's history is read, for `sla gateway reconcile`.

    `mapping` as for `sla import`, by default a shipped one; `zone`: that of times that name none.
    `address` and `login`: where its API is, for what is not read from files; `table` ServiceNow's.
    """

    address: Address | None = None
    login: Login = Login()
    table: str = Field(default="incident", pattern=r"^[a-z][a-z0-9_]{0,79}$")

    mapping: str | None = Field(default=None, min_length=1)
    zone: str | None = Field(default=None, min_length=1)


class Source(Part):
    """A help desk. `window` in ms: how far a signature's time may be from ours.

    `verify`: by the help desk's own signature, by the shared secret alone, or not at all, which
    takes a gateway that nobody else reaches. `prefix` stands before its ticket ids, for several
    help desks that number alike. `attributes`: ours → the path of a field in the hook's JSON.
    """

    adapter: str = Field(min_length=1)
    secret: Secret = Secret()
    verify: Literal["signature", "secret", "nothing"] = "signature"
    window: Length = 300_000
    prefix: str = Field(default="", max_length=40)
    words: Mapping[str, Mapping[str, str]] = Field(default_factory=dict)
    attributes: Mapping[str, FieldPath] = Field(default_factory=dict)
    export: Export = Export()

    @model_validator(mode="after")
    def _secret_where_one_is_asked_for(self) -> Source:
        named = bool(self.secret.env or self.secret.file)
        if named == (self.verify == "nothing"):
            message = (
                "verify: nothing, and a secret; leave one of them out"
                if named
                else "secret is missing; write `secret: {env: NAME}` or `secret: {file: PATH}`"
            )
            raise ValueError(message)
        return self


class GatewayFile(Part):
    """The whole file: sources by the name under which they are reached, `/hooks/<name>`."""

    version: Literal[1]
    sources: Mapping[Annotated[str, Field(pattern=NAME)], Source] = Field(min_length=1)


def read(path: Path) -> GatewayFile:
    """Read and check the file. Raises BadFile."""
    return load(path, GatewayFile, VOCABULARY)

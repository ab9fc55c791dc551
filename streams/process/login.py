"""How we say who we are to another's HTTP interface: a token, or a user and a password."""

from __future__ import annotations

from base64 import b64encode
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, model_validator

from streams.process.config import Part
from streams.process.secret import Kept, Secret


def _address(text: str) -> str:
    try:
        parts = urlsplit(text)
        host, user = parts.hostname, parts.username
        _ = parts.port
    except ValueError:
        host = user = None
    if not host or parts.scheme not in {"http", "https"} or any(one.isspace() for one in text):
        message = f"is {text!r}; write an address such as https://example.com/path"
        raise ValueError(message)
    if user is not None:
        message = "holds a user or a password; write them under `login:`, the password as a secret"
        raise ValueError(message)
    return text.rstrip("/")


Address = Annotated[str, AfterValidator(_address)]
"""An http or https address without a slash at its end, and without user and password."""


class Login(Part):
    """Who we are: nobody, the bearer of a `token`, or a `user` with a `password`."""

    user: str | None = None
    password: Secret = Secret()
    token: Secret = Secret()

    @model_validator(mode="after")
    def _one_way(self) -> Login:
        token, password = _named(self.token), _named(self.password)
        if token and (password or self.user is not None):
            message = "has a token and a user; leave one of them out"
            raise ValueError(message)
        if password != (self.user is not None):
            message = "needs `user:` and `password:` together, or `token:` alone"
            raise ValueError(message)
        return self

    def read(self) -> tuple[dict[str, str], tuple[Kept, ...]]:
        """Give the headers to send and the secrets that they hold. Raises NoSecret."""
        if _named(self.token):
            kept = self.token.read()[:1]
            return {"Authorization": f"Bearer {kept[0].text}"}, kept
        if self.user is None:
            return {}, ()
        kept = self.password.read()[:1]
        both = b64encode(f"{self.user}:{kept[0].text}".encode())
        return {"Authorization": f"Basic {both.decode()}"}, (*kept, Kept(both))


def _named(secret: Secret) -> bool:
    return bool(secret.env or secret.file)

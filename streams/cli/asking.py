"""Asking a worker over HTTP: where it listens, the token that it may want, and its words."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, Request, build_opener

import click

from streams.cli.failure import Failure

WORKER = "http://127.0.0.1:6066"
PATIENCE = 10

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Door:
    """Where a worker listens, `named` if the user said so, and what it may ask for."""

    url: str = WORKER
    token: str | None = field(default=None, repr=False)
    named: bool = False

    def __post_init__(self) -> None:
        """Refuse what is no address, before anything is asked."""
        if urlsplit(self.url).scheme not in ("http", "https"):
            message = f"--url {self.url}: not an address; write it like {WORKER}"
            raise click.UsageError(message)

    @property
    def headers(self) -> dict[str, str]:
        """What every question carries."""
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def address(self, path: str) -> str:
        """Give the address of a path that begins with a slash."""
        return f"{self.url.rstrip('/')}{path}"

    def ask(self, path: str) -> Any:
        """Ask for JSON; None where the answer is none. Raises Failure, in words."""
        request = Request(self.address(path), headers=self.headers)  # noqa: S310 - see above
        try:
            # A worker is near, whatever proxy leads to the world.
            with build_opener(ProxyHandler({})).open(request, timeout=PATIENCE) as answer:
                return json.load(answer)
        except HTTPError as refusal:
            raise Failure(self._refused(refusal)) from None
        except (URLError, TimeoutError, OSError) as fault:
            reason = getattr(fault, "reason", fault)
            message = (
                f"--url {self.url}: no answer ({reason}); start a worker, or name where one listens"
            )
            raise Failure(message) from None
        except ValueError:
            return None

    def _refused(self, refusal: HTTPError) -> str:
        try:
            return str(json.load(refusal)["error"])
        except (ValueError, KeyError, TypeError):
            code, reason = refusal.code, refusal.reason
            return f"--url {self.url}: answers {code} {reason}; name where a worker listens"


def asking(command: F) -> F:
    """Give a command the options of a door, as its argument `door`."""

    @click.option("--url", help=f"Where a worker listens; {WORKER} unless said.")
    @click.option("--token", envvar="SLA_HTTP_TOKEN", help="Where the worker asks for one.")
    @functools.wraps(command)
    def with_door(*args: Any, url: str | None, token: str | None, **given: Any) -> Any:
        return command(*args, door=Door(url or WORKER, token, url is not None), **given)

    return with_door  # type: ignore[return-value]  # click looks at the options, not the signature

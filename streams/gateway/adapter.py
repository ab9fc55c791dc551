"""What an adapter is: one file, with one of these under the name ADAPTER."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from streams.gateway.hook import Happening, Hook
from streams.gateway.signature import Scheme, Shared
from streams.gateway.words import Mapped, Words

Events = Callable[[Hook, Words], Sequence[Happening]]
Hello = Callable[[Hook], bytes | None]


@dataclass(frozen=True, slots=True)
class Adapter:
    """How a help desk's webhooks are read.

    `events` is pure: it gives what happened, nothing where the hook is of no interest to a promise,
    and raises Unmappable where it is but cannot be read. `hello` answers the request with which
    some help desks try an address, None for any other. `id_headers` name the delivery, in lower
    case: they go into the dead letter with the body; no other header does.
    """

    name: str
    events: Events
    scheme: Scheme = Shared()  # noqa: RUF009  # frozen
    words: Mapped = field(default_factory=dict)
    hello: Hello | None = None
    id_headers: tuple[str, ...] = ()

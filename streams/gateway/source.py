"""A source at work: who may send its hooks, and which ticket events they are.

Pure. What an adapter gives is judged as the worker will judge it, by the same decoder: what it
would refuse is a dead letter at once, told to whoever sent it.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from streams.gateway.adapter import Adapter
from streams.gateway.fields import at
from streams.gateway.hook import Happening, Hook, Unmappable
from streams.gateway.signature import Refused, Scheme, Signed
from streams.gateway.words import Words
from streams.sla.policy import CATEGORIES, word
from streams.wire import ticket_events
from streams.wire.instant import show
from streams.wire.outgoing import TicketEvent
from streams.wire.ticket_events import Rejected

log = logging.getLogger(__name__)

AHEAD = 86_400_000
"""How far before our clock an event may be, in ms: it would drag the ticket's time along."""

DESK = "desk"
"""The attribute that says which source a ticket is of."""

SHOWING = ("ticket.created", "ticket.changed")
"""Events that carry attributes."""


@dataclass(frozen=True, slots=True)
class Source:
    """A help desk, as the file has it; `scheme` is None where nothing is verified."""

    name: str
    adapter: Adapter
    scheme: Scheme | None
    secrets: tuple[bytes, ...]
    window: int
    words: Words
    prefix: str = ""
    attributes: Mapping[str, str] | None = None

    def __repr__(self) -> str:
        return f"Source({self.name!r}, {self.adapter.name!r})"

    def admit(self, hook: Hook) -> Signed:
        """Say what the hook's signature tells. Raises Refused: unsigned, forged or stale."""
        if self.scheme is None:
            return Signed()
        signed = self.scheme.check(hook, self.secrets)
        if signed.at is not None and abs(hook.received_at - signed.at) > self.window:
            message = (
                f"the signature is of {show(max(0, signed.at))}, more than {self.window // 1000} s"
                " from now; set the clocks, or widen `window`"
            )
            raise Refused("stale", message)
        return signed

    def events(self, hook: Hook) -> list[TicketEvent]:
        """Give the ticket events; none where the hook is of no interest. Raises Unmappable."""
        extra = self._extra(hook)
        return [self.event(one, hook.received_at, extra) for one in self._happened(hook)]

    def event(
        self, one: Happening, now: int, extra: Mapping[str, Any] | None = None
    ) -> TicketEvent:
        """Make the ticket event of what happened; `now` in ms UTC, `extra` are more attributes.

        Raises Unmappable.
        """
        if one.time > now + AHEAD:
            message = (
                f"time: {show(one.time)} lies more than a day ahead; set the help desk's clock"
            )
            raise Unmappable("bad_value", message)
        data = one.data
        if one.type in SHOWING:
            data = {**data, **(extra or {}), DESK: self.name}
        if "into" in data:
            data = {**data, "into": self.prefix + str(data["into"])}
        ticket = self.prefix + one.ticket
        event = TicketEvent(one.id, f"/{self.name}", one.type, ticket, one.time, data)
        try:
            ticket_events.decode(event.encode(), ticket.encode())
        except (Rejected, UnicodeEncodeError, TypeError) as fault:
            reason = fault.reason if isinstance(fault, Rejected) else "bad_value"
            raise Unmappable(reason, f"{one.type}: {fault}") from None
        return event

    def unknown(self, events: Sequence[TicketEvent]) -> list[str]:
        """Name the statuses that nobody maps: the policies file may know them, or nobody does."""
        told = [event.data.get("status") for event in events if event.type in SHOWING]
        return [one for one in told if isinstance(one, str) and word(one) not in CATEGORIES]

    def _happened(self, hook: Hook) -> Sequence[Happening]:
        try:
            return self.adapter.events(hook, self.words)
        except Unmappable:
            raise
        except Exception as fault:  # noqa: BLE001 - whatever is wrong with it, the hook is kept
            kind = type(fault).__name__
            # Only where it failed: what the error says may be a piece of the hook.
            last = traceback.extract_tb(fault.__traceback__)[-1]
            where = f"{last.filename}:{last.lineno}"
            log.warning("gateway: %s: the adapter failed: %s at %s", self.name, kind, where)
            message = f"body: the adapter {self.adapter.name} failed ({kind}); mend the adapter"
            raise Unmappable("bad_value", message) from None

    def _extra(self, hook: Hook) -> dict[str, Any]:
        if not self.attributes:
            return {}
        body = hook.json()
        found = {ours: at(body, path) for ours, path in self.attributes.items()}
        return {
            ours: value
            for ours, value in found.items()
            if value is not None and not isinstance(value, dict)
        }

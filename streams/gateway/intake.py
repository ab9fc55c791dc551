"""A hook's way: let in or refused, read, and in Kafka, before anybody is told so.

Decisions:

- 2xx means that Kafka has it: 200 for ticket events and for hooks of no interest, 202 for a hook
  that lies in the dead letters, with the reason. 503 asks the help desk to send it again.
- A refused signature is 401, one that was let in before 409; neither says what was expected.
- What a hook holds is never logged: only its source, what became of it, and why it was refused.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from streams.gateway.hook import Hook, Unmappable
from streams.gateway.metrics import Metrics
from streams.gateway.publisher import Publisher, Unavailable
from streams.gateway.replays import Replays
from streams.gateway.signature import Refused, Signed
from streams.gateway.source import Source
from streams.wire.dead_letter import hook_headers

log = logging.getLogger(__name__)

AGAIN_SECONDS = "5"
KEPT_UNSTAMPED_MS = 86_400_000
"""How long a signature without a time is remembered."""

LONGEST_REASON = 4_096
NOTHING: Mapping[str, str] = MappingProxyType({})


class Outcome(NamedTuple):
    """What became of a hook: one of metrics.RESULTS, and what its sender is told."""

    result: str
    status: int
    told: Mapping[str, object]
    headers: Mapping[str, str] = NOTHING


class Intake:
    """What takes the hooks of all sources."""

    def __init__(self, publisher: Publisher, metrics: Metrics) -> None:
        self._publisher, self._metrics = publisher, metrics
        self._replays = Replays()
        self._away = False

    async def take(self, source: Source, hook: Hook) -> Outcome:
        """Let a hook in, and have it in Kafka."""
        try:
            signed = self._admitted(source, hook)
        except Refused as fault:
            log.warning("gateway: %s: a hook is refused: %s: %s", source.name, fault.why, fault)
            status = 409 if fault.why == "replayed" else 401
            return Outcome(fault.why, status, {"error": str(fault)})
        if signed.mark is None:
            return await self._published(source, hook)
        mark = (source.name, signed.mark)
        outcome: Outcome | None = None
        try:
            outcome = await self._published(source, hook)
        finally:
            if outcome is None or outcome.status == 503:
                self._replays.release(mark)
            else:
                self._replays.keep(mark, hook.received_at + _lasts(source, signed))
        return outcome

    def _admitted(self, source: Source, hook: Hook) -> Signed:
        """Let a hook in, its mark reserved. Raises Refused."""
        signed = source.admit(hook)
        mark = signed.mark
        if mark is None or self._replays.reserve((source.name, mark), hook.received_at):
            return signed
        raise Refused("replayed", "this signature was let in before; sign each hook anew")

    async def _published(self, source: Source, hook: Hook) -> Outcome:
        try:
            try:
                events = source.events(hook)
            except Unmappable as fault:
                return await self._buried(source, hook, fault)
            if events:
                await self._publisher.publish(events)
        except Unavailable as fault:
            if not self._away:
                log.warning("gateway: no hook is taken until Kafka is back: %s", fault)
            self._away = True
            said = {"error": f"{fault}; send it again"}
            return Outcome("unavailable", 503, said, {"Retry-After": AGAIN_SECONDS})
        self._back(published=bool(events))
        for event in events:
            self._metrics.events.labels(source.name, event.type).inc()
        for status in source.unknown(events):
            self._metrics.unknown.labels(source.name).inc()
            log.info("gateway: %s: status %.80r is mapped to nothing", source.name, status)
        return Outcome("accepted" if events else "ignored", 200, {"events": len(events)})

    async def _buried(self, source: Source, hook: Hook, fault: Unmappable) -> Outcome:
        kept = [
            (name, hook.headers[name])
            for name in ("content-type", *source.adapter.id_headers)
            if name in hook.headers
        ]
        headers = hook_headers(kept, source=source.name, reason=fault.reason, message=str(fault))
        await self._publisher.bury(hook.body, headers)
        self._back(published=True)
        log.warning("gateway: %s: a hook is a dead letter: %s", source.name, fault.reason)
        told = {"dead_letter": fault.reason, "reason": str(fault)[:LONGEST_REASON]}
        return Outcome("dead_lettered", 202, told)

    def _back(self, *, published: bool) -> None:
        if self._away and published:
            self._away = False
            log.warning("gateway: Kafka is back, hooks are taken")


def _lasts(source: Source, signed: Signed) -> int:
    """Give how long a signature could be let in again, in ms: a window before and one after."""
    return KEPT_UNSTAMPED_MS if signed.at is None else 2 * source.window

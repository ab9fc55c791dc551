"""Ticket events and dead letters → Kafka: acknowledged by all replicas, without duplicates.

A hook's events are sent together and count once all of them are acknowledged. The producer is
idempotent, so what it retries by itself is there once; a hook that the help desk sends again has
the same ids (R7).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from streams.wire.dead_letter import Headers
from streams.wire.outgoing import TicketEvent
from streams.wire.topics import Names

PATIENCE_MS = 20_000
"""How long a record may wait for the brokers; help desks give up after ten to thirty seconds."""

REACHED_SECONDS = 3.0
LONGEST = 8_100_000
"""Bytes of a request: a dead letter is a hook's whole body."""


class Unavailable(Exception):
    """Kafka does not have it; says why."""


class Publisher:
    """One producer for all sources; `client` are the settings of an aiokafka client."""

    def __init__(self, client: dict[str, Any], names: Names) -> None:
        self._client, self._names = client, names
        self._producer: Any = None
        self._stopping: asyncio.Task[None] | None = None
        self._making = asyncio.Lock()

    async def start(self) -> None:
        """Connect. Raises Unavailable."""
        await self._connected()

    async def reachable(self) -> bool:
        """Say whether the brokers answer."""
        try:
            async with asyncio.timeout(REACHED_SECONDS):
                producer = await self._connected()
                answered: bool = await producer.client.force_metadata_update()
        except (TimeoutError, Unavailable, KafkaError):
            return False
        return answered

    async def close(self) -> None:
        """Send what is left, and end."""
        if self._producer is not None:
            await self._producer.stop()

    async def publish(self, events: Sequence[TicketEvent]) -> None:
        """Have all of a hook's events in Kafka. Raises Unavailable."""
        await self._send(
            [
                (self._names.ticket_events, event.subject.encode(), event.encode(), ())
                for event in events
            ]
        )

    async def bury(self, body: bytes, headers: Headers) -> None:
        """Have a hook that cannot be read in the dead letters. Raises Unavailable."""
        await self._send([(self._names.dead_letters, None, body, headers)])

    async def _send(self, records: list[tuple[str, bytes | None, bytes, Headers]]) -> None:
        producer = await self._connected()
        try:
            async with asyncio.timeout(PATIENCE_MS / 1000):
                sent = [
                    await producer.send(topic, value, key, headers=list(headers))
                    for topic, key, value, headers in records
                ]
                found = await asyncio.gather(*sent, return_exceptions=True)
            for one in found:
                if isinstance(one, BaseException):
                    raise one
        except TimeoutError:
            raise Unavailable("the brokers do not answer") from None
        except KafkaError as fault:
            # A sequence that is out of order stays so: the next hook gets a new producer.
            await self._drop(producer)
            raise Unavailable(f"the brokers refuse it: {type(fault).__name__}") from None

    async def _connected(self) -> Any:
        async with self._making:
            if self._producer is None:
                producer = AIOKafkaProducer(
                    **self._client,
                    acks="all",
                    enable_idempotence=True,
                    request_timeout_ms=PATIENCE_MS,
                    max_request_size=LONGEST,
                    linger_ms=2,
                )
                try:
                    await producer.start()
                except KafkaError as fault:
                    await producer.stop()
                    raise Unavailable(f"the brokers cannot be reached: {fault}") from None
                self._producer = producer
            return self._producer

    async def _drop(self, producer: Any) -> None:
        if self._producer is producer:
            self._producer = None
            self._stopping = asyncio.create_task(producer.stop())

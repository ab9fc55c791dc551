"""A line that breaks while a coordinator is asked for."""

from __future__ import annotations

from typing import Any
from unittest.mock import AsyncMock

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError, KafkaError, SaslAuthenticationFailed
from aiokafka.producer.sender import CoordinationType

from streams.work.coordinator import ask_again


async def asked(answers: list[Any], *, patiently: bool) -> Any:
    """Let a producer ask for its coordinator, and be answered so; give whom it found."""
    producer = AIOKafkaProducer(transactional_id="app-0", retry_backoff_ms=1)
    client: Any = producer.client
    client.coordinator_lookup = AsyncMock(side_effect=answers)
    client.force_metadata_update = client.ready = AsyncMock(return_value=True)
    if patiently:
        ask_again(producer)
    try:
        return await producer._sender._find_coordinator(CoordinationType.TRANSACTION, "app-0")
    finally:
        await producer.stop()


async def test_a_broken_line_is_asked_over_again() -> None:
    """Fact 17: without it the same producer ends."""
    broken = [KafkaConnectionError("Connection at x:1 closed")] * 2
    assert await asked([*broken, 3], patiently=True) == 3
    with pytest.raises(KafkaError, match="Connection at x:1 closed"):
        await asked([*broken, 3], patiently=False)


async def test_what_will_not_be_otherwise_ends_the_producer() -> None:
    """A refusal is an answer."""
    with pytest.raises(KafkaError, match="Authentication"):
        await asked([SaslAuthenticationFailed("Authentication failed"), 3], patiently=True)

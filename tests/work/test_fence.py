"""What became of a former owner, as its heir counts it (R8, fact 18)."""

from __future__ import annotations

from typing import Any
from unittest.mock import AsyncMock

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import ConcurrentTransactions
from aiokafka.protocol.transaction import InitProducerIdResponse_v0

from streams.work.fence import NONE, Fence, watch


@pytest.mark.parametrize(
    ("told", "noted", "aborted"),
    [
        (Fence(0, busy=False), NONE, False),
        (Fence(8, busy=False), 7, False),
        (Fence(8, busy=True), 7, False),  # a commit was being finished
        (Fence(9, busy=True), 7, True),
        (Fence(12, busy=True), 7, True),  # others came and went between them, and wrote nothing
        (Fence(9, busy=False), 7, False),  # one came and went
        (Fence(2, busy=True), NONE, True),  # nothing was ever committed
        (Fence(0, busy=True), 32_766, True),  # the epochs began anew
        (Fence(9, busy=True), None, False),  # an older release did not note it
    ],
)
def test_an_abort_is_told_from_a_commit_that_is_being_finished(
    told: Fence,
    noted: int | None,
    aborted: object,
) -> None:
    """Fact 18: by the epoch, which only an abort raises twice."""
    assert told.aborted(noted) == aborted


async def test_the_answers_to_the_first_request_are_heard_and_handed_on() -> None:
    """Fact 18: that the brokers were busy is remembered when they no longer are."""
    producer = AIOKafkaProducer(transactional_id="app-0")
    client: Any = producer.client
    answers = [
        InitProducerIdResponse_v0(0, ConcurrentTransactions.errno, -1, -1),
        InitProducerIdResponse_v0(0, 0, 5, 9),
        "another answer",
    ]
    client.send = asked = AsyncMock(side_effect=answers)
    fence = watch(producer)
    assert not fence.fenced
    assert [await client.send(1, "request", group=2) for _ in answers] == answers
    asked.assert_awaited_with(1, "request", group=2)
    assert (fence, fence.fenced) == (Fence(9, busy=True), True)
    await producer.stop()

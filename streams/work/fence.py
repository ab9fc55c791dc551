"""What a new owner learns when it fences the former one (facts 3, 18).

A worker that is fenced, or whose transaction is aborted, ends at once, and nobody reads a counter
of a process that has ended. So these are counted by the heir. Its first request tells: whether the
brokers were busy with a transaction of the former owner, and the epoch, by which an abort is told
from a commit that was being finished.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import ConcurrentTransactions
from aiokafka.protocol.transaction import InitProducerIdResponse_v0

NONE = -1
"""The epoch before any."""


@dataclass(slots=True)
class Fence:
    """What the brokers said to a producer that began: its epoch, and that they were busy before."""

    epoch: int = NONE
    busy: bool = False

    @property
    def fenced(self) -> bool:
        """Whether there was a producer before this one."""
        return self.epoch > 0

    def aborted(self, noted: int | None) -> bool:
        """Whether the former owner's transaction was aborted; `noted`: epoch of the last commit.

        Each producer raises the epoch by one, and an abort on the way does so once more. Where the
        epoch was not noted, as by an older release, the answer is no.
        """
        return self.busy and noted is not None and self.epoch != noted + 1


def watch(producer: AIOKafkaProducer) -> Fence:
    """Give what a producer will be told; to be called before it starts."""
    fence = Fence()
    client: Any = producer.client
    send = client.send

    async def listening(node: Any, request: Any, **options: Any) -> Any:
        answer = await send(node, request, **options)
        if isinstance(answer, InitProducerIdResponse_v0):
            fence.busy |= answer.error_code == ConcurrentTransactions.errno
            fence.epoch = answer.producer_epoch
        return answer

    client.send = listening
    return fence

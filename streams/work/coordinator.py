"""Who coordinates a transaction is asked again where the line breaks (fact 17).

aiokafka's producer tries everything again that a lost connection spoils, but for this one question:
there it ends for good, and the process with it, though the next broker would have answered.
"""

from __future__ import annotations

from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError, NodeNotReadyError


def ask_again(producer: AIOKafkaProducer) -> None:
    """Tell the producer of a broken line in the words that it deals with by asking again."""
    client: Any = producer.client
    look_up = client.coordinator_lookup

    async def patient(kind: Any, key: str) -> Any:
        try:
            return await look_up(kind, key)
        except KafkaConnectionError as error:
            raise NodeNotReadyError(str(error)) from error

    client.coordinator_lookup = patient

"""Reading a topic apart from the work: what is committed, from the beginning, in no group."""

from __future__ import annotations

from typing import Any

from aiokafka import AIOKafkaConsumer


def reader(client: dict[str, Any]) -> AIOKafkaConsumer:
    """Make a consumer that starts at the beginning of what it is assigned; it is not started yet.

    Never by `seek_to_beginning` after `assign`: aiokafka's own reset to the default, the end, races
    it, and a reader that loses sees nothing.
    """
    return AIOKafkaConsumer(
        **client,
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )

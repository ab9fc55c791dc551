"""The demo's topics, made before anything is written."""

from __future__ import annotations

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import for_code

from streams.demo.failure import DemoFailed
from streams.wire import topics

PARTITIONS = 4

FOREVER = {"retention.ms": "-1"}
"""Records carry the log's time, a year long gone: any retention would delete them at once."""


async def create_topics(bootstrap: str, app_id: str) -> int:
    """Make every topic of the application on an empty broker; answer how many."""
    wanted = topics.of(app_id)
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        made = await admin.create_topics(
            [
                NewTopic(
                    topic.name,
                    topic.partitions or PARTITIONS,
                    1,
                    topic_configs={**topic.settings, **FOREVER},
                )
                for topic in wanted
            ]
        )
    finally:
        await admin.close()
    for name, code, *reason in made.topic_errors:
        if code:
            message = f"topic {name} could not be made: {for_code(code).__name__} {reason}"
            raise DemoFailed(message)
    return len(wanted)

"""The dead letters, looked at and put back.

A letter is shown as JSON that a person can mend: the value as text where it is UTF-8, else in
base64. Put back, it goes to the topic and the partition that it came from, so that the tickets'
rows are where its event is; the dead letter itself stays, as the record of what happened.
"""

from __future__ import annotations

import asyncio
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Iterable
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.structs import ConsumerRecord

from streams.process.reader import records
from streams.wire.dead_letter import PREFIX
from streams.wire.instant import show


class NotALetter(ValueError):
    """A line that cannot be put back; says which field, and what to write."""


async def letters(client: dict[str, Any], topic: str) -> AsyncIterator[dict[str, Any]]:
    """Give every dead letter up to the topic's end as of now, partition by partition."""
    async for record in records(client, topic):
        yield _letter(record)


async def put_back(client: dict[str, Any], mended: Iterable[dict[str, Any]]) -> int:
    """Produce mended letters to where they came from; give how many. Raises NotALetter."""
    sent = [_record(number, letter) for number, letter in enumerate(mended, 1)]
    producer = AIOKafkaProducer(**client, acks="all", enable_idempotence=True)
    await producer.start()
    try:
        await asyncio.gather(*[await producer.send(**record) for record in sent])
    finally:
        await producer.stop()
    return len(sent)


def _letter(record: ConsumerRecord) -> dict[str, Any]:
    told = {name.removeprefix(PREFIX): value for name, value in record.headers}
    origin = {name: told.get(name, b"").decode() for name in ("topic", "partition", "offset")}
    came_by = {"source": told["connector.name"].decode()} if "connector.name" in told else {}
    return {
        "reason": told.get("exception.class.name", b"").decode(),
        "message": told.get("exception.message", b"").decode(),
        "topic": origin["topic"],
        "partition": int(origin["partition"] or -1),
        "offset": int(origin["offset"] or -1),
        **came_by,
        "at": show(max(0, record.timestamp)),
        **_text("key", record.key),
        **_text("value", record.value),
        "headers": {
            name: value.decode("utf-8", "replace")
            for name, value in record.headers
            if not name.startswith(PREFIX)
        },
    }


def _text(name: str, content: bytes | None) -> dict[str, str | None]:
    if content is None:
        return {name: None}
    try:
        return {name: content.decode()}
    except UnicodeDecodeError:
        return {f"{name}_base64": b64encode(content).decode()}


def _record(number: int, letter: dict[str, Any]) -> dict[str, Any]:
    topic, partition = letter.get("topic"), letter.get("partition")
    if letter.get("source"):
        message = (
            f"line {number}: it came to the gateway as a hook; send its value to"
            f" /hooks/{letter['source']} again, and leave it out here"
        )
        raise NotALetter(message)
    if not isinstance(topic, str) or not topic or not isinstance(partition, int) or partition < 0:
        message = f"line {number}: topic and partition must say where it came from, as `ls` wrote"
        raise NotALetter(message)
    return {
        "topic": topic,
        "partition": partition,
        "key": _bytes(letter, "key"),
        "value": _bytes(letter, "value"),
        "headers": [(name, text.encode()) for name, text in letter.get("headers", {}).items()],
    }


def _bytes(letter: dict[str, Any], name: str) -> bytes | None:
    if f"{name}_base64" in letter:
        return b64decode(letter[f"{name}_base64"])
    text = letter.get(name)
    return None if text is None else str(text).encode()

"""Policy sets by version, and their adoptions, on a compacted topic (R18).

Clocks keep the version that they started under, so a worker must know every version that a row may
name, also after the file has changed; and all workers must hold tickets to the same versions, also
while some of them still run with the old file. So the topic decides, not the file: a worker that
starts publishes its file's version where that is new, and *adopts* it. Every worker follows the
topic (`follower`) and holds what starts after an adoption to its version.

The last start wins: a worker that starts with an old file adopts its version again, and says so.

What is on the topic and cannot be read is logged and passed over: a stranger's record must not stop
the workers. Where it was a version that rows name, these rows cannot be read, and that stops them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import orjson
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.structs import ConsumerRecord

from streams.policies import PoliciesError, load_document
from streams.process.reader import reader
from streams.sla.events import Since
from streams.sla.policy import PolicySet
from streams.sla.versions import Adoption
from streams.wire import adoption as wire
from streams.wire.instant import show

log = logging.getLogger(__name__)

STRENGTH: dict[Since | None, int] = {None: 0, "now": 1, "start": 2}
WORDS: dict[Since | None, str] = {
    None: "open clocks keep their version",
    "now": "open clocks change to it from now on",
    "start": "open clocks are counted again under it from their start",
}


@dataclass(slots=True)
class Shelf:
    """What the topic holds, as far as it was read: sets by version, adoptions by their instant.

    `waiting` are adoptions of versions that have not been read, or could not be; `passed` are the
    offsets of what cannot be read, so that it is told once.
    """

    sets: dict[str, PolicySet] = field(default_factory=dict)
    adoptions: list[Adoption] = field(default_factory=list)
    waiting: list[Adoption] = field(default_factory=list)
    passed: set[int] = field(default_factory=set)

    def put(self, record: ConsumerRecord) -> list[Adoption]:
        """Take a record in; give the adoptions that it made known, with their sets."""
        if record.value is None:
            return []  # what was known stays known: rows may name it
        try:
            if (record.key or b"").startswith(wire.PREFIX):
                return self._adopted(wire.decode(record.value))
            return self._published((record.key or b"").decode(), record.value)
        except (wire.NotAnAdoption, PoliciesError, ValueError, TypeError) as fault:
            if record.offset not in self.passed:
                self.passed.add(record.offset)
                where = f"{record.topic} at offset {record.offset}"
                log.error("%s: key %r is passed over: %s", where, record.key, fault)  # noqa: TRY400 - words, no traceback
            return []

    def _published(self, version: str, value: bytes) -> list[Adoption]:
        if version in self.sets:
            return []
        document = orjson.loads(value)
        if not version or not isinstance(document, dict):
            message = "neither an adoption nor a policy set under its version"
            raise ValueError(message)
        # Under the version that rows name, also where this release would write it otherwise.
        self.sets[version] = replace(load_document(document), version=version)
        ready = [adoption for adoption in self.waiting if adoption.version == version]
        self.waiting = [adoption for adoption in self.waiting if adoption.version != version]
        return [one for adoption in ready for one in self._adopted(adoption)]

    def _adopted(self, adoption: Adoption) -> list[Adoption]:
        if adoption in self.adoptions or adoption in self.waiting:
            return []
        if adoption.version not in self.sets:
            self.waiting.append(adoption)
            log.warning("policies version %s is adopted and not known (yet)", adoption.version)
            return []
        self.adoptions.append(adoption)
        self.adoptions.sort(key=lambda known: known.at)
        return [adoption]


def wanted(
    adoptions: Sequence[Adoption], version: str, since: Since | None, now: int
) -> Adoption | None:
    """Give the adoption that a worker makes when it starts at `now` (ms UTC); None where none.

    One is due where the last is of another version, or where more is asked of this one than was
    adopted since it came into force. It comes after the last, whatever the clock says.
    """
    given = -1
    for adoption in reversed(adoptions):
        if adoption.version != version:
            break
        given = max(given, STRENGTH[adoption.since])
    if STRENGTH[since] <= given:
        return None
    return Adoption(max(now, adoptions[-1].at + 1) if adoptions else now, version, since)


async def agree(
    own: PolicySet,
    since: Since | None,
    clock: Callable[[], int],
    client: dict[str, Any],
    topic: str,
) -> Shelf:
    """Publish a worker's own version where it is new, adopt it where that is due; give what holds.

    The topic is read again after that: where two workers do this at once, its order decides.
    """
    shelf = Shelf()
    await read(client, topic, shelf.put)
    adoption = wanted(shelf.adoptions, own.version, since, clock())
    if own.version not in shelf.sets or adoption is not None:
        await _publish(client, topic, own, adoption, known=own.version in shelf.sets)
        _tell(shelf, own.version, adoption)
        await read(client, topic, shelf.put)
    shelf.sets[own.version] = own
    return shelf


async def read(
    client: dict[str, Any], topic: str, take: Callable[[ConsumerRecord], object]
) -> None:
    """Read the topic from its beginning to its end as of now."""
    partition = TopicPartition(topic, 0)
    consumer = reader(client)
    try:
        await consumer.start()
        consumer.assign([partition])
        end = (await consumer.end_offsets([partition]))[partition]
        while await consumer.position(partition) < end:
            for records in (await consumer.getmany(timeout_ms=200)).values():
                for record in records:
                    take(record)
    finally:
        await consumer.stop()


async def _publish(
    client: dict[str, Any],
    topic: str,
    own: PolicySet,
    adoption: Adoption | None,
    *,
    known: bool,
) -> None:
    """Write the set first: an adoption of a set that is not there could not be followed."""
    producer = AIOKafkaProducer(**client, acks="all", enable_idempotence=True)
    try:
        await producer.start()
        if not known:
            document = orjson.dumps(own.document)
            await producer.send_and_wait(topic, document, own.version.encode(), partition=0)
        if adoption is not None:
            value, key = wire.encode(adoption), wire.key(adoption)
            await producer.send_and_wait(topic, value, key, partition=0)
    finally:
        await producer.stop()


def _tell(shelf: Shelf, version: str, adoption: Adoption | None) -> None:
    if version not in shelf.sets:
        log.info("policies version %s is new; %d older are known", version, len(shelf.sets))
    if adoption is None:
        return
    last = shelf.adoptions[-1] if shelf.adoptions else None
    before = [one for one in shelf.adoptions if one.version == version]
    if last is not None and before and last.version != version:
        log.warning(
            "policies version %s had been replaced by %s at %s; this worker's file brings it back: "
            "the last start wins",
            *(version, last.version, show(last.at)),
        )
    tell(adoption, first=last is None)


def tell(adoption: Adoption, *, first: bool = False) -> None:
    """Log an adoption in words."""
    holds = "it holds from the beginning" if first else f"it holds from {show(adoption.at)} on"
    log.info("policies version %s adopted: %s, %s", adoption.version, holds, WORDS[adoption.since])

"""A worker follows the topic of the policies while it runs (R18).

During a rolling restart some workers have the new file and some the old one. What the new ones
adopt must hold for the others too, or a ticket's terms would depend on the partition that it lies
in. So each worker learns of an adoption within moments, without a restart.

A row may still be faster: its partition may come to this worker before the adoption does under
which the row was written. `refresh` therefore reads the topic to its end whenever partitions are
acquired, after their former owners were fenced: by then every version that a row can name is there.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from aiokafka import TopicPartition
from aiokafka.structs import ConsumerRecord

from streams.process.reader import reader
from streams.sla.policy import PolicySet
from streams.sla.versions import Adoption, Versions
from streams.worker.versions import Shelf, read, tell

log = logging.getLogger(__name__)

AGAIN_SECONDS = 5.0

Told = Callable[[Adoption, PolicySet], None]


class Follower:
    """Hands what is new on the topic to the engine's versions, then to whoever asked to be told."""

    def __init__(
        self, own: str, shelf: Shelf, versions: Versions, client: dict[str, Any], topic: str
    ) -> None:
        """Go on from a shelf that the versions were made of; `own` is the file's version."""
        self.own = own
        self.told: list[Told] = []
        self._shelf = shelf
        self._versions = versions
        self._client = client
        self._topic = topic

    async def run(self) -> None:
        """Follow until cancelled, whatever happens to the connection."""
        while True:
            try:
                await self._follow()
            except Exception:  # whatever it was: a worker that follows no more looks healthy
                log.exception("policies: the topic %s cannot be followed; again soon", self._topic)
                await asyncio.sleep(AGAIN_SECONDS)

    async def refresh(self) -> None:
        """Learn all that is on the topic now."""
        await read(self._client, self._topic, self._take)

    async def _follow(self) -> None:
        # From the beginning each time: what is known already is passed over, and nothing is missed.
        consumer = reader(self._client)
        try:
            await consumer.start()
            consumer.assign([TopicPartition(self._topic, 0)])
            while True:
                for records in (await consumer.getmany(timeout_ms=60_000)).values():
                    for record in records:
                        self._take(record)
        finally:
            with suppress(Exception):
                await consumer.stop()

    def _take(self, record: ConsumerRecord) -> None:
        adoptions = self._shelf.put(record)
        for version, policies in self._shelf.sets.items():
            self._versions.sets.setdefault(version, policies)
        for adoption in adoptions:
            self._versions.adopt(adoption)
            tell(adoption)
            current = self._versions.current
            if current.version != self.own:
                log.warning(
                    "policies version %s holds now, this worker's file is version %s: give it the "
                    "new file before its next start, or it brings the old one back",
                    *(current.version, self.own),
                )
            for told in self.told:
                told(adoption, self._versions.set(adoption.version))

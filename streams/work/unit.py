"""The units of work, their partitions, and the loop that commits them.

Decisions: a unit is a plain call that nothing interrupts, so every state between two units is one
that may be committed. One lock covers commits and the closing of producers (fact 9). Whatever goes
wrong in a unit or a commit ends the process (fact 8).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, NoReturn

from aiokafka.errors import InvalidTimestampError, ProducerFenced
from faust.types import TP

from streams.work import tally
from streams.work.delivery import Start
from streams.work.errors import LogGap
from streams.work.fatal import die
from streams.work.partition import Partition, Snapshot
from streams.work.restore import restore
from streams.work.stats import Stats
from streams.work.table import Table

log = logging.getLogger(__name__)

LEAST = 0.4
"""The share of the commit interval that passes between two commits even where one is asked for."""

Hook = Callable[[Partition], None]
Acquired = Callable[[], Awaitable[None]]
Stopping = Callable[[], Awaitable[None]]


class UnitOfWork:
    """The partitions that this process owns, and what happens to all of them together."""

    def __init__(
        self,
        app_id: str,
        *,
        client_settings: Callable[[str], dict[str, Any]],
        max_record_bytes: int,
        transaction_timeout: float,
        hold_transaction: float,
    ) -> None:
        """Begin without partitions; times in seconds."""
        self.app_id = app_id
        self.client_settings = client_settings
        self.max_record_bytes = max_record_bytes
        self.transaction_timeout = transaction_timeout
        self.hold_transaction = hold_transaction
        self.tables: dict[str, Table[Any]] = {}
        #: Of each source topic, and so of all that is written; known once the topics were checked.
        self.partitions = 0
        self.parts: dict[int, Partition] = {}
        #: The partition whose unit is running: what tables and emit belong to.
        self.current: Partition | None = None
        self.on_acquired: list[Acquired] = []
        self.on_restored: list[Hook] = []
        self.on_revoked: list[Hook] = []
        self.before_commit: list[Hook] = []
        self.on_committed: list[Hook] = []
        self.on_stopping: list[Stopping] = []
        self.stats = Stats()
        self.closing = False
        self.settled = False  #: what was done before the end is committed
        #: Counts the changes of membership, so that an acquisition can tell that it is stale.
        self.membership = 0
        self._lock = asyncio.Lock()
        self._hurry = asyncio.Event()

    def ready(self) -> list[Partition]:
        """Return the partitions that take deliveries and ticks."""
        return [part for part in self.parts.values() if part.ready]

    # -- units

    @contextmanager
    def unit(self, part: Partition, what: str) -> Iterator[Partition]:
        """Run a block as one unit of the partition; any exception in it ends the process."""
        before, self.current = self.current, part
        try:
            yield part
        except BaseException as error:  # noqa: BLE001 - half a unit must never be committed
            die(f"{what} failed in partition {part.number}: {error!r}", error)
        finally:
            self.current = before
        self.stats.units += 1
        part.touch()

    def call(self, hooks: Iterable[Hook], part: Partition, what: str) -> None:
        """Call hooks with the partition as a unit each."""
        for hook in hooks:
            with self.unit(part, f"{what} ({getattr(hook, '__qualname__', hook)})"):
                hook(part)

    # -- commits

    def hurry(self) -> None:
        """Ask for a commit before the interval is over: somebody waits for what was said."""
        self._hurry.set()

    async def wait(self, interval: float) -> None:
        """Wait until it is time to commit: the interval (seconds), or less where one is asked for.

        Never less than a share of it, so that the commits do not take all the time there is.
        """
        least = interval * LEAST
        await asyncio.sleep(least)
        with suppress(TimeoutError):
            async with asyncio.timeout(interval - least):
                await self._hurry.wait()
        self._hurry.clear()

    async def commit(self) -> None:
        """Commit every partition that has work, one transaction each, side by side."""
        async with self._lock:
            await self._commit_all()

    async def _commit_all(self) -> None:
        parts = [part for part in self.parts.values() if part.has_work()]
        if not parts:
            return
        began = time.perf_counter()
        try:
            pairs = [(part, self._snapshot(part)) for part in parts]
            async with asyncio.timeout(self.transaction_timeout):
                await asyncio.gather(*(part.commit(snapshot) for part, snapshot in pairs))
            for part in parts:
                for hook in self.on_committed:
                    hook(part)
        except BaseException as error:  # noqa: BLE001 - memory is ahead of the log (fact 8)
            _explain_failed_commit(error, [part.number for part in parts])
        self.stats.committed(time.perf_counter() - began, len(parts))

    def _snapshot(self, part: Partition) -> Snapshot:
        self.call(self.before_commit, part, "before_commit")
        snapshot = part.snapshot()
        self.stats.rows += snapshot.rows
        self.stats.emitted += snapshot.emitted
        return snapshot

    # -- the coming and going of partitions

    def suspend(self) -> None:
        """Stop deliveries and ticks of every partition until it has been sought again."""
        self.membership += 1
        for part in self.parts.values():
            part.suspend()

    async def acquire(
        self,
        tps: Iterable[TP],
        start_positions: Callable[[list[TP]], Any],
    ) -> int:
        """Own exactly the partitions of `tps`; return the membership for which this was done.

        The order of the steps is fact 4: fence, read the committed offsets, restore, rebuild. May
        be cancelled by the next rebalance; partitions not finished then are closed again.
        """
        membership = self.membership
        if self.closing:
            return membership
        wanted: dict[int, list[TP]] = {}
        for tp in tps:
            wanted.setdefault(tp.partition, []).append(tp)
        # Shielded: a producer is closed to the end, under the lock, or not at all.
        await asyncio.shield(self._release([n for n in self.parts if n not in wanted]))
        fresh = [Partition(self, number) for number in wanted if number not in self.parts]
        try:
            await asyncio.gather(*(part.open() for part in fresh))
            starts: Mapping[TP, Start] = await start_positions(
                [tp for part in fresh for tp in wanted[part.number]]
            )
            for part in fresh:
                part.positions = {tp: starts[tp].position for tp in wanted[part.number]}
                # Of several source topics all have the same note, but for one that was reset.
                part.noted = min(starts[tp].noted for tp in wanted[part.number])
            also = [hook() for hook in self.on_acquired] if fresh else []
            await asyncio.gather(restore(self, fresh), *also)
            for part in fresh:
                tally.check(tally.read(part.noted), self._restored(part), self.app_id)
                self.stats.fenced += part.fence.fenced
                self.stats.aborted += part.fence.aborted(tally.epoch(part.noted))
        except asyncio.CancelledError:
            await asyncio.shield(_close_all(fresh))
            raise
        except LogGap as gap:
            die(str(gap), gap)
        except Exception as error:  # noqa: BLE001 - the supervisor restarts us, Faust would not
            die(f"partitions {sorted(wanted)} could not be acquired: {error!r}", error)
        for part in fresh:
            self.call(self.on_restored, part, "on_restored")
            self.parts[part.number] = part
        return membership

    def _restored(self, part: Partition) -> dict[str, tuple[str, int]]:
        return {
            name: (f"{table.changelog}[{part.number}]", len(part.tables[name].rest))
            for name, table in self.tables.items()
        }

    def open_for_work(self, membership: int, epoch: int) -> None:
        """Let deliveries of the seek `epoch` and ticks in, unless the membership has changed."""
        if membership == self.membership:
            for part in self.parts.values():
                part.epoch = epoch
                part.ready = True

    async def release_all(self) -> None:
        """Commit what is done, then close every producer; nothing is acquired afterwards."""
        self.closing = True
        self.suspend()
        await self.commit()
        self.settled = True
        await self._release(list(self.parts))

    async def _release(self, numbers: Iterable[int]) -> None:
        async with self._lock:
            gone = [part for n in numbers if (part := self.parts.pop(n, None)) is not None]
            await _close_all(gone)
        for part in gone:
            self.call(self.on_revoked, part, "on_revoked")


async def _close_all(parts: Iterable[Partition]) -> None:
    await asyncio.gather(*(part.close() for part in parts))


def _explain_failed_commit(error: BaseException, numbers: list[int]) -> NoReturn:
    if isinstance(error, ProducerFenced):
        die(f"fenced: another worker has taken over one of the partitions {numbers}", error)
    if isinstance(error, InvalidTimestampError):
        die(
            f"the commit of partitions {numbers} was refused for its time: by the brokers' clock it"
            " comes from the future (message.timestamp.after.max.ms, an hour by default). Set this"
            " machine's clock, or theirs",
            error,
        )
    if isinstance(error, asyncio.CancelledError):
        die(f"the commit of partitions {numbers} was cut off at the end of the process", error)
    if isinstance(error, TimeoutError):
        die(f"the commit of partitions {numbers} did not end in time", error)
    die(f"the commit of partitions {numbers} failed: {error!r}", error)

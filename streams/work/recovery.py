"""Faust's rebalance sequence with our acquisition in it.

Faust runs one task that, after each assignment, brings the tables up to date, seeks and resumes the
flow. It knows no tables here (see `table`), so it takes its short way, `_resume_streams`, and that
is where the acquisition goes first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from faust.tables.manager import TableManager as FaustTableManager
from faust.tables.recovery import Recovery as FaustRecovery

if TYPE_CHECKING:
    from faust.types import TP

    from streams.work.app import App
    from streams.work.consumer import Consumer


class Recovery(FaustRecovery):
    """Acquires the partitions before Faust seeks and lets the records flow (facts 4, 6)."""

    async def _resume_streams(self, generation_id: int = 0) -> None:
        """Acquire, then go Faust's way; a rebalance in between cancels and begins again (fact 4).

        `_wait` is called without a timeout: with one, Faust goes on after it as if all were well.
        """
        app = cast("App", self.app)
        consumer = cast("Consumer", app.consumer)
        app.enter("recovering", "the rows are being read back")
        await self._wait(consumer.acquire())
        await super()._resume_streams(generation_id)
        if app.work.ready() or not app.work.parts:
            app.enter("running", "" if app.work.parts else "no partition is assigned to this one")


class TableManager(FaustTableManager):
    """Faust's manager of no tables; it owns the recovery task and hears of revocations first."""

    @property
    def recovery(self) -> Recovery:
        """The recovery above instead of Faust's."""
        if not isinstance(self._recovery, Recovery):
            self._recovery = Recovery(self.app, self, beacon=self.beacon, loop=self.loop)
        return self._recovery

    async def on_start(self) -> None:
        """Start as Faust does, without the second it waits for tables to be declared."""
        await self._update_channels()
        await self.recovery.start()

    def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Suspend deliveries and ticks before anything else: rebalances are eager (fact 6)."""
        app = cast("App", self.app)
        app.work.suspend()
        app.enter("assigning", "the group is rebalancing")
        super().on_partitions_revoked(revoked)

    def __bool__(self) -> bool:
        """Say that there are no tables, so that Faust takes the short way."""
        return False

    def __setitem__(self, name: str, table: Any) -> None:
        """Refuse Faust's own tables: their changelog is outside the transaction (fact 2)."""
        raise TypeError(f"table {name}: use App.table; Faust's tables are outside of the commit")

"""Deadlines into the help desks: read what stands there, write what differs.

Decisions: a desk is written to by one ticket after another, no faster than PER_MINUTE calls, since
its people use the same API. What was found or written is remembered, so that a row that tells
nothing new costs no call. A desk that fails is left alone for a while; what it refuses is dropped.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import orjson

from streams.notify.backlog import Backlog, Item
from streams.notify.breaker import Breaker
from streams.notify.deadline import WriteBack, day, deadlines, same
from streams.notify.desks.desk import Desk
from streams.notify.metrics import Metrics
from streams.process import backoff
from streams.process.calling import Permanent, Temporary
from streams.wire.instant import NotAnInstant, OutOfRange

log = logging.getLogger(__name__)

PER_MINUTE = 200
REMEMBERED = 100_000
GIVE_UP = 86_400_000
IDLE_SECONDS = 0.1


class Writer:
    """The rules over their desks; `now` gives ms UTC, `zone` is that of dates."""

    def __init__(
        self,
        rules: Sequence[WriteBack],
        desks: Mapping[str, Desk],
        metrics: Metrics,
        now: Callable[[], int],
        zone: str,
    ) -> None:
        self._rules, self._desks, self._metrics = rules, desks, metrics
        self._now, self._zone = now, zone
        self._forms = {(rule.desk, rule.field): rule.form for rule in rules}
        self._breakers = {name: Breaker() for name in desks}
        self._known: OrderedDict[tuple[str, str], dict[str, str | None]] = OrderedDict()
        self.backlog = Backlog()
        for name in desks:
            metrics.begin_desk(name, partial(self._waiting, name))

    def _waiting(self, desk: str) -> float:
        return float(self.backlog.waiting(desk))

    def take(self, ticket: str, value: bytes | None, part: Any, offset: int) -> None:
        """Take a record of sla-status; one that cannot be read changes nothing."""
        try:
            row = orjson.loads(value) if value else {"clocks": []}
            wanted = deadlines(self._rules, row)
        except (orjson.JSONDecodeError, KeyError, TypeError, NotAnInstant, OutOfRange) as fault:
            log.warning("status of %.60r cannot be read: %s", ticket, type(fault).__name__)
            return
        for name, desk in self._desks.items():
            self.backlog.drop(name, ticket)
            if name in wanted and (key := self._key(name, desk, ticket)) is not None:
                item = Item(name, ticket, key, wanted[name], part, offset, self._now())
                self.backlog.put(item)

    def _key(self, name: str, desk: Desk, ticket: str) -> str | None:
        try:
            return desk.ids.own(ticket)
        except Permanent as fault:
            log.warning("desk %s: %s", name, fault)
            self._metrics.deadlines.labels(name, "refused").inc()
            return None

    async def work(self, name: str) -> None:
        """Write to a desk for ever."""
        pause = 60 / PER_MINUTE
        while True:
            calls = await self.step(name)
            await asyncio.sleep(pause * calls if calls else IDLE_SECONDS)

    async def step(self, name: str) -> int:
        """Write one ticket's fields to a desk, if some are due; give how many calls it took."""
        now = self._now()
        item = self.backlog.next(name, now)
        if item is None:
            return 0
        wanted = {field: self._text(item, field) for field in item.fields}
        if self._known.get((name, item.ticket)) == wanted:
            self._settle(item, "same")
            return 0
        if not self._breakers[name].admits(now):
            return 0
        return await self._attempt(item, wanted)

    async def _attempt(self, item: Item, wanted: dict[str, str | None]) -> int:
        breaker = self._breakers[item.desk]
        try:
            calls = await self._write(item, wanted)
        except Permanent as fault:
            breaker.answered()
            why = str(fault)
            log.warning("desk %s refuses the deadline of %.60r: %s", item.desk, item.ticket, why)
            self._settle(item, "refused")
            return 2
        except Exception as fault:  # noqa: BLE001 - no mistake at one desk may end the others' work
            breaker.failed(self._now())
            told = isinstance(fault, Temporary)
            wait = fault.retry_after if isinstance(fault, Temporary) else None
            self._again(item, str(fault) if told else type(fault).__name__, wait)
            return 1
        breaker.answered()
        return calls

    async def _write(self, item: Item, wanted: dict[str, str | None]) -> int:
        desk = self._desks[item.desk]
        seen = await desk.read(item.key, list(wanted))
        changes = {
            field: text for field, text in wanted.items() if not same(seen.values.get(field), text)
        }
        if changes:
            await desk.write(seen, changes)
        self._known[item.desk, item.ticket] = wanted
        self._known.move_to_end((item.desk, item.ticket))
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        self._settle(item, "written" if changes else "same")
        return 2 if changes else 1

    def _text(self, item: Item, field: str) -> str | None:
        at = item.fields[field]
        if at is None:
            return None
        if self._forms[item.desk, field] == "date":
            return day(at, self._zone)
        return self._desks[item.desk].instant(at)

    def _settle(self, item: Item, result: str) -> None:
        self.backlog.done(item)
        self._metrics.deadlines.labels(item.desk, result).inc()

    def _again(self, item: Item, why: str, retry_after: float | None) -> None:
        now = self._now()
        self._known.pop((item.desk, item.ticket), None)
        if now - item.since >= GIVE_UP:
            told = "desk %s: the deadline of %.60r was given up: %s"
            log.error(told, item.desk, item.ticket, why)
            self._settle(item, "dropped")
            return
        self._metrics.deadlines.labels(item.desk, "failed").inc()
        wait = backoff.wait(item.attempts, random.random(), retry_after)
        later = replace(item, attempts=item.attempts + 1, due=now + wait)
        self.backlog.again(item, later)

    @property
    def desks(self) -> list[str]:
        """The desks' names."""
        return list(self._desks)

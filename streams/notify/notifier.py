"""What happens to a partition's SLA events and notices: the work between two commits.

Decisions: nothing is said while there is something unread, for what is unread may end it; that is
what a tick waits for. An attempt is made once the transaction with its row `sending` is in the log,
never before: what a crash leaves is in doubt, and is known to be. What was said of tickets before
this app first looked at a partition is history: nobody is woken for it.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Sequence
from typing import Any

from aiokafka import ConsumerRecord

from streams.notify.delivery import Delivery
from streams.notify.event import detected, read
from streams.notify.metrics import Metrics
from streams.notify.noticing import notices
from streams.notify.outbox import Answer, Attempt, Bounds, Outbox
from streams.notify.row import Ident, Row, key_bytes
from streams.notify.settings import NotifyFile
from streams.wire import dead_letter, topics
from streams.wire.ticket_events import Rejected
from streams.work import Partition, Table

log = logging.getLogger(__name__)

BEGUN = b"begun"
"""The one key of the table of when a partition was first looked at."""


class Notifier:
    """The handlers of records and ticks, over the journal and the delivery.

    `clock` gives ms UTC. `backlog`: the ms before the first start of which events are still said.
    """

    def __init__(
        self,
        settings: NotifyFile,
        journal: Table[Row],
        begun: Table[int],
        delivery: Delivery,
        metrics: Metrics,
        clock: Callable[[], int],
        *,
        names: topics.Names,
        backlog: int = 0,
    ) -> None:
        self._settings, self._journal, self._begun = settings, journal, begun
        self._delivery, self._metrics, self._clock = delivery, metrics, clock
        self._names, self._backlog = names, backlog
        self._bounds = Bounds(keep=settings.remember)
        for route in settings.routes:
            metrics.begin_route(route.name, route.to)

    def restore(self, part: Partition) -> None:
        """Rebuild the outbox from the journal."""
        box = Outbox(self._bounds, random.random, floods(self._settings))
        box.restore(self._journal.decode(packed) for _, packed in part.rows(self._journal))
        begun = self._begun.get(BEGUN)
        if begun is None:
            begun = self._begun[BEGUN] = self._clock() - self._backlog
        part.scratch.update(box=box, begun=begun, answers=[], starting=[], committing=[], look=True)

    def handle(self, part: Partition, records: Sequence[ConsumerRecord]) -> None:
        """Take a partition's next records."""
        box: Outbox = part.scratch["box"]
        for record in records:
            try:
                event = read(record.value)
            except Rejected as fault:
                self._reject(part, record, fault)
                continue
            if event is None:
                self._metrics.events.labels("other").inc()
            elif detected(event) < part.scratch["begun"]:
                self._metrics.events.labels("too_old").inc()
            else:
                now = self._clock()
                box.take(notices(self._settings, event, now), now)
                self._metrics.events.labels("read").inc()
        part.scratch["look"] = True
        self._write(box)

    def tick(self, part: Partition, now: int) -> bool:
        """Take the answers that came, and begin what may begin: all before `now` was read."""
        box: Outbox = part.scratch["box"]
        answers: list[tuple[Ident, Answer]] = part.scratch["answers"]
        for ident, answer in answers:
            box.answer(ident, answer, now)
        answers.clear()
        part.scratch["starting"] += box.start(now, self._delivery.admits)
        part.scratch["look"] = False
        self._write(box)
        self._tell(box)
        return False

    def upcoming(self, part: Partition) -> int | None:
        """Give the instant (ms UTC) from which a tick would find something to do."""
        if part.scratch["look"] or part.scratch["answers"]:
            return self._clock()
        box: Outbox = part.scratch["box"]
        return box.wake()

    def before_commit(self, part: Partition) -> None:
        """Note what the transaction that follows makes certain."""
        part.scratch["committing"] += part.scratch["starting"]
        part.scratch["starting"] = []

    def committed(self, part: Partition) -> None:
        """Make the attempts whose rows are in the log."""
        attempts, part.scratch["committing"] = part.scratch["committing"], []
        scratch = part.scratch
        self._delivery.send(attempts, lambda *answer: scratch["answers"].append(answer))

    def revoked(self, part: Partition) -> None:
        """Let go of what was not begun; what is under way is in doubt for whoever comes next."""
        lost: list[Attempt] = part.scratch["starting"] + part.scratch["committing"]
        self._delivery.forget(lost)

    def waiting(self, part: Partition) -> bool:
        """Tell whether there are answers that no row holds yet."""
        return bool(part.scratch["answers"])

    def _write(self, box: Outbox) -> None:
        for ident, row in box.changed().items():
            if row is None:
                self._journal.pop(key_bytes(ident))
            else:
                self._journal[key_bytes(ident)] = row

    def _tell(self, box: Outbox) -> None:
        for row in box.settled:
            self._metrics.notices.labels(row.route, row.channel, row.state).inc()
            if row.state == "sent" and row.settled is not None:
                self._metrics.delay.labels(row.channel).observe((row.settled - row.due) / 1000)
            if row.state == "dropped":
                log.error(
                    "notice of %s by route %s to %s was given up: %s",
                    *(row.key, row.route, row.channel, row.reason),
                )
        box.settled.clear()

    def _reject(self, part: Partition, record: ConsumerRecord, fault: Rejected) -> None:
        told: dict[str, Any] = {"partition": record.partition, "offset": record.offset}
        headers = dead_letter.headers(
            record.headers,
            topic=record.topic,
            reason=fault.reason,
            message=str(fault),
            **told,
        )
        letters = self._names.dead_letters
        part.emit(letters, record.key, record.value, record.timestamp, headers)
        self._metrics.events.labels("rejected").inc()


def floods(settings: NotifyFile) -> dict[str, tuple[int, int]]:
    """Give what is too much for each route that says so: messages, and ms."""
    return {
        route.name: (route.flood.more_than, route.flood.within)
        for route in settings.routes
        if route.flood is not None
    }

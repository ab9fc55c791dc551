"""The commit is the unit of work: exactly-once units on Faust and aiokafka.

A handler is called with a partition and its next records, a tick with a partition and the time it
has reached. What they change in tables and what they emit is in memory until the next commit; then
one Kafka transaction per partition carries the changed rows, the outputs and the position. A crash
at any instant leaves the whole of it or nothing. Faust keeps the membership of the group, the
assignment, the rebalances, the services and the timers; this package replaces what cannot be had
otherwise, at Faust's own seams, one subject a file. It knows nothing of what the records mean.

    app = work.App("my-app", broker="kafka://127.0.0.1:9092")
    totals = app.table("totals", encode=encode, decode=decode)

    @app.batches("orders")
    def handle(part, records):
        for record in records:
            totals[record.key] = (totals.get(record.key) or 0) + 1
            part.emit("receipts", record.key, record.value)

    raise SystemExit(app.run())

Facts about Kafka 4, Faust 0.15 and aiokafka 0.14 that the code cites by number; each was met in
practice, and those that a test can show are named in `tests/work`.

 1. Faust gives each record a task and a queue, counts acknowledgements, clears the queues in
    rebalances, and acknowledges a record whose agent raised: slow, and it loses events.
 2. Faust's producer sends outside of any transaction to topics that the app does not consume
    itself, its flush gives up after 0.1 s, failed sends are only logged. Its tables write their
    changelog through it, record by record.
 3. A transactional producer per *source partition*: the new owner's InitProducerId fences the old
    one and ends its open transaction. That makes offsets safe that carry no group generation.
 4. The order in which a partition is acquired: fence, read the committed offset, read the changelog
    up to the last stable offset, rebuild what is volatile, seek, work. A step taken earlier sees
    what the former owner may still change. Partition numbers come from the source topics.
 5. Transaction markers take up offsets: that a log is read to its end is known by the consumer's
    *position*, never by the last record's offset, for which Faust's recovery waits for ever.
 6. The partition's position is the authority. Records below it are passed over; a gap above it is
    fatal, and so is a log that was cut off. A delivery is dropped only where a seek follows or has
    followed. Rebalances are eager, and fetches begun before one arrive after it.
 7. A snapshot is taken and serialised without an await. Batches go to explicit partitions, and each
    future is awaited before the commit: aiokafka commits although a batch has failed.
 8. After an error in a unit or a commit, memory is ahead of the log: abort, end the process. So bad
    input must be dealt with inside the unit, or it is a crash loop.
 9. One lock over commits and the closing of producers: to close one under a running transaction
    hangs for 30 s. Nothing in a unit awaits.
10. Faust ties read isolation to its own exactly-once mode, and its alarms to acknowledgements. All
    its commit paths end in `force_commit`.
11. Kafka answers the first produce of a transaction with a retriable error, so the back-off decides
    the time of a commit: 20 ms instead of 100.
12. Private names are touched (`pins` has the list): exact versions are checked at the start.
13. A tick at T may be applied where everything that was in the log at T has been. The log's end is
    the high watermark: the last stable offset hides events behind an open transaction. Timers go
    on during rebalances, so a tick asks whether its partition is ready.
14. A missing source topic leaves Faust ready and idle for ever.
15. A static member that comes back is given its partitions without a rebalance only if it says the
    same as before; Faust's members tell what they hold, which a restart changes.
16. A changelog that was deleted, truncated or made anew restores without an error, to fewer rows or
    none. So each commit notes beside its offsets how many rows it leaves (`tally`).
17. A producer that loses the line while it asks who coordinates its transaction ends for good; any
    other loss it deals with (`coordinator`).
18. A producer that begins under a transactional id raises its epoch by one, and by two where that
    aborts an open transaction. Meanwhile the brokers tell it to wait; so they do while a commit is
    being finished (`fence`).
"""

from __future__ import annotations

from streams.work.app import App, wall_clock
from streams.work.errors import LogGap, RecordTooLarge, Refused, RowTooLarge, WorkError
from streams.work.fatal import EXIT_FATAL, die
from streams.work.partition import Partition
from streams.work.readiness import STATES, Readiness, State
from streams.work.stats import PartitionStats, Stats
from streams.work.table import Table

__all__ = [
    "EXIT_FATAL",
    "STATES",
    "App",
    "LogGap",
    "Partition",
    "PartitionStats",
    "Readiness",
    "RecordTooLarge",
    "Refused",
    "RowTooLarge",
    "State",
    "Stats",
    "Table",
    "WorkError",
    "die",
    "wall_clock",
]

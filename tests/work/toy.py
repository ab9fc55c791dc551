"""A toy worker for the tests: counts events per key, echoes each, and fires timers when due.

Run as `python toy.py` with its settings as JSON in the environment variable TOY. An event is JSON:
{"n": serial, "due": ms or absent, "cancel": true or absent}. Outputs, by kind:
echo {"n", "count"}; fired {"due", "at"}; pad or dead for an event with "pad": bytes.
"""

from __future__ import annotations

import heapq
import json
import logging
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

from streams import work

SETTINGS: dict[str, Any] = {
    "id": "toy",
    "broker": "kafka://127.0.0.1:9092",
    "source": "in",
    "out": "out",
    "app": {},
    "raise_at": None,
    "micros_per_event": 0,
    "tick": 0.1,
    "report": None,
    "orphan_commit": False,
} | json.loads(os.environ.get("TOY", "{}"))

app = work.App(
    SETTINGS["id"], broker=SETTINGS["broker"], **{"session_timeout": 2.0, **SETTINGS["app"]}
)
table: work.Table[dict[str, Any]] = app.table(
    "counts", encode=lambda row: json.dumps(row).encode(), decode=json.loads
)


@app.on_acquired
async def acquired() -> None:
    """Say that what a worker needs beside its rows could be read now."""
    print("acquired", flush=True)  # noqa: T201 - read by the tests


@app.on_restored
def rebuild(part: work.Partition) -> None:
    """Rebuild the heap of due times from the rows."""
    heap = [
        (row["due"], key)
        for key, raw in part.rows(table)
        if (row := json.loads(raw))["due"] is not None
    ]
    heapq.heapify(heap)
    part.scratch["heap"] = heap
    print("restored", part.number, len(heap), flush=True)  # noqa: T201 - read by the tests


@app.batches(SETTINGS["source"])
def handle(part: work.Partition, records: Any) -> None:
    """Count, echo and set or cancel the timer of the key."""
    for record in records:
        event = json.loads(record.value)
        if SETTINGS["raise_at"] is not None and event["n"] == SETTINGS["raise_at"]:
            raise ValueError(f"the toy stumbles over {event['n']}")
        if SETTINGS["micros_per_event"]:
            time.sleep(SETTINGS["micros_per_event"] / 1e6)
        row = table.get(record.key) or {"count": 0, "due": None}
        row["count"] += 1
        if event.get("due") is not None:
            row["due"] = event["due"]
            heapq.heappush(part.scratch["heap"], (row["due"], record.key))
        if event.get("cancel"):
            row["due"] = None
        table[record.key] = row
        if "pad" in event:
            emit_padded(part, record.key, event["pad"])
        out = {"kind": "echo", "n": event["n"], "count": row["count"]}
        part.emit(
            SETTINGS["out"],
            record.key,
            json.dumps(out).encode(),
            record.timestamp,
            headers=list(record.headers),
        )


def emit_padded(part: work.Partition, key: bytes, size: int) -> None:
    """Emit a value of `size` bytes, or where that is too large a word about it."""
    empty = len(b'{"kind":"pad","x":""}')
    value = b'{"kind":"pad","x":"%s"}' % (b"x" * (size - empty))
    try:
        part.emit(SETTINGS["out"], key, value)
    except work.RecordTooLarge as error:
        part.emit(SETTINGS["out"], key, b'{"kind":"dead","size":%d}' % error.size)


@app.on_tick(SETTINGS["tick"])
def tick(part: work.Partition, now_ms: int) -> None:
    """Fire what is due by now and still set in its row."""
    heap = part.scratch["heap"]
    while heap and heap[0][0] <= now_ms:
        due, key = heapq.heappop(heap)
        row = table.get(key)
        if row is None or row["due"] != due:
            continue
        row["due"] = None
        table[key] = row
        out = {"kind": "fired", "due": due, "at": now_ms}
        part.emit(SETTINGS["out"], key, json.dumps(out).encode())


def report() -> None:
    """Write the state of the worker to a file every 50 ms, for the tests to watch."""
    while True:
        stats = app.stats
        state = {
            "ready": app.readiness().ready,
            "state": app.readiness().state,
            "records": stats.records,
            "restored": stats.restored_rows,
            "commits": stats.commits,
            "rebalances": stats.rebalances,
            "fenced": stats.fenced,
            "aborted": stats.aborted,
            "parts": [p.number for p in app.partitions if p.ready],
            "lag": sum(p.lag for p in app.partition_stats()),
            "ticks": stats.ticks,
        }
        new = Path(SETTINGS["report"] + ".new")
        new.write_text(json.dumps(state))
        new.replace(SETTINGS["report"])
        time.sleep(0.05)


if __name__ == "__main__":
    logging.basicConfig(
        level=os.environ.get("TOY_LOG", "INFO"),
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
    )
    if SETTINGS["report"]:
        threading.Thread(target=report, daemon=True).start()
    sys.exit(app.run())

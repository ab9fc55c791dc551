"""How many rows each table has, noted beside the committed offsets (fact 16).

Rows and offsets are in one transaction, so the note is exact: a restore that comes to another
number has not found all the rows, because the changelog was deleted, truncated or made anew. A
group whose offsets were reset by an operator's tool has no note, and is not held to any. The epoch
of the producer is noted beside them, for the next owner to tell what became of the last
transaction (fact 18).
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from streams.work.errors import LogGap
from streams.work.fence import NONE


def write(rows: Mapping[str, int], epoch: int = NONE) -> str:
    """Write rows by table, and the epoch of the producer, as the metadata of an offset."""
    return json.dumps({"rows": dict(rows), "epoch": epoch}, separators=(",", ":"))


def read(metadata: str) -> dict[str, int]:
    """Read it back; nothing where there is no note of ours."""
    try:
        return {str(name): int(rows) for name, rows in json.loads(metadata)["rows"].items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}


def epoch(metadata: str) -> int | None:
    """Read the epoch back: NONE where nothing was ever noted, None where a note is without it."""
    if not metadata:
        return NONE
    try:
        return int(json.loads(metadata)["epoch"])
    except (ValueError, KeyError, TypeError):
        return None


def check(noted: Mapping[str, int], found: Mapping[str, tuple[str, int]], group: str) -> None:
    """Raise LogGap where a table has other rows than noted; `found` is (changelog, rows)."""
    for table, (where, rows) in found.items():
        if table in noted and rows != noted[table]:
            raise LogGap(
                f"{where} gives {rows} rows, the last commit of group {group} left"
                f" {noted[table]}: the topic was deleted, truncated or made anew. Bring its records"
                " back; or have all rows built again from the events: stop all workers, delete the"
                " group's changelogs, make them anew, and reset its offsets to the earliest ones"
                " (kafka-consumer-groups --reset-offsets --to-earliest). What was said is then said"
                " again, under the same ids"
            )

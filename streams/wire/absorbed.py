"""What a merged ticket leaves to its survivor, as a ticket event of our own making (R20).

Tickets live in partitions of their own, so the survivor hears of the wait that it inherits through
`ticket-events`, like of everything else. Nobody but the producers of a topic knows their
partitioner: the event goes to every partition, and those that do not hold the ticket pass it over.
"""

from __future__ import annotations

from hashlib import blake2b

import orjson

from streams.sla.events import Absorbed
from streams.sla.story import Bequest
from streams.wire.instant import show

TYPE = "ticket.absorbed"
SOURCE = "/sla-streams"


def event(left: Bequest) -> Absorbed:
    """Give the event that the survivor is to apply, as if it had been read."""
    number = key(SOURCE, _id(left))
    return Absorbed(left.into, left.at, number, left.origin, left.waits, left.where)


def encode(left: Bequest) -> bytes:
    """Write the event; its id is made from what it says, so that a repetition is a duplicate."""
    human, anyone = (None if since is None else show(since) for since in left.waits)
    team, status, assignee = left.where
    return orjson.dumps(
        {
            "specversion": "1.0",
            "id": _id(left),
            "source": SOURCE,
            "type": TYPE,
            "subject": left.into,
            "time": show(left.at),
            "datacontenttype": "application/json",
            "data": {
                "origin": left.origin,
                "waiting_since": {"human": human, "anyone": anyone},
                "hands": {"team": team, "status": status, "assignee": assignee},
            },
        }
    )


def key(source: str, id_: str) -> int:
    """Make the 63-bit number by which duplicates are known (R7)."""
    digest = blake2b(f"{source}\0{id_}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) >> 1


def _id(left: Bequest) -> str:
    waits = ":".join("-" if since is None else str(since) for since in left.waits)
    return f"{left.origin}:absorbed:{left.into}:{left.at}:{waits}"

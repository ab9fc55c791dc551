"""The same job in Faust as its guide teaches it: an agent, a table, one event at a time.

At least once. Deadlines are in a heap that a restart forgets.
"""

from __future__ import annotations

import os
from collections import defaultdict
from heapq import heappop, heappush
from typing import Any

import faust
from rules import Said, body, expire, follow, moment

app = faust.App(
    os.environ["APP_ID"],
    broker="kafka://" + os.environ["BROKER"],
    store="memory://",
    topic_partitions=4,
    web_enabled=False,
)
tickets = app.topic(os.environ["IN_TOPIC"], value_serializer="json")
sla_events = app.topic(os.environ["OUT_TOPIC"], value_serializer="json", key_type=str)
table = app.Table("tickets")
heaps: dict[int, list[tuple[int, str]]] = defaultdict(list)


def apply(event: dict[str, Any], heap: list[tuple[int, str]]) -> Said:
    """Keep a ticket's clocks, and those of others that fell due."""
    ticket, at = event["subject"], moment(event)
    table[ticket], said, deadlines = follow(table.get(ticket), event, at)
    for end in deadlines:
        heappush(heap, (end, ticket))
    while heap and heap[0][0] < at:
        due = heappop(heap)[1]
        known = table[due]
        if over := expire(due, known, at):
            table[due] = known
            said += over
    return said


@app.agent(tickets)
async def sla(stream: Any) -> None:
    """Time is that of the partition's events."""
    async for it in stream.events():
        for fact in apply(it.value, heaps[it.message.partition]):
            await sla_events.send(key=fact[0], value=body(*fact))


if __name__ == "__main__":
    app.main()

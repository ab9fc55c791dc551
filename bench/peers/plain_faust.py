"""The same job in Faust as its guide teaches it: an agent, a table, one event at a time.

The honest simpler one: calendar time alone, no history, no late events, at least once.
"""

from __future__ import annotations

import os
from collections import defaultdict
from heapq import heappop, heappush
from typing import Any

import faust

from streams.wire.instant import parse, show

HOUR = 3_600_000
TARGETS = {"low": (24, 96), "normal": (8, 48), "high": (4, 24), "urgent": (1, 8)}
METRICS = ("first_response", "total_resolution")

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

State = dict[str, Any]
Said = list[tuple[str, str, str, int]]


def follow(ticket: str, state: State | None, event: State, at: int) -> tuple[State, Said]:
    """Apply an event; a clock's deadline is 0 once it has ended."""
    data = event["data"]
    if state is None:
        ends = [at + hours * HOUR for hours in TARGETS[data["priority"]]]
        return {"ends": ends, "late": [False, False], "paused": 0}, []
    said = expire(ticket, state, at)
    ends, late = state["ends"], state["late"]
    over = 1 if data.get("status") == "solved" else 0 if data.get("author") == "agent" else None
    if over is not None and ends[over]:
        said.append((ticket, METRICS[over], "sla.fulfilled", at))
        ends[over] = 0
    if data.get("status") == "solved":
        ends[0] = 0
    elif data.get("status") == "pending":
        state["paused"] = state["paused"] or at
    elif data.get("status") == "open" and state["paused"]:
        state["ends"] = [
            end + at - state["paused"] if end and not past else end
            for end, past in zip(ends, late, strict=True)
        ]
        state["paused"] = 0
    return state, said


def expire(ticket: str, state: State, now: int) -> Said:
    """Breach what has passed its deadline."""
    said: Said = []
    if not state["paused"]:
        for clock, end in enumerate(state["ends"]):
            if end and end < now and not state["late"][clock]:
                state["late"][clock] = True
                said.append((ticket, METRICS[clock], "sla.breached", end))
    return said


@app.agent(tickets)
async def sla(stream: Any) -> None:
    """Keep each ticket's clocks; time is that of the partition's events."""
    async for it in stream.events():
        event, heap = it.value, heaps[it.message.partition]
        ticket, at = event["subject"], parse(event["time"])
        state, said = follow(ticket, table.get(ticket), event, at)
        table[ticket] = state
        for clock in (0, 1):
            if state["ends"][clock] and not state["late"][clock]:
                heappush(heap, (state["ends"][clock], ticket))
        while heap and heap[0][0] < at:
            due = heappop(heap)[1]
            known = table[due]
            if over := expire(due, known, at):
                table[due] = known
                said += over
        for name, metric, type_, when in said:
            body = {"type": type_, "subject": name, "time": show(when), "data": {"metric": metric}}
            await sla_events.send(key=name, value=body)


if __name__ == "__main__":
    app.main()

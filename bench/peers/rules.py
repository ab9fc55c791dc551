"""The rules of the job for whoever runs in Python; clocks/Clocks.java has the same for the JVM.

The honest simpler ones: calendar time alone, no history, no late events. Times are ms UTC.
"""

from __future__ import annotations

from typing import Any

from streams.wire.instant import parse, show

HOUR = 3_600_000
TARGETS = {"low": (24, 96), "normal": (8, 48), "high": (4, 24), "urgent": (1, 8)}
METRICS = ("first_response", "total_resolution")

State = dict[str, Any]
Said = list[tuple[str, str, str, int]]


def moment(event: dict[str, Any]) -> int:
    """Give when an event happened."""
    return parse(event["time"])


def follow(state: State | None, event: State, at: int) -> tuple[State, Said, list[int]]:
    """Apply an event; give the state, what is said, and new deadlines to be looked at.

    A clock's deadline is 0 once it has ended.
    """
    ticket, data = event["subject"], event["data"]
    if state is None:
        ends = [at + hours * HOUR for hours in TARGETS[data["priority"]]]
        return {"ends": ends, "late": [False, False], "paused": 0}, [], ends
    said = expire(ticket, state, at)
    ends, status = state["ends"], data.get("status")
    over = 1 if status == "solved" else 0 if data.get("author") == "agent" else None
    if over is not None and ends[over]:
        said.append((ticket, METRICS[over], "sla.fulfilled", at))
        ends[over] = 0
    if status == "solved":
        ends[0] = 0
    elif status == "pending":
        state["paused"] = state["paused"] or at
    elif status == "open" and state["paused"]:
        state["ends"] = [
            end + at - state["paused"] if end and not past else end
            for end, past in zip(ends, state["late"], strict=True)
        ]
        state["paused"] = 0
        return state, said, running(state)
    return state, said, []


def running(state: State) -> list[int]:
    """Give the deadlines that somebody must look at."""
    pairs = zip(state["ends"], state["late"], strict=True)
    return [end for end, past in pairs if end and not past]


def expire(ticket: str, state: State, now: int) -> Said:
    """Breach what has passed its deadline."""
    said: Said = []
    if not state["paused"]:
        for clock, end in enumerate(state["ends"]):
            if end and end < now and not state["late"][clock]:
                state["late"][clock] = True
                said.append((ticket, METRICS[clock], "sla.breached", end))
    return said


def body(ticket: str, metric: str, type_: str, at: int) -> dict[str, Any]:
    """Give the record's value for something said."""
    return {"type": type_, "subject": ticket, "time": show(at), "data": {"metric": metric}}

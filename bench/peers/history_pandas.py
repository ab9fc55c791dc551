"""A history judged by pandas: whole columns at a time, or ticket by ticket and event by event.

    python history_pandas.py columns|events OUT FILE...

OUT gets a line a ticket: id, outcome, instant (ms). Both give every event its deadline; who is late
is who had not finished by it.
"""

from __future__ import annotations

import gzip
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pandas as pd
from promise import DAY, DONE, OPEN, OPENS, PAUSED, TARGET, TARGETS

NEVER = 2**62
Outcome = tuple[str, str, int]
"""Ticket, what, when."""


def read(names: list[str]) -> pd.DataFrame:
    """Read events into a frame: by ticket, then by time, the state after each."""
    tickets, times, statuses, priorities = [], [], [], []
    for name in names:
        with gzip.open(name, "rb") as file:
            for line in file:
                event = orjson.loads(line)
                tickets.append(event["subject"])
                times.append(event["time"])
                statuses.append(event["data"].get("status"))
                priorities.append(event["data"].get("priority"))
    frame = pd.DataFrame({"ticket": tickets, "status": statuses, "priority": priorities})
    # One form of instant in the whole log: the fastest way to read it.
    instants = np.array([text[:-1] for text in times], dtype="datetime64[ms]")
    frame["time"] = instants.astype("int64")
    frame = frame.sort_values(["ticket", "time"], kind="stable", ignore_index=True)
    states = frame.groupby("ticket", sort=False)[["status", "priority"]].ffill()
    frame[["status", "priority"]] = states
    return frame


def open_ms(time: Any) -> Any:
    """Give the open time since the Monday before 1970, of a number or a column."""
    day, of_day = (time + 3 * DAY) // DAY, time % DAY
    week, weekday = day // 7, day % 7
    today = np.clip(of_day - OPENS, 0, OPEN) * (weekday < 5)
    return (week * 5 + np.minimum(weekday, 5)) * OPEN + today


def instant(open_: Any) -> Any:
    """Give the first instant by which so much time has been open."""
    days, rest = (open_ - 1) // OPEN, (open_ - 1) % OPEN + 1
    return (days // 5 * 7 + days % 5 - 3) * DAY + OPENS + rest


def by_columns(frame: pd.DataFrame) -> Iterator[Outcome]:
    """Judge all tickets at once."""
    end = frame["time"].max()
    ticket = frame["ticket"]
    last = ticket.ne(ticket.shift(-1))
    time = frame["time"]
    until = time.shift(-1).where(~last, end).astype("int64")
    done = frame["status"].isin(DONE)
    running = ~done & ~frame["status"].isin(PAUSED)
    began = open_ms(time)
    active = (open_ms(until) - began).where(running, 0)
    after = active.groupby(ticket, sort=False).cumsum()
    target = frame["priority"].map(TARGETS).fillna(TARGET).astype("int64")
    left = target - (after - active)
    frame["deadline"] = np.where(left > 0, instant(began + left), time)
    # A target that is made less than what is used is missed at once, also while paused.
    frame["deadline"] = frame["deadline"].where(running | ((left < 0) & ~done), NEVER)
    frame["late"] = frame["deadline"] < until
    breached = frame[frame["late"]].groupby("ticket", sort=False)["deadline"].first()
    finished = done & ~(done.shift(fill_value=False) & ticket.eq(ticket.shift()))
    met = frame["time"].where(finished).groupby(ticket, sort=False).last()
    met = met[done[last].to_numpy() & ~met.index.isin(breached.index)].astype("int64")
    yield from ((name, "breached", at) for name, at in breached.items())
    yield from ((name, "met", at) for name, at in met.items())


def by_events(frame: pd.DataFrame) -> Iterator[Outcome]:
    """Judge ticket by ticket, event by event, as the rules read."""
    end = int(frame["time"].max())
    for name, events in frame.groupby("ticket", sort=False):
        elapsed, breached, met = 0, None, None
        rows = list(events[["time", "status", "priority"]].itertuples(index=False, name=None))
        for at, (time, status, priority) in enumerate(rows):
            until = rows[at + 1][0] if at + 1 < len(rows) else end
            if status in DONE:
                met = time if met is None else met
                continue
            met = None
            left = TARGETS.get(priority, TARGET) - elapsed
            if status in PAUSED:
                # A target that is made less than what is used is missed at once.
                breached = time if left < 0 and breached is None else breached
                continue
            began = int(open_ms(time))
            deadline = int(instant(began + left)) if left > 0 else time
            if deadline < until and breached is None:
                breached = deadline
            elapsed += int(open_ms(until)) - began
        if breached is not None:
            yield name, "breached", breached
        elif met is not None:
            yield name, "met", met


def main() -> None:
    """Read, judge, write."""
    how, out, *names = sys.argv[1:]
    judge = {"columns": by_columns, "events": by_events}[how]
    with Path(out).open("w", encoding="utf-8") as file:
        file.writelines(f"{name},{what},{at}\n" for name, what, at in judge(read(names)))


if __name__ == "__main__":
    main()

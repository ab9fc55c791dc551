"""The same job in Quix Streams, exactly once: two ways, as `TIMERS` says.

`no` is what its guide teaches: state by message key, here the ticket. There are no timers, so a
breach is found at the ticket's next event, and never if none comes.

`yes` has timers by a detour. State can be reached only under the key of the message at hand, so all
messages of a partition get one key; deadlines are kept in the state by minute, and fall due with
the partition's next event.
"""

from __future__ import annotations

import os
from typing import Any

from quixstreams import Application, State
from quixstreams.models import Deserializer
from rules import Said, body, expire, follow, moment

MINUTE = 60_000


class OneKey(Deserializer):
    """Gives all messages the same key."""

    def __call__(self, value: bytes, ctx: Any) -> str:  # noqa: ARG002 - they are given by name
        """Give it."""
        return "all"


def alone(event: dict[str, Any], state: State) -> list[dict[str, Any]]:
    """Keep the clocks of the one ticket whose state is at hand."""
    known, said, _ = follow(state.get("clocks"), event, moment(event))
    state.set("clocks", known)
    return [body(*fact) for fact in said]


def together(event: dict[str, Any], state: State) -> list[dict[str, Any]]:
    """Keep the clocks of a partition's tickets."""
    ticket, at = event["subject"], moment(event)
    known, said, deadlines = follow(state.get(ticket), event, at)
    state.set(ticket, known)
    for end in deadlines:
        minute = f"minute {end // MINUTE + 1}"
        state.set(minute, [*state.get(minute, ()), ticket])
    last, now = state.get("minute", at // MINUTE), at // MINUTE
    for minute in range(last + 1, now + 1):
        said += due(f"minute {minute}", minute * MINUTE, state)
    if last != now or not state.exists("minute"):
        state.set("minute", now)
    return [body(*fact) for fact in said]


def due(minute: str, now: int, state: State) -> Said:
    """Breach what fell due in a minute, and forget the minute."""
    said: Said = []
    if waiting := state.get(minute):
        for ticket in waiting:
            known = state.get(ticket)
            if over := expire(ticket, known, now):
                state.set(ticket, known)
                said += over
        state.delete(minute)
    return said


def main() -> None:
    """Run it."""
    timers = os.environ["TIMERS"] == "yes"
    app = Application(
        broker_address=os.environ["BROKER"],
        consumer_group=os.environ["APP_ID"],
        auto_offset_reset="earliest",
        state_dir=os.environ["STATE_DIR"],
        processing_guarantee="exactly-once",
        loglevel="WARNING",
    )
    keys = OneKey() if timers else "str"
    tickets = app.topic(os.environ["IN_TOPIC"], key_deserializer=keys, value_deserializer="json")
    sla_events = app.topic(os.environ["OUT_TOPIC"], key_serializer="str", value_serializer="json")
    said = app.dataframe(tickets).apply(together if timers else alone, stateful=True, expand=True)
    said.to_topic(sla_events, key=lambda fact: fact["subject"])
    app.run()


if __name__ == "__main__":
    main()

"""What a board needs to know of a row, without the ticket being built from it.

A worker that takes over a million tickets must look at each of them before it can say that it is
ready. Most are open and only wait: when they are due, and under which policies, stands first in the
row, where it is read without the rest (`peek`); and of their clocks a few fields are enough
(`glance`). What is looked at here is written by `row`, whose places are named below.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import orjson

from streams.sla.events import Attributes
from streams.sla.ticket import Ticket
from streams.wire.row import CLOCK_HEAD, CLOCK_TAIL, STATE_VERSION, must_be_readable

LIVE = ("running", "paused")

KIND, METRIC, _CYCLE, POLICY, TARGET, _STARTED, SINCE, STATE, _REVISION, USED = range(10)
STEP, DEADLINE, BREACHED_AT = CLOCK_HEAD, CLOCK_HEAD + 2, CLOCK_HEAD + 3
VERSION = CLOCK_HEAD + CLOCK_TAIL
ATTRIBUTES, SOLVED, GONE = 1, 7, 9
"""Places in a packed clock, and in a packed story; tests hold that `row` has them so."""


HEAD = re.compile(
    rb'\{"v":%d,"due":(\d+),"id":"(?:[^"\\]|\\.)*","p":"([^"\\]+)"(?:,"a":(\d+))?,' % STATE_VERSION
)
"""The beginning of the row of a ticket that is due at some time; the id is a JSON string."""


class OpenClock(NamedTuple):
    """A clock that runs or is paused: `used` active ms up to `since`, of `target`; ms UTC."""

    name: tuple[str, str, str]
    """Policy, kind and metric."""
    version: str
    running: bool
    since: int
    used: int
    target: int
    deadline: int | None
    breached: bool
    warned: bool = False
    """Whether a warning of its policy has been given, or passed over (R21)."""


class Glance(NamedTuple):
    """A row, looked at: `reached` and `adopted` are the ticket's, `done` if solved or gone.

    `latest`: of the state version that is written now, so that `due` is what the ticket would say.
    """

    latest: bool
    due: int | None
    reached: int
    adopted: int
    done: bool
    attributes: Attributes
    clocks: list[OpenClock]


class Peek(NamedTuple):
    """The head of a row that is due: ms UTC, the version of its policies, the latest adoption."""

    due: int
    version: bytes
    adopted: int


def peek(row: bytes) -> Peek | None:
    """Read the head of a row alone; None where it must be looked at as a whole."""
    head = HEAD.match(row)
    if head is None:
        return None
    due, version, adopted = head.groups()
    return Peek(int(due), version, -1 if adopted is None else int(adopted))


def glance(row: bytes) -> Glance | None:
    """Look at a row; None where the ticket was let go. Raises UnreadableRow, as decode does."""
    packed = orjson.loads(row)
    must_be_readable(packed)
    if "f" in packed:
        return None
    version, story = packed["p"], packed["s"]
    return Glance(
        packed["v"] == STATE_VERSION,
        packed["due"],
        packed["r"],
        packed.get("a", -1),
        story[SOLVED] or story[GONE] is not None,
        story[ATTRIBUTES],
        [_clock(clock, version) for clock in packed["c"] if clock[STATE] in LIVE],
    )


def _clock(packed: list[Any], version: str) -> OpenClock:
    tail = packed[VERSION:]
    return OpenClock(
        (packed[POLICY], packed[KIND], packed[METRIC]),
        tail[0] if tail and isinstance(tail[0], str) else version,
        packed[STATE] == "running",
        packed[SINCE],
        packed[USED],
        packed[TARGET],
        packed[DEADLINE] if len(packed) > DEADLINE else None,
        len(packed) > BREACHED_AT and packed[BREACHED_AT] is not None,
        len(packed) > STEP and packed[STEP] > 0,
    )


def open_clocks(ticket: Ticket) -> list[OpenClock]:
    """Give the same of a ticket that is at hand."""
    return [
        OpenClock(
            (clock.policy.name, clock.kind, clock.metric),
            clock.version,
            clock.state == "running",
            clock.since,
            clock.used,
            clock.target,
            clock.deadline,
            clock.breached_at is not None,
            clock.step > 0,
        )
        for clock in ticket.open_clocks()
    ]

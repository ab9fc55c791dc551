"""One word for what the worker is doing, for health checks and a gauge."""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

State = Literal["starting", "assigning", "recovering", "running", "stopping"]

STATES: tuple[State, ...] = get_args(State)


class Readiness(NamedTuple):
    """Whether work is being done, in which state, and why not (or what about)."""

    ready: bool
    state: State
    reason: str

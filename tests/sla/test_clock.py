"""The table of transitions."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import product
from typing import get_args

import pytest

from streams.sla.clock import PATHS, TRANSITIONS, Clock, IllegalTransition, Signal, State, steps
from streams.sla.duration import Active
from streams.sla.hours import WeeklyHours, parse_window
from streams.sla.policy import Policy, Warning_
from streams.sla.rules import Special
from streams.sla.schedule import Schedule

HOUR = 3_600_000
POLICY = Policy("p", "sla", Schedule.always(), {"first_response": {"default": Active(HOUR)}})


def clock(state: State = "none", **changes: object) -> Clock:
    """Make a clock of one hour."""
    made = Clock("sla", "first_response", 1, POLICY, HOUR, 0, 0, steps(POLICY, HOUR), state=state)
    return replace(made, **changes)  # type: ignore[arg-type]


ILLEGAL = sorted(set(product(get_args(State), get_args(Signal))) - TRANSITIONS.keys())


@pytest.mark.parametrize(("state", "signal"), ILLEGAL)
def test_an_illegal_transition_raises_and_changes_nothing(state: State, signal: Signal) -> None:
    """The table is the whole truth."""
    one = clock(state)
    before = replace(one)
    with pytest.raises(IllegalTransition, match=f"{state}.*{signal}"):
        one.signal(signal, 1_000)
    assert one == before


@pytest.mark.parametrize(("ends", "path"), PATHS.items())
def test_every_path_leads_where_it_says(
    ends: tuple[State, State], path: tuple[Signal, ...]
) -> None:
    """The signals between two states are legal one after the other, and arrive."""
    one = clock(ends[0])
    for instant, signal in enumerate(path):
        one.signal(signal, instant)
    assert one.state == ends[1]


def test_a_schedule_that_does_not_open_again_has_no_deadline() -> None:
    """R25: what can never come is not planned for, and is no error of the event that asked."""
    day = date(1970, 1, 1)
    once = Special(day, day, (parse_window("00:00-00:30"),))
    only = Schedule("once", "UTC", WeeklyHours(), exceptions=(once,))
    policy = replace(POLICY, schedule=only)
    one = clock(policy=policy, steps=steps(policy, HOUR))
    one.signal("start", 0)
    assert (one.deadline, one.due) == (None, None)


def test_warnings_at_one_instant_come_by_level_and_before_the_breach() -> None:
    """R21: the order of what falls together is fixed."""
    policy = replace(
        POLICY,
        warnings=(
            Warning_(after_ms=0, level=3),
            Warning_(left_ms=0, level=1),
            Warning_(left_ms=HOUR),
        ),
    )
    said = [(step.active, step.warning and step.warning.level) for step in steps(policy, HOUR)]
    assert said == [(0, None), (HOUR, 1), (HOUR, 3), (HOUR, None)]

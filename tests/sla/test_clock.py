"""The table of transitions."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import product
from typing import get_args

import pytest

from streams.sla.clock import (
    PATHS,
    TRANSITIONS,
    Clock,
    IllegalTransition,
    Signal,
    State,
    Step,
    Terms,
    steps,
)
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
            Warning_(left_ms=0),
            Warning_(left_ms=HOUR),
        ),
    )
    *warned, last = steps(policy, HOUR)
    assert [(step.active, step.warning and step.warning.level) for step in warned] == [
        (0, None),
        (HOUR, None),
        (HOUR, 1),
        (HOUR, 3),
    ]
    assert last == Step(HOUR)


def test_a_clock_is_open_while_it_runs_or_is_paused() -> None:
    """R15: what is finished may be taken up again, and what is not started is not there yet."""
    said = {state: clock(state).open for state in get_args(State)}
    assert said == {
        "none": False,
        "running": True,
        "paused": True,
        "fulfilled": False,
        "cancelled": False,
    }


def test_a_paused_clock_has_no_deadline_and_a_finished_one_keeps_its_last() -> None:
    """R15: what was used stands still, and the deadline moves by the length of the pause."""
    one, said = clock(), []
    for instant, signal in enumerate(("start", "pause", "resume", "fulfil", "reopen")):
        one.signal(signal, instant * 1_000)
        said.append((one.deadline, one.due, one.used, one.finished_at))
    assert said == [
        (HOUR, HOUR, 0, None),
        (None, None, 1_000, None),
        (HOUR + 1_000, HOUR + 1_000, 1_000, None),
        (HOUR + 1_000, None, 2_000, 3_000),
        (HOUR + 2_000, HOUR + 2_000, 2_000, None),
    ]


def test_every_reopening_and_every_change_of_terms_is_the_next_revision() -> None:
    """R8: and nothing else is."""
    one, said = clock(), []
    for signal in ("start", "pause", "resume", "fulfil", "reopen", "cancel", "reopen"):
        one.signal(signal, 0)
        said.append(one.revision)
    assert said == [0, 0, 0, 0, 1, 1, 2]
    for target in (2 * HOUR, HOUR):
        one.retarget(Terms(POLICY, "v", target), 0)
        said.append(one.revision)
    assert said[-2:] == [3, 4]


def test_whose_hands_the_time_was_spent_in_adds_up_and_no_time_is_no_share() -> None:
    """R28: the same hands twice are one share, and a hand-over within an instant leaves none."""
    ann, bob = ("billing", "open", "ann"), ("billing", "open", "bob")
    one = clock()
    one.signal("start", 0)
    one.hand_over(ann, 0)
    assert (one.shares, one.causes(0)) == ({}, ())
    one.hand_over(bob, 10)
    assert (one.shares, one.causes(10)) == ({ann: 10}, ((ann, 10),))
    one.hand_over(ann, 25)
    assert one.causes(40) == ((ann, 25), (bob, 15))
    one.hand_over(bob, 40)
    assert (one.shares, one.used) == ({ann: 25, bob: 15}, 40)
    assert one.causes(50) == ((ann, 25), (bob, 25))
    one.hand_over(bob, 50)
    assert (one.shares, one.used) == ({ann: 25, bob: 25}, 50)


def test_what_was_counted_by_other_terms_replaces_what_is_used_and_the_clock_goes_on() -> None:
    """R18: applied from the start, other terms have counted something else."""
    ann, bob = ("billing", "open", "ann"), ("billing", "open", "bob")
    one = clock()
    one.signal("start", 0)
    one.hand_over(ann, 50)
    one.recount({ann: 5, bob: 2}, 100)
    assert (one.used, one.elapsed(110)) == (7, 17)
    assert one.causes(110) == ((ann, 15), (bob, 2))


def test_an_earlier_start_is_counted_in_the_hands_that_it_lay_in() -> None:
    """R20: a merged ticket's wait is added to what those hands have already."""
    ann, bob = ("billing", "open", "ann"), ("billing", "open", "bob")
    one = replace(clock(), started_at=100, since=100, where=ann)
    one.signal("start", 100)
    one.hand_over(bob, 130)
    one.backdate(60, ann, 150)
    assert (one.started_at, one.used, one.elapsed(160)) == (60, 90, 100)
    assert one.causes(160) == ((ann, 70), (bob, 30))
    one.backdate(50, bob, 160)
    assert (one.started_at, one.used) == (50, 110)
    assert one.causes(160) == ((ann, 70), (bob, 40))


def test_a_breach_that_stands_is_the_deadline_until_the_target_is_ahead_again() -> None:
    """R16: at the very end of the new target there is nothing left to be late for."""
    one = clock()
    one.signal("start", 0)
    one.breached_at = HOUR
    half = HOUR // 2
    said = []
    for target in (HOUR + half, HOUR + half + 1, HOUR + half - 1):
        one.retarget(Terms(POLICY, "v", target), HOUR + half)
        said.append(one.deadline)
    assert said == [HOUR, HOUR + half + 1, HOUR]

"""Work shared out to processes: in order, and none is left behind."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from multiprocessing import active_children

import pytest

from streams.history.pool import AHEAD, ProcessLost, pool


@pytest.fixture(autouse=True)
def none_left() -> Iterator[None]:
    """No process outlives its pool."""
    before = set(active_children())
    yield
    assert set(active_children()) <= before


def slow_if_even(number: int) -> int:
    """Let the later of two be done first."""
    time.sleep(0 if number % 2 else 0.05)
    return number


def odd_only(number: int) -> int:
    """Refuse even numbers."""
    if number % 2 == 0:
        message = f"{number} is even"
        raise OSError(message)
    return number


def die(how: int) -> int:
    """End the process: by a signal, or with a status."""
    if how < 0:
        os.kill(os.getpid(), -how)
    os._exit(how)


def whose(_: int) -> int:
    """Say which process this is."""
    return os.getpid()


@pytest.mark.parametrize("jobs", [1, 2])
def test_results_come_in_the_order_of_the_tasks(jobs: int) -> None:
    """Whoever is done first; and one pool does one thing after the other."""
    with pool(jobs) as hands:
        assert list(hands.map(slow_if_even, range(7))) == list(range(7))
        assert list(hands.map(odd_only, [3, 1])) == [3, 1]
        assert list(hands.map(odd_only, [])) == []


def test_one_job_is_done_by_ourselves_and_more_by_others() -> None:
    """Processes cost memory and a start."""
    with pool(1) as hands:
        assert set(hands.map(whose, range(3))) == {os.getpid()}
    with pool(2) as hands:
        assert os.getpid() not in set(hands.map(whose, range(3)))


def test_tasks_are_not_taken_far_ahead_of_their_results() -> None:
    """Memory: tasks are read from files, and results wait for their turn."""
    taken: list[int] = []

    def tasks() -> Iterator[int]:
        for number in range(100):
            taken.append(number)
            yield number

    with pool(2) as hands:
        for number in hands.map(slow_if_even, tasks()):
            assert len(taken) <= number + 2 * AHEAD + 1
    assert len(taken) == 100


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_a_task_raises_is_raised_here(jobs: int) -> None:
    """In words that somebody can act on."""
    with pool(jobs) as hands, pytest.raises(OSError, match="2 is even"):
        list(hands.map(odd_only, [1, 2, 3]))


@pytest.mark.parametrize(
    ("how", "words"), [(-signal.SIGKILL, "signal 9 .*memory short.*--jobs"), (3, "status 3 ")]
)
def test_a_process_that_dies_is_an_error_and_no_wait(how: int, words: str) -> None:
    """As when the machine is short of memory."""
    with pool(2) as hands, pytest.raises(ProcessLost, match=words):
        list(hands.map(die, [how] * 5))
    with pool(2) as hands:  # another one works
        assert list(hands.map(odd_only, [1])) == [1]


def test_what_cannot_be_sent_is_an_error() -> None:
    """A function of nobody's module."""
    with pool(2) as hands, pytest.raises((AttributeError, TypeError), match="pickle"):
        list(hands.map(lambda number: number, [1]))

"""Work shared out to processes, each of which does one thing at a time.

Decisions that bind this module:

- What a process is given and what it gives back are pickled; it starts from a fresh interpreter,
  never from a copy of ours, whose threads would be missing.
- A process listens to nobody but us: an interrupt at the terminal is ours to deal with, and where
  we are gone, its connection ends and so does it.
- Results come in the order of the tasks, and only so many tasks are given out ahead.
- Left for whatever reason, the pool leaves no process behind; one that dies by itself is an error.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

T = TypeVar("T")
R = TypeVar("R")

AHEAD = 3
"""Tasks given out, for each process, before the first of their results is taken."""

END = object()

PRELOAD = "streams.history.fold"
"""What the processes need, imported once for all of them."""


class ProcessLost(RuntimeError):
    """A process ended in the middle of its work; says how, and what to do."""


def cores() -> int:
    """Give the number of cores that we may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass(eq=False, slots=True)
class _Hand:
    """A process, our end of its connection, the function it knows and the task it is at."""

    process: BaseProcess
    connection: Connection
    knows: object = None
    task: int = 0


class Pool:
    """Processes that are there; without any, we do the work ourselves."""

    def __init__(self, hands: list[_Hand]) -> None:
        self._hands = hands

    def map(self, function: Callable[[T], R], tasks: Iterable[T]) -> Iterator[R]:
        """Give what a function makes of each task, in their order. Raises ProcessLost.

        What the function raises is raised here.
        """
        if not self._hands:
            yield from map(function, tasks)
            return
        coming, idle, busy = iter(tasks), list(self._hands), dict[Connection, _Hand]()
        done: dict[int, R] = {}
        given = taken = 0
        while True:
            while idle and given - taken < AHEAD * len(self._hands):
                task = next(coming, END)
                if task is END:
                    break
                hand = idle.pop()
                _tell(hand, function, task)
                busy[hand.connection], hand.task, given = hand, given, given + 1
            if not busy:
                return
            for ready in wait(list(busy)):
                hand = busy.pop(ready)  # type: ignore[call-overload]  # it is a Connection
                done[hand.task] = _answer(hand)
                idle.append(hand)
            while taken in done:
                yield done.pop(taken)
                taken += 1


def _tell(hand: _Hand, function: object, task: object) -> None:
    """Give a process a task; the function too, where it does not know it yet."""
    told = pickle.dumps((None if hand.knows is function else function, task))
    try:
        hand.connection.send_bytes(told)
    except OSError:
        raise _lost(hand) from None
    hand.knows = function


def _answer(hand: _Hand) -> Any:
    """Take what a process has made, or raise what it has raised."""
    try:
        told = hand.connection.recv_bytes()
    except (EOFError, OSError):
        raise _lost(hand) from None
    result, fault = pickle.loads(told)  # noqa: S301 - a process of ours wrote it
    if fault is not None:
        raise fault
    return result


def _lost(hand: _Hand) -> ProcessLost:
    hand.process.join(1)
    code = hand.process.exitcode
    how = f"signal {-code}" if code is not None and code < 0 else f"status {code}"
    hint = "; was memory short? ask for fewer with --jobs" if code == -signal.SIGKILL else ""
    return ProcessLost(f"a process was ended by {how} in the middle of its work{hint}")


@contextmanager
def pool(jobs: int) -> Generator[Pool, None, None]:
    """Start processes, none for one job; end them whatever happens."""
    hands: list[_Hand] = []
    try:
        if jobs > 1:
            context = multiprocessing.get_context("forkserver")
            context.set_forkserver_preload([PRELOAD])
            for _ in range(jobs):
                ours, theirs = context.Pipe()
                process = context.Process(target=_work, args=(theirs,), daemon=True)
                process.start()
                theirs.close()
                hands.append(_Hand(process, ours))
        yield Pool(hands)
    finally:
        for hand in hands:
            hand.process.terminate()
        for hand in hands:
            hand.process.join()
            hand.process.close()
            hand.connection.close()


def _work(connection: Connection) -> None:
    """Do what comes over the connection until it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    function: Callable[[Any], Any] | None = None
    while True:
        try:
            told = connection.recv_bytes()
        except (EOFError, OSError):
            return
        try:
            new, task = pickle.loads(told)  # noqa: S301 - the process that started us wrote it
            function = new or function
            assert function is not None
            answer = pickle.dumps((function(task), None))
        except Exception as fault:  # noqa: BLE001 - told to whom it concerns
            answer = pickle.dumps((None, fault))
        try:
            connection.send_bytes(answer)
        except OSError:
            return

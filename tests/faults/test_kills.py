"""SIGKILL at every point of the work: the next worker goes on from the last commit (R8)."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import pytest

from tests.faults.case import STATIC, Case
from tests.faults.dying import POINTS
from tests.faults.judge import Verdict
from tests.worker.rig import PARTITIONS

pytestmark = pytest.mark.slow
Cases = Callable[..., Case]
Report = Callable[[Verdict], None]


ONCE = ("fenced", "restored", "restoring")
"""Points that a worker comes to once a partition, at its start."""


def test_a_kill_at_any_point_of_the_work_loses_and_doubles_nothing(
    case_with: Cases, report: Report, seed: int
) -> None:
    """R3, R4, R8: after consuming, in a unit, between units, in each step of a commit, restoring.

    Every point once, in an order of the seed's, each after some work of the seed's amount.
    """
    case, dice = case_with(seed), random.Random(seed)
    points = dice.sample(sorted(POINTS), len(POINTS))
    with case.driver.flow(case.load):
        case.start(*STATIC)
        # Without rows there would be no restoring to be killed in.
        case.until(lambda: told(case) == PARTITIONS, "every partition has rows")
        with case.outage():
            case.kill()
            for point in points:
                case.die(point, dice.randrange(1, 4 if point in ONCE else 30), *STATIC)
            case.start(*STATIC, wait=False)
    report(case.finish())


def told(case: Case) -> int:
    """Count the partitions of which something has been said."""
    return len({one.partition for one in case.rig.read(case.rig.names.sla_events)})


def test_kills_at_any_moment_lose_and_double_nothing(
    case_with: Cases, report: Report, seed: int
) -> None:
    """R3, R8: from outside, whenever it falls, with and without a colleague that takes over."""
    case, dice = case_with(seed), random.Random(seed)
    with case.driver.flow(case.load):
        case.start()
        with case.outage():
            case.start(wait=False)
        for _ in range(3):
            time.sleep(dice.uniform(0, 2))
            with case.outage():
                case.kill(dice.choice(case.live()))
                if dice.random() < 0.7:
                    case.start(wait=False)
            if not case.live()[1:]:
                case.start(wait=False)
    report(case.finish())

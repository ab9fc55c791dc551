"""An hour of everything at once, judged as a whole at its end (R8)."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable

import pytest

from tests.faults.case import Case
from tests.faults.driver import Disorder
from tests.faults.judge import Verdict

pytestmark = [pytest.mark.slow, pytest.mark.soak]
Cases = Callable[..., Case]
Report = Callable[[Verdict], None]

DISORDER = Disorder(twice=0.05, swapped=0.05, late=0.01, early=0.01)
SESSION_SECONDS = 6
PATIENCE = 1800.0
"""Seconds for what has piled up, and for reading an hour's topics."""


def test_workers_that_come_go_die_and_sleep_for_long(
    case_with: Cases, report: Report, minutes: int
) -> None:
    """R3, R4, R7, R8: one to three workers on one history; what happens next is drawn.

    A minute has some six changes of membership, half of them by SIGKILL.
    """
    case, dice = case_with(minutes, DISORDER), random.Random(minutes)
    over = time.monotonic() + 60 * minutes
    with case.driver.flow(case.load):
        case.start()
        while time.monotonic() < over:
            with case.outage():
                _happen(case, dice)
                if not case.live():
                    case.start(wait=False)
            time.sleep(dice.choice((0, dice.uniform(0, 5), dice.uniform(0, 20))))
    verdict = case.finish(patience=PATIENCE)
    assert verdict.kills > minutes
    report(verdict)


def _happen(case: Case, dice: random.Random) -> None:
    """Let a worker join, die, be asked to leave, or sleep past its session and wake up."""
    live = case.live()
    chance = dice.random()
    if len(live) == 1 and chance < 0.5:
        case.start(wait=False)
    elif chance < 0.75:
        case.kill(dice.choice(live))
        if dice.random() < 0.5:
            case.start(wait=False)
    elif chance < 0.9 or len(live) == 1:
        number = dice.choice(live)
        code, log = case.stop(number), case.rig.log(number)
        # Before our code runs nobody can catch the signal.
        assert code == 0 or (code == -signal.SIGTERM and not log), log[-4000:]
    else:
        number = dice.choice(live)
        case.freeze(number)
        time.sleep(SESSION_SECONDS + dice.uniform(1, 4))
        case.thaw(number)
        time.sleep(dice.uniform(0, 3))

"""Workers that come, go, sleep and come back under a load (R8)."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable

import pytest

from streams.wire.instant import show
from streams.worker.clock import wall
from tests.faults.case import Case
from tests.faults.ground import samples
from tests.faults.judge import Verdict
from tests.ticket_event import ticket_event
from tests.worker.rig import PARTITIONS

pytestmark = pytest.mark.slow
Cases = Callable[..., Case]
Report = Callable[[Verdict], None]

FENCED = 70


def test_workers_that_join_and_leave_at_any_moment_change_nothing(
    case_with: Cases, report: Report, seed: int
) -> None:
    """R4, R8: up to three workers; each step is drawn, and so is how long it is left alone."""
    case, dice = case_with(seed), random.Random(seed)
    with case.driver.flow(case.load):
        case.start()
        for _ in range(6):
            with case.outage():
                _step(case, dice)
                time.sleep(dice.uniform(0, 1))
        with case.outage():
            if len(case.live()) < 2:
                case.start(wait=False)
    report(case.finish())


def _step(case: Case, dice: random.Random) -> None:
    """Let a worker join, or one of several leave: asked to, or killed."""
    live = case.live()
    if len(live) == 1 or (len(live) == 2 and dice.random() < 0.5):
        case.start(wait=False)
    elif dice.random() < 0.5:
        case.kill(dice.choice(live))
    else:
        number = dice.choice(live)
        code, log = case.stop(number), case.rig.log(number)
        # Before our code runs nobody can catch the signal.
        assert code == 0 or (code == -signal.SIGTERM and not log), log[-4000:]


def test_two_static_members_are_restarted_in_turn_under_load(
    case_with: Cases, report: Report, seed: int
) -> None:
    """R8: a rolling restart, by SIGTERM or SIGKILL; each has its partitions back."""
    case, dice = case_with(seed), random.Random(seed)
    flags = {name: ("--instance-id", name) for name in ("one", "two")}
    with case.driver.flow(case.load):
        numbers = {"one": case.start(*flags["one"])}
        with case.outage():
            numbers["two"] = case.start(*flags["two"], wait=False)
        for name in ("one", "two"):
            with case.outage():
                if dice.random() < 0.5:
                    case.kill(numbers[name])
                else:
                    assert case.stop(numbers[name]) == 0
                numbers[name] = case.start(*flags[name], wait=False)
    assert len(case.live()) == 2
    report(case.finish())


def test_a_worker_that_slept_through_its_session_wakes_fenced(
    case_with: Cases, report: Report, seed: int
) -> None:
    """R8: SIGSTOP, a colleague takes over, SIGCONT: it may commit nothing, and ends."""
    case, dice = case_with(seed), random.Random(seed)
    with case.driver.flow(case.load):
        sleeper = case.start()
        time.sleep(dice.uniform(0, 2))
        with case.outage():
            case.freeze(sleeper)
            case.start(wait=False)
        time.sleep(dice.uniform(0, 2))
        case.thaw(sleeper)
        case.until(lambda: case.rig.workers[sleeper].poll() is not None, "the sleeper has ended")
        assert case.rig.workers[sleeper].returncode == FENCED, case.rig.log(sleeper)[-4000:]
        assert "fenced: another worker has taken over" in case.rig.log(sleeper)
        shown = samples(case.page(-1))
        assert ("sla_producers_fenced_total", {}, float(PARTITIONS)) in shown
    report(case.finish())


def test_a_burst_of_timers_is_fired_once_whoever_comes_or_goes(
    case_with: Cases, report: Report, seed: int, burst: int, how: str
) -> None:
    """R4, R8: so many timers of one instant; a worker joins, or is killed, in their midst."""
    case = case_with(seed)
    case.start()
    due = wall() + 2_000
    born = [
        ticket_event(f"b{number}", 0, "created", due, {"status": "new", "priority": "urgent"})
        for number in range(burst // 2)
    ]
    case.driver.send(born, case.load)
    case.until(lambda: _breaches(case) > burst // 20, "some of the burst is fired", step=0.02)
    with case.outage():
        if how == "kill":
            case.kill()
        case.start(wait=False)
    verdict = case.finish()
    assert verdict.timers >= burst, show(due)
    report(verdict)


def _breaches(case: Case) -> int:
    """Count the breaches that the workers say they have fired."""
    pages = [case.page(number) for number in case.live()]
    found = [one for page in pages for one in samples(page) if one[0] == "sla_breaches_total"]
    return round(sum(value for _, _, value in found))

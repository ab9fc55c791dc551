"""The play: where it starts, how fast it runs, and that there is always something to see."""

from __future__ import annotations

import itertools

import pytest

from streams.demo.clock import DemoClock
from streams.demo.plan import ALARMS, GRACE_S, LEAD_S, RATE, Plan, plan
from streams.demo.sample import Sample
from streams.sla.facts import Fact
from streams.worker.clock import FastClock, wall

HOUR = 3_600_000


@pytest.mark.parametrize("rate", [60.0, RATE, 20_000.0])
def test_the_first_crowd_of_warnings_comes_within_fifteen_seconds(
    facts: list[Fact], rate: float
) -> None:
    """At any rate, grace included."""
    play = plan(facts, rate)
    first_second = [
        fact
        for fact in facts
        if fact.type in ALARMS and 0 <= (fact.time - play.start) / rate / 1000 <= LEAD_S + 1
    ]
    assert first_second
    assert LEAD_S + GRACE_S + 1 < 15
    assert plan(facts, rate).start < first_second[0].time


def test_there_is_always_something_to_see(sample: Sample, facts: list[Fact], play: Plan) -> None:
    """No twelve seconds pass without an event or a fact, nights and weekends included."""
    times = sorted(
        time
        for time in [*(r.time for r in sample.records), *(fact.time for fact in facts)]
        if play.start <= time <= play.end
    )
    silences = [(after - before) / play.rate / 1000 for before, after in itertools.pairwise(times)]
    assert max(silences) < 12


def test_it_ends_when_nothing_more_is_said_and_takes_minutes(facts: list[Fact], play: Plan) -> None:
    """The closings after the last outcomes change no promise; hardly a fact is left out."""
    assert any(fact.time == play.end for fact in facts)
    assert sum(fact.time > play.end for fact in facts) < 10
    assert not [fact for fact in facts if fact.time > play.end and fact.type in ALARMS]
    assert 60 < play.seconds < 300
    assert play.share(play.start) == 0
    assert play.share(play.end + HOUR) == 1


def test_the_grace_is_wall_time_times_the_rate() -> None:
    """The publisher is late in seconds of ours; the worker's grace is on the demo's clock."""
    assert Plan(0, HOUR, 3600).grace == GRACE_S * 3600


def test_a_sample_without_facts_is_refused_in_words() -> None:
    """Nothing can be played that nothing is said of."""
    with pytest.raises(ValueError, match="cannot be played"):
        plan([])


def test_the_demo_and_its_worker_read_the_same_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The three numbers that the demo hands over mean the same to `sla worker`."""
    clock = DemoClock(1_462_271_400_000, 1_795_410_000_000, 3600.0)
    monkeypatch.setattr("streams.worker.clock.wall", lambda: clock.origin + 12_345)
    worker = FastClock(clock.start, clock.origin, clock.rate)
    assert worker() == clock.at(clock.origin + 12_345) == clock.start + 12_345 * 3600


def test_the_publisher_waits_until_the_clock_shows_the_time() -> None:
    """Two hours at an hour a second are two seconds; what is past is negative."""
    clock = DemoClock(0, wall(), 3600.0)
    assert clock.wait_for(2 * HOUR) == pytest.approx(2, abs=0.5)
    assert clock.wait_for(-2 * HOUR) == pytest.approx(-2, abs=0.5)

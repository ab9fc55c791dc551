"""Where in the log the play starts, how fast it runs and where it ends.

Decisions that bind this module:

- An hour of the log passes each second. A working day then lasts half a minute, a night nine
  seconds, the whole play about four minutes; it is also a rate that can be said aloud.
- The play opens shortly before the first crowd of warnings, far enough for a worker to come up
  and for the first tickets to be seen. What the log holds before that is history: it is in Kafka
  before the worker starts, which catches up with it. So the first warning shows within 15 s at
  any rate.
- It ends where nothing more is said for a day: what follows in the log are closings, which change
  no promise, and two stragglers after a weekend.
- `grace`: the worker must not judge an instant before the publisher has delivered its events, or
  it would report breaches that it must take back. The publisher is late by the broker's answer
  and by whatever else this machine does, so ticks are held back 1.5 s of ours, times the rate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from streams.sla.facts import Fact

RATE = 3600.0
LEAD_S = 8.0
"""Seconds of ours from the play's start to the first crowd of warnings."""

GRACE_S = 1.5
"""Seconds of ours that ticks are held back."""

CROWD = 10
CROWD_WITHIN = 3_600_000
"""So many warnings and breaches in so many ms are a crowd."""

SILENCE = 86_400_000
"""ms of the log without a fact that end the play."""

ALARMS = ("breach_imminent", "breached")


@dataclass(frozen=True, slots=True)
class Plan:
    """The play: from `start` to `end` (ms UTC of the log) at `rate`; `grace` in s of the log."""

    start: int
    end: int
    rate: float

    @property
    def grace(self) -> float:
        """Seconds on the demo's clock that the worker's ticks are held back."""
        return GRACE_S * self.rate

    @property
    def grace_ms(self) -> int:
        """The same in ms, for arithmetic."""
        return int(self.grace * 1000)

    @property
    def seconds(self) -> float:
        """How long the play lasts, in seconds of ours."""
        return (self.end - self.start) / self.rate / 1000

    def share(self, instant: int) -> float:
        """Give the share of the play, 0 to 1, that is over at an instant (ms UTC)."""
        return min(1.0, max(0.0, (instant - self.start) / (self.end - self.start)))


def plan(facts: Sequence[Fact], rate: float = RATE) -> Plan:
    """Choose the play by what a replay of the log says (facts in the order of their time)."""
    if not facts:
        message = "a sample of which nothing can be said cannot be played"
        raise ValueError(message)
    start = first_crowd(facts) - int(LEAD_S * 1000 * rate)
    return Plan(start, last_before_silence(facts, start), rate)


def last_before_silence(facts: Sequence[Fact], start: int) -> int:
    """Find the last fact from `start` on before a day of silence, or else the last of all."""
    times = [fact.time for fact in facts if fact.time >= start]
    for before, after in pairwise(times):
        if after - before > SILENCE:
            return before
    return times[-1]


def first_crowd(facts: Sequence[Fact]) -> int:
    """Find the instant (ms UTC) at which the first crowd of alarms begins."""
    alarms = [fact.time for fact in facts if fact.type in ALARMS]
    for first, last in zip(alarms, alarms[CROWD - 1 :], strict=False):
        if last - first <= CROWD_WITHIN:
            return first
    return alarms[0] if alarms else facts[0].time

"""The plain form of the demo, for CI and pipes: a line for each warning, breach, promise kept."""

from __future__ import annotations

from collections.abc import Callable

from streams.demo import words
from streams.demo.scene import Scene
from streams.demo.telling import Told

TOLD = ("breach_imminent", "breached", "breach_retracted", "fulfilled")


class Lines:
    """Writes lines, each at once, to `write`."""

    def __init__(self, scene: Scene, write: Callable[[str], None]) -> None:
        self._scene = scene
        self._write = write
        self._last_rate = ""

    def heard(self, told: Told) -> None:
        """Write a fact's line, where it is one of those that people wait for."""
        fact = told.fact
        if fact.type not in TOLD:
            return
        promise = f"{words.metric(fact.metric)} ({fact.policy})"
        self._write(
            f"{words.day_and_time(fact.time)}  {words.what(fact):<18} {fact.ticket}"
            f"  {promise:<28} {words.detail(fact)}".rstrip()
        )

    def rate(self, now: int) -> None:
        """Write the rates as /metrics has them, where they have changed since the last time."""
        scene = self._scene
        rates = "; ".join(
            f"{one.policy} {words.metric(one.metric)} {one.rate:.1%}" for one in scene.standings
        )
        if not rates or rates == self._last_rate:
            return
        self._last_rate = rates
        self._write(
            f"{words.day_and_time(now)}  rate: {rates}"
            f"  [{scene.processed} of {scene.published} events processed]"
        )

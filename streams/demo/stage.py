"""The composition of the demo: broker, topics, worker, publisher, audience; up, and down again.

Decisions that bind this module:

- Order: topics, then the history, then the worker. So no tick can come before an event of its time.
- An end is always the same, whatever asked for it (the log's end, --for, Ctrl-C, SIGTERM): the
  publisher stops, the worker gets the grace to say what it owes, then everything goes down, and
  the summary is written. A second Ctrl-C does not wait for the worker's last words.
- Nothing is left behind: worker and broker have keepers that see the demo go, however it goes; the
  worker's files lie in the broker's temporary folder, which the broker's keeper removes.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

from aiohttp import ClientSession, ClientTimeout
from rich.console import Console

from streams.broker import EmbeddedKafka
from streams.demo.clock import DemoClock
from streams.demo.failure import DemoFailed
from streams.demo.plan import ALARMS, GRACE_S, Plan
from streams.demo.publisher import Publisher
from streams.demo.sample import Sample
from streams.demo.scene import Scene
from streams.demo.scrape import scrape, scrape_once
from streams.demo.show import LinesShow, ScreenShow, Show
from streams.demo.summary import Ending
from streams.demo.telling import Told
from streams.demo.together import Run, together
from streams.demo.verdict import expected, judge
from streams.demo.view import Stagehand
from streams.demo.watch import watch
from streams.demo.wishes import Wishes
from streams.demo.worker import APP_ID, Worker
from streams.worker import preflight
from streams.worker.clock import wall

PARTITIONS = 4

FOREVER = {"retention.ms": "-1"}
"""Records carry the log's time, a year long gone: any retention would delete them at once."""

LAST_WORDS_S = 6.0
"""Seconds that an end waits at most for what the worker owes."""

LOOK_S = 0.1


class Stage:
    """One run of the demo on a broker that is up."""

    def __init__(
        self, sample: Sample, plan: Plan, kafka: EmbeddedKafka, folder: Path, wishes: Wishes
    ) -> None:
        self._sample = sample
        self._plan = plan
        self._kafka = kafka
        self._bootstrap = kafka.bootstrap
        self._wishes = wishes
        self._worker = Worker(kafka.bootstrap, sample.policies_file, folder, wishes.http_port)
        self._publisher = Publisher(kafka.bootstrap, sample.records)
        self._scene = Scene(sample.policies)
        self._end_asked = asyncio.Event()
        self._hurry = asyncio.Event()
        self._clock = DemoClock(plan.start, 0, plan.rate)
        self._live_from: int | None = None
        self._first_warning_s: float | None = None

    async def run(self, out: Console, words: Console) -> Ending:
        """Play, and answer the figures; raises DemoFailed where it could not go on."""
        _hush()
        self._listen()
        async with AsyncExitStack() as stack:
            words.print(f"Kafka is up: {self._bootstrap}")
            await self._publish_history(stack, words)
            self._clock = DemoClock(self._plan.start, wall(), self._plan.rate)
            self._worker.start(self._clock, self._plan)
            stack.push_async_callback(asyncio.to_thread, self._worker.stop)
            words.print(f"The worker starts: {self._worker.url}/")
            show = self._show(out)
            async with together() as run:
                run(show.run())
                run(watch(self._bootstrap, self._scene, self._heard(show)))
                run(scrape(self._worker.url, self._scene))
                run(self._guard())
                await self._play(run)
                reached = await self._publisher.finish(self._clock, self._plan.end)
                played_s = (wall() - self._clock.origin) / 1000
                await self._last_words(reached)
            words.print("Going down …")
        return self._ending(reached, played_s)

    async def _publish_history(self, stack: AsyncExitStack, words: Console) -> None:
        client = {"bootstrap_servers": self._bootstrap}
        made = await preflight.create(
            client, APP_ID, partitions=PARTITIONS, replication=1, settings=FOREVER
        )
        words.print(f"{len(made)} topics are made, {PARTITIONS} partitions each")
        await self._publisher.start()
        stack.push_async_callback(self._publisher.stop)
        count = await self._publisher.history(self._plan.start)
        self._scene.published = count
        words.print(f"{count} events of the days before are in, for the worker to catch up with")

    def _show(self, out: Console) -> Show:
        if not self._wishes.tui:
            return LinesShow(self._scene, out)
        stage = Stagehand(self._plan.rate, self._worker.url, self._bootstrap, self._sample.tickets)
        return ScreenShow(self._scene, stage, out)

    def _heard(self, show: Show) -> Callable[[Told], None]:
        def heard(told: Told) -> None:
            alarm = told.fact.type in ALARMS and told.fact.time >= self._plan.start
            if alarm and self._first_warning_s is None:
                self._first_warning_s = (wall() - self._clock.origin) / 1000
            show.heard(told)

        return heard

    async def _play(self, run: Run) -> None:
        """Play until the log's end, the time asked for, or the wish to end."""
        playing = run(self._publisher.play(self._clock, self._plan.end))
        asked = run(self._wait_for_end())
        await asyncio.wait(
            {playing, asked}, timeout=self._wishes.seconds, return_when=asyncio.FIRST_COMPLETED
        )
        playing.cancel()
        asked.cancel()

    async def _wait_for_end(self) -> None:
        await self._end_asked.wait()

    async def _guard(self) -> None:
        """Keep the scene's own figures, and see whether worker and broker live."""
        while True:
            self._worker.check()
            if self._kafka.pid is None:
                message = "Kafka ended by itself; with --keep DIR its log is kept"
                raise DemoFailed(message)
            self._scene.published = len(self._publisher.published)
            if self._live_from is None and self._scene.state == "running":
                self._live_from = self._clock.now()
            self._scene.now = self._clock.now() - self._plan.grace_ms
            self._scene.progress = self._plan.share(self._scene.now)
            await asyncio.sleep(LOOK_S)

    async def _last_words(self, reached: int) -> None:
        """Wait, within bounds, until the worker has said all that a replay says; read it off."""
        truth = expected(self._publisher.published, self._sample.policies, reached)
        until = time.monotonic() + GRACE_S + LAST_WORDS_S
        while time.monotonic() < until and not self._hurry.is_set():
            if not judge(self._scene.told, truth, reached).missing:
                break
            await asyncio.sleep(LOOK_S)
        async with ClientSession(timeout=ClientTimeout(total=2)) as session:
            await scrape_once(session, self._worker.url, self._scene)

    def _ending(self, reached: int, played_s: float) -> Ending:
        truth = expected(self._publisher.published, self._sample.policies, reached)
        self._scene.published = len(self._publisher.published)
        return Ending(
            plan=self._plan,
            scene=self._scene,
            verdict=judge(self._scene.told, truth, reached),
            reached=reached,
            live_from=self._live_from or reached,
            play_s=played_s,
            first_warning_s=self._first_warning_s,
            publisher_late_s=self._publisher.latest,
        )

    def _listen(self) -> None:
        """Let Ctrl-C and SIGTERM ask for the end; a second time, for a hasty one."""
        loop = asyncio.get_running_loop()

        def asked() -> None:
            if self._end_asked.is_set():
                self._hurry.set()
            self._end_asked.set()

        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, asked)


def _hush() -> None:
    """Keep the Kafka client's log off the screen; what matters of it ends in an error."""
    logger = logging.getLogger("aiokafka")
    logger.addHandler(logging.NullHandler())
    logger.propagate = False

"""The attempts themselves: rendered, sent side by side, and what became of each.

Decisions: a channel has so many attempts under way at once, whatever partition they are of, and a
breaker of its own. A far side that fails in a way that nobody thought of is one that failed: an
attempt always has an answer, and no mistake in a channel ends the process.
"""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial

from streams.notify.breaker import Breaker
from streams.notify.channel import Channel
from streams.notify.message import Message
from streams.notify.metrics import Metrics
from streams.notify.outbox import Answer, Attempt, Failed, Refused, Sent
from streams.notify.render import FellBack, Opening, Renderer
from streams.notify.row import Ident
from streams.notify.settings import NotifyFile
from streams.process.calling import Permanent, Temporary

log = logging.getLogger(__name__)

AT_ONCE = 8
LONGEST_SECONDS = 60.0
"""For one attempt, whatever times a channel has of its own."""

Answered = Callable[[Ident, Answer], None]


class Delivery:
    """The channels, and what is under way through them; `now` gives ms UTC."""

    def __init__(
        self,
        settings: NotifyFile,
        channels: Mapping[str, Channel],
        metrics: Metrics,
        now: Callable[[], int],
    ) -> None:
        self._routes = {route.name: route for route in settings.routes}
        self._channels, self._metrics, self._now = channels, metrics, now
        self._renderer = Renderer(settings)
        self._breakers = {name: Breaker() for name in channels}
        self._flying: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False
        for name in channels:
            metrics.begin_channel(name, partial(self._resting, name))

    def admits(self, channel: str) -> bool:
        """Tell whether an attempt may begin; if so it counts as under way."""
        if self._closed or self._flying[channel] >= AT_ONCE:
            return False
        breaker = self._breakers.get(channel)
        if breaker is not None and not breaker.admits(self._now()):
            return False
        self._flying[channel] += 1
        return True

    def rests(self, channel: str) -> bool:
        """Tell whether a channel is left alone for a while."""
        return self._breakers[channel].opened is not None

    def _resting(self, channel: str) -> float:
        return float(self.rests(channel))

    @property
    def idle(self) -> bool:
        """Whether nothing is under way."""
        return not self._flying.total()

    def close(self) -> None:
        """Let nothing begin any more."""
        self._closed = True

    def forget(self, attempts: Iterable[Attempt]) -> None:
        """Take note of attempts that began and will not be made: their partition has gone."""
        for attempt in attempts:
            self._flying[attempt.row.channel] -= 1
            if breaker := self._breakers.get(attempt.row.channel):
                breaker.abandoned()

    def send(self, attempts: Iterable[Attempt], answered: Answered) -> None:
        """Make attempts; each is answered, from within the loop."""
        for attempt in attempts:
            task = asyncio.create_task(self._send(attempt, answered))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _send(self, attempt: Attempt, answered: Answered) -> None:
        name = attempt.row.channel
        try:
            with self._metrics.seconds.labels(name).time():
                answer = await self._attempt(attempt)
        finally:
            self._flying[name] -= 1
        if breaker := self._breakers.get(name):
            breaker.failed(self._now()) if isinstance(answer, Failed) else breaker.answered()
        self._metrics.attempts.labels(name, type(answer).__name__.lower()).inc()
        answered(attempt.row.ident, answer)

    async def _attempt(self, attempt: Attempt) -> Answer:
        row = attempt.row
        channel = self._channels.get(row.channel)
        if channel is None or row.route not in self._routes:
            return Refused("the file has no such route or channel any more")
        try:
            message = self.message(attempt, self._now())
        except Exception as fault:  # noqa: BLE001 - its words may be the ticket's, and it must end
            _tell("an event could not be put into words", fault)
            return Refused(f"it could not be put into words ({type(fault).__name__})")
        return await self._say(channel, row.channel, message)

    @staticmethod
    async def _say(channel: Channel, name: str, message: Message) -> Answer:
        try:
            async with asyncio.timeout(LONGEST_SECONDS):
                return Sent(await channel.send(message))
        except Temporary as fault:
            return Failed(str(fault), fault.retry_after, fault.doubtful)
        except Permanent as fault:
            return Refused(str(fault))
        except TimeoutError:
            return Failed(f"no answer within {LONGEST_SECONDS:g} s", doubtful=True)
        except Exception as fault:  # noqa: BLE001 - see this module's decisions
            _tell(f"channel {name} failed", fault)
            return Failed(f"the channel failed ({type(fault).__name__})", doubtful=True)

    def message(self, attempt: Attempt, at: int) -> Message:
        """Put what an attempt tells of into words, as of an instant (ms UTC)."""
        row, events = attempt.row, [notice.event for notice in attempt.notices]
        route = self._routes[row.route]
        if row.action == "resolve":
            opening = Opening(row.about, attempt.receipt, attempt.said)
            said = self._renderer.end(route, events[0], opening, row.key, at)
        elif row.members:
            said = self._renderer.digest(route, events, row.key, at)
        else:
            said = self._renderer.message(route, events[0], at)
        if isinstance(said, FellBack):
            log.warning("route %s: %s; the usual words were said", route.name, said.fault)
            self._metrics.fell_back.labels(route.name).inc()
        return replace(said, repeat=row.doubt)


def _tell(what: str, fault: Exception) -> None:
    """Log where something failed, without the error's words: they may hold a secret."""
    where = "".join(traceback.format_tb(fault.__traceback__))
    log.error("%s: %s\n%s", what, type(fault).__name__, where)

"""What would have been said of events that happened: the outbox in their own time, nothing sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from streams.notify.event import detected
from streams.notify.noticing import notices
from streams.notify.notifier import floods
from streams.notify.outbox import Attempt, Bounds, Outbox, Sent
from streams.notify.route import Event
from streams.notify.settings import NotifyFile

TOGETHER = 200
"""The ms within which events come to the notifier as one: about what a tick waits."""


def rehearse(settings: NotifyFile, events: Iterable[Event]) -> Iterator[tuple[int, Attempt]]:
    """Give each attempt with its instant (ms UTC), as if all far sides always answered.

    What is held, by quiet hours say, comes at the instant to which it is held, in the future too.
    """
    box = Outbox(Bounds(keep=settings.remember), lambda: 0.0, floods(settings))
    waiting: list[Event] = []
    for event in sorted(events, key=detected):
        if waiting and detected(event) >= detected(waiting[0]) + TOGETHER:
            yield from _taken(settings, box, waiting)
            waiting = []
        yield from _woken(box, detected(event))
        waiting.append(event)
    yield from _taken(settings, box, waiting)
    yield from _woken(box, None)


def _taken(
    settings: NotifyFile, box: Outbox, events: Iterable[Event]
) -> Iterator[tuple[int, Attempt]]:
    at = None
    for event in events:
        at = detected(event)
        box.take(notices(settings, event, at), at)
    if at is not None:
        yield from _said(box, at)


def _woken(box: Outbox, until: int | None) -> Iterator[tuple[int, Attempt]]:
    while (at := box.wake()) is not None and (until is None or at <= until):
        yield from _said(box, at)


def _said(box: Outbox, at: int) -> Iterator[tuple[int, Attempt]]:
    """Say what may be said at an instant, and what that lets be said."""
    while attempts := box.start(at, lambda _: True):
        for attempt in attempts:
            yield at, attempt
            box.answer(attempt.row.ident, Sent(None), at)
    box.changed()
    box.settled.clear()

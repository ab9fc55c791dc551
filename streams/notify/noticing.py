"""Which notices an event makes, by the file's routes: of those that take it, and those it ends."""

from __future__ import annotations

import orjson

from streams.notify.route import Event, clock, ends
from streams.notify.row import Notice
from streams.notify.settings import NotifyFile


def notices(file: NotifyFile, event: Event, now: int) -> list[Notice]:
    """Give them, `now` in ms UTC: one for each channel of each route.

    An event that ends something goes to every route that says ends: what it ends was said there, or
    it is nothing there. A route that also takes such events as news says them apart.
    """
    over, about = ends(event), orjson.dumps(clock(event)).decode()
    made = []
    for route in file.routes:
        if over is not None and route.resolve:
            made += [
                Notice(route.name, to, event["id"], about, "resolve", now, event, over.id)
                for to in route.to
            ]
        if route.takes(event):
            until = file.hold(route, event, now)
            due = now if until is None else until
            made += [
                Notice(route.name, to, event["id"], about, "trigger", due, event) for to in route.to
            ]
    return made

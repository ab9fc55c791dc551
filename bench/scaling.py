"""What the worker's work costs against what there is of it: a curve for each, by real processes.

    python bench/scaling.py [--only tickets ...] [--json FILE]

Each point is a backlog that is drained by workers that were ready before it came: events a second,
and µs of CPU an event. Points of one curve differ in one thing alone.
"""

from __future__ import annotations

import json
import random
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import click
import job
from ground import Process, Site, machine

from streams.broker import EmbeddedKafka


@dataclass(frozen=True, slots=True)
class Point:
    """What is there: `tickets` wait open beforehand, `busy` of them have `each` events more."""

    workers: int = 1
    partitions: int = 4
    tickets: int = 10_000
    policies: int = 1
    busy: int = 10_000
    each: int = 5


CURVES: dict[str, list[Point]] = {
    "workers": [Point(workers=number) for number in (1, 2)],
    "partitions": [Point(partitions=number) for number in (4, 16, 64)],
    "tickets": [Point(tickets=number) for number in (10_000, 100_000, 1_000_000)],
    "policies": [Point(policies=number) for number in (1, 10, 100)],
    "each": [Point(busy=50_000 // number, each=number) for number in (5, 50, 500)],
}
"""By what it goes: the field of a point that is another from point to point."""


@click.command()
@click.option("--only", multiple=True, type=click.Choice(list(CURVES)))
@click.option("--rounds", "turns", default=2, help="Of all points in turn; the best counts.")
@click.option("--json", "file", type=click.Path(path_type=Path), help="Keep all figures.")
def cli(only: tuple[str, ...], turns: int, file: Path | None) -> None:
    """Measure what an event costs."""
    click.echo(machine())
    curves: dict[str, list[dict[str, object]]] = {name: [] for name in only or CURVES}
    for turn in range(turns):
        for name, told in curves.items():
            for place, point in enumerate(CURVES[name]):
                figures = measure(point)
                shown = ", ".join(f"{key} {value:,.0f}" for key, value in figures.items())
                click.echo(f"{name} {getattr(point, name):,}: {shown}")
                if turn == 0:
                    told.append({**asdict(point), "rounds": []})
                told[place]["rounds"].append(figures)  # type: ignore[attr-defined]
    if file:
        file.write_text(json.dumps({"machine": machine(), "curves": curves}, indent=1))


def measure(point: Point) -> dict[str, float]:
    """Drain the backlog of a point."""
    with tempfile.TemporaryDirectory() as folder, EmbeddedKafka() as kafka:
        site = Site(kafka.bootstrap, "scaling", Path(folder), policies(point), point.partitions)
        team = [site.worker()]
        try:
            now = int(time.time() * 1000)
            site.await_ready(team[0])
            site.load(job.records(list(born(point, now))))
            site.settle(*team)
            team += [site.worker("--http-port", "0") for _ in range(point.workers - 1)]
            if point.workers > 1:
                time.sleep(10)  # until the partitions are shared out
            return backlog(site, team, list(life(point, now)))
        finally:
            for process in team:
                process.kill()


def backlog(site: Site, team: list[Process], events: list[job.Event]) -> dict[str, float]:
    """Let the workers have it, and look at what it takes."""
    for process in team:
        process.pause()
    site.load(job.records(events))
    for process in team:
        process.go_on()
    began, used = time.monotonic(), sum(process.cpu() for process in team)
    site.settle(*team)
    took = time.monotonic() - began
    return {
        "events_a_second": len(events) / took,
        "cpu_us_an_event": (sum(one.cpu() for one in team) - used) / len(events) * 1e6,
        "rss_mb": sum(one.rss("VmHWM") for one in team) / 1e6,
    }


def policies(point: Point) -> str:
    """Write so many policies, of which a ticket's is the last."""
    head, _, rest = job.POLICIES.partition("policies:\n")
    lines = [
        rest.replace("name: promise", f"name: promise-{number}\n    match: {{tier: t{number}}}")
        for number in range(point.policies)
    ]
    return f"{head}policies:\n{''.join(lines)}"


def born(point: Point, now: int) -> Iterator[job.Event]:
    """Give the tickets that wait: in priorities whose deadlines do not come meanwhile."""
    tier = f"t{point.policies - 1}"
    for number in range(point.tickets):
        about = {"priority": "low", "status": "open", "channel": "email", "tier": tier}
        yield job.event(f"T{number:07d}", 0, "created", now, **about)


def life(point: Point, now: int) -> Iterator[job.Event]:
    """Give what happens to the busy ones: answers, questions and pauses, all of them mixed."""
    dice = random.Random(7)
    chosen = dice.sample(range(point.tickets), min(point.busy, point.tickets))
    for step in range(1, point.each + 1):
        dice.shuffle(chosen)
        for number in chosen:
            at, name = now + step, f"T{number:07d}"
            match step % 4:
                case 0 | 2:
                    status = "pending" if step % 4 == 2 else "open"
                    yield job.event(name, step, "changed", at, status=status)
                case turn:
                    author = "agent" if turn == 1 else "customer"
                    yield job.event(name, step, "message", at, author=author)


if __name__ == "__main__":
    cli()

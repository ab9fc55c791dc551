"""Rounds in turn: every contestant drains the same backlog; figures are medians of the rounds."""

from __future__ import annotations

import json
import os
import platform
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import click
import job
from contest import Contestant
from drain import Backlog, drain
from ground import Site, Stopped
from tools import Lacking

from streams.broker import EmbeddedKafka

BROKER = {
    # Kafka's own default: who comes within it is in the group from the start.
    "group.initial.rebalance.delay.ms": "3000",
}
COLUMNS = {
    "events_a_second": "events/s",
    "cpu_us_an_event": "CPU µs/event",
    "warm_events_a_second": "warm events/s",
    "warm_cpu_us_an_event": "warm CPU µs/event",
    "broker_cpu_us_an_event": "broker µs/event",
    "rss_mb": "peak RSS MB",
    "events": "events",
    "missing": "missing",
    "wrong": "wrong",
    "repeated": "repeated",
}
Figures = dict[str, float]


def machine() -> dict[str, Any]:
    """Say where this was measured."""
    return {
        "platform": platform.platform(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "day": time.strftime("%Y-%m-%d"),
    }


def able(contestants: list[Contestant]) -> list[Contestant]:
    """Prepare all; leave out whoever lacks a tool, and say which."""
    found = []
    for one in contestants:
        try:
            one.prepare()
        except Lacking as lacking:
            click.echo(f"{one.name} is left out: {lacking}", err=True)
        else:
            found.append(one)
    return found


def run(contestants: list[Contestant], count: int, rounds: int, cap: float) -> dict[str, Any]:
    """Give all figures of all rounds, by contestant."""
    taking_part = able(contestants)
    backlog = Backlog.draw(count)
    results: dict[str, Any] = {
        "machine": machine(),
        "events": len(backlog.events),
        "outcomes": backlog.wanted.total(),
        "contestants": {
            one.name: {
                "guarantee": one.guarantee,
                "timers": one.timers,
                "settings": one.says,
                "rounds": [],
            }
            for one in taking_part
        },
    }
    with EmbeddedKafka(auto_create_topics=True, overrides=BROKER) as kafka:
        for number in range(rounds):
            for one in taking_part:
                try:
                    figures = once(one, f"{one.name}-{number}", kafka, backlog, cap)
                except (Stopped, OSError) as failure:
                    click.echo(f"{one.name} {number + 1} failed: {failure}", err=True)
                    continue
                results["contestants"][one.name]["rounds"].append(figures)
                shown = ", ".join(f"{k} {v:,.1f}" for k, v in figures.items())
                click.echo(f"{one.name} {number + 1}: {shown}", err=True)
    return results


def once(
    one: Contestant, label: str, kafka: EmbeddedKafka, backlog: Backlog, cap: float
) -> Figures:
    """Let one contestant drain the backlog on topics of its own, which go when it is done."""
    with tempfile.TemporaryDirectory() as folder:
        site = Site(kafka.bootstrap, label, Path(folder), job.POLICIES)
        site.load(job.records(backlog.events))
        team = one.start(site)
        try:
            return drain(site, team, backlog, kafka.pid, cap)
        finally:
            for process in team:
                process.kill()
            site.clear()


def median(rounds: list[Figures], name: str) -> float:
    """Give the median of a figure over the rounds."""
    return statistics.median(row[name] for row in rounds)


def show(results: dict[str, Any]) -> None:
    """Print the table; ratios are to the first contestant."""
    click.echo("| | ratio | " + " | ".join(COLUMNS.values()) + " | guarantee | timers | settings |")
    click.echo("|---|---:|" + "---:|" * len(COLUMNS) + "---|---|---|")
    base = 0.0  # The first of all.
    for name, told in results["contestants"].items():
        if not told["rounds"]:
            click.echo(f"| {name} | failed |")
            continue
        figures = {column: median(told["rounds"], column) for column in COLUMNS}
        base = base or figures["events_a_second"]
        cells = [name, f"{figures['events_a_second'] / base:.2f}"]
        cells += [f"{value:,.0f}" for value in figures.values()]
        cells += [told["guarantee"], told["timers"], told["settings"]]
        click.echo(f"| {' | '.join(cells)} |")


def write(results: dict[str, Any], path: Path) -> None:
    """Keep the results for plots.py."""
    path.write_text(json.dumps(results, indent=1) + "\n")

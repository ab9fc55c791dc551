"""How fast the worker is, how late, and how soon it is back: on a real broker, by real processes.

    python bench/worker.py throughput    events a second of a backlog, beside plain Faust
    python bench/worker.py timers        from the deadline to the committed fact, under load
    python bench/worker.py recovery      kill -9 with many open tickets: to ready again

Each says what it measured; the machine's noise is in it. Throughput is given as ratios, medians of
rounds in turn. All outputs are compared with a replay of the same events.
"""

from __future__ import annotations

import os
import platform
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click
import job
import orjson
from ground import Process, Site

from streams.broker import EmbeddedKafka
from streams.history.replay import replay
from streams.policies import load
from streams.wire.instant import parse
from streams.wire.ticket_events import decode

HERE = Path(__file__).parent
OUTCOMES = ("sla.breached", "sla.fulfilled")
SOON = 0.25
"""Seconds between two looks at a worker."""


def outcomes(events: list[job.Event]) -> Counter[tuple[str, ...]]:
    """Say what must be said of the events: ticket, metric, outcome, instant."""
    told = [event for one in events if (event := decode(orjson.dumps(one), keyed=False))]
    done = replay(told, load(job.POLICIES), until=int(time.time() * 1000))
    return Counter(
        (fact.ticket, fact.metric, f"sla.{fact.type}", str(fact.time))
        for _, fact in done.facts
        if f"sla.{fact.type}" in OUTCOMES and not fact.ticket.startswith(job.LAST)
    )


def said(site: Site) -> Counter[tuple[str, ...]]:
    """Say what was said."""
    facts = (orjson.loads(record.value) for record in site.read(site.names.sla_events))
    return Counter(
        (fact["subject"], fact["data"]["metric"], fact["type"], str(parse(fact["time"])))
        for fact in facts
        if fact["type"] in OUTCOMES and not fact["subject"].startswith(job.LAST)
    )


def drain(site: Site, process: Process, count: int) -> dict[str, float]:
    """Wait until a backlog is done; give events a second, CPU us an event, and memory."""
    while (left := site.lag()) == count:
        process.must_live()
        time.sleep(SOON)
    began, used, first = time.time(), process.cpu(), count - left
    while (left := site.lag()) > 0:
        process.must_live()
        time.sleep(SOON)
    took, burnt, done = time.time() - began, process.cpu() - used, count - first
    return {
        "events_a_second": done / took,
        "cpu_us_an_event": burnt / done * 1e6,
        "rss_mb": process.rss("VmHWM") / 1e6,
    }


def contestants(broker: str) -> dict[str, object]:
    """Give what is measured: how each is started on a site."""
    plain = [sys.executable, str(HERE / "peers" / "plain_faust.py"), "worker", "-l", "warn"]

    def faust(site: Site) -> Process:
        environment = {
            "BROKER": broker,
            "APP_ID": site.app_id,
            "IN_TOPIC": site.names.ticket_events,
            "OUT_TOPIC": site.names.sla_events,
        }
        return Process([*plain, "--without-web"], site.folder / f"{site.app_id}.log", environment)

    return {"worker": Site.worker, "plain Faust": faust}


@click.group()
def cli() -> None:
    """Measure the worker."""
    click.echo(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}")


@cli.command()
@click.option("--events", "count", default=50_000)
@click.option("--rounds", default=3)
def throughput(count: int, rounds: int) -> None:
    """Drain a backlog."""
    events = job.events(count)
    wanted = outcomes(events)
    with tempfile.TemporaryDirectory() as folder, EmbeddedKafka(auto_create_topics=True) as kafka:
        measured: dict[str, list[dict[str, float]]] = {}
        for number in range(rounds):
            for name, start in contestants(kafka.bootstrap).items():
                label = f"{name.replace(' ', '-').lower()}-{number}"
                site = Site(kafka.bootstrap, label, Path(folder), job.POLICIES)
                loaded = site.load(job.records(events))
                process = start(site)  # type: ignore[operator]
                try:
                    figures = drain(site, process, loaded)
                    time.sleep(2)  # what is due is said by the ticks that follow
                finally:
                    process.kill()
                told = said(site)
                figures["missing"] = (wanted - told).total()
                figures["extra"] = (told - wanted).total()
                measured.setdefault(name, []).append(figures)
                click.echo(f"{label}: " + ", ".join(f"{k} {v:,.0f}" for k, v in figures.items()))
    base = median(measured["worker"], "events_a_second")
    for name, rows in measured.items():
        ratio = base / median(rows, "events_a_second")
        click.echo(f"{name}: the worker does {ratio:.2f} times as many events a second")


def median(rows: list[dict[str, float]], name: str) -> float:
    """Give the median of a figure over the rounds."""
    return statistics.median(row[name] for row in rows)


@cli.command()
@click.option("--open", "count", default=100_000, help="Open tickets.")
@click.option("--due", default=10_000, help="Tickets that fall due in one second.")
@click.option("--rate", default=1_000, help="Events a second meanwhile.")
@click.argument("flags", nargs=-1)
def timers(count: int, due: int, rate: int, flags: tuple[str, ...]) -> None:
    """Let many clocks fall due in one second while events pour in."""
    policies = job.POLICIES.replace("urgent: 1h", "urgent: 30s")
    with tempfile.TemporaryDirectory() as folder, EmbeddedKafka() as kafka:
        site = Site(kafka.bootstrap, "timers", Path(folder), policies)
        worker = site.worker(*flags)
        try:
            site.load(job.records(opened(count, "low")))
            settle(site, worker)
            now = int(time.time() * 1000)
            burst = [
                job.event(f"D{n}", 0, "created", now + n % 1_000, priority="urgent", status="open")
                for n in range(due)
            ]
            site.load(job.records(burst))
            settle(site, worker)
            over = threading.Event()
            with ThreadPoolExecutor() as threads:
                seen = threads.submit(site.watch, site.names.sla_events, over)
                time.sleep(max(0.0, now / 1000 + 25 - time.time()))
                poured = threads.submit(pour, site, rate, over)
                time.sleep(max(0.0, now / 1000 + 45 - time.time()))
                settle(site, worker)
                over.set()
                count_poured = poured.result()
        finally:
            worker.kill()
    facts = [(at, orjson.loads(value)) for at, value in seen.result()]
    late = sorted(
        at - parse(fact["time"])
        for at, fact in facts
        if fact["type"] == "sla.breached" and fact["data"]["metric"] == "first_response"
    )
    if len(late) != due:
        raise SystemExit(f"{len(late)} breaches of {due}")
    shares = {"p50": 0.5, "p99": 0.99, "most": 1.0}
    shown = ", ".join(f"{k} {late[min(due - 1, int(due * v))]:.0f} ms" for k, v in shares.items())
    click.echo(
        f"{count:,} open, {due:,} due in a second, {count_poured / 20:,.0f} events/s: {shown}"
    )


def opened(count: int, priority: str) -> list[job.Event]:
    """Give tickets that were created just now, and wait."""
    now = int(time.time() * 1000)
    return [
        job.event(f"T{n:07d}", 0, "created", now, priority=priority, status="open", channel="email")
        for n in range(count)
    ]


def pour(site: Site, rate: int, over: threading.Event) -> int:
    """Publish messages on open tickets, so many a second, until told to stop; give how many."""
    number = 0
    while not over.is_set():
        began = time.monotonic()
        now = int(time.time() * 1000)
        some = [
            job.event(f"T{n % 1_000:07d}", n + 1, "message", now, author="customer")
            for n in range(number, number + rate // 4)
        ]
        number += len(some)
        site.load(job.records(some))
        over.wait(max(0.0, 0.25 - (time.monotonic() - began)))
    return number


def settle(site: Site, worker: Process) -> None:
    """Wait until all that was published is committed."""
    while site.lag() > 0:
        worker.must_live()
        time.sleep(SOON)


@cli.command()
@click.option("--open", "count", default=200_000, help="Open tickets.")
def recovery(count: int) -> None:
    """Kill the worker, and start it again from nothing but the log."""
    with tempfile.TemporaryDirectory() as folder, EmbeddedKafka() as kafka:
        site = Site(kafka.bootstrap, "recovery", Path(folder), job.POLICIES)
        empty = _ready(site)
        bare = empty.rss()
        settle_from = time.time()
        site.load(job.records(opened(count, "low")))
        settle(site, empty)
        filled = time.time() - settle_from
        empty.stop()
        back = _ready(site)
        took, used, most = time.time() - back.started, back.rss(), back.rss("VmHWM")
        back.kill()
        rows = site.read(f"{site.app_id}-tickets-changelog")
        size = statistics.mean(len(row.value) for row in rows if row.value)
    click.echo(
        f"{count:,} open tickets (loaded and applied in {filled:.0f} s): ready {took:.1f} s after "
        f"the start; rows of {size:.0f} bytes, {(used - bare) / count:.0f} bytes of memory a "
        f"ticket, {(most - bare) / count:.0f} at the most"
    )


def _ready(site: Site) -> Process:
    worker = site.worker()
    while not site.ready():
        worker.must_live()
        time.sleep(0.05)
    return worker


if __name__ == "__main__":
    cli()

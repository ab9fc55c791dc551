"""How fast the worker is, how late, and how soon it is back: on a real broker, by real processes.

    python bench/worker.py throughput    events a second of a backlog, beside others
    python bench/worker.py timers        from the deadline to the committed fact, under load
    python bench/worker.py recovery      kill -9 with many open tickets: to ready again

Each says what it measured; the machine's noise is in it. Throughput is given as medians of rounds
in turn. All outputs are compared with a replay of the same events.
"""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click
import contest
import job
import orjson
import rounds
from ground import Process, Site, machine

from streams.broker import EmbeddedKafka
from streams.wire.instant import parse


@click.group()
def cli() -> None:
    """Measure the worker."""
    click.echo(machine())


@cli.command()
@click.option("--events", "count", default=300_000, help="About so many.")
@click.option("--rounds", "turns", default=3)
@click.option("--cap", default=90.0, help="Seconds that one may take; judged by what it did.")
@click.option("--only", multiple=True, type=click.Choice([one.name for one in contest.ALL]))
@click.option("--json", "file", type=click.Path(path_type=Path), help="Keep all figures.")
def throughput(
    count: int, turns: int, cap: float, only: tuple[str, ...], file: Path | None
) -> None:
    """Drain a backlog, beside others who do the same job."""
    taking_part = [one for one in contest.ALL if not only or one.name in only]
    results = rounds.run(taking_part, count, turns, cap)
    if file:
        rounds.write(results, file)
    rounds.show(results)


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
            site.settle(worker)
            now = int(time.time() * 1000)
            burst = [
                job.event(f"D{n}", 0, "created", now + n % 1_000, priority="urgent", status="open")
                for n in range(due)
            ]
            site.load(job.records(burst))
            site.settle(worker)
            over = threading.Event()
            with ThreadPoolExecutor() as threads:
                seen = threads.submit(site.watch, site.names.sla_events, over)
                time.sleep(max(0.0, now / 1000 + 25 - time.time()))
                poured = threads.submit(pour, site, rate, over)
                plain = spent(worker, now / 1000 + 26, now / 1000 + 29)
                burst_took = spent(worker, now / 1000 + 29.5, now / 1000 + 35.5) - 2 * plain
                time.sleep(max(0.0, now / 1000 + 45 - time.time()))
                site.settle(worker)
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
        f"{count:,} open, {due:,} due in a second, {count_poured / 20:,.0f} events/s: {shown}; "
        f"{burst_took / due * 1e6:.0f} us of CPU each, {plain / 3:.0%} of a core for the events"
    )


def spent(worker: Process, since: float, until: float) -> float:
    """Give the seconds of CPU that a worker uses from one instant to another."""
    time.sleep(max(0.0, since - time.time()))
    used = worker.cpu()
    time.sleep(max(0.0, until - time.time()))
    return worker.cpu() - used


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


@cli.command()
@click.option("--open", "count", default=200_000, help="Open tickets.")
def recovery(count: int) -> None:
    """Kill the worker, and start it again from nothing but the log."""
    with tempfile.TemporaryDirectory() as folder, EmbeddedKafka() as kafka:
        site = Site(kafka.bootstrap, "recovery", Path(folder), job.POLICIES)
        empty = site.await_ready(site.worker())
        bare = empty.rss()
        settle_from = time.time()
        site.load(job.records(opened(count, "low")))
        site.settle(empty)
        filled = time.time() - settle_from
        empty.stop()
        back = site.await_ready(site.worker())
        took = time.time() - back.started
        site.look()  # answers when every ticket is on the board, which takes memory as well
        shown, used, most = time.time() - back.started, back.rss(), back.rss("VmHWM")
        back.kill()
        rows = site.read(f"{site.app_id}-tickets-changelog")
        size = statistics.mean(len(row.value) for row in rows if row.value)
    click.echo(
        f"{count:,} open tickets (loaded and applied in {filled:.0f} s): ready {took:.1f} s after "
        f"the start, all on the board after {shown:.1f} s; rows of {size:.0f} bytes, "
        f"{(used - bare) / count:.0f} bytes of memory a ticket, "
        f"{(most - bare) / count:.0f} at the most"
    )


if __name__ == "__main__":
    cli()

"""What is measured when somebody looks: gauges from the boards, the ledgers and the work.

Decisions: nothing is kept up to date between scrapes, so that no gauge can drift. Reading
happens on the event loop, between two units of work; what takes long is read before (`look`).
Counters that the work keeps as plain numbers are handed on as they are.
"""

from __future__ import annotations

import asyncio
import platform
from collections.abc import Iterable, Iterator
from importlib.metadata import version

from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector as Registered

from streams import __version__
from streams.work import STATES
from streams.worker import accounts, metrics
from streams.worker.census import Census
from streams.worker.interface import Measured
from streams.worker.metrics import Declared

DAY = 86_400_000
WINDOWS = {"1d": DAY, "7d": 7 * DAY, "30d": 30 * DAY}

Name = tuple[str, ...]
"""Policy, kind and metric, as labels."""


class Collector(Registered):
    """Measures a worker on each scrape; to be registered in the worker's registry."""

    def __init__(self, worker: Measured) -> None:
        self._worker = worker
        self._commits = metrics.COMMIT_SECONDS.histogram()
        self._taken: Census | None = None

    def describe(self) -> Iterable[Metric]:
        """Name what is measured, without measuring."""
        return [declared.family() for declared in metrics.MEASURED]

    def collect(self) -> Iterator[Metric]:
        """Measure everything, now."""
        now = self._worker.app.clock()
        yield from self._clocks()
        yield from self._compliance(now)
        yield self._tickets(now)
        yield from accounts.measure(self._worker.policies, self._worker.credits(), now)
        yield from self._promises()
        yield from self._work(now)
        yield from self._totals()
        yield self._build()

    # -- clocks and rates

    async def look(self) -> None:
        """Take the census for the next collection; the work goes on between its portions."""
        census = self._census()
        for _ in census.take():
            await asyncio.sleep(0)
        self._taken = census

    def _census(self) -> Census:
        return Census(self._worker, self._known(), self._worker.app.clock())

    def _clocks(self) -> Iterator[Metric]:
        census, self._taken = self._taken, None
        if census is None:  # nobody has looked ahead: then all at once
            census = self._census()
            for _ in census.take():
                pass
        yield from census.families()
        yield _one(metrics.TICKETS, census.tickets)

    def _known(self) -> list[Name]:
        return [
            (policy.name, policy.kind, metric)
            for policy in self._worker.policies.policies
            for metric in policy.targets
        ]

    def _compliance(self, now: int) -> Iterator[Metric]:
        ratios, cycles = metrics.COMPLIANCE.gauges(), metrics.CYCLES.gauges()
        for window, length in WINDOWS.items():
            tallies: dict[Name, list[int]] = {name: [0, 0] for name in self._known()}
            for ledger in self._worker.ledgers():
                for clock, met, breached in ledger.outcomes(now - length):
                    tally = tallies.setdefault(self._worker.meter.clock(clock), [0, 0])
                    tally[0] += met
                    tally[1] += breached
            for name, tally in tallies.items():
                # What is taken back may have been counted before the window began.
                met, breached = (max(0, number) for number in tally)
                cycles.add_metric([*name, window, "met"], met)
                cycles.add_metric([*name, window, "breached"], breached)
                if met + breached:
                    ratios.add_metric([*name, window], met / (met + breached))
        yield ratios
        yield cycles

    def _tickets(self, now: int) -> Metric:
        tickets = metrics.TICKET_RATE.gauges()
        for window, length in WINDOWS.items():
            counted = [ledger.tickets(now - length) for ledger in self._worker.ledgers()]
            tickets.add_metric([window, "met"], sum(met for met, _ in counted))
            tickets.add_metric([window, "missed"], sum(missed for _, missed in counted))
        return tickets

    def _promises(self) -> Iterator[Metric]:
        objectives = metrics.OBJECTIVE.gauges()
        for policy in self._worker.policies.policies:
            objectives.add_metric([policy.name, policy.kind], float(policy.objective))
        yield objectives
        held = self._worker.policies.version
        yield _info(metrics.POLICY, held)
        yield _one(metrics.FILE_DIFFERS, held != self._worker.file_version)

    # -- the work

    def _work(self, now: int) -> Iterator[Metric]:
        states, here = metrics.STATE.gauges(), self._worker.app.readiness().state
        for state in STATES:
            states.add_metric([state], float(state == here))
        yield states
        lag, ready, oldest = metrics.LAG.gauges(), metrics.READY.gauges(), 0.0
        reached, rows = metrics.REACHED.gauges(), metrics.ROWS.gauges()
        for part in self._worker.app.partition_stats():
            number = [str(part.number)]
            lag.add_metric(number, part.lag)
            ready.add_metric(number, float(part.ready))
            rows.add_metric(number, part.rows)
            oldest = max(oldest, part.uncommitted_seconds)
            if part.last_tick_ms is not None:
                reached.add_metric(number, part.last_tick_ms / 1000)
        yield from (lag, ready, reached, rows)
        yield _one(metrics.RECOVERING, self._worker.app.stats.recovery_remaining)
        yield _one(metrics.UNCOMMITTED, oldest)
        yield _one(metrics.CLOCK_TIME, now / 1000)

    def _totals(self) -> Iterator[Metric]:
        stats = self._worker.app.stats
        records = metrics.RECORDS.counters()
        records.add_metric(["applied"], stats.records)
        records.add_metric(["skipped"], stats.skipped)
        yield records
        yield _total(metrics.WRITTEN, stats.rows)
        yield _total(metrics.EMITTED, stats.emitted)
        yield _total(metrics.COMMITS, stats.commits)
        yield _total(metrics.TRANSACTIONS, stats.transactions)
        yield _total(metrics.ABORTED, stats.aborted)
        yield _total(metrics.FENCED, stats.fenced)
        yield _total(metrics.TICKS, stats.ticks)
        yield _total(metrics.TICK_FAILURES, stats.tick_ask_failures)
        yield _total(metrics.REBALANCES, stats.rebalances)
        yield _total(metrics.RESTORED, stats.restored_rows)
        yield _total(metrics.RESTORE_SECONDS, stats.restore_seconds)
        for seconds in stats.take_commit_seconds():
            self._commits.observe(seconds)
        yield from self._commits.collect()

    def _build(self) -> Metric:
        libraries = [version(name) for name in ("faust-streaming", "aiokafka", "prometheus-client")]
        return _info(metrics.BUILD, __version__, platform.python_version(), *libraries)


def _one(declared: Declared, value: float) -> GaugeMetricFamily:
    family = declared.gauges()
    family.add_metric([], value)
    return family


def _info(declared: Declared, *values: str) -> Metric:
    family = declared.info()
    family.add_metric([], dict(zip(declared.labels, values, strict=True)))
    return family


def _total(declared: Declared, value: float) -> CounterMetricFamily:
    family = declared.counters()
    family.add_metric([], value)
    return family

"""Every metric, declared once: name, type, labels, unit, meaning.

`meter` counts, `collector` measures on a scrape, docs/metrics.md is written from this table
(`python -m streams.worker.metrics > docs/metrics.md`), and a test holds the three together.
Base units throughout. Names are those that stand in Prometheus; OpenMetrics calls a counter's
family by the name without `_total`, an info's without `_info`. No label ever holds a ticket's id.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeHistogramMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)

Kind = Literal["counter", "gauge", "histogram", "gauge histogram", "info"]
CLOCK = ("policy", "kind", "metric")
ATTRIBUTES = ("priority", "channel", "tier", "team")
"""The ticket attributes that label outcomes; a ticket without one has the empty value."""

SHARES = (0.1, 0.25, 0.5, 0.75, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0)
LATE = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0, 3600.0, 86400.0)
COMMIT = (0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
LEFT = (-86400, -14400, -3600, -900, 0, 300, 900, 1800, 3600, 7200, 14400, 28800, 86400, 259200)
"""Edges in seconds: from a day of active time overdue to three days left."""


@dataclass(frozen=True, slots=True)
class Declared:
    """A metric. `unit` is a base unit where there is one, `buckets` the edges of histograms."""

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    unit: str = ""
    buckets: tuple[float, ...] = ()

    def counter(self, registry: CollectorRegistry) -> Counter:
        """Make the counter that counts under this name."""
        return Counter(self.name, self.help, self.labels, registry=registry, unit=self.unit)

    def histogram(self, registry: CollectorRegistry | None = None) -> Histogram:
        """Make the histogram that observes under this name."""
        return Histogram(
            self.name,
            self.help,
            self.labels,
            registry=registry,
            unit=self.unit,
            buckets=self.buckets,
        )

    def counters(self) -> CounterMetricFamily:
        """Make an empty family of counters, for numbers that are counted elsewhere."""
        name = self.name.removesuffix("_total")
        return CounterMetricFamily(name, self.help, labels=self.labels, unit=self.unit)

    def gauges(self) -> GaugeMetricFamily:
        """Make an empty family of gauges."""
        return GaugeMetricFamily(self.name, self.help, labels=self.labels, unit=self.unit)

    def info(self) -> InfoMetricFamily:
        """Make an empty family of information, which is always 1."""
        return InfoMetricFamily(self.name.removesuffix("_info"), self.help)

    def gauge_histograms(self) -> GaugeHistogramMetricFamily:
        """Make an empty family of gauge histograms."""
        return GaugeHistogramMetricFamily(self.name, self.help, labels=self.labels, unit=self.unit)

    def family(self) -> Metric:
        """Make the empty family of whatever kind it is, as a registry wants to know it."""
        match self.kind:
            case "counter":
                return self.counters()
            case "gauge":
                return self.gauges()
            case "info":
                return self.info()
            case "gauge histogram":
                return self.gauge_histograms()
            case "histogram":
                return HistogramMetricFamily(
                    self.name, self.help, labels=self.labels, unit=self.unit
                )


CLOSED = Declared(
    "sla_clocks_closed_total",
    "counter",
    "Cycles by outcome, each counted once: breached at the breach, met at the fulfilment, "
    "cancelled apart from the rate (R26).",
    (*CLOCK, *ATTRIBUTES, "outcome"),
)
BREACHES = Declared(
    "sla_breaches_total",
    "counter",
    "Breaches by what brought them about: deadline_passed, target_tightened, policy_applied, "
    "policies_changed, merged.",
    (*CLOCK, *ATTRIBUTES, "cause"),
)
WARNINGS = Declared(
    "sla_warnings_total",
    "counter",
    "Warnings given, by escalation level; empty where the policy names none (R21).",
    (*CLOCK, "level"),
)
RETRACTIONS = Declared(
    "sla_retractions_total",
    "counter",
    "Breaches taken back because a late event showed that there was none (R7).",
)
CORRECTIONS = Declared(
    "sla_corrections_total",
    "counter",
    "Facts that a late event brought about or took back, by type (R7).",
    ("type",),
)
USED = Declared(
    "sla_target_used_ratio",
    "histogram",
    "Active time used as a share of the target when a clock is fulfilled; below 1 is met, so is "
    "1, unless it came on closed hours after the deadline (R29). Above 1 was breached.",
    CLOCK,
    "ratio",
    SHARES,
)
REOPENED = Declared(
    "sla_reopened_after_met_total",
    "counter",
    "Resolutions that were met, reopened and given back: speed without quality (R29). Not of "
    "resolution_cycle, where a reopen is a new cycle.",
    CLOCK,
)
TEAM_SECONDS = Declared(
    "sla_breach_team_seconds_total",
    "counter",
    "Active time of breached cycles up to the breach, by the team that held the ticket, empty "
    "where none did: over the teams it adds up to the breaches' elapsed time (R28).",
    (*CLOCK, "team"),
    "seconds",
)
UNASSIGNED_SECONDS = Declared(
    "sla_breach_unassigned_seconds_total",
    "counter",
    "Active time of breached cycles up to the breach in which nobody was assigned: a part of that "
    "in sla_breach_team_seconds_total (R28).",
    CLOCK,
    "seconds",
)
REOPENED_BREACHES = Declared(
    "sla_reopened_breaches_total",
    "counter",
    "Breaches on tickets that had been solved and were taken up again before (R28).",
    CLOCK,
)
UNMATCHED = Declared(
    "sla_unmatched_tickets_total",
    "counter",
    "Tickets that no policy of any kind matched when they were first seen (R19).",
)
EVENTS = Declared(
    "sla_ticket_events_total",
    "counter",
    "Ticket events by type and by what became of them: applied, duplicate, ignored (a type that is "
    "not ours) or rejected (dead-lettered).",
    ("type", "result"),
)
DEAD_LETTERS = Declared(
    "sla_dlq_records_total",
    "counter",
    "Records sent to the dead letters, by reason.",
    ("reason",),
)
LATENESS = Declared(
    "sla_timer_lateness_seconds",
    "histogram",
    "How long after it came true a fact was fired by a tick, by the worker's clock (R3).",
    (),
    "seconds",
    LATE,
)
FOLDED = Declared(
    "sla_label_values_folded_total",
    "counter",
    "Times that a label value beyond the bound was counted as `other`; label_set where there were "
    "too many combinations of attributes.",
    ("label",),
)
METER_ERRORS = Declared(
    "sla_meter_errors_total",
    "counter",
    "Observations that could not be counted: a defect, the work itself went on.",
)

OPEN = Declared("sla_open_clocks", "gauge", "Open clocks: running or paused.", (*CLOCK, "state"))
OVERDUE = Declared(
    "sla_overdue_clocks",
    "gauge",
    "Open clocks that are past their deadline by the worker's clock.",
    CLOCK,
)
AT_RISK = Declared(
    "sla_at_risk_clocks",
    "gauge",
    "Open clocks that are overdue, breached, warned of, or have used 80 % of their target, by the "
    "team that holds the ticket, empty where none does.",
    (*CLOCK, "team"),
)
UNFIRED = Declared(
    "sla_overdue_unfired_clocks",
    "gauge",
    "Open clocks that are past their deadline, and the grace, by the worker's clock, and whose "
    "breach has not been fired: 0, and more only for moments.",
    CLOCK,
)
LEFT_SECONDS = Declared(
    "sla_open_clock_remaining_seconds",
    "gauge histogram",
    "Active time left to the open clocks now; negative is overdue.",
    CLOCK,
    "seconds",
    LEFT,
)
COMPLIANCE = Declared(
    "sla_compliance_ratio",
    "gauge",
    "Met / (met + breached) over the window, exact, from the ledger of this worker's partitions; "
    "absent where there was no outcome (R26).",
    (*CLOCK, "window"),
    "ratio",
)
CYCLES = Declared(
    "sla_compliance_cycles",
    "gauge",
    "What sla_compliance_ratio is made of: cycles met and breached in the window. Add these up "
    "over workers; ratios cannot be added.",
    (*CLOCK, "window", "outcome"),
)
TICKET_RATE = Declared(
    "sla_ticket_rate_tickets",
    "gauge",
    "Tickets resolved in the window by whether all their SLA clocks were met, or one was missed; "
    "exact, from the ledger of this worker's partitions (R27). Add these up over workers.",
    ("window", "outcome"),
)
CONTRACT_CYCLES = Declared(
    "sla_contract_cycles",
    "gauge",
    "Cycles under an account's contract in a calendar month, `current` or `previous`, by outcome: "
    "the rate by which the month is credited (R31). Add these up over workers.",
    ("account", "month", "outcome"),
)
CONTRACT_LATE = Declared(
    "sla_contract_late_credit_ratio",
    "gauge",
    "Share of the monthly fee that cycles breached in the month have earned by lateness, before "
    "the cap (R31). Add these up over workers.",
    ("account", "month"),
    "ratio",
)
OBJECTIVE = Declared(
    "sla_objective_ratio",
    "gauge",
    "The share of cycles that the policy means to meet (R30).",
    ("policy", "kind"),
    "ratio",
)
STATE = Declared(
    "sla_worker_state", "gauge", "1 for the state that the worker is in, 0 for others.", ("state",)
)
LAG = Declared(
    "sla_consumer_lag_records",
    "gauge",
    "Offsets between the end of the log as last heard and what has been applied.",
    ("partition",),
)
RECOVERING = Declared(
    "sla_recovery_remaining_records",
    "gauge",
    "Changelog offsets still to be read back before work begins.",
)
BUILD = Declared(
    "sla_build_info",
    "info",
    "1, labelled with the versions of this program and of what it stands on.",
    ("version", "python", "faust", "aiokafka", "prometheus_client"),
)
POLICY = Declared(
    "sla_policy_info",
    "info",
    "1, labelled with the version of the policies that holds: the one adopted last (R18).",
    ("version",),
)
FILE_DIFFERS = Declared(
    "sla_policy_file_differs",
    "gauge",
    "1 where the worker's policies file is of another version than the one that holds: at its next "
    "start it would bring its own back (R18).",
)
CLOCK_TIME = Declared(
    "sla_clock_timestamp_seconds",
    "gauge",
    "The worker's clock, which a rehearsal may have set to another year.",
    (),
    "seconds",
)
REACHED = Declared(
    "sla_reached_timestamp_seconds",
    "gauge",
    "The instant up to which everything due in the partition has been fired (R4).",
    ("partition",),
    "seconds",
)
READY = Declared(
    "sla_partition_ready", "gauge", "1 where the partition takes events and ticks.", ("partition",)
)
ROWS = Declared("sla_rows", "gauge", "Rows held of the partition, all tables.", ("partition",))
TICKETS = Declared("sla_open_tickets", "gauge", "Tickets with an open clock.")
COMMITS = Declared("sla_commits_total", "counter", "Rounds of the commit that wrote something.")
COMMIT_SECONDS = Declared(
    "sla_commit_seconds", "histogram", "Duration of a round of the commit.", (), "seconds", COMMIT
)
TRANSACTIONS = Declared(
    "sla_transactions_total", "counter", "Kafka transactions: one per partition and round."
)
ABORTED = Declared(
    "sla_transactions_aborted_total",
    "counter",
    "Transactions of former owners that were open when this worker took their partitions over: the "
    "brokers aborted them, and this worker does that work again.",
)
FENCED = Declared(
    "sla_producers_fenced_total",
    "counter",
    "Producers of former owners that were shut out when this worker took their partitions over; "
    "one that still lives ends with status 70 at its next commit.",
)
UNCOMMITTED = Declared(
    "sla_uncommitted_seconds",
    "gauge",
    "Age of the oldest change that is not committed yet; 0 where everything is.",
    (),
    "seconds",
)
RECORDS = Declared(
    "sla_source_records_total",
    "counter",
    "Records delivered: applied, or skipped because they had been applied before.",
    ("result",),
)
WRITTEN = Declared("sla_rows_written_total", "counter", "Rows written to the changelog.")
EMITTED = Declared("sla_records_emitted_total", "counter", "Records sent to output topics.")
RESTORED = Declared("sla_rows_restored_total", "counter", "Changelog records read back.")
RESTORE_SECONDS = Declared(
    "sla_restore_seconds_total", "counter", "Time spent on reading rows back.", (), "seconds"
)
REBALANCES = Declared("sla_rebalances_total", "counter", "Rebalances of the consumer group.")
TICKS = Declared("sla_ticks_total", "counter", "Ticks applied, one per partition.")
TICK_FAILURES = Declared(
    "sla_tick_failures_total", "counter", "Ticks missed: the logs' ends could not be asked for."
)

COUNTED: tuple[Declared, ...] = (
    CLOSED,
    BREACHES,
    WARNINGS,
    RETRACTIONS,
    CORRECTIONS,
    USED,
    REOPENED,
    TEAM_SECONDS,
    UNASSIGNED_SECONDS,
    REOPENED_BREACHES,
    UNMATCHED,
    EVENTS,
    DEAD_LETTERS,
    LATENESS,
    FOLDED,
    METER_ERRORS,
)
"""What the meter counts as it happens."""

MEASURED: tuple[Declared, ...] = (
    OPEN,
    OVERDUE,
    UNFIRED,
    AT_RISK,
    LEFT_SECONDS,
    TICKETS,
    COMPLIANCE,
    CYCLES,
    TICKET_RATE,
    CONTRACT_CYCLES,
    CONTRACT_LATE,
    OBJECTIVE,
    POLICY,
    FILE_DIFFERS,
    STATE,
    LAG,
    RECOVERING,
    READY,
    REACHED,
    CLOCK_TIME,
    ROWS,
    RECORDS,
    WRITTEN,
    EMITTED,
    COMMITS,
    COMMIT_SECONDS,
    UNCOMMITTED,
    TRANSACTIONS,
    ABORTED,
    FENCED,
    TICKS,
    TICK_FAILURES,
    REBALANCES,
    RESTORED,
    RESTORE_SECONDS,
    BUILD,
)
"""What the collector measures on a scrape."""

TITLE = """# Metrics

`GET /metrics` on the worker, in the text format or, by content negotiation, as OpenMetrics.
This page is written by `python -m streams.worker.metrics > docs/metrics.md`.

- What is counted starts at 0: every policy, kind and metric of the file when the worker
  starts, the label sets of clocks as soon as they are open. So the first breach of a team is an
  increase, not a series that nobody had asked for.
- A label has at most 50 values that the policies file does not name, and the attributes together at
  most 2,000 combinations. What exceeds that counts as `other`, and in
  `sla_label_values_folded_total`. What the file names folds only where there are 2,000 combinations
  of that alone. An attribute that a ticket does not have is the empty value. No label holds a
  ticket's id. Whatever tickets say, `sla_clocks_closed_total` and `sla_breaches_total` have at most
  16,000 series for strangers, some 3 MB a scrape before compression.
- Counters do not go down: a breach that is taken back stays in `sla_breaches_total` and counts in
  `sla_retractions_total`, a resolution that was met and reopened counts again at its next outcome.
  They are a process's, and begin at 0 with it. What it counted after the last scrape nobody sees
  when it ends; what it counted and had not committed when it was killed, the next one counts again;
  and `increase()` leaves out what a series had when it was first seen.
- So counters are for rates and alerts. For reports there are the gauges from the ledger,
  `sla_compliance_cycles`, `sla_ticket_rate_tickets`, `sla_contract_cycles`: they commit with the
  SLA events, take back what is taken back, and are the same after a crash or with more workers.
  With a worker that was stopped, or killed, in the middle of 30 s with 11 breaches a second and
  scraped each second, they were the topic's to the last cycle, and `increase()` had 95 % of it. The
  end of a process costs counters half a scrape's interval on average: with 15 s and a restart an
  hour 0.2 %. While a partition moves, both workers may show it for one scrape, or none.
- In OpenMetrics breaches (`sla_breaches_total`, `sla_clocks_closed_total`), the buckets of
  `sla_target_used_ratio` (met ones too; those above 1 were breached) and of
  `sla_timer_lateness_seconds` carry exemplars: `ticket_id`, and `event_id`, that of the SLA event,
  where both have room in 128 characters; a longer ticket's id ends with `…`. Prometheus keeps them
  with `--enable-feature=exemplar-storage`.
- A worker speaks for its partitions. Over several workers, add cycles up, then divide:

  ```promql
  sum by (policy, kind, metric) (sla_compliance_cycles{window="30d", outcome="met"})
    / sum by (policy, kind, metric) (sla_compliance_cycles{window="30d"})
  ```

  And of tickets (R27), each counted when it was solved, as long as it is:

  ```promql
  sum(sla_ticket_rate_tickets{window="30d", outcome="met"})
    / sum(sla_ticket_rate_tickets{window="30d"})
  ```

- So too for contracts: the rate of an account's month, and what lateness has earned so far, as a
  share of the fee. The table's line by rate and the cap apply to these sums, see
  [semantics.md](semantics.md#credits).

  ```promql
  sum by (account) (sla_contract_cycles{month="current", outcome="met"})
    / sum by (account) (sla_contract_cycles{month="current"})
  sum by (account) (sla_contract_late_credit_ratio{month="current"})
  ```
"""


def markdown() -> str:
    """Write the page of all metrics."""
    return "\n".join(
        [TITLE, *_table("Counted as it happens", COUNTED), *_table("Measured", MEASURED)]
    )


def _table(title: str, metrics: tuple[Declared, ...]) -> Iterator[str]:
    yield f"## {title}\n"
    yield "| name | type | labels | unit | meaning |"
    yield "|---|---|---|---|---|"
    for metric in metrics:
        labels = ", ".join(f"`{label}`" for label in metric.labels)
        yield f"| `{metric.name}` | {metric.kind} | {labels} | {metric.unit} | {metric.help} |"
    yield ""


if __name__ == "__main__":
    sys.stdout.write(markdown())

"""*Engine*: do the workers do their work, in time and exactly once? For whoever runs them."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard

from monitoring.dashboards.board import Board, Part, made
from monitoring.dashboards.panels import (
    BAD,
    FAIR,
    GOOD,
    NONE_IS_GOOD,
    PALE,
    PLAIN,
    Column,
    Frame,
    Panel,
    Rows,
    Steps,
    bars,
    lines,
    number,
    rows,
)
from monitoring.dashboards.query import HERE, OFTEN, SINCE, Ask, grown, of, only, quantile

WORKER = "job, instance"
RUNNING = 'state="running"'
STATES = {
    "starting": FAIR,
    "assigning": FAIR,
    "recovering": FAIR,
    "running": GOOD,
    "stopping": FAIR,
}
LATE: Steps = ((None, GOOD), (10, FAIR), (60, BAD))
BEHIND: Steps = ((None, GOOD), (1_000, FAIR), (100_000, BAD))
UNREADY: Steps = ((None, GOOD), (1, FAIR))


def dashboard() -> Dashboard:
    """Make it."""
    return made(
        Board(
            uid="sla-engine",
            title="SLA / Engine",
            told=(
                "How the workers do: what they say in time, how far behind the log they are, what "
                "they commit, and what went wrong. Times are those of the workers' clocks."
            ),
            since="1h",
            refresh="30s",
            parts=(
                Part("In one line", (*_headline(), _workers())),
                Part("In time", (_lateness(), _unsaid(), _behind(), _lag())),
                Part("Committed", (_commits(), _commit_time(), _uncommitted(), _fenced())),
                Part("Read and written", (_records(), _written(), _dead_letters())),
                Part("Members and recovery", (_states(), _rebalances(), _restored())),
                Part("Corrected, folded, missed", (_corrections(), _folded(), _failures())),
                Part("The process", (_memory(), _processor(), _held())),
            ),
            promises=False,
        )
    )


def w(metric: str, *more: str) -> str:
    """Select a metric of the workers."""
    return of(metric, *more, by=HERE)


def rate(metric: str, *more: str) -> str:
    """Give the growth of a counter a second."""
    return f"rate({w(metric, *more)}[{OFTEN}])"


def _one(title: str, told: str, query: str, unit: str = "short", steps: Steps = PLAIN) -> Panel:
    decimals = 0 if unit == "short" else None
    return number(Frame(title, told, unit, 4, 4, decimals), (Ask(query, title),), steps)


def _third(title: str, told: str, unit: str = "short") -> Frame:
    return Frame(title, told, unit, 8, 8, empty="none seen")


def _headline() -> tuple[Panel, ...]:
    ready = w("sla_partition_ready")
    return (
        _one(
            "Workers that run",
            "Workers in the state running, of those that are scraped.",
            f"sum({w('sla_worker_state', RUNNING)})",
        ),
        _one(
            "Partitions not ready",
            "Partitions that a worker holds but does not serve yet. One that no worker holds is "
            "not among them: compare with the topic's number in the table.",
            f"sum(1 - {ready})",
            steps=UNREADY,
        ),
        _one(
            "Records behind",
            "Records between the end of the log and what has been applied, all partitions. No fact "
            "is said of a time of which records are still to come (R4).",
            f"sum({w('sla_consumer_lag_records')})",
            steps=BEHIND,
        ),
        _one(
            "Latest fact",
            "How long after it came true the latest of the facts was said within the time shown, "
            "by the edge of its bucket (R3).",
            "histogram_quantile(1, sum by (le) "
            f"(increase({w('sla_timer_lateness_seconds_bucket')}[{SINCE}])))",
            "s",
            LATE,
        ),
        _one(
            "Oldest uncommitted",
            "Age of the oldest change that is not committed yet, over all workers.",
            f"max({w('sla_uncommitted_seconds')})",
            "s",
            LATE,
        ),
        _one(
            "Dead letters",
            "Records put aside within the time shown because they could not be read: `sla dlq ls` "
            "shows them.",
            f"sum({grown('sla_dlq_records_total', by=HERE, over=SINCE)})",
            steps=NONE_IS_GOOD,
        ),
    )


def _workers() -> Panel:
    held = f"sum by ({WORKER}) ({w('sla_partition_ready')})"
    up = f"time() - max by ({WORKER}) ({w('process_start_time_seconds')})"
    return rows(
        Frame(
            "Workers",
            "A line a worker: the state that it is in, its version, and what it holds. A policies "
            "file that differs from the version that holds would bring its own back at the next "
            "start (R18).",
            "short",
            24,
            6,
        ),
        Rows(
            {"instance": "Worker", "state": "State", "version": "Version"},
            {"Worker": 180},
            sort="Worker",
            words={"State": STATES},
        ),
        (
            Column("In state", f"sum by ({WORKER}, state) ({w('sla_worker_state')}) == 1"),
            Column("Info", f"max by ({WORKER}, version) ({w('sla_build_info')})"),
            Column("Up", up, "s"),
            Column("Partitions", held),
            Column("Tickets", f"sum by ({WORKER}) ({w('sla_open_tickets')})"),
            Column("Lag", f"sum by ({WORKER}) ({w('sla_consumer_lag_records')})", steps=BEHIND),
            Column("Uncommitted", f"max by ({WORKER}) ({w('sla_uncommitted_seconds')})", "s", 1),
            Column("Memory", f"max by ({WORKER}) ({w('process_resident_memory_bytes')})", "bytes"),
            Column(
                "File differs",
                f"max by ({WORKER}) ({w('sla_policy_file_differs')})",
                "bool_yes_no",
                steps=((None, PALE), (1, FAIR)),
            ),
        ),
        hidden=("In state", "Info", "job"),
    )


def _lateness() -> Panel:
    late = "sla_timer_lateness_seconds"
    return lines(
        _half(
            "How late facts are said",
            "Between the instant at which a warning or a breach came true and the tick that said "
            "it (R3), estimated from buckets. A grace that was set is part of it. No line: nothing "
            "fell due.",
            "s",
        ),
        (
            Ask(quantile(0.5, late), "half, at most"),
            Ask(quantile(0.99, late), "99 %, at most"),
            Ask(quantile(1, late), "the latest, its bucket"),
        ),
        points=True,
    )


def _unsaid() -> Panel:
    return lines(
        _half(
            "Overdue and not said",
            "Open clocks past their deadline, and the grace, whose breach has not been said. For "
            "more than moments: records are awaited, or the work stands still.",
        ),
        (Ask(f"sum({w('sla_overdue_unfired_clocks')})", "clocks"),),
    )


def _behind() -> Panel:
    reached = f"min by ({WORKER}) ({w('sla_reached_timestamp_seconds')})"
    clock = f"max by ({WORKER}) ({w('sla_clock_timestamp_seconds')})"
    return lines(
        _half(
            "How far behind its clock a worker is",
            "Between a worker's clock and the instant up to which everything due has been said in "
            "its slowest partition (R4). A grace that was set is part of it.",
            "s",
        ),
        (Ask(f"{clock} - {reached}", "{{instance}}"),),
    )


def _lag() -> Panel:
    return lines(
        _half(
            "Records behind, by partition",
            "Records between the end of the log and what has been applied.",
        ),
        (Ask(f"sum by (partition) ({w('sla_consumer_lag_records')})", "partition {{partition}}"),),
    )


def _commits() -> Panel:
    return lines(
        _half(
            "Commits and transactions",
            "Rounds of the commit a second; Kafka transactions, one for each partition and round; "
            "and ticks, one for each partition.",
            "ops",
        ),
        (
            Ask(f"sum({rate('sla_commits_total')})", "commits"),
            Ask(f"sum({rate('sla_transactions_total')})", "transactions"),
            Ask(f"sum({rate('sla_ticks_total')})", "ticks"),
        ),
    )


def _half(title: str, told: str, unit: str = "short") -> Frame:
    return Frame(title, told, unit, 6, 8, empty="none seen")


def _commit_time() -> Panel:
    return lines(
        _half("How long a commit takes", "Duration of a round, estimated from buckets.", "s"),
        (
            Ask(quantile(0.5, "sla_commit_seconds"), "half, at most"),
            Ask(quantile(0.99, "sla_commit_seconds"), "99 %, at most"),
        ),
    )


def _uncommitted() -> Panel:
    return lines(
        _half(
            "Oldest uncommitted change",
            "By worker; 0 where everything is committed. It grows while no broker answers.",
            "s",
        ),
        (Ask(f"max by (instance) ({w('sla_uncommitted_seconds')})", "{{instance}}"),),
    )


def _fenced() -> Panel:
    return bars(
        _half(
            "Aborted and fenced",
            "What was found of former owners when partitions were taken over: transactions left "
            "open, whose work is done again, and producers that were shut out.",
        ),
        (
            Ask(only(f"sum({_g('sla_transactions_aborted_total')})"), "transactions aborted"),
            Ask(only(f"sum({_g('sla_producers_fenced_total')})"), "producers fenced"),
        ),
    )


def _g(metric: str) -> str:
    return grown(metric, by=HERE)


def _records() -> Panel:
    return lines(
        _third("Ticket events", "Ticket events a second, by what became of them.", "ops"),
        (Ask(f"sum by (result) ({rate('sla_ticket_events_total')})", "{{result}}"),),
    )


def _written() -> Panel:
    return lines(
        _third(
            "Delivered, written, said",
            "Records delivered, rows written to the changelog and records sent to the output "
            "topics, a second. Skipped were applied before.",
            "ops",
        ),
        (
            Ask(f"sum by (result) ({rate('sla_source_records_total')})", "delivered, {{result}}"),
            Ask(f"sum({rate('sla_rows_written_total')})", "rows written"),
            Ask(f"sum({rate('sla_records_emitted_total')})", "records said"),
        ),
    )


def _dead_letters() -> Panel:
    return bars(
        _third("Dead letters by reason", "Records put aside, by the reason."),
        (Ask(only(f"sum by (reason) ({_g('sla_dlq_records_total')})"), "{{reason}}"),),
    )


def _states() -> Panel:
    return bars(
        _third("Workers by state", "How many workers are in which state."),
        (Ask(only(f"sum by (state) ({w('sla_worker_state')})"), "{{state}}"),),
        STATES,
    )


def _rebalances() -> Panel:
    return bars(
        _third("Rebalances", "Rebalances of the consumer group, by the worker that took part."),
        (Ask(only(f"sum by (instance) ({_g('sla_rebalances_total')})"), "{{instance}}"),),
    )


def _restored() -> Panel:
    return lines(
        _third(
            "Reading rows back",
            "Changelog records still to be read before work begins, and those read back a second. "
            "How long that took stands in `sla_restore_seconds_total`.",
        ),
        (
            Ask(f"sum({w('sla_recovery_remaining_records')})", "still to read"),
            Ask(f"sum({rate('sla_rows_restored_total')})", "read, a second"),
            Ask(f"sum({_g('sla_restore_seconds_total')})", "seconds spent"),
        ),
    )


def _corrections() -> Panel:
    return bars(
        _third(
            "Taken back and corrected",
            "Facts that late events brought about or took back, by type, and breaches taken back "
            "(R7). Many: the source is slow; `--grace` holds facts back for it.",
        ),
        (
            Ask(only(f"sum by (type) ({_g('sla_corrections_total')})"), "{{type}}"),
            Ask(only(f"sum({_g('sla_retractions_total')})"), "breaches taken back"),
        ),
    )


def _folded() -> Panel:
    return bars(
        _third(
            "Labels folded",
            "Times that a label's value beyond the bound was counted as `other`; label_set: too "
            "many combinations. What is folded cannot be told apart in these dashboards.",
        ),
        (Ask(only(f"sum by (label) ({_g('sla_label_values_folded_total')})"), "{{label}}"),),
    )


def _failures() -> Panel:
    return bars(
        _third(
            "Missed",
            "Ticks missed because the logs' ends could not be asked for, and observations that "
            "could not be counted, which is a defect.",
        ),
        (
            Ask(only(f"sum({_g('sla_tick_failures_total')})"), "ticks"),
            Ask(only(f"sum({_g('sla_meter_errors_total')})"), "observations"),
        ),
    )


def _memory() -> Panel:
    return lines(
        _third("Memory", "Resident memory, by worker.", "bytes"),
        (Ask(f"max by (instance) ({w('process_resident_memory_bytes')})", "{{instance}}"),),
    )


def _processor() -> Panel:
    return lines(
        _third(
            "Processor",
            "Time on the processor a second, by worker: a worker is one process with one busy "
            "thread, so that near 100 % it is at its end.",
            "percentunit",
        ),
        (Ask(f"sum by (instance) ({rate('process_cpu_seconds_total')})", "{{instance}}"),),
    )


def _held() -> Panel:
    return lines(
        _third("Rows held", "Rows of all tables that are held in memory, by worker."),
        (Ask(f"sum by (instance) ({w('sla_rows')})", "{{instance}}"),),
    )

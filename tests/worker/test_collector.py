"""What is measured on a scrape, and that it is declared, documented and legible."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families

from streams import __version__
from streams.policies import load
from streams.process.exposition import expose
from streams.sla.duration import Active
from streams.sla.events import Changed, Created, Messaged
from streams.sla.versions import Adoption
from streams.wire.instant import parse
from streams.work import STATES, PartitionStats, Readiness
from streams.worker import metrics
from streams.worker.collector import Collector
from tests.prometheus import lint
from tests.worker.looked_at import DAY, HOUR, KNOWN, MINUTE, POLICIES, START, LookedAt

DOCS = Path(__file__).parents[2] / "docs" / "metrics.md"
DECLARED = (*metrics.COUNTED, *metrics.MEASURED)
FIRST = {"policy": "premium", "kind": "sla", "metric": "first_response"}
TOTAL = {"policy": "premium", "kind": "sla", "metric": "total_resolution"}
OPENMETRICS = "application/openmetrics-text; version=1.0.0"
OF_THE_SPEC = {
    "sla_clocks_closed_total": (*metrics.CLOCK, *metrics.ATTRIBUTES, "outcome"),
    "sla_breaches_total": (*metrics.CLOCK, *metrics.ATTRIBUTES, "cause"),
    "sla_warnings_total": (*metrics.CLOCK, "level"),
    "sla_retractions_total": (),
    "sla_open_clocks": (*metrics.CLOCK, "state"),
    "sla_overdue_clocks": (),
    "sla_overdue_unfired_clocks": metrics.CLOCK,
    "sla_ticket_rate_tickets": ("window", "outcome"),
    "sla_breach_team_seconds_total": (*metrics.CLOCK, "team"),
    "sla_breach_unassigned_seconds_total": metrics.CLOCK,
    "sla_open_clock_remaining_seconds": (),
    "sla_target_used_ratio": (),
    "sla_compliance_ratio": (*metrics.CLOCK, "window"),
    "sla_objective_ratio": ("policy",),
    "sla_reopened_after_met_total": (),
    "sla_unmatched_tickets_total": (),
    "sla_ticket_events_total": ("type", "result"),
    "sla_dlq_records_total": ("reason",),
    "sla_timer_lateness_seconds": (),
    "sla_consumer_lag_records": (),
    "sla_worker_state": ("state",),
    "sla_recovery_remaining_records": (),
    "sla_build_info": (),
    "sla_policy_info": ("version",),
}
"""Name and labels, as interfaces.md has them."""


def ticket(name: str, at: int = START, **attributes: str) -> Created:
    """Give the creation of a ticket."""
    return Created(name, at, 1, {"tier": "premium", "team": "billing", **attributes})


def busy() -> LookedAt:
    """Give a worker of which every metric has something to say."""
    worker = LookedAt()
    worker.app.parts = [
        PartitionStats(0, True, 90, 100, START, 7),  # noqa: FBT003
        PartitionStats(1, False, 5, 5, None, 0),  # noqa: FBT003
    ]
    worker.app.stats.committed(0.02, 2)
    worker.hear(ticket("one"), ticket("two", team='a "b"\\c'), ticket("3", tier="standard"))
    worker.hear(Messaged("one", START + MINUTE, 2, "agent"))
    worker.reach(START + 2 * HOUR)
    return worker


def test_open_clocks_are_counted_by_state() -> None:
    """R15: running or paused; what is known stands at 0."""
    worker = LookedAt()
    for policy, kind, metric in KNOWN:
        mine = {"policy": policy, "kind": kind, "metric": metric}
        assert worker.value("sla_open_clocks", **mine, state="running") == 0
        assert worker.value("sla_overdue_clocks", **mine) == 0
    worker.hear(ticket("one"), ticket("two"))
    worker.hear(Changed("two", START + MINUTE, 2, {"status": "pending"}))
    assert worker.value("sla_open_clocks", **TOTAL, state="running") == 1
    assert worker.value("sla_open_clocks", **TOTAL, state="paused") == 1
    assert worker.value("sla_open_clocks", **FIRST, state="running") == 2
    assert worker.value("sla_open_tickets") == 2


def test_overdue_is_past_the_deadline_by_the_workers_clock() -> None:
    """R5: at the deadline a promise is still kept; past it the clock is overdue, fired or not."""
    worker = LookedAt()
    worker.hear(ticket("one"))
    worker.app.now = START + HOUR
    assert worker.value("sla_overdue_clocks", **FIRST) == 0
    worker.app.now = START + HOUR + 1
    assert worker.value("sla_overdue_clocks", **FIRST) == 1
    worker.reach(START + 2 * HOUR)
    assert worker.total("sla_breaches_total", **FIRST) == 1
    assert worker.value("sla_overdue_clocks", **FIRST) == 1
    worker.hear(Messaged("one", START + 3 * HOUR, 2, "agent"))
    assert worker.value("sla_overdue_clocks", **FIRST) == 0


def test_unfired_is_past_the_deadline_and_the_grace_and_not_said() -> None:
    """R4, R7: what somebody would have to be woken for: a deadline passed, and nobody was told."""
    worker = LookedAt()
    worker.grace = 30_000
    worker.hear(ticket("one"))
    for after, unfired in ((HOUR, 0), (HOUR + 30_000, 0), (HOUR + 30_001, 1)):
        worker.app.now = START + after
        assert worker.value("sla_overdue_unfired_clocks", **FIRST) == unfired
    worker.reach(START + 2 * HOUR)
    assert worker.value("sla_overdue_clocks", **FIRST) == 1
    assert worker.value("sla_overdue_unfired_clocks", **FIRST) == 0


def test_a_clock_paused_after_its_breach_is_still_overdue() -> None:
    """R15: it has no deadline while paused, and has missed the one it had."""
    worker = LookedAt()
    worker.hear(ticket("one"))
    worker.reach(START + 5 * HOUR)
    worker.hear(Changed("one", START + 5 * HOUR, 2, {"status": "pending"}))
    assert worker.value("sla_open_clocks", **TOTAL, state="paused") == 1
    assert worker.value("sla_overdue_clocks", **TOTAL) == 1


def test_remaining_is_active_time_on_the_clocks_schedule_now() -> None:
    """R22: a closed night takes nothing from what is left."""
    worker = LookedAt()
    worker.hear(ticket("one", at=START + 7 * HOUR, tier="standard"))  # 16:00, closes at 17:00
    standard = {"policy": "standard", "kind": "sla", "metric": "first_response"}
    name = "sla_open_clock_remaining_seconds"
    for after, left in ((0, 4 * HOUR), (30 * MINUTE, 3.5 * HOUR), (12 * HOUR, 3 * HOUR)):
        worker.app.now = START + 7 * HOUR + after
        assert worker.value(f"{name}_gsum", **standard) == left / 1000
    assert worker.value(f"{name}_gcount", **standard) == 1
    assert worker.value(f"{name}_bucket", **standard, le="7200.0") == 0
    assert worker.value(f"{name}_bucket", **standard, le="14400.0") == 1
    worker.app.now += 2 * DAY
    assert worker.value(f"{name}_bucket", **standard, le="0.0") == 1
    assert worker.value(f"{name}_gsum", **standard) == -13 * 3600


def test_remaining_stands_still_while_paused() -> None:
    """R15: active time stands still."""
    worker = LookedAt()
    worker.hear(ticket("one"), Changed("one", START + HOUR, 2, {"status": "pending"}))
    worker.app.now = START + 3 * DAY
    assert worker.value("sla_open_clock_remaining_seconds_gsum", **TOTAL) == 3 * 3600


def test_compliance_is_exact_over_each_window_and_absent_without_an_outcome() -> None:
    """R26: met / (met + breached) over the cycles whose outcome lies in the window."""
    worker = LookedAt()
    assert worker.value("sla_compliance_ratio", **FIRST, window="1d") is None
    assert worker.value("sla_compliance_cycles", **FIRST, window="1d", outcome="met") == 0
    for number in range(4):
        at = START + number * 2 * DAY
        worker.reach(at)
        worker.hear(ticket(f"t{number}", at))
        if number:
            worker.hear(Messaged(f"t{number}", at + MINUTE, 2, "agent"))
    worker.reach(START + 6 * DAY + HOUR)
    assert worker.value("sla_compliance_ratio", **FIRST, window="1d") == 1
    assert worker.value("sla_compliance_ratio", **FIRST, window="7d") == 0.75
    assert worker.value("sla_compliance_cycles", **FIRST, window="7d", outcome="breached") == 1
    worker.app.now = START + 8 * DAY
    assert worker.value("sla_compliance_ratio", **FIRST, window="1d") is None
    assert worker.value("sla_compliance_ratio", **FIRST, window="7d") == 1
    assert worker.value("sla_compliance_ratio", **FIRST, window="30d") == 0.75


def test_a_breach_that_was_taken_back_leaves_the_rate() -> None:
    """R7, R26: the counters keep it, the exact rate does not."""
    worker = LookedAt()
    worker.hear(ticket("one"))
    worker.reach(START + 2 * HOUR)
    assert worker.value("sla_compliance_ratio", **FIRST, window="1d") == 0
    worker.hear(Messaged("one", START + MINUTE, 2, "agent"))
    assert worker.value("sla_compliance_ratio", **FIRST, window="1d") == 1


def test_an_accounts_month_and_the_one_before_are_shown() -> None:
    """R31: cycles by outcome and what lateness has earned, from 0; what is taken back leaves."""
    worker = LookedAt()
    acme = {"account": "acme"}
    for month in ("current", "previous"):
        assert worker.value("sla_contract_late_credit_ratio", **acme, month=month) == 0
        for outcome in ("met", "breached"):
            cycles = {"month": month, "outcome": outcome}
            assert worker.value("sla_contract_cycles", **acme, **cycles) == 0
    worker.hear(ticket("one"), ticket("two"))
    worker.hear(Messaged("one", START + MINUTE, 2, "agent"))
    worker.reach(START + 2 * HOUR)

    def shown(month: str) -> tuple[float | None, ...]:
        late = worker.value("sla_contract_late_credit_ratio", **acme, month=month)
        met, breached = (
            worker.value("sla_contract_cycles", **acme, month=month, outcome=outcome)
            for outcome in ("met", "breached")
        )
        return met, breached, late

    assert (shown("current"), shown("previous")) == ((1, 1, 0.02), (0, 0, 0))
    worker.app.now = parse("2026-04-01T00:00:00Z")
    assert (shown("current"), shown("previous")) == ((0, 0, 0), (1, 1, 0.02))
    worker.hear(Messaged("two", START + MINUTE, 2, "agent"))
    assert (shown("current"), shown("previous")) == ((0, 0, 0), (2, 0, 0))
    worker.app.now = parse("2026-05-01T00:00:00Z")
    assert (shown("current"), shown("previous")) == ((0, 0, 0), (0, 0, 0))


def test_a_month_begins_where_the_contracts_schedule_is() -> None:
    """R31: for an account of Paris, April begins two hours before it does in UTC."""
    policies = load(
        "version: 1\n"
        "schedules: {paris: {time_zone: Europe/Paris, hours: {mon-sun: 00:00-24:00}}}\n"
        "policies:\n"
        "  - name: p\n"
        "    schedule: paris\n"
        "    targets: {first_response: {default: 1h}}\n"
        "    contract: {account: a, monthly_fee: 1, currency: EUR, cap: 5%}\n"
        "  - name: q\n"
        "    kind: olo\n"
        "    schedule: 24x7\n"
        "    targets: {first_response: {default: 1h}}\n"
        "    contract: {account: a, monthly_fee: 1, currency: EUR, cap: 5%}\n"
    )
    worker = LookedAt(policies)
    before = parse("2026-03-31T20:00:00Z")
    worker.hear(ticket("one", before))
    worker.hear(Messaged("one", before + MINUTE, 2, "agent"))
    met = {"account": "a", "outcome": "met"}
    for at, present, previous in (
        (parse("2026-03-31T21:59:59.999Z"), 2, 0),
        (parse("2026-03-31T22:00:00Z"), 0, 2),
    ):
        worker.app.now = at
        assert worker.value("sla_contract_cycles", **met, month="current") == present
        assert worker.value("sla_contract_cycles", **met, month="previous") == previous


def test_the_work_is_shown() -> None:
    """Interfaces: lag, state, recovery, versions, objective."""
    worker = busy()
    assert worker.value("sla_consumer_lag_records", partition="0") == 10
    assert worker.value("sla_partition_ready", partition="1") == 0
    assert worker.value("sla_reached_timestamp_seconds", partition="0") == START / 1000
    assert worker.value("sla_reached_timestamp_seconds", partition="1") is None
    assert worker.value("sla_objective_ratio", policy="premium", kind="sla") == 0.9
    assert worker.value("sla_policy_info", version=POLICIES.version) == 1
    assert worker.total("sla_build_info", version=__version__, faust="0.15.3") == 1
    assert worker.value("sla_transactions_total") == 2
    worker.app.said = Readiness(False, "recovering", "rows")  # noqa: FBT003
    states = {state: worker.value("sla_worker_state", state=state) for state in STATES}
    assert states == {state: float(state == "recovering") for state in STATES}


def test_every_commit_is_observed_once() -> None:
    """The durations are taken on a scrape; the next one adds to them."""
    worker = LookedAt()
    worker.app.stats.committed(0.02, 1)
    assert worker.value("sla_commit_seconds_count") == 1
    assert worker.value("sla_commit_seconds_count") == 1
    worker.app.stats.committed(0.2, 1)
    assert worker.value("sla_commit_seconds_bucket", le="0.02") == 1
    assert worker.value("sla_commit_seconds_count") == 2


def test_what_became_of_former_owners_and_what_is_uncommitted_is_shown() -> None:
    """R8: from 0; of several partitions the oldest change counts."""
    worker = LookedAt()
    names = (
        "sla_transactions_aborted_total",
        "sla_producers_fenced_total",
        "sla_uncommitted_seconds",
    )
    assert [worker.value(name) for name in names] == [0, 0, 0]
    worker.app.stats.aborted, worker.app.stats.fenced = 1, 4
    worker.app.parts = [
        PartitionStats(number, True, 0, 0, START, 0, seconds)  # noqa: FBT003
        for number, seconds in enumerate((0.5, 2.5, 0.0))
    ]
    assert [worker.value(name) for name in names] == [1, 4, 2.5]


def test_clocks_of_one_ticket_are_each_counted_on_by_their_own_version() -> None:
    """R18, R17: one on the office hours of the old policies, one round the clock on the new."""
    worker = LookedAt()
    worker.hear(ticket("one", tier="standard"))
    newer = replace(
        POLICIES,
        version="newer",
        policies=(
            replace(
                POLICIES.policies[1],
                schedule=POLICIES.schedules["always"],
                targets={"agent_work": {"default": Active(8 * HOUR)}},
            ),
        ),
    )
    worker.engine.versions.adopt(Adoption(0, POLICIES.version))
    worker.engine.versions.adopt(Adoption(START + 1, "newer"), newer)
    worker.hear(Messaged("one", START + MINUTE, 2, "customer"))
    versions = [clock.version for clock in worker.tickets["one"].open_clocks()]
    assert versions == [POLICIES.version, "newer"]
    worker.app.now = START + 9 * HOUR  # 18:00, the office closed at 17:00
    left = "sla_open_clock_remaining_seconds_gsum"
    on = {"policy": "standard", "kind": "sla"}
    assert worker.value(left, **on, metric="first_response") == (4 - 8) * HOUR / 1000
    assert worker.value(left, **on, metric="agent_work") == (8 - 9) * HOUR / 1000


@pytest.mark.parametrize("accept", ["", OPENMETRICS])
def test_all_that_is_declared_is_exposed_as_declared(accept: str) -> None:
    """Style: metrics are declared once; the exposition has their types and labels, no others."""
    body, _ = expose(busy().registry, accept, "")
    parse = openmetrics.text_string_to_metric_families if accept else text_string_to_metric_families
    families = {family.name: family for family in parse(body.decode())}
    for declared in DECLARED:
        family = families.pop(declared.family().name, None) or families.pop(declared.name)
        labels = {name for one in family.samples for name in one.labels} - {"le"}
        assert labels == set(declared.labels), declared.name
        assert family.documentation == declared.help
        if accept:
            assert family.type == declared.kind.replace(" ", "")
            assert family.unit == declared.unit
    left = set(families) - {"sla_open_clock_remaining_seconds_gsum"}
    assert left - {"sla_open_clock_remaining_seconds_gcount"} == set()


def test_the_names_of_the_spec_are_declared() -> None:
    """Interfaces: Prometheus, names."""
    declared_labels = {declared.name: declared.labels for declared in DECLARED}
    for name, labels in OF_THE_SPEC.items():
        assert set(declared_labels[name]) >= set(labels), name
    assert len({declared.name for declared in DECLARED}) == len(DECLARED)


def test_every_counter_begins_at_0() -> None:
    """Interfaces: each is there before anything has happened, or its first step is no increase."""
    families = {family.name: family.samples for family in LookedAt().registry.collect()}
    for declared in DECLARED:
        if declared.kind in ("counter", "histogram"):
            samples = families[declared.name.removesuffix("_total")]
            assert samples, declared.name
            assert not any(sample.value for sample in samples), declared.name


def test_names_and_help_keep_to_the_house() -> None:
    """Interfaces: base units, `sla_` names, described, never a ticket in a label."""
    for declared in DECLARED:
        assert declared.name.startswith("sla_")
        assert declared.name.endswith("_total") == (declared.kind == "counter")
        assert declared.unit in {"", "seconds", "ratio"}
        assert declared.unit in declared.name
        assert declared.help.endswith(".")
        assert "ticket" not in declared.labels
        assert list(declared.buckets) == sorted(declared.buckets)


def test_the_documentation_is_the_table() -> None:
    """Style: docs/metrics.md is written by `python -m streams.worker.metrics`."""
    assert DOCS.read_text(encoding="utf-8") == metrics.markdown()


def test_a_registry_learns_the_names_without_measuring() -> None:
    """A worker that is not complete yet must be able to register its collector."""

    class Half:
        engine, app = LookedAt().engine, LookedAt().app

    registry = CollectorRegistry()
    registry.register(Collector(Half()))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="Duplicated timeseries"):
        metrics.COMMITS.counter(registry)


@pytest.mark.parametrize("accept", ["", "text/plain; version=1.0.0"])
def test_promtool_has_nothing_to_say(accept: str) -> None:
    """Interfaces: Prometheus' own linter is silent."""
    body, _ = expose(busy().registry, accept, "")
    assert lint(body) == ""

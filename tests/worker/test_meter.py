"""What the meter counts, and that nobody can make it count without end."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from streams.sla.events import Changed, Created, Deleted, Messaged
from streams.sla.facts import Fact
from streams.wire.ticket_events import REASONS
from streams.worker.labels import LIMIT, LONGEST
from streams.worker.meter import CAUSES, EVENT_TYPES, OUTCOMES, RESULTS, Meter
from tests.worker.looked_at import HOUR, KNOWN, MINUTE, POLICIES, START, LookedAt

TEAM = {"tier": "premium", "priority": "high", "channel": "email", "team": "billing"}
ON = {"policy": "premium", "kind": "sla"}


def created(at: int = START, key: int = 1, **attributes: Any) -> Created:
    """Give the creation of ticket 4711."""
    return Created("4711", at, key, {**TEAM, **attributes})


def reply(at: int, key: int = 2) -> Messaged:
    """Give an agent's public answer on it."""
    return Messaged("4711", at, key, "agent")


def status(word: str, at: int, key: int) -> Changed:
    """Give a change of its status."""
    return Changed("4711", at, key, {"status": word})


def samples(registry: CollectorRegistry, name: str) -> list[dict[str, str]]:
    """Give the label sets of a sample name."""
    return [
        sample.labels
        for metric in registry.collect()
        for sample in metric.samples
        if sample.name == name
    ]


def test_a_met_cycle_counts_at_its_fulfilment_under_its_attributes() -> None:
    """R26, R16: met at the fulfilment, reported under the attributes it had."""
    worker = LookedAt()
    worker.hear(created(), reply(START + 45 * MINUTE))
    labels = {**TEAM, **ON, "metric": "first_response"}
    assert worker.value("sla_clocks_closed_total", **labels, outcome="met") == 1
    assert worker.value("sla_clocks_closed_total", **labels, outcome="breached") == 0
    assert worker.value("sla_target_used_ratio_sum", **ON, metric="first_response") == 0.75
    at = {"le": "0.75"}
    assert worker.value("sla_target_used_ratio_bucket", **ON, **at, metric="first_response") == 1


def test_a_breach_counts_when_it_happens_and_its_fulfilment_no_more() -> None:
    """R26: a cycle is counted once, breached at the breach, even while the ticket stays open."""
    worker = LookedAt()
    worker.hear(created())
    worker.reach(START + 2 * HOUR)
    mine = {**ON, "metric": "first_response"}
    assert worker.total("sla_clocks_closed_total", **mine, outcome="breached") == 1
    assert worker.total("sla_breaches_total", **mine, cause="deadline_passed", team="billing") == 1
    worker.hear(reply(START + 3 * HOUR))
    assert worker.total("sla_clocks_closed_total", **mine) == 1
    assert worker.value("sla_target_used_ratio_count", **mine) == 1


def test_a_cancelled_cycle_is_counted_apart() -> None:
    """R20, R26: a deleted ticket's clocks are cancelled, neither met nor breached."""
    worker = LookedAt()
    worker.hear(created(), Deleted("4711", START + MINUTE, 2, "spam"))
    assert worker.total("sla_clocks_closed_total", outcome="cancelled") == 3
    assert worker.total("sla_clocks_closed_total") == 3


def test_a_breached_cycle_that_is_cancelled_is_not_counted_twice() -> None:
    """R26: once."""
    worker = LookedAt()
    worker.hear(created())
    worker.reach(START + 5 * HOUR)
    worker.hear(Deleted("4711", START + 6 * HOUR, 2))
    assert worker.total("sla_clocks_closed_total", outcome="breached") == 3
    assert worker.total("sla_clocks_closed_total", outcome="cancelled") == 0


def test_a_breach_names_its_cause() -> None:
    """R16: a target that was tightened past the elapsed time."""
    worker = LookedAt()
    worker.hear(created(), Changed("4711", START + 20 * MINUTE, 2, {"priority": "urgent"}))
    assert worker.total("sla_breaches_total", cause="target_tightened", priority="urgent") == 1
    assert worker.total("sla_breaches_total") == 1


def test_warnings_count_by_level() -> None:
    """R21: at 50 % without a level, at 80 % with level 1."""
    worker = LookedAt()
    worker.hear(created())
    worker.reach(START + 49 * MINUTE)
    mine = {**ON, "metric": "first_response"}
    assert worker.value("sla_warnings_total", **mine, level="") == 1
    assert worker.value("sla_warnings_total", **mine, level="1") == 1


def test_a_reopen_after_a_met_resolution_is_counted() -> None:
    """R29: quality beside speed."""
    worker = LookedAt()
    mine = {**ON, "metric": "total_resolution"}
    worker.hear(created(), status("solved", START + HOUR, 2))
    assert worker.value("sla_reopened_after_met_total", **mine) == 0
    worker.hear(status("open", START + 2 * HOUR, 3))
    assert worker.value("sla_reopened_after_met_total", **mine) == 1


def test_a_breach_taken_back_is_a_retraction() -> None:
    """R7: a late answer shows that there was no breach; what it corrects is counted by type."""
    worker = LookedAt()
    worker.hear(created())
    worker.reach(START + 2 * HOUR)
    worker.hear(reply(START + 20 * MINUTE))
    taken_back = [fact for fact in worker.facts if fact.type == "breach_retracted"]
    assert len(taken_back) == 2
    assert worker.value("sla_retractions_total") == 2
    assert worker.value("sla_corrections_total", type="breach_retracted") == 2
    assert worker.value("sla_corrections_total", type="fulfilled") == 2
    assert worker.total("sla_breaches_total") == 2, "counters do not go down"


def test_what_is_known_begins_at_0() -> None:
    """Interfaces: known label sets start at 0, so that the first breach is an increase."""
    worker = LookedAt()
    for (policy, kind, metric), outcome in product(KNOWN, OUTCOMES):
        mine = {"policy": policy, "kind": kind, "metric": metric}
        attributes = dict.fromkeys(("priority", "channel", "tier", "team"), "")
        found = worker.value("sla_clocks_closed_total", **mine, **attributes, outcome=outcome)
        assert found == 0
        assert worker.value("sla_target_used_ratio_count", **mine) == 0
        assert worker.value("sla_reopened_after_met_total", **mine) == 0
        for cause in CAUSES:
            assert worker.value("sla_breaches_total", **mine, **attributes, cause=cause) == 0
    for reason in REASONS:
        assert worker.value("sla_dlq_records_total", reason=reason) == 0
    for type_, result in product(EVENT_TYPES, RESULTS):
        assert worker.value("sla_ticket_events_total", type=type_, result=result) == 0
    for name in (
        "sla_breach_unassigned_seconds_total",
        "sla_reopened_breaches_total",
    ):
        assert worker.value(name, **ON, metric="first_response") == 0
    nobody = {**ON, "metric": "first_response", "team": ""}
    assert worker.value("sla_breach_team_seconds_total", **nobody) == 0
    for name in ("sla_retractions_total", "sla_unmatched_tickets_total", "sla_meter_errors_total"):
        assert worker.value(name) == 0
    assert worker.value("sla_timer_lateness_seconds_count") == 0
    for level in ("", "1"):
        first = {**ON, "metric": "first_response", "level": level}
        assert worker.value("sla_warnings_total", **first) == 0


def test_a_clock_that_starts_begins_its_series_at_0() -> None:
    """Interfaces: a team's label set is known as soon as it has a clock, before any outcome."""
    worker = LookedAt()
    worker.hear(created())
    labels = {**TEAM, **ON, "metric": "first_response"}
    assert worker.value("sla_clocks_closed_total", **labels, outcome="breached") == 0
    assert worker.value("sla_breaches_total", **labels, cause="deadline_passed") == 0


def test_events_and_dead_letters_and_lateness_are_counted(breach: Fact) -> None:
    """Interfaces: by type and result, by reason."""
    worker = LookedAt()
    worker.meter.events("ticket.created", "applied")
    worker.meter.events("ticket.unheard_of", "ignored")
    worker.meter.dead_letter("not_json")
    worker.meter.unmatched()
    worker.meter.lateness(0.3, breach)
    assert worker.value("sla_ticket_events_total", type="ticket.created", result="applied") == 1
    assert worker.value("sla_ticket_events_total", type="other", result="ignored") == 1
    assert worker.value("sla_dlq_records_total", reason="not_json") == 1
    assert worker.value("sla_unmatched_tickets_total") == 1
    assert worker.value("sla_timer_lateness_seconds_bucket", le="0.25") == 0
    assert worker.value("sla_timer_lateness_seconds_bucket", le="0.5") == 1


@pytest.fixture(scope="module")
def breach() -> Fact:
    """Give a real breach, to be told of again and again."""
    worker = LookedAt()
    worker.hear(created())
    worker.reach(START + 2 * HOUR)
    return next(fact for fact in worker.facts if fact.type == "breached")


@pytest.mark.parametrize("label", ["priority", "channel", "tier", "team"])
def test_ten_thousand_values_fold_to_other_and_are_counted(breach: Fact, label: str) -> None:
    """Interfaces: label values are bounded, what exceeds the bound folds, nothing is lost."""
    worker = LookedAt()
    for number in range(10_000):
        worker.meter.fact(replace(breach, attributes={**TEAM, label: f"value {number}"}, causes=()))
    values = {labels[label] for labels in samples(worker.registry, "sla_breaches_total")}
    ours = {value for value in values if value.startswith("value ")}
    assert len(ours) == LIMIT
    assert "other" in values
    assert worker.total("sla_breaches_total") == 10_000
    assert worker.total("sla_breaches_total", **{label: "other"}) == 10_000 - LIMIT
    assert worker.value("sla_label_values_folded_total", label=label) == 10_000 - LIMIT


def test_what_the_policies_name_has_its_place_whatever_comes_first(breach: Fact) -> None:
    """Interfaces: a flood of strange tiers does not fold the one that was promised something."""
    worker = LookedAt()
    for number in range(200):
        worker.meter.fact(replace(breach, attributes={"tier": f"strange {number}"}))
    worker.meter.fact(replace(breach, attributes={"tier": "premium", "priority": "urgent"}))
    assert worker.total("sla_breaches_total", tier="premium", priority="urgent") == 1


def test_combinations_are_bounded_too(breach: Fact) -> None:
    """Interfaces: fifty values in each of four labels would be six million series."""
    worker = LookedAt(sets=100)
    for number in range(5_000):
        digits = {name: str(number // 9**place % 9) for place, name in enumerate(TEAM)}
        worker.meter.fact(replace(breach, attributes=digits))
    found = samples(worker.registry, "sla_breaches_total")
    combinations = {tuple(labels[name] for name in TEAM) for labels in found}
    assert len(combinations) <= 101
    assert worker.total("sla_breaches_total") == 5_000
    assert worker.total("sla_breaches_total", team="other", channel="other") == worker.value(
        "sla_label_values_folded_total", label="label_set"
    )


def test_policies_levels_causes_and_reasons_are_bounded_too(breach: Fact) -> None:
    """Interfaces: whatever makes a label is bounded."""
    worker = LookedAt(limit=10)
    warning = replace(breach, type="breach_imminent", threshold="50%")
    for number in range(1_000):
        worker.meter.fact(replace(breach, policy=f"p{number}", reason=f"r{number}"))
        worker.meter.fact(replace(warning, level=number + 10))
        worker.meter.dead_letter(f"reason {number}")
        worker.meter.events("ticket.created", f"result {number}")
    for name, label in (
        ("sla_breaches_total", "policy"),
        ("sla_breaches_total", "cause"),
        ("sla_warnings_total", "level"),
        ("sla_dlq_records_total", "reason"),
        ("sla_ticket_events_total", "result"),
    ):
        values = {labels[label] for labels in samples(worker.registry, name)}
        assert "other" in values
        assert len(values) <= 10 + len(REASONS) + 2, name
    assert worker.total("sla_breaches_total") == 1_000


@pytest.mark.parametrize(
    ("value", "label"),
    [
        (None, ""),
        (True, "true"),
        (3, "3"),
        (1.5, "1.5"),
        (("a", "b"), "a,b"),
        ('a "quoted" \\ word', 'a "quoted" \\ word'),
        ("Ärger mit Käse", "Ärger mit Käse"),
        ("two\nlines", "other"),
        ("\x00", "other"),
        ("\ud800", "other"),
        ("x" * (LONGEST + 1), "other"),
    ],
)
def test_any_attribute_becomes_a_label_that_can_be_read_back(
    breach: Fact, value: Any, label: str
) -> None:
    """R19: attributes are whatever events carried."""
    worker = LookedAt()
    worker.meter.fact(replace(breach, attributes={**TEAM, "team": value}))
    text = generate_latest(worker.registry).decode()
    teams = {
        sample.labels["team"]
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "sla_breaches_total" and sample.value == 1
    }
    assert teams == {label}
    assert worker.value("sla_meter_errors_total") == 0


def test_no_label_holds_a_tickets_id() -> None:
    """Interfaces: no ticket id, ever."""
    worker = LookedAt()
    worker.hear(created())
    worker.reach(START + 5 * HOUR)
    worker.hear(reply(START + 20 * MINUTE), status("solved", START + 6 * HOUR, 9))
    labels = {
        value
        for metric in worker.registry.collect()
        for sample in metric.samples
        for value in sample.labels.values()
    }
    assert len(labels) > 30
    assert "4711" not in labels


def test_the_time_of_breached_cycles_adds_up_to_their_elapsed_time() -> None:
    """R28: by team, and before assignment; in active seconds, up to the breach."""
    worker = LookedAt()
    worker.hear(
        created(team=None),
        Changed("4711", START + 10 * MINUTE, 2, {"team": "billing"}),
        Changed("4711", START + 25 * MINUTE, 3, {"team": "network", "assignee": "Ann"}),
    )
    worker.reach(START + 5 * HOUR)
    first = {**ON, "metric": "first_response"}
    seconds = {
        team: worker.value("sla_breach_team_seconds_total", **first, team=team)
        for team in ("", "billing", "network")
    }
    assert seconds == {"": 600, "billing": 900, "network": 2100}
    assert worker.value("sla_breach_unassigned_seconds_total", **first) == 1500
    elapsed = sum(fact.elapsed for fact in worker.facts if fact.type == "breached")
    assert worker.total("sla_breach_team_seconds_total") == elapsed / 1000
    assert elapsed == 5.5 * HOUR
    assert worker.total("sla_reopened_breaches_total") == 0


def test_a_breach_after_a_reopening_counts_as_such() -> None:
    """R28: how often the ticket had been taken up again is part of why."""
    worker = LookedAt()
    worker.hear(created(), reply(START + MINUTE), status("solved", START + HOUR, 3))
    worker.hear(status("open", START + 2 * HOUR, 4))
    worker.reach(START + 6 * HOUR)
    total = {**ON, "metric": "total_resolution"}
    assert worker.value("sla_reopened_breaches_total", **total) == 1
    assert worker.total("sla_reopened_breaches_total") == 1


def test_what_another_version_promises_begins_at_0_once_it_is_adopted() -> None:
    """R18: its names have their place, and every counter its 0."""
    worker = LookedAt()
    policy = replace(
        POLICIES.policies[0],
        name="platinum",
        match={"team": frozenset({"night", 7})},
        warnings=(replace(POLICIES.policies[0].warnings[0], level=7),),
    )
    for number in range(LIMIT):
        fact_of = {"team": f"strange {number}"}
        worker.meter.expect(KNOWN[0], fact_of)
    worker.meter.begin(replace(POLICIES, policies=(policy,)))
    zero = dict.fromkeys(begun(worker.registry, "premium"), 0.0)
    assert begun(worker.registry, "platinum") == zero
    assert worker.value("sla_warnings_total", **clock_of("platinum"), level="7") == 0
    for team in ("night", "7"):
        worker.meter.expect(("platinum", "sla", "first_response"), {"team": team})
        mine = {**clock_of("platinum"), "team": team}
        assert worker.value("sla_breach_team_seconds_total", **mine) == 0


def test_an_open_clock_of_a_policy_that_is_no_more_begins_at_0_too() -> None:
    """R18: it keeps its version, which a worker that takes it over later does not start with."""
    worker = LookedAt()
    worker.meter.expect(("former", "sla", "first_response"), {"team": "night"})
    found = begun(worker.registry, "former")
    assert found == dict.fromkeys(begun(worker.registry, "premium"), 0.0)
    assert worker.value("sla_warnings_total", **clock_of("former"), level="1") == 0


def begun(registry: CollectorRegistry, policy: str) -> dict[str, float]:
    """Give the highest value by name of what is counted of a policy."""
    found: dict[str, float] = {}
    for family in registry.collect():
        if family.type in ("counter", "histogram"):
            for one in family.samples:
                if one.labels.get("policy") == policy:
                    found[one.name] = max(found.get(one.name, 0.0), one.value)
    return found


def clock_of(policy: str) -> dict[str, str]:
    """Give the labels of the first response under a policy."""
    return {"policy": policy, "kind": "sla", "metric": "first_response"}


def test_what_the_policies_name_is_not_folded_where_combinations_are_too_many(
    breach: Fact,
) -> None:
    """Interfaces: only what strangers say folds; all of it only where even that is too much."""
    worker = LookedAt(sets=100)
    for number in range(2_000):
        digits = {name: str(number // 9**place % 9) for place, name in enumerate(TEAM)}
        worker.meter.fact(replace(breach, attributes=digits))
    named = {"tier": "premium", "priority": "urgent"}
    before = worker.value("sla_label_values_folded_total", label="label_set")
    worker.meter.fact(replace(breach, attributes=named))
    assert worker.total("sla_breaches_total", **named, team="", channel="") == 1
    assert worker.value("sla_label_values_folded_total", label="label_set") == before
    worker.meter.fact(replace(breach, attributes={**named, "team": "5", "channel": "never"}))
    assert worker.total("sla_breaches_total", **named, team="other", channel="other") == 1
    assert worker.value("sla_label_values_folded_total", label="label_set") == (before or 0) + 1


def test_even_what_is_named_has_an_end(breach: Fact) -> None:
    """Interfaces: a file that names a hundred of each cannot fill a Prometheus either."""
    names = frozenset(f"name {number}" for number in range(100))
    policy = replace(POLICIES.policies[0], match=dict.fromkeys(("tier", "team", "channel"), names))
    worker = LookedAt(replace(POLICIES, policies=(policy,)), sets=50)
    for number in range(500):
        said = {"tier": f"name {number % 100}", "team": f"name {number // 100}"}
        worker.meter.fact(replace(breach, attributes=said))
    found = samples(worker.registry, "sla_breaches_total")
    assert len({tuple(labels[name] for name in TEAM) for labels in found}) <= 2 * 50 + 1
    assert worker.total("sla_breaches_total") == 500


def test_an_observation_that_fails_is_counted_and_stops_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The meter never raises: in a unit of work that would end the process."""
    registry = CollectorRegistry()
    meter = Meter(registry, POLICIES)
    meter.fact(None)  # type: ignore[arg-type]
    meter.lateness("late", None)  # type: ignore[arg-type]
    assert registry.get_sample_value("sla_meter_errors_total") == 2
    assert "could not count fact" in caplog.text

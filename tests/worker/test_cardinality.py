"""Ten thousand strangers at once cannot fill a Prometheus (Interfaces: bounded labels)."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from typing import Any

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from streams.policies import load
from streams.process.exposition import expose
from streams.worker.labels import LIMIT, LONGEST, OTHER, SETS
from streams.worker.meter import CAUSES, OUTCOMES
from tests.prometheus import lint
from tests.worker.looked_at import HOUR, START
from tests.worker.test_collector import OPENMETRICS
from tests.worker.test_processor import Bench

POLICIES = load(
    """
version: 1
schedules: {always: 24x7}
policies:
  - name: premium
    match: {tier: premium, team: [night, 7]}
    schedule: always
    targets: {first_response: {urgent: 15m, default: 1h}}
  - {name: rest, schedule: always, targets: {first_response: {default: 1h}}}
"""
)
NAMED = {"tier": {"premium"}, "team": {"night", "7"}, "priority": {"urgent", "default"}}
ATTRIBUTES = ("priority", "channel", "tier", "team")
TICKETS = 10_000
HOSTILE = (
    'a "quoted" {}',
    "line\n{}",
    "back\\slash {}",
    "\u202e{} tsal",
    "\u05e9\u05dc\u05d5\u05dd {}",
    "zero\x00{}",
    "bell\x07{}",
    '",le="{}" 1\n# EOF',
    "\U0001f600 {}",
    "{}" + "x" * 10_000,
    "half a letter \ud800 {}",
)
Attributes = dict[str, Any]


@pytest.fixture(scope="module")
def attacked() -> tuple[Bench, list[Attributes]]:
    """Give a worker after the attack, and what tickets came to carry that were understood."""
    bench, dice, told = Bench(POLICIES), random.Random(1), list[Attributes]()
    for number in range(TICKETS):
        # At first each value is new; of those that found a place every combination follows.
        new = number < TICKETS // 2
        attributes: Attributes = {
            name: f"{name} {number if new else dice.randrange(LIMIT)}" for name in ATTRIBUTES
        }
        if number % 2 and new:
            attributes = {
                name: dice.choice(HOSTILE).format(value) for name, value in attributes.items()
            }
        if number % 10 == 9:
            named = {"tier": "premium", "team": dice.choice(("night", 7))}
            attributes |= named | {"priority": dice.choice(("urgent", "default"))}
        if number == 0:
            attributes["team"] = [f"list {number}", 1, None, True]
        bench.hear(f"ticket {number}", "created", START, **attributes)
        if "\ud800" not in "".join(map(str, attributes.values())):
            told.append(attributes)
    bench.processor.publish_statuses(bench.part)
    while bench.processor.tick(bench.part, START + 2 * HOUR):
        pass
    return bench, told


def values(bench: Bench) -> dict[str, set[str]]:
    """Give the values of each label on the page."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for family in bench.registry.collect():
        for sample in family.samples:
            for name, value in sample.labels.items():
                found[name].add(value)
    return found


def breaches(bench: Bench, *labels: str) -> Counter[tuple[str, ...]]:
    """Add up the breaches by labels."""
    counted: Counter[tuple[str, ...]] = Counter()
    for family in bench.registry.collect():
        for sample in family.samples:
            if sample.name == "sla_breaches_total":
                counted[tuple(sample.labels[name] for name in labels)] += round(sample.value)
    return +counted


def test_each_label_has_its_bound_and_no_value_is_a_text(
    attacked: tuple[Bench, list[Attributes]],
) -> None:
    """Interfaces: fifty that nobody named, what the policies name, none, and `other`."""
    bench, _ = attacked
    found = values(bench)
    for name in ATTRIBUTES:
        strange = found[name] - NAMED.get(name, set()) - {"", OTHER}
        assert len(strange) == LIMIT, name
    assert max(len(value) for one in found.values() for value in one) <= LONGEST
    assert not any("\x00" in value or "\n" in value for one in found.values() for value in one)


def test_nothing_is_lost_and_all_that_folds_is_counted(
    attacked: tuple[Bench, list[Attributes]],
) -> None:
    """Interfaces: each ticket was breached once; a flood is seen in a counter."""
    bench, told = attacked
    assert breaches(bench) == {(): len(told)}
    assert TICKETS / 2 < len(told) < TICKETS
    assert bench.value("sla_dlq_records_total", reason="not_json") == TICKETS - len(told)
    for label in (*ATTRIBUTES, "label_set"):
        assert (bench.value("sla_label_values_folded_total", label=label) or 0) > 1_000, label
    assert bench.value("sla_meter_errors_total") == 0


def test_what_the_policies_name_was_never_folded(
    attacked: tuple[Bench, list[Attributes]],
) -> None:
    """Interfaces: the one that was promised something keeps its place in the flood."""
    bench, told = attacked
    names = ("tier", "team", "priority")
    wanted = Counter(
        tuple(str(one[name]) for name in names) for one in told if one["tier"] == "premium"
    )
    assert len(wanted) == 4
    found = breaches(bench, *names)
    assert {name: found[name] for name in wanted} == wanted
    assert not any("premium" in one for one in found.keys() - wanted.keys())


@pytest.mark.parametrize("accept", ["", OPENMETRICS])
def test_the_page_is_bounded_and_legible(
    attacked: tuple[Bench, list[Attributes]], accept: str
) -> None:
    """Interfaces: so many series and bytes, and no more whatever else comes."""
    bench, _ = attacked
    body, _ = expose(bench.registry, accept, "")
    lines = [line for line in body.decode().splitlines() if not line.startswith("#")]
    per_set = len(OUTCOMES) + len(CAUSES)
    by_set = [line for line in lines if line.startswith(("sla_clocks_closed", "sla_breaches"))]
    assert per_set * SETS <= len(by_set) <= per_set * (SETS + 100)
    assert len(lines) - len(by_set) < 700
    assert len(body) < 4_000_000
    if accept:
        assert list(text_string_to_metric_families(body.decode()))
    else:
        assert lint(body) == ""

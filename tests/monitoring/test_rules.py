"""The rules for Prometheus are valid, fire when they must, and are in the runbook."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import CollectorRegistry

from streams.gateway import metrics as gateway
from streams.notify import metrics as notify
from streams.worker.metrics import COUNTED, MEASURED, Declared
from tests.conftest import ROOT
from tests.monitoring import RULES
from tests.prometheus import promtool

CASES = sorted((Path(__file__).parent / "cases").glob("*.yml"))
RUNBOOK = (ROOT / "docs/runbook.md").read_text("utf-8")
GROUPS: dict[str, list[dict[str, Any]]] = {
    group["name"]: group["rules"]
    for path in RULES
    for group in yaml.safe_load(path.read_text("utf-8"))["groups"]
}
EVERY = [rule for rules in GROUPS.values() for rule in rules]
ALERTS = [rule for rule in EVERY if "alert" in rule]
NAMES = sorted({rule["alert"] for rule in ALERTS})

OF_OTHERS = {"up", "process_start_time_seconds"}
"""Metrics that Prometheus and its client library add."""
TARGETS = {"job", "instance"}
WORDS = {"and", "or", "unless", "offset"}
GROUPING = r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)"
SUFFIXES = {
    "histogram": ("_bucket", "_count", "_sum"),
    "gauge histogram": ("_bucket", "_gcount", "_gsum"),
}

each_alert = pytest.mark.parametrize("name", NAMES)


def names_in(expression: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Give each metric of an expression, and the labels that it is selected by."""
    bare = re.sub(GROUPING, " ", re.sub(r"#.*", "", expression))
    for found in re.finditer(r"([a-zA-Z_:][\w:]*)\s*(\{[^}]*\})?(?!\w|\s*\()", _unquoted(bare)):
        name, selector = found.group(1), found.group(2) or ""
        if name not in WORDS and not re.fullmatch(r"e\d*", name):
            yield name, dict(re.findall(r"(\w+)\s*(=~|!=|!~|=)", selector))


def _unquoted(expression: str) -> str:
    """Empty the strings and drop the windows, in which letters are no names."""
    return re.sub(
        r"\[[^]]*\]|offset \w+|\b\d[\w.]*(-\d+)?", " ", re.sub(r'"[^"]*"', "", expression)
    )


def labels_of(declared: Declared) -> set[str]:
    """Give the labels that a sample of it has in Prometheus."""
    buckets = {"le"} if declared.kind in SUFFIXES else set()
    return TARGETS | buckets | set(declared.labels)


KNOWN = {
    declared.name + suffix: labels_of(declared)
    for declared in (*COUNTED, *MEASURED)
    for suffix in SUFFIXES.get(declared.kind, ("",))
}


def of_registry() -> dict[str, set[str]]:
    """Give the metrics of the gateway and the notifier, each with its labels."""
    registry = CollectorRegistry()
    gateway.Metrics(registry).begin("one")
    told = notify.Metrics(registry)
    told.begin_channel("chat", lambda: 0.0)
    told.begin_route("all", ["chat"])
    return {
        sample.name: TARGETS | set(sample.labels)
        for family in registry.collect()
        for sample in family.samples
    }


KNOWN |= of_registry()


def expected(name: str) -> Iterator[bool]:
    """Tell of each case for an alert whether it is to fire."""
    for path in CASES:
        for test in yaml.safe_load(path.read_text("utf-8"))["tests"]:
            for case in test.get("alert_rule_test", ()):
                if case["alertname"] == name:
                    yield bool(case["exp_alerts"])


def test_prometheus_accepts_the_rules() -> None:
    """Prometheus' own check: syntax, templates, and no rule twice."""
    said = promtool("check", "rules", "--lint=all", "--lint-fatal", *RULES)
    assert sum(map(int, re.findall(r"(\d+) rules found", said))) == len(EVERY)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_alerts_fire_when_they_must_and_not_when_they_must_not(path: Path) -> None:
    """Each in time, with what it says; the cases are files for `promtool test rules`."""
    promtool("test", "rules", path)


@each_alert
def test_each_alert_has_a_case_that_fires_and_one_that_does_not(name: str) -> None:
    """A check that cannot fail is a defect."""
    assert {True, False} <= set(expected(name))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_the_groups_of_a_case_have_an_order(path: Path) -> None:
    """Without one promtool draws it, and a case fails now and then."""
    case = yaml.safe_load(path.read_text("utf-8"))
    files = {file.resolve() for name in case["rule_files"] for file in path.parent.glob(name)}
    groups = [
        group["name"]
        for file in files
        for group in yaml.safe_load(file.read_text("utf-8"))["groups"]
    ]
    assert sorted(case["group_eval_order"]) == sorted(groups)


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_each_alert_says_what_how_bad_and_where_to_read_on(rule: dict[str, Any]) -> None:
    """A page gets somebody up, a ticket is for today; the link leads to the entry."""
    told = rule["annotations"]
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert set(told) == {"summary", "description", "runbook_url"}
    assert told["runbook_url"] == f"docs/runbook.md#{rule['alert'].lower()}"
    assert "\n" not in told["summary"]


def test_the_runbook_has_an_entry_for_each_alert_and_no_other() -> None:
    """Both directions; each says what it means, where to look and what to do."""
    entries = dict(re.findall(r"^### (\w+)\n(.*?)(?=^##|\Z)", RUNBOOK, re.MULTILINE | re.DOTALL))
    assert sorted(entries) == NAMES
    for name, entry in entries.items():
        for part in ("**Means**", "**Look**", "**Do**"):
            assert entry.count(part) == 1, (name, part)
        severities = {rule["labels"]["severity"] for rule in ALERTS if rule["alert"] == name}
        assert set(re.findall(r"\b(page|ticket)\b", entry.split("**Means**")[0])) == severities


def test_what_rules_ask_for_is_there() -> None:
    """Every metric is one of ours, with the labels that it has, or recorded by a rule."""
    recorded = {rule["record"] for rule in EVERY if "record" in rule}
    for rule in EVERY:
        for name, labels in names_in(rule["expr"]):
            if name in KNOWN:
                assert set(labels) <= KNOWN[name], (name, rule["expr"])
            else:
                assert name in recorded | OF_OTHERS, (name, rule["expr"])


def test_what_the_runbook_asks_for_is_there() -> None:
    """So too for the queries of the runbook."""
    recorded = {rule["record"] for rule in EVERY if "record" in rule}
    queries = re.findall(r"```promql\n(.*?)```", RUNBOOK, re.DOTALL)
    assert len(queries) > len(NAMES) / 2
    for query in queries:
        for name, labels in names_in(query):
            if name in KNOWN:
                assert set(labels) <= KNOWN[name], (name, query)
            else:
                assert name in recorded | OF_OTHERS, (name, query)


def test_a_name_that_is_none_is_seen() -> None:
    """The checks above can fail."""
    found = dict(names_in('sum by (job) (rate(sla_x_total{a="b", c=~"d"}[5m] offset 1h)) > 1e-9'))
    assert list(found) == ["sla_x_total"]
    assert set(found["sla_x_total"]) == {"a", "c"}


def test_what_is_recorded_is_named_level_metric_operations() -> None:
    """Prometheus' convention; the level is the labels that stay, beside the job."""
    for rule in EVERY:
        if "record" in rule:
            level, metric, operations = rule["record"].split(":")
            assert metric.startswith("sla_")
            assert operations
            assert set(level.split("_")) <= {
                *("job", "policy", "kind", "metric", "outcome"),
                *("partition", "reason", "week", "le"),
            }

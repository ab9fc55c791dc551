"""The rules derive from a policy's objective what `streams.sla.budget` does (R30)."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path

import yaml

from streams.sla.budget import Alert, Budget
from streams.sla.compliance import Tally
from tests.monitoring import RULES
from tests.prometheus import promtool

MONTH = 30 * 24
WINDOWS = {
    "1h": (1, Fraction(2, 100)),
    "6h": (6, Fraction(5, 100)),
    "1d": (24, Fraction(10, 100)),
    "3d": (3 * 24, Fraction(10, 100)),
    "30d": (MONTH, Fraction(1)),
}
"""By the name in rules: hours, and the share of a month's budget that is spent in them."""

WRITTEN = [
    *("0.1", "1", "10", "25", "50", "66.6", "75", "80", "85", "87.5", "90", "92.5", "95", "96"),
    *("96.4", "96.5", "97", "97.5", "98", "98.7", "99", "99.2", "99.5", "99.9", "99.95", "99.99"),
]
DRAWN = [str(random.Random(seed).randrange(1, 10_000) / 100) for seed in range(30)]
OBJECTIVES = [Fraction(percent) / 100 for percent in dict.fromkeys(WRITTEN + DRAWN)]
GROUPS = [
    "sla-objectives",
    "sla-cycles-counted",
    "sla-cycles-of-the-ledger",
    "sla-burn-factors",
    "sla-burn-alerts",
]
STEP, LOOK = 5, 365
"""Minutes: from sample to sample, and when is looked; cycles have their outcome at the last."""
BEFORE = [LOOK - minutes for minutes in (360, 120, 60, 30, 5)]
"""A counter is read where a window begins: then nothing is guessed at its ends."""
AT_ONCE = 500
"""Policies in one test: promtool refuses to look at more than 10,000 samples."""

MANY = 1_000_000
"""What counters began with: far from 0, where Prometheus would guess less."""

Also = Iterable[tuple[str, dict[str, str]]]
"""Further series by policy."""


def alert(objective: Fraction, window: str) -> Alert:
    """Derive the alert of a window."""
    budget = Budget.of(objective)
    assert budget is not None
    hours, share = WINDOWS[window]
    return budget.alert(hours, MONTH, share)


def close(objective: Fraction) -> Iterator[Tally]:
    """Give tallies about the borders of an objective's alerts: one cycle, one breach beside."""
    for window in WINDOWS:
        one = alert(objective, window)
        share = one.factor * one.budget.share
        for cycles in {*range(max(1, one.least - 1), one.least + 2), 3 * one.least + 7}:
            for breached in {int(cycles * share), int(cycles * share) + 1}:
                if breached <= cycles:
                    yield Tally(met=cycles - breached, breached=breached)
        if share.denominator < 100_000:  # just as fast as the factor
            times = -(-one.least // share.denominator)
            breached = times * share.numerator
            yield Tally(met=times * share.denominator - breached, breached=breached)


Case = tuple[str, Fraction, Tally]
CASES: list[Case] = [
    (f"p{number}", objective, tally)
    for number, (objective, tally) in enumerate(
        (objective, tally)
        for objective in OBJECTIVES
        for tally in {(t.met, t.breached): t for t in close(objective)}.values()
    )
]


def series(policy: str, objective: Fraction, tally: Tally) -> Iterator[dict[str, str]]:
    """Give a policy's objective and its cycles, by counters and by ledgers."""
    labels = f'job="sla", instance="a", policy="{policy}", kind="sla"'
    yield line(f"sla_objective_ratio{{{labels}}}", repr(float(objective)))
    for outcome, count in (("met", tally.met), ("breached", tally.breached)):
        cycles = f'{labels}, metric="m", outcome="{outcome}"'
        yield line(f"sla_clocks_closed_total{{{cycles}}}", repr(MANY + count), repr(MANY))
        for window in ("1d", "30d"):
            yield line(f'sla_compliance_cycles{{{cycles}, window="{window}"}}', repr(count))


def line(name: str, last: str, before: str = "_") -> dict[str, str]:
    """Write a series as promtool reads it."""
    values = [before if at in BEFORE else "_" for at in range(0, LOOK, STEP)]
    return {"series": name, "values": " ".join([*values, last])}


def judge(
    tmp_path: Path, cases: list[Case], asked: list[tuple[str, dict[str, float]]], also: Also = ()
) -> None:
    """Let promtool compare what each expression gives by policy with what is expected."""
    tests = []
    for begin in range(0, len(cases), AT_ONCE):
        names = {name for name, _, _ in cases[begin : begin + AT_ONCE]}
        known = [one for case in cases if case[0] in names for one in series(*case)]
        known += [one for name, one in also if name in names]
        tests.append(
            {
                "interval": f"{STEP}m",
                "input_series": known,
                "promql_expr_test": [
                    {
                        "expr": expression,
                        "eval_time": f"{LOOK}m",
                        "exp_samples": [
                            {"labels": f'{{policy="{name}"}}', "value": value}
                            for name, value in expected.items()
                            if name in names
                        ],
                    }
                    for expression, expected in asked
                ],
            }
        )
    files = [str(path) for path in RULES if path.stem in ("cycles", "budget")]
    page = {"rule_files": files, "evaluation_interval": f"{LOOK}m", "group_eval_order": GROUPS}
    place = tmp_path / "test.yml"
    place.write_text(json.dumps({**page, "tests": tests}), "utf-8")  # which is YAML, too
    promtool("test", "rules", place)


def written(window: str) -> str:
    """Find the expression of a window's alert in the rules."""
    name = "SlaErrorBudgetSpent" if window == "30d" else "SlaErrorBudgetBurn"
    (found,) = (
        rule["expr"]
        for path in RULES
        for group in yaml.safe_load(path.read_text("utf-8"))["groups"]
        for rule in group["rules"]
        if rule.get("alert") == name and rule["labels"].get("window", "30d") == window
    )
    assert isinstance(found, str)
    return found


def test_there_are_enough_cases_of_either_kind() -> None:
    """Each window has cases that fire and some that do not, capped or not."""
    assert len(OBJECTIVES) > 50
    for window in WINDOWS:
        alerts = [(alert(objective, window), tally) for _, objective, tally in CASES]
        assert sum(one.fires(tally) for one, tally in alerts) > 100
        assert sum(not one.fires(tally) for one, tally in alerts) > 100
        equal = [1 for one, tally in alerts if one.budget.burn(tally) == one.factor]
        assert len(equal) > 20


def test_factors_and_least_counts_are_those_of_the_core(tmp_path: Path) -> None:
    """R30: of every objective, by window; floats within 1e-12."""
    cases = list({case[1]: case for case in CASES}.values())
    policies = {name: objective for name, objective, _ in cases}
    assert len(policies) == len(OBJECTIVES)
    asked, also = [], []
    for window in WINDOWS:
        derived = f"max by (policy) (policy_kind:sla_burn_factor:min{window})"
        alerts = {name: alert(objective, window) for name, objective in policies.items()}
        asked += [
            (
                f"max by (policy) (policy_kind:sla_burn_least_cycles:ceil{window})",
                {name: float(one.least) for name, one in alerts.items()},
            ),
            (
                f"count by (policy) (abs({derived} / core_{window} - 1) < 1e-12)",
                dict.fromkeys(alerts, 1.0),
            ),
        ]
        also += [
            (name, line(f'core_{window}{{policy="{name}"}}', repr(float(one.factor))))
            for name, one in alerts.items()
        ]
    judge(tmp_path, cases, asked, also)


def test_an_alert_fires_where_the_core_says_that_it_does(tmp_path: Path) -> None:
    """R30: one cycle more or less, one breach more or less, and just as fast as the factor."""
    asked = []
    for window in WINDOWS:
        fires = [name for name, goal, tally in CASES if alert(goal, window).fires(tally)]
        asked.append((f"count by (policy) ({written(window)})", dict.fromkeys(fires, 1.0)))
    judge(tmp_path, CASES, asked)

"""The words of the queries: selectors by the variables, and what several panels ask for."""

from __future__ import annotations

from dataclasses import dataclass

HERE = 'job=~"$job", instance=~"$instance"'
PROMISE = f'{HERE}, policy=~"$policy", metric=~"$metric"'
EACH = "policy, kind, metric"
"""The labels of one promise."""

NAMED = "{{policy}} · {{metric}}"
SINCE = "$__range"
"""As long as the dashboard looks back."""

OFTEN = "$__rate_interval"


@dataclass(frozen=True, slots=True)
class Ask:
    """A query and the name of what it gives; `legend` may name labels: `{{policy}}`."""

    expr: str
    legend: str


def of(metric: str, *more: str, by: str = PROMISE) -> str:
    """Select a metric of the promises that were chosen; `by=HERE` of the workers alone."""
    return f"{metric}{{{', '.join([by, *more])}}}"


def grown(metric: str, *more: str, by: str = PROMISE, over: str = OFTEN) -> str:
    """Say by how much a counter has grown over a time."""
    return f"increase({of(metric, *more, by=by)}[{over}])"


def cycles(*more: str, window: str = "$window") -> str:
    """Select cycles that had their outcome in a window of the ledger (R26)."""
    return of("sla_compliance_cycles", f'window="{window}"', *more)


def kept(window: str = "$window", by: str = EACH) -> str:
    """Give the share of cycles that were met, for each promise that had an outcome (R26)."""
    met, every = cycles('outcome="met"', window=window), cycles(window=window)
    return f"sum by ({by}) ({met}) / (sum by ({by}) ({every}) > 0)"


_OBJECTIVES = of("sla_objective_ratio", by=f'{HERE}, policy=~"$policy"')
OBJECTIVE = f"max by (policy, kind) ({_OBJECTIVES})"
"""The same on each worker, so the greatest is as good as any (R30)."""


def burn(window: str = "$window") -> str:
    """Give how fast a budget burns: 1 uses it up in just the window, 2 in half of it (R30)."""
    return f"(1 - {kept(window)}) / on (policy, kind) group_left () (1 - {OBJECTIVE})"


def left(edge: int | None, by: str = "") -> str:
    """Count open clocks with at most so many seconds left; None counts all."""
    le = "+Inf" if edge is None else f"{edge}.0"
    counted = of("sla_open_clock_remaining_seconds_bucket", f'le="{le}"')
    return f"sum by ({by}) ({counted})" if by else f"sum({counted})"


def quantile(share: float, histogram: str, by: str = "", *, promised: bool = False) -> str:
    """Give the value below which so large a share of what was observed lies."""
    bucket = of(f"{histogram}_bucket", by=PROMISE if promised else HERE)
    labels = f"le, {by}" if by else "le"
    return f"histogram_quantile({share}, sum by ({labels}) (rate({bucket}[{OFTEN}])))"


def only(query: str) -> str:
    """Leave out what is 0, so that the legend names what there is."""
    return f"{query} > 0"


def spoken(query: str, label: str, words: str) -> str:
    """Give a label that may be empty a word that can be read."""
    return f'label_replace({query}, "{label}", "{words}", "{label}", "")'


def teams(counted: str, least: str) -> Ask:
    """Ask for the ten teams with the most of something, of those that have `least` ("> 0")."""
    named = spoken(f"sum by (team) ({counted})", "team", "no team")
    return Ask(f"sort_desc(topk(10, {named} {least}))", "{{team}}")

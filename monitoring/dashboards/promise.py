"""*Promise*: does it hold? For whoever answers for it, in five seconds; and below that, why not."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard

from monitoring.dashboards.board import Board, Part, made
from monitoring.dashboards.panels import (
    BAD,
    CALM,
    FAIR,
    GOOD,
    NONE_IS_FAIR,
    NONE_IS_GOOD,
    PROMISE,
    PROMISE_WIDE,
    Column,
    Frame,
    Panel,
    Rows,
    Steps,
    bars,
    lengths,
    lines,
    number,
    rows,
)
from monitoring.dashboards.query import (
    EACH,
    HERE,
    NAMED,
    OBJECTIVE,
    SINCE,
    Ask,
    burn,
    cycles,
    grown,
    kept,
    of,
    only,
    quantile,
    teams,
)

BUDGET: Steps = ((None, BAD), (0, FAIR), (0.25, GOOD))
BURN: Steps = ((None, GOOD), (1, FAIR), (2, BAD))
CAUSES = {
    "deadline_passed": BAD,
    "target_tightened": FAIR,
    "policy_applied": "yellow",
    "policies_changed": "purple",
    "merged": CALM,
}
MET, BREACHED = 'outcome="met"', 'outcome="breached"'
USED = "sla_target_used_ratio_bucket"
SHARES = ("0.25", "0.5", "0.8", "1.0", "1.5")
"""Edges of `sla_target_used_ratio` that are told apart."""

MEANT = f"sum by ({EACH}) ({cycles()}) * 0 + on (policy, kind) group_left () {OBJECTIVE}"
"""The objective of each promise, on as many series as there are promises."""


def dashboard() -> Dashboard:
    """Make it."""
    return made(
        Board(
            uid="sla-promise",
            title="SLA / Promise",
            told=(
                "Whether the promises hold: the rate of kept cycles against the objective, what is "
                "left of the budget for breaches, how fast it burns, and what it went on. Rates "
                "are exact, from the workers' ledgers, over the window chosen above; what is "
                "counted by cause or by team is of the time shown."
            ),
            since="7d",
            refresh="1m",
            parts=(
                Part("Does it hold?", (*_headline(), _promises())),
                Part("How it went", (_rates(), _budgets())),
                Part("Why not", (_causes(), _by_promise(), _by_team(), _spent(), _before())),
                Part("How well, besides in time", (_margins(), _used(), _reopened())),
            ),
            window=True,
        )
    )


def _headline() -> tuple[Panel, ...]:
    outside = 'kind="sla"'
    met, every = cycles(outside, MET), cycles(outside)
    weighed = f"sum by (policy, kind) ({every}) * on (policy, kind) {OBJECTIVE}"
    kept_and_meant = (
        Ask(f"sum({met}) / (sum({every}) > 0)", "kept"),
        Ask(f"sum({weighed}) / (sum({every}) > 0)", "meant"),
    )
    resolved = of("sla_ticket_rate_tickets", 'window="$window"', by=HERE)
    whole = of("sla_ticket_rate_tickets", 'window="$window"', MET, by=HERE)
    below = f"sum(({kept()}) < bool on (policy, kind) group_left () {OBJECTIVE})"
    return (
        number(
            Frame(
                "Promises to customers",
                "Cycles met, of those met or breached in the window, of all policies of kind sla; "
                "beside it what their objectives ask for, weighed by the same cycles (R26, R30).",
                "percentunit",
                6,
                5,
                decimals=1,
                empty="no outcome yet",
            ),
            kept_and_meant,
        ),
        number(
            Frame(
                "Tickets kept whole",
                "Tickets resolved in the window with all their promises to customers met, of those "
                "resolved (R27); over all policies and metrics, whatever is chosen above.",
                "percentunit",
                4,
                5,
                decimals=1,
                empty="none resolved yet",
            ),
            (Ask(f"sum({whole}) / (sum({resolved}) > 0)", "whole"),),
        ),
        number(
            Frame(
                "Below objective",
                "Promises, each a metric of a policy, of which the rate over the window is below "
                "the policy's objective.",
                "short",
                4,
                5,
                decimals=0,
                empty="no outcome yet",
            ),
            (Ask(below, "below"),),
            NONE_IS_GOOD,
        ),
        number(
            Frame(
                "Least budget left",
                "What is left of the worst promise's budget for breaches in the window: 100 % is "
                "untouched, 0 % used up, below that the objective is missed (R30).",
                "percentunit",
                4,
                5,
                decimals=0,
                empty="no outcome yet",
            ),
            (Ask(f"min(1 - {burn()})", "left"),),
            BUDGET,
        ),
        number(
            Frame(
                "Overdue now",
                "Open clocks past their deadline. Each has been counted as breached already; what "
                "is left to do is to answer.",
                "short",
                3,
                5,
                decimals=0,
            ),
            (Ask(f"sum({of('sla_overdue_clocks')})", "overdue"),),
            NONE_IS_FAIR,
        ),
        number(
            Frame(
                "Reopened",
                "Resolutions in time that were given back within the time shown: speed without "
                "quality (R29).",
                "short",
                3,
                5,
                decimals=0,
            ),
            (Ask(f"sum({grown('sla_reopened_after_met_total', over=SINCE)})", "reopened"),),
            NONE_IS_FAIR,
        ),
    )


def _promises() -> Panel:
    columns = (
        Column("Kept", kept(), "percentunit", 1),
        Column("Objective", MEANT, "percentunit", 1),
        Column("Budget left", f"1 - {burn()}", "percentunit", 0, BUDGET),
        Column("Burn, a day", burn("1d"), "short", 1, BURN),
        Column("Burn, 7 days", burn("7d"), "short", 1, BURN),
        Column("Met", f"sum by ({EACH}) ({cycles(MET)})"),
        Column("Breached", f"sum by ({EACH}) ({cycles(BREACHED)})"),
        Column("Overdue now", f"sum by ({EACH}) ({of('sla_overdue_clocks')})"),
    )
    return rows(
        Frame(
            "Each promise",
            "A line a promise, the worst budget first. Burn: 1 uses the budget up in just the "
            "window, 2 in half of it. Kind sla was promised to customers, olo is the stricter "
            "objective inside.",
            "short",
            24,
            8,
        ),
        Rows(PROMISE, PROMISE_WIDE, sort="Budget left"),
        columns,
    )


def _rates() -> Panel:
    return lines(
        Frame(
            "Rate and objective",
            "The rate of kept cycles over the window, as it was at each instant, and the objective "
            "of its policy, dashed.",
            "percentunit",
            12,
            9,
            decimals=1,
        ),
        (Ask(kept(), NAMED), Ask(OBJECTIVE, "{{policy}} meant")),
        dashed="/ meant$/",
        floor=None,
        ceiling=1,
    )


def _budgets() -> Panel:
    return lines(
        Frame(
            "Budget left",
            "What is left of each budget for breaches over the window. Below 0 the objective is "
            "missed (R30).",
            "percentunit",
            12,
            9,
            decimals=0,
        ),
        (Ask(f"1 - {burn()}", NAMED),),
        floor=None,
        ceiling=1,
        line=0,
    )


def _causes() -> Panel:
    return bars(
        Frame(
            "Breaches by what brought them about",
            "Breaches as they came, by the hour. deadline_passed: nobody was in time. The others "
            "come of a change: of the ticket, of its policy, of the policies file, of a merge.",
            "short",
            12,
            9,
            decimals=0,
            every="1h",
            empty="none seen",
        ),
        (Ask(only(f"sum by (cause) ({grown('sla_breaches_total')})"), "{{cause}}"),),
        CAUSES,
    )


def _by_promise() -> Panel:
    counted = grown("sla_breaches_total", over=SINCE)
    return lengths(
        Frame(
            "Breaches by promise",
            "Breaches within the time shown, by policy and metric.",
            "short",
            12,
            9,
            decimals=0,
            empty="none seen",
        ),
        (Ask(f"sort_desc(sum by ({EACH}) ({counted}))", NAMED),),
    )


def _by_team() -> Panel:
    return lengths(
        Frame(
            "Breaches by team",
            "Breaches within the time shown, by the team that held the ticket at the breach: the "
            "ten with the most.",
            "short",
            9,
            9,
            decimals=0,
            empty="none seen",
        ),
        (teams(grown("sla_breaches_total", over=SINCE), ">= 0.5"),),
    )


def _spent() -> Panel:
    return lengths(
        Frame(
            "Where the time of breached cycles went",
            "Active time up to the breach of what was breached within the time shown, by the team "
            "that held the ticket meanwhile: the ten with the most (R28). Not whose fault it was, "
            "but where to look.",
            "s",
            9,
            9,
            decimals=1,
            empty="none seen",
        ),
        (teams(grown("sla_breach_team_seconds_total", over=SINCE), "> 0"),),
    )


def _before() -> Panel:
    spent = f"sum({grown('sla_breach_team_seconds_total', over=SINCE)})"
    alone = f"sum({grown('sla_breach_unassigned_seconds_total', over=SINCE)})"
    every = f"sum({grown('sla_breaches_total', over=SINCE)})"
    again = f"sum({grown('sla_reopened_breaches_total', over=SINCE)})"
    return number(
        Frame(
            "Of breaches",
            "The share of their active time in which nobody was assigned, and the share of them "
            "that fell on tickets taken up again after they had been solved (R28).",
            "percentunit",
            6,
            9,
            decimals=0,
            empty="no breach",
        ),
        (
            Ask(f"{alone} / ({spent} > 0)", "time with nobody"),
            Ask(f"{again} / ({every} > 0)", "after a reopen"),
        ),
    )


def _margins() -> Panel:
    return lengths(
        Frame(
            "How much of the target was used",
            "Cycles fulfilled within the time shown, by the share of their target that they took "
            "(R29). Much at the top: the promise could be shorter. Much just below 100 %: a small "
            "delay will break it.",
            "short",
            8,
            8,
            decimals=0,
        ),
        tuple(_shares()),
        {"100 to 150 %": FAIR, "over 150 %": BAD},
    )


def _shares() -> list[Ask]:
    """Count what lies between two edges of the histogram, for each two."""
    asks, below, name = [], "", "0"
    for edge in (*SHARES, "+Inf"):
        le = f'le="{edge}"'
        within = f"sum({grown(USED, le, over=SINCE)})"
        percent = "" if edge == "+Inf" else f"{float(edge) * 100:.0f}"
        legend = f"{name} to {percent} %" if percent else f"over {name} %"
        asks.append(Ask(f"{within} - {below}" if below else within, legend))
        below, name = within, percent
    return asks


def _used() -> Panel:
    used = "sla_target_used_ratio"
    return lines(
        Frame(
            "Half used at most, nine in ten at most",
            "The share of the target that half, and nine in ten, of the fulfilled cycles stayed "
            "below, of six hours each and estimated from buckets; above 100 % is late.",
            "percentunit",
            8,
            8,
            decimals=0,
            every="6h",
        ),
        (
            Ask(quantile(0.5, used, promised=True), "half"),
            Ask(quantile(0.9, used, promised=True), "nine in ten"),
        ),
        line=1,
        points=True,
    )


def _reopened() -> Panel:
    return bars(
        Frame(
            "Reopened after met, by the hour",
            "Resolutions in time that were given back, by the hour (R29).",
            "short",
            8,
            8,
            decimals=0,
            every="1h",
            empty="none seen",
        ),
        (Ask(only(f"sum by ({EACH}) ({grown('sla_reopened_after_met_total')})"), NAMED),),
    )

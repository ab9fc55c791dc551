"""What is left when the demo ends: the numbers, and whether they are right."""

from __future__ import annotations

from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from streams.demo import words
from streams.demo.plan import ALARMS, GRACE_S, Plan
from streams.demo.scene import Scene
from streams.demo.verdict import Verdict

NAMES = {
    "started": "clocks started",
    "paused": "paused",
    "resumed": "resumed",
    "retargeted": "given another target",
    "cancelled": "cancelled",
    "breach_imminent": "warnings",
    "breached": "breaches",
    "credited": "credits earned",
    "fulfilled": "fulfilled",
    "breach_retracted": "breaches taken back",
    "retracted": "others taken back",
    "doubled": "seen twice",
}


@dataclass(frozen=True, slots=True)
class Ending:
    """The figures of one run. Instants in ms UTC of the demo's clock, seconds of ours."""

    plan: Plan
    scene: Scene
    verdict: Verdict
    reached: int
    live_from: int
    play_s: float
    first_warning_s: float | None
    publisher_late_s: float

    @property
    def lateness(self) -> int:
        """The longest that a warning or breach waited to be detected, in ms of the demo's clock.

        Of those that fell due while the worker was up; what fell due before was caught up with.
        """
        return max(
            (
                told.lateness
                for told in self.scene.told.values()
                if told.fact.type in ALARMS and self.live_from <= told.fact.time < self.reached
            ),
            default=0,
        )

    @property
    def excuse(self) -> str:
        """Say why live and replay may differ, and what to do."""
        if self.publisher_late_s > GRACE_S:
            return (
                f"live and replay differ, because events came up to {self.publisher_late_s:.1f} s"
                f" late, beyond the grace of {GRACE_S:g} s: this machine is too busy for the rate;"
                f" try --rate {self.plan.rate / 4:g}"
            )
        return "live and replay differ: that is a defect of ours, please report it"


def show(ending: Ending, console: Console) -> None:
    """Write the summary."""
    scene, plan = ending.scene, ending.plan
    console.print()
    console.print("[bold]The demo is over.[/bold]")
    facts = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    facts.add_column(style="dim", no_wrap=True)
    facts.add_column()
    played = words.span(ending.reached - plan.start)
    until = words.day_and_time(ending.reached)
    facts.add_row("played", f"{played} of the log in {ending.play_s:.0f} s, up to {until}")
    facts.add_row("events", f"{scene.published} published, {scene.processed} processed")
    said = ", ".join(
        f"{scene.counts[name]} {word}" for name, word in NAMES.items() if scene.counts[name]
    )
    facts.add_row("SLA events", said or "none")
    if ending.first_warning_s is not None:
        facts.add_row("first warning", f"{ending.first_warning_s:.1f} s after the play's start")
    if ending.lateness:
        facts.add_row("slowest detection", _lateness(ending))
    facts.add_row("false breaches", _false(ending.verdict))
    console.print(facts)
    console.print()
    console.print(_rates(ending))
    console.print()
    console.print("[dim]Broker and worker are gone, and their addresses with them.[/dim]")


def _lateness(ending: Ending) -> str:
    seconds = ending.lateness / ending.plan.rate / 1000
    return (
        f"{seconds:.2f} s of yours, {words.span(ending.lateness)} on the demo's clock:"
        f" {GRACE_S:g} s are the grace, for the publisher was up to"
        f" {ending.publisher_late_s:.2f} s late"
    )


def _false(verdict: Verdict) -> str:
    found = f"{len(verdict.false_breaches)}, against a replay of the same events"
    if verdict.right:
        return f"{found}: all {verdict.compared} SLA events agree"
    ids = [*verdict.false_breaches, *verdict.false_others, *verdict.missing]
    return (
        f"{found}. Live and replay differ: {len(verdict.false_others)} others too many,"
        f" {len(verdict.missing)} of {verdict.compared} missing; for instance {ids[0]}"
    )


def _rates(ending: Ending) -> Table:
    scene = ending.scene
    on_metrics = {(one.policy, one.kind, one.metric): one for one in scene.standings}
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("policy", "kind", "metric"):
        table.add_column(name, no_wrap=True)
    for name in ("met", "breached", "rate", "goal", "/metrics said"):
        table.add_column(name, justify="right", no_wrap=True)
    for key, tally in sorted(scene.compliance.tallies.items()):
        standing = on_metrics.get(key)
        goal = standing.objective if standing else None
        table.add_row(
            *key,
            str(tally.met),
            str(tally.breached),
            "-" if tally.rate is None else f"{float(tally.rate):.1%}",
            "-" if goal is None else f"{goal:.0%}",
            "-" if standing is None else f"{standing.rate:.1%}",
        )
    return table

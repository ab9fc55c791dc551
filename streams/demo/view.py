"""The live screen: what is promised, what is running out, what just happened, how it stands.

Decisions that bind this module:

- It fits 80x24 and uses what is more. Every colour says something that a word or a sign says too.
- The time shown is the one up to which the worker has spoken: the publisher's, less the grace.
- First come the clocks that can still be kept, the nearest deadline on top; those already overdue
  and those that pause are counted in the title.
"""

from __future__ import annotations

from dataclasses import dataclass

from rich import box
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.layout import Layout
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from streams.demo import words
from streams.demo.scene import OpenClock, Scene, Standing
from streams.demo.telling import Told

WIDE = 104
HEAD, FOOT = 3, 2
BAR = 14
FULL, EMPTY = "█", "░"
STATES = {"running": "green", "stopping": "yellow"}


@dataclass(frozen=True, slots=True)
class Stagehand:
    """What the screen says of the stage itself."""

    rate: float
    url: str
    bootstrap: str
    tickets: int


@dataclass(frozen=True, slots=True)
class Screen:
    """One picture of the scene, as large as the terminal."""

    scene: Scene
    stage: Stagehand

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Lay the panels out over the whole terminal."""
        width = options.max_width
        height = options.height or console.height
        body = height - HEAD - FOOT
        lower = max(7, min(body * 2 // 5, 14))
        wide = width >= WIDE
        layout = Layout()
        layout.split_column(
            Layout(self._head(), size=HEAD),
            Layout(self._clocks(body - lower - 3, wide=wide)),
            Layout(name="lower", size=lower),
            Layout(self._foot(), size=FOOT),
        )
        layout["lower"].split_row(
            Layout(self._alarms(lower - 2, wide=wide)),
            Layout(self._rates(lower - 2, wide=wide), size=46 if wide else 37),
        )
        yield layout

    def _head(self) -> RenderableType:
        scene, counts = self.scene, self.scene.counts
        office = [name for name in scene.policies.schedules if name != "always"]
        doors = Text()
        if office:
            opened = scene.policies.schedules[office[0]].is_open(self.scene.now)
            doors.append(f"  {office[0]} ")
            doors.append("open" if opened else "closed", "green" if opened else "yellow")
            doors.append("" if opened else ", its clocks stand still", "dim")
        top = Table.grid(expand=True)
        top.add_column(ratio=1)
        top.add_column(justify="right")
        when = Text.assemble(
            (f" {words.day_and_time(self.scene.now)} ", "bold reverse"),
            doors,
        )
        state = Text.assemble(
            "worker ", (scene.state, STATES.get(scene.state, "yellow")), f"  {scene.progress:4.0%} "
        )
        title = f" sla demo: {self.stage.tickets} real incidents of 2016, real Kafka"
        top.add_row(Text(title, "bold"), state)
        top.add_row(when, Text(f"{words.rate(self.stage.rate)}  ", "dim"))
        tally = Text.assemble(
            f" events {scene.published} published, {scene.processed} processed",
            ("  │  ", "dim"),
            (f"{counts['breach_imminent']} warnings", "yellow"),
            "  ",
            (f"{counts['breached']} breaches", "red"),
            "  ",
            (f"{counts['met']} met", "green"),
        )
        return Group(top, tally)

    def _clocks(self, rows: int, *, wide: bool) -> RenderableType:
        scene = self.scene
        clocks = scene.open_clocks()
        kept = sorted(
            (clock for clock in clocks if clock.deadline is not None and not clock.breached),
            key=lambda clock: (clock.deadline or 0, clock.ticket),
        )
        paused = sum(clock.deadline is None for clock in clocks)
        overdue = sum(clock.breached for clock in clocks)
        table = Table(box=None, expand=True, padding=(0, 1), header_style="dim")
        table.add_column("ticket", no_wrap=True)
        table.add_column("promise", no_wrap=True, ratio=2)
        if wide:
            table.add_column("policy", no_wrap=True)
            table.add_column("priority", no_wrap=True)
            table.add_column("deadline", no_wrap=True)
        table.add_column("opening time used", no_wrap=True)
        table.add_column("left", justify="right", no_wrap=True)
        for clock in kept[: max(0, rows)]:
            table.add_row(*self._clock(clock, wide=wide))
        title = (
            f"{len(clocks)} open clocks, nearest deadline first"
            f" ({overdue} overdue, {paused} paused)"
        )
        waiting = Text("the worker is coming up; its first words show here …", "dim")
        return _panel(table if kept else waiting, title)

    def _clock(self, clock: OpenClock, *, wide: bool) -> list[RenderableType]:
        left = self.scene.remaining(clock, self.scene.now)
        used = 1 - left / clock.target if clock.target else 1.0
        colour = "red" if left <= 0 else "yellow" if used >= 0.5 else "green"
        promise = words.metric(clock.metric)
        cells: list[RenderableType] = [clock.ticket]
        if wide:
            when = words.day_and_time(clock.deadline) if clock.deadline is not None else ""
            cells += [promise, clock.policy, clock.priority, when]
        else:
            cells += [f"{promise} · {clock.policy}"]
        filled = max(0, min(BAR, int(used * BAR)))
        bar = Text.assemble(
            (FULL * filled, colour), (EMPTY * (BAR - filled), "dim"), f" {used:4.0%}"
        )
        late = "overdue" if left <= 0 else words.span(left)
        return [*cells, bar, Text(late, colour)]

    def _alarms(self, rows: int, *, wide: bool) -> RenderableType:
        table = Table(box=None, padding=(0, 1, 0, 0), show_header=False)
        for least in (9, 9, 10, 27, 1) if wide else (5, 9, 10, 5):
            table.add_column(no_wrap=True, min_width=least)
        newest = sorted(self.scene.alarms, key=lambda told: told.fact.time, reverse=True)
        for told in newest[:rows]:
            table.add_row(*_alarm(told, wide=wide))
        nothing = Text("nothing to worry about yet", "dim")
        title = "Warnings and breaches, latest first"
        return _panel(table if newest else nothing, title)

    def _rates(self, rows: int, *, wide: bool) -> RenderableType:
        table = Table(box=None, expand=True, padding=(0, 1, 0, 0), show_header=False)
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True, ratio=1)
        table.add_column(justify="right", no_wrap=True)
        table.add_column(no_wrap=True)
        for standing in self.scene.standings[:rows]:
            table.add_row(*_standing(standing, wide=wide))
        nothing = Text("no promise has its outcome yet", "dim")
        return _panel(table if self.scene.standings else nothing, "Promises kept, from /metrics")

    def _foot(self) -> RenderableType:
        return Text.assemble(
            (" look inside: ", "dim"),
            f"{self.stage.url}/",
            ("  also ", "dim"),
            "/metrics  /readyz",
            ("\n Kafka: ", "dim"),
            self.stage.bootstrap,
            ("   end: ", "dim"),
            "Ctrl-C",
        )


def _alarm(told: Told, *, wide: bool) -> list[RenderableType]:
    fact = told.fact
    breach = fact.type == "breached"
    late = fact.type == "breach_imminent" and fact.remaining < 0
    colour = "bold red" if breach else "red" if late else "yellow"
    sign = "✗" if breach else "!"
    name = "BREACH" if breach else words.threshold(fact.threshold, used="")
    what = Text(f"{sign} {name}", colour)
    if not wide:
        metric = words.short_metric(fact.metric)
        return [words.time_of_day(fact.time), what, fact.ticket, metric]
    whom = f"→ {', '.join(fact.notify)}" if fact.notify else ""
    promise = f"{words.metric(fact.metric)} · {fact.policy}"
    return [words.week_time(fact.time), what, fact.ticket, promise, Text(whom, "dim")]


def _standing(standing: Standing, *, wide: bool) -> list[RenderableType]:
    goal = standing.objective
    kept = goal is None or standing.rate >= goal
    aim = "" if goal is None else f"{'≥' if kept else '<'} {goal:.0%}"
    rate = Text(f"{standing.rate:.1%}", "green" if kept else "red")
    name = words.metric(standing.metric) if wide else words.short_metric(standing.metric)
    return [standing.policy, name, rate, Text(aim, "dim" if kept else "red")]


def _panel(inside: RenderableType, title: str) -> Panel:
    return Panel(
        inside, title=title, title_align="left", box=box.ROUNDED, border_style="dim", padding=(0, 1)
    )

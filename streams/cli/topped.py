"""The list of open clocks in a terminal: what to do first, and how it stands.

Decisions that bind this module: it is drawn from a scene and an instant, and knows no terminal.
Every colour says something that a word or a sign says too. What comes from upstream is cut and
shown as letters, never as markup or as a terminal's commands. Between two answers of the worker
time goes on at the pace of its clock, and a clock counts only while its schedule is open.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from streams.cli.explained import plain
from streams.wire.instant import parse, show

Told = dict[str, Any]

LONGEST = 40
"""Letters that are shown of a field; an id may be 10 kB."""
BAR, SHORT = 10, 6
"""Signs of a bar in a wide terminal, and in one of 80 columns."""
FULL, EMPTY = "█", "░"
NARROW, WIDE = 60, 100
HEAD, FOOT = 4, 2
KEYS = "↑↓ select  Enter explain  o/a/r only overdue/all/at risk  / search  q quit"
BACK = "↑↓ scroll  Esc back  q quit"
UNITS = (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))


def safe(text: object, most: int = LONGEST) -> str:
    """Give a field's value as letters that move nothing in a terminal, and not too many."""
    word = "" if text is None else str(text)
    return plain(word[:most]) + ("…" if len(word) > most else "")


def span(seconds: float) -> str:
    """Say an amount in its two largest units, cut off: `2d 3h`, `4m 10s`; `-` in front where less.

    Seconds.
    """
    rest, words = int(abs(seconds)), list[str]()
    for unit, length in UNITS:
        count, rest = divmod(rest, length)
        if count or (words and rest):
            words.append(f"{count}{unit}")
    return ("-" if seconds < 0 else "") + (" ".join(words[:2]) or "0s")


def counted(clock: Told, since: int, now: int) -> float:
    """Give the active seconds that a clock has used at `now`, told as of `since` (both ms UTC)."""
    elapsed = float(clock["elapsed_seconds"])
    if clock["state"] != "running":
        return elapsed
    turn = now if clock["changes_at"] is None else min(now, parse(clock["changes_at"]))
    counts = turn - since if clock["counting"] else now - turn
    return elapsed + max(0, counts) / 1000


@dataclass(slots=True)
class Scene:
    """What is known, and what somebody looks at; `heard_at` and `passed` in seconds."""

    url: str
    only: str = "all"
    text: str = ""
    typed: str | None = None  #: what is being searched for, None where nobody types
    listing: Told | None = None
    heard_at: float = 0.0
    rates: Told | None = None
    state: Told | None = None
    latest: Told | None = None
    trouble: str = ""  #: why the worker does not answer, and after how many seconds it is asked
    again: int = 0
    chosen: str | None = None
    explanation: list[Text] | None = None
    scrolled: int = 0
    page: int = field(default=10)  #: rows of the screen that was drawn last

    def hear(self, name: str, told: Told, at: float) -> None:
        """Take an event of the stream."""
        self.trouble = ""
        match name:
            case "list":
                self.listing, self.heard_at = told, at
            case "rates":
                self.rates = told
            case "state":
                self.state = told
            case "fact":
                self.latest = told

    @property
    def tickets(self) -> list[Told]:
        """The tickets that are listed."""
        return [] if self.listing is None else self.listing["tickets"]

    @property
    def place(self) -> int:
        """Where the chosen ticket is; where it has gone, the first."""
        for number, ticket in enumerate(self.tickets):
            if ticket["ticket"] == self.chosen:
                return number
        return 0

    def move(self, steps: int) -> None:
        """Choose another ticket, or scroll the explanation."""
        if self.explanation is not None:
            last = max(0, len(self.explanation) - self.page)
            self.scrolled = max(0, min(last, self.scrolled + steps))
        elif self.tickets:
            place = max(0, min(len(self.tickets) - 1, self.place + steps))
            self.chosen = self.tickets[place]["ticket"]


@dataclass(frozen=True, slots=True)
class Screen:
    """A picture of the scene, as large as the terminal; `clock` gives the seconds of `heard_at`."""

    scene: Scene
    clock: Callable[[], float]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw head, list or explanation, and foot."""
        scene, width = self.scene, options.max_width
        scene.page = rows = max(1, (options.height or console.height) - HEAD - FOOT)
        passed = max(0.0, self.clock() - scene.heard_at)
        if scene.explanation is not None:
            body = _padded(scene.explanation[scene.scrolled :], rows)
            yield Group(*_head(scene, passed), *body, *_foot(scene, BACK))
            return
        first = max(0, min(scene.place - rows // 2, len(scene.tickets) - rows + 1))
        shown = scene.tickets[first : first + rows - 1]
        table = list_table(scene.listing, shown, passed, width, scene.place - first)
        lines = console.render_lines(table, options.update(height=None), pad=False)
        blank = [Text("")] * (rows - len(lines))
        yield Group(*_head(scene, passed), table, *blank, *_foot(scene, KEYS))


def list_table(
    listing: Told | None, tickets: list[Told], passed: float, width: int, chosen: int | None = None
) -> Table:
    """Make the table of tickets, one a line, `passed` seconds after they were told."""
    table = Table(box=None, expand=True, padding=(0, 1, 0, 0), pad_edge=False, header_style="dim")
    wide, narrow = width >= WIDE, width < NARROW
    table.add_column("", width=1)
    table.add_column("ticket", no_wrap=True, max_width=24 if wide else 14)
    if not narrow:
        table.add_column("team", no_wrap=True, max_width=16 if wide else 9)
        table.add_column("priority", no_wrap=True, max_width=8)
    if wide:
        table.add_column("tier", no_wrap=True, max_width=10)
    table.add_column("promise", no_wrap=True, ratio=1)
    table.add_column("used", no_wrap=True, width=5 if narrow else (BAR if wide else SHORT) + 5)
    table.add_column("left", no_wrap=True, justify="right", width=8)
    table.add_column("", no_wrap=True, width=7)
    if listing is None:
        return table
    since = parse(listing["as_of"])
    now = since + int(passed * listing["clock_rate"] * 1000)
    for number, ticket in enumerate(tickets):
        row = _row(ticket, since, now, wide=wide, narrow=narrow)
        here = number == chosen
        table.add_row(">" if here else "", *row, style="bold on grey30" if here else "")
    return table


def _row(ticket: Told, since: int, now: int, *, wide: bool, narrow: bool) -> list[RenderableType]:
    clock = ticket["clocks"][0]
    elapsed, target = counted(clock, since, now), float(clock["target_seconds"])
    used = elapsed / target if target else 1.0
    overdue = ticket["overdue"] or (
        ticket["deadline"] is not None and parse(ticket["deadline"]) < now
    )
    colour = "red" if overdue else "yellow" if ticket["at_risk"] else "green"
    if ticket["deadline"] is None:
        left = span(target - elapsed)
    else:
        left = span((parse(ticket["deadline"]) - now) / 1000)
    if overdue:
        word = "OVERDUE"
    elif clock["state"] == "paused":
        word = "paused"
    else:
        word = "at risk" if ticket["at_risk"] else ""
    share = f"{min(999, int(used * 100))}%"
    length = BAR if wide else SHORT
    filled = max(0, min(length, int(used * length)))
    bar = Text(share.rjust(4), colour)
    if not narrow:
        bar = Text.assemble((FULL * filled, colour), (EMPTY * (length - filled), "dim"), " ", bar)
    promise = f"{clock['metric'].replace('_', ' ')} · {safe(clock['policy'])}"
    about = [] if narrow else [safe(ticket["team"]), safe(ticket["priority"])]
    tier = [safe(ticket["tier"])] if wide else []
    words = [Text(word) for word in (safe(ticket["ticket"]), *about, *tier, promise)]
    return [*words, bar, Text(left, colour), Text(word, colour)]


def head_lines(listing: Told | None, rates: Told | None, passed: float) -> list[Text]:
    """Say how many tickets there are, up to when, and how the promises are kept."""
    if listing is None:
        return [Text("waiting for the worker's first answer …", "dim"), Text("")]
    now = parse(listing["as_of"]) + int(passed * listing["clock_rate"] * 1000)
    parts = listing["partitions"]
    counts = Text.assemble(
        f"{show(now // 1000 * 1000)[:19]}Z  ",
        (f"{listing['overdue']} overdue", "red" if listing["overdue"] else ""),
        ", ",
        (f"{listing['at_risk']} at risk", "yellow" if listing["at_risk"] else ""),
        f" of {listing['matched']}; {listing['total']} tickets have open clocks",
    )
    kept = Text()
    if parts["shown"] < parts["all"]:
        kept.append(f"{parts['shown']} of {parts['all']} partitions are shown  ", "bold yellow")
    if rates is not None:
        kept.append("kept")
        for window, told in rates["all"]["windows"].items():
            rate = told["rate"]
            said = "no outcome" if rate is None else f"{int(rate * 1000) / 10:.1f} %"
            kept.append(f"  {safe(window)} {said}")
        goal = rates["all"]["objective"]
        kept.append("" if goal is None else f"  objective {goal * 100:g} %", "dim")
    return [counts, kept]


def _head(scene: Scene, passed: float) -> list[Text]:
    title, state = Text("sla top  ", "bold"), scene.state
    if scene.trouble:
        age = "" if scene.listing is None else f" for {span(passed)}"
        words = f"no answer{age}, asked again every {scene.again} s ({safe(scene.trouble, 200)})  "
        title.append(words, "red")
    elif state is not None and not state["ready"]:
        title.append(f"not ready: {safe(state['reason'] or state['state'], 200)}  ", "yellow")
    title.append(safe(scene.url, 60), "not bold")
    if scene.typed is not None:
        asked = Text(f"search: {safe(scene.typed, 60)}_   Enter to search, Esc to leave", "bold")
    else:
        asked = Text(f"only: {scene.only.replace('_', ' ')}", "dim")
        asked.append(f"   id with: {safe(scene.text, 60)}" if scene.text else "")
        hidden = 0 if scene.listing is None else scene.listing["matched"] - len(scene.tickets)
        if scene.only == "all" and hidden > 0:
            asked.append(f"   {hidden} more below the last; say --limit")
    return [_line(one) for one in (title, *head_lines(scene.listing, scene.rates, passed), asked)]


def _foot(scene: Scene, keys: str) -> list[Text]:
    fact = scene.latest
    last = Text("")
    if fact is not None:
        words = str(fact["type"]).removeprefix("sla.").replace("_", " ")
        colour = "red" if fact["type"] == "sla.breached" else "yellow"
        last = Text(f"{str(fact['detected_at'])[11:19]}Z {words}: {safe(fact['ticket'])}", colour)
        last.append(f" {safe(fact['metric']).replace('_', ' ')} · {safe(fact['policy'])}")
    return [_line(last), _line(Text(keys, "dim"))]


def _padded(lines: list[Text], rows: int) -> list[Text]:
    return [*lines[:rows], *[Text("")] * (rows - len(lines))]


def _line(text: Text) -> Text:
    """Keep it to one line, however narrow the terminal."""
    text.no_wrap, text.overflow = True, "ellipsis"
    assert "\n" not in text.plain
    return text

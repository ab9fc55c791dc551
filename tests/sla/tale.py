"""What has been said and done on a ticket, kept as plain lists, and what each metric makes of it.

Nothing is remembered but what happened: each question looks through the lists again. Minutes since
1970 UTC. It shares no code with the engine's story and metrics.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from streams.sla.events import Changed, Created, Deleted, Merged, Messaged, TicketEvent

METRICS = (
    "first_response",
    "next_response",
    "periodic_update",
    "pausable_update",
    "total_resolution",
    "first_resolution",
    "resolution_cycle",
    "requester_wait",
    "agent_work",
    "team_ownership",
)
RESTS_IN = {
    "pausable_update": ("pending",),
    "requester_wait": ("pending",),
    "agent_work": ("pending", "on_hold"),
}
"""The statuses in which a metric stands still by its own definition (R11, R13)."""


@dataclass(frozen=True)
class View:
    """What a metric makes of a ticket: the run by its number, its state, and since when (minute).

    `state`: running, ended (its verdict is due), or why it was called off.
    """

    cycle: int
    state: str
    since: int


@dataclass(frozen=True)
class Mark:
    """A public word (`author`), or a status that was set (`done`: solved or closed)."""

    minute: int
    author: str | None = None
    done: bool = False


@dataclass
class Tale:
    """The ticket so far. `category` sorts status words; `attributes` are those of now."""

    statuses: Mapping[str, str]
    began: int | None = None
    attributes: dict[str, object] = field(default_factory=dict)
    marks: list[Mark] = field(default_factory=list)
    teams: list[tuple[str | None, int]] = field(default_factory=list)
    woken: bool = False
    gone: str | None = None

    def category(self, word: object) -> str:
        """Sort a status word."""
        return "new" if word is None else self.statuses.get(str(word), str(word))

    @property
    def solved(self) -> bool:
        """Whether the ticket is solved or closed now."""
        return self._done(len(self.marks))

    def hear(self, event: TicketEvent) -> None:
        """Write an event down."""
        minute = event.time // 60_000
        if self.began is None:
            self.began = minute
        match event:
            case Messaged(author=author, public=public):
                self._say(minute, author, public=public)
            case Created(author=author, public=public, attributes=new):
                self._say(minute, author, public=public)
                self._change(minute, new)
            case Changed(attributes=new):
                self._change(minute, new)
            case Merged():
                self.gone = "merged"
            case Deleted(reason=reason):
                self.gone = reason

    def _say(self, minute: int, author: str, *, public: bool) -> None:
        if not public:
            return
        self.marks.append(Mark(minute, author))
        self.woken = self.woken or author == "customer"

    def _change(self, minute: int, new: Mapping[str, object]) -> None:
        old = dict(self.attributes)
        self.attributes.update(new)
        if "status" in new:
            self.marks.append(Mark(minute, done=self._is_done(new["status"])))
            if new["status"] != old.get("status"):
                self.woken = False  # another status: it may pause again (R15)
        if self.attributes.get("team") != old.get("team"):
            self.teams.append((self.attributes["team"], minute))

    def _is_done(self, word: object) -> bool:
        return self.category(word) in ("solved", "closed")

    def _done(self, place: int) -> bool:
        """Whether the ticket was solved before the mark at a place."""
        statuses = [mark for mark in self.marks[:place] if mark.author is None]
        return bool(statuses) and statuses[-1].done

    # -- what the metrics ask ------------------------------------------------------------------

    def asked_first(self) -> int | None:
        """Find the place of the customer's first public word."""
        places = (n for n, mark in enumerate(self.marks) if mark.author == "customer")
        return next(places, None)

    def answers(self, answering: tuple[str, ...]) -> list[int]:
        """Find the places of the answers: public words after the customer's first."""
        first = self.asked_first()
        if first is None:
            return []
        return [n for n, mark in enumerate(self.marks) if n > first and mark.author in answering]

    def waits(self, answering: tuple[str, ...]) -> list[list[int]]:
        """List the customer's waits after the first answer: the minute, and that of their end."""
        waits: list[list[int]] = []
        answers = self.answers(answering)
        for mark in self.marks[answers[0] + 1 :] if answers else ():
            waiting = bool(waits) and len(waits[-1]) == 1
            if mark.author == "customer" and not waiting:
                waits.append([mark.minute])
            elif waiting and (mark.author in answering or mark.done):
                waits[-1].append(mark.minute)
        return waits

    def reopens(self) -> list[int]:
        """Give the minutes at which a solved ticket was taken up again."""
        statuses = [mark for mark in self.marks if mark.author is None]
        return [new.minute for old, new in pairwise(statuses) if old.done and not new.done]


def first_response(tale: Tale, answering: tuple[str, ...]) -> View | None:
    """R9."""
    first = tale.asked_first()
    if first is None:
        return None
    state = "solved_unanswered" if tale.solved else "running"
    if tale.answers(answering):
        state = "ended"
    return View(1, state, tale.marks[first].minute)


def next_response(tale: Tale, answering: tuple[str, ...]) -> View | None:
    """R10."""
    waits = tale.waits(answering)
    if not waits:
        return None
    waiting = len(waits[-1]) == 1 and not tale.solved
    return View(len(waits), "running" if waiting else "ended", waits[-1][0])


def update(tale: Tale, answering: tuple[str, ...]) -> View | None:
    """R11: none is owed for an answer on a solved ticket, nor after a solve."""
    answers = tale.answers(answering)
    if not answers:
        return None
    last = answers[-1]
    owed = not tale._done(last) and not any(mark.done for mark in tale.marks[last:])
    return View(len(answers), "running" if owed else "solved", tale.marks[last].minute)


def resolution(tale: Tale, answering: tuple[str, ...]) -> View | None:
    """R12, R13."""
    del answering
    return View(1, "ended" if tale.solved else "running", tale.began or 0)


def first_resolution(tale: Tale, answering: tuple[str, ...]) -> View | None:
    """R12."""
    del answering
    ever = any(mark.done for mark in tale.marks)
    return View(1, "ended" if ever else "running", tale.began or 0)


def resolution_cycle(tale: Tale, answering: tuple[str, ...]) -> View | None:
    """R12."""
    del answering
    starts = [tale.began or 0, *tale.reopens()]
    return View(len(starts), "ended" if tale.solved else "running", starts[-1])


def team_ownership(tale: Tale, answering: tuple[str, ...]) -> View | None:
    """R14."""
    del answering
    stays = [minute for team, minute in tale.teams if team is not None]
    if not stays:
        return None
    held = tale.teams[-1][0] is not None and not tale.solved
    return View(len(stays), "running" if held else "ended", stays[-1])


VIEWS: dict[str, Callable[[Tale, tuple[str, ...]], View | None]] = {
    "first_response": first_response,
    "next_response": next_response,
    "periodic_update": update,
    "pausable_update": update,
    "total_resolution": resolution,
    "first_resolution": first_resolution,
    "resolution_cycle": resolution_cycle,
    "requester_wait": resolution,
    "agent_work": resolution,
    "team_ownership": team_ownership,
}

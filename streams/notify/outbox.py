"""What is to be said, was said, and must not be said: a partition's notices, pure.

Decisions: notices and answers go in, rows and attempts come out, time is an argument; whoever runs
it commits the rows before the attempts begin. A row is `sending` before any attempt, whatever the
channel knows: read back as `sending` it is in doubt, so that an attempt after a crash is marked a
repeat, and what ends it waits for its answer instead of making it void. What ends a notice goes out
only when that one is settled. A digest is fixed, itself and its members, in the transaction before
its first attempt, and ends when the last of its members has ended. A settled row lets go of its
event and stays for `keep`: for its receipt, and against an event that comes twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from streams.notify.flood import Flood, digest_key
from streams.notify.row import Ident, Notice, Row
from streams.process import backoff

DAY = 86_400_000
SWEEP = 60_000
Place = tuple[str, str]
"""Route and channel."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long and how much; times in ms."""

    keep: int = 30 * DAY
    give_up: int = DAY
    most: int = 20
    window: int = 60_000


@dataclass(frozen=True, slots=True)
class Attempt:
    """A message to be sent: its row and what it tells of.

    Of the message that it ends: what the channel answered, and when it was first said (ms UTC).
    """

    row: Row
    notices: tuple[Notice, ...]
    receipt: str | None = None
    said: int | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """It arrived."""

    receipt: str | None


@dataclass(frozen=True, slots=True)
class Failed:
    """It may work later; `retry_after` in seconds."""

    reason: str
    retry_after: float | None = None
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """It will never work."""

    reason: str


Answer = Sent | Failed | Refused


class Outbox:
    """The notices of one partition."""

    def __init__(
        self,
        bounds: Bounds,
        draw: Callable[[], float],
        floods: Mapping[str, tuple[int, int]] | None = None,
    ) -> None:
        """Begin empty; `draw` gives jitter in [0, 1).

        `floods`: by route how many messages within how many ms, where not those of `bounds`.
        """
        self.bounds = bounds
        self._own = floods or {}
        self.rows: dict[Ident, Row] = {}
        self.open: dict[Ident, Row] = {}  #: What is not settled, digests and their members too.
        self.settled: list[Row] = []  #: Since it was last emptied; a digest's members, not itself.
        self._draw = draw
        self._changed: set[Ident] = set()
        self._clocks: dict[tuple[str, str, str], set[Ident]] = defaultdict(set)
        self._floods: dict[Place, Flood] = {}
        self._wake: int | None = None
        self._swept = 0

    # -- rows

    def restore(self, rows: Iterable[Row]) -> None:
        """Take what the journal holds; what was being sent is in doubt."""
        for row in sorted(rows, key=lambda one: one.first or 0):
            doubtful = row.state == "sending"
            self._keep(replace(row, state="pending", doubt=True) if doubtful else row)
            if row.first is not None and row.digest is None and row.action == "trigger":
                self._flood(row).sent(row.first, digest=bool(row.members))

    def changed(self) -> dict[Ident, Row | None]:
        """Give the rows to be written, None for those to be forgotten; they are asked for once."""
        changed = {ident: self.rows.get(ident) for ident in self._changed}
        self._changed.clear()
        return changed

    def _keep(self, row: Row) -> None:
        self.rows[row.ident] = row
        if row.settled is None:
            self.open[row.ident] = row
        else:
            self.open.pop(row.ident, None)
        if row.action == "trigger" and not row.members:
            index = self._clocks[row.route, row.channel, row.clock]
            ended = row.over or row.state in {"void", "dropped"}
            index.discard(row.ident) if ended else index.add(row.ident)
            if not index:
                del self._clocks[row.route, row.channel, row.clock]

    def _put(self, row: Row) -> None:
        self._keep(row)
        self._changed.add(row.ident)

    def _settle(
        self,
        row: Row,
        state: Literal["sent", "dropped", "void"],
        now: int,
        *,
        receipt: str | None = None,
        reason: str | None = None,
    ) -> None:
        """Settle a row, and with a digest all its members."""
        done = replace(row, state=state, settled=now, receipt=receipt, reason=reason, event=None)
        self._put(done)
        for key in row.members:
            self._settle(self.rows[row.sibling(key)], state, now, receipt=receipt, reason=reason)
        if not row.members:
            self.settled.append(done)

    def _flood(self, row: Row) -> Flood:
        place = (row.route, row.channel)
        if place not in self._floods:
            usual = (self.bounds.most, self.bounds.window)
            self._floods[place] = Flood(*self._own.get(row.route, usual))
        return self._floods[place]

    # -- notices

    def take(self, notices: Iterable[Notice], now: int) -> None:
        """Take an event's notices; those known already change nothing."""
        for notice in notices:
            if notice.action == "resolve":
                self._end(notice, now)
            elif (notice.route, notice.channel, notice.key) not in self.rows:
                self._put(_row(notice, notice.key, notice.key, now))

    def _end(self, notice: Notice, now: int) -> None:
        """End what a notice ends: void where it was not said, else by another notice."""
        place = (notice.route, notice.channel)
        if notice.ends is None:
            idents = sorted(self._clocks.get((*place, notice.clock), ()))
        else:
            idents = [(*place, notice.ends)]
        for ident in idents:
            opening = self.rows.get(ident)
            if opening is None or opening.over or opening.state in {"void", "dropped"}:
                continue
            self._end_one(opening, notice, now)

    def _end_one(self, opening: Row, notice: Notice, now: int) -> None:
        if opening.digest is not None:
            self._put(replace(opening, over=True))
            digest = self.rows.get(opening.sibling(opening.digest))
            if digest is None or not all(self._over(digest, key) for key in digest.members):
                return
            opening = digest
        if opening.state == "pending" and not opening.doubt:
            self._settle(opening, "void", now, reason=f"ended by {notice.key}")
            return
        self._put(replace(opening, over=True))
        self._put(_row(notice, f"{notice.key}:{opening.key}", opening.key, now))

    def _over(self, digest: Row, key: str) -> bool:
        member = self.rows.get(digest.sibling(key))
        return member is None or member.over

    # -- attempts

    def start(self, now: int, admits: Callable[[str], bool]) -> list[Attempt]:
        """Give the attempts that begin now, each row `sending`; `admits` asks for a channel's room.

        The rows must be committed before the attempts are made.
        """
        self._sweep(now)
        self._wake = None
        attempts: list[Attempt] = []
        fresh: dict[Place, list[Row]] = defaultdict(list)
        for row in sorted(self.open.values(), key=lambda one: (one.due, one.at, one.key)):
            if row.state != "pending" or row.digest is not None:
                continue
            if now < row.after:
                self._wake_at(row.after)
            elif row.action == "trigger" and not row.attempts and not row.members:
                fresh[row.route, row.channel].append(row)
            else:
                self._again(row, now, admits, attempts)
        for rows in fresh.values():
            self._first(rows, now, admits, attempts)
        return attempts

    def wake(self) -> int | None:
        """Give the instant at which to start again, as of the last start; None if nothing waits."""
        return self._wake

    def _wake_at(self, at: int) -> None:
        self._wake = at if self._wake is None else min(self._wake, at)

    def _again(
        self, row: Row, now: int, admits: Callable[[str], bool], attempts: list[Attempt]
    ) -> None:
        """Try what was tried before, or what ends another."""
        opening = self.rows.get(row.sibling(row.about)) if row.action == "resolve" else None
        if opening is not None and opening.settled is None:
            return  # its answer brings the next start
        if opening is not None and opening.state != "sent" and not opening.doubt:
            self._settle(row, "void", now, reason=f"{opening.key} was never said")
            return
        self._try(row, now, admits, attempts, opening)

    def _first(
        self, rows: list[Row], now: int, admits: Callable[[str], bool], attempts: list[Attempt]
    ) -> None:
        """Say what was never tried, one by one or as digests."""
        flood = self._flood(rows[0])
        groups, later = flood.groups(rows, now)
        if later is not None:
            self._wake_at(later)
        for group in groups:
            row = group[0]
            if len(group) > 1:
                if not admits(row.channel):
                    self._overdue(group, now)
                    continue
                row = self._fix(group, now)
                self._begin(row, now, attempts)
            elif not self._try(row, now, admits, attempts):
                continue
            flood.sent(now, digest=len(group) > 1 or len(flood.recent) >= flood.most)

    def _fix(self, members: list[Row], now: int) -> Row:
        """Make the digest of some rows."""
        key = digest_key(members)
        for row in members:
            self._put(replace(row, digest=key))
        first = members[0]
        digest = Row(
            route=first.route,
            channel=first.channel,
            key=key,
            clock="",
            action="trigger",
            about=key,
            at=now,
            due=min(row.due for row in members),
            after=now,
            members=tuple(row.key for row in members),
        )
        self._put(digest)
        return digest

    def _try(
        self,
        row: Row,
        now: int,
        admits: Callable[[str], bool],
        attempts: list[Attempt],
        opening: Row | None = None,
    ) -> bool:
        if not admits(row.channel):
            self._overdue([row], now)
            return False
        self._begin(row, now, attempts, opening)
        return True

    def _begin(
        self, row: Row, now: int, attempts: list[Attempt], opening: Row | None = None
    ) -> None:
        first = now if row.first is None else row.first
        sending = replace(row, state="sending", attempts=row.attempts + 1, first=first)
        self._put(sending)
        tells = [self.rows[row.sibling(key)] for key in row.members] or [row]
        notices = tuple(one.notice() for one in tells)
        if opening is None:
            attempts.append(Attempt(sending, notices))
        else:
            attempts.append(Attempt(sending, notices, opening.receipt, opening.first))

    def _overdue(self, rows: list[Row], now: int) -> None:
        """Give up what has waited too long for a channel that takes nothing."""
        for row in rows:
            if now - row.due >= self.bounds.give_up:
                self._settle(row, "dropped", now, reason="it waited too long, the channel fails")

    def answer(self, ident: Ident, answer: Answer, now: int) -> None:
        """Take what became of an attempt."""
        row = self.rows[ident]
        match answer:
            case Sent(receipt):
                self._settle(row, "sent", now, receipt=receipt)
            case Refused(reason):
                self._settle(row, "dropped", now, reason=reason)
            case Failed(reason, retry_after, doubtful):
                row = replace(row, state="pending", doubt=row.doubt or doubtful, reason=reason)
                if row.over and not row.doubt:
                    self._settle(row, "void", now, reason="ended before it was said")
                elif now - row.due >= self.bounds.give_up:
                    self._settle(row, "dropped", now, reason=f"it was tried for too long: {reason}")
                else:
                    wait = backoff.wait(row.attempts - 1, self._draw(), retry_after)
                    self._put(replace(row, after=now + wait))

    def _sweep(self, now: int) -> None:
        """Forget what was settled long ago."""
        if now < self._swept + SWEEP:
            return
        self._swept = now
        for ident, row in list(self.rows.items()):
            if row.settled is not None and row.settled + self.bounds.keep <= now:
                del self.rows[ident]
                self._changed.add(ident)
                self._clocks.get((row.route, row.channel, row.clock), set()).discard(ident)


def _row(notice: Notice, key: str, about: str, now: int) -> Row:
    return Row(
        route=notice.route,
        channel=notice.channel,
        key=key,
        clock=notice.clock,
        action=notice.action,
        about=about,
        at=now,
        due=max(notice.due, now),
        after=max(notice.due, now),
        held=notice.due > now,
        event=notice.event,
    )

"""One ticket, whatever happens to it and however it arrives, against a naive oracle.

The machine makes events happen, delivers them in any order and more than once, lets time reach
instants, and crashes. When all is delivered, the ticket, what stands of what was said, and the
oracle's walk by the minute must agree, for all metrics and both kinds.
"""

from __future__ import annotations

import json
from typing import Any
from unittest.mock import patch

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from streams.sla import engine
from streams.sla.engine import Engine, TooLate
from streams.sla.events import Changed, Created, Deleted, Merged, Messaged, TicketEvent
from streams.sla.facts import Fact
from streams.sla.policy import CATEGORIES
from streams.sla.ticket import Ticket
from streams.wire import row
from tests.sla.agreement import agree
from tests.sla.local import DAY
from tests.sla.oracle import MINUTE, tell
from tests.sla.world import STATUSES, WEEKS, policies, promises

authors = st.sampled_from(["customer", "customer", "agent", "agent", "bot"])
public = st.sampled_from([True, True, True, False])
statuses = st.sampled_from(["open", "solved", *CATEGORIES, *STATUSES])
priorities = st.sampled_from(["urgent", "high", "low", None])
tiers = st.sampled_from(["vip", "standard", "standard", "basic", "odd", "free"])
teams = st.sampled_from(["ann", "bob", None])
attributes = {"status": statuses, "priority": priorities, "tier": tiers, "team": teams}

changes = st.one_of(
    *(st.fixed_dictionaries({name: values}) for name, values in attributes.items()),
    st.fixed_dictionaries({"status": statuses, "priority": priorities}),
    st.fixed_dictionaries({"status": statuses, "team": teams, "assignee": teams}),
    st.fixed_dictionaries({}),
)
created = st.tuples(st.fixed_dictionaries(attributes), authors, public)
ends = st.sampled_from([(Merged, "other"), (Deleted, "deleted"), (Deleted, "spam")])
pauses = st.sampled_from([None, 0, 0, 0, 1, 15, 30, 30, 45, 60, 60, 120, 240, 480, 960])
"""Minutes until the next thing happens; None: until the next deadline or warning."""
arrivals = st.sampled_from(["at once", "at once", "some time", "some time", "too late"])
"""Too late: when the next deadline has passed, and what there is to say of it was said."""


class SlaMachine(RuleBasedStateMachine):
    """One ticket, its events as they happened and as they arrived, and all that was said of it."""

    @initialize(
        week=st.sampled_from(WEEKS),
        begins=st.sampled_from([(-2, 930), (-1, 1200), (-1, 1439), (0, 90), (1, 540)]),
        tail=st.sampled_from([0, 30, 240, 960, 2 * DAY]),
        first=created | st.none(),
    )
    def begin(
        self, week: Any, begins: tuple[int, int], tail: int, first: tuple[Any, ...] | None
    ) -> None:
        """Choose a week, and let the ticket be created, or be known by what comes next."""
        self.week, self.tail = week, tail
        self.engine = Engine(policies(week))
        self.now = self.start = week.at(*begins)
        self.ticket: Ticket | None = None
        self.pending: list[TicketEvent] = []
        self.arrived: list[TicketEvent] = []
        self.count = 0
        self.known: dict[str, Any] = {}
        self.ids: set[str] = set()
        self.standing: dict[str, Fact] = {}
        if first is not None:
            self._happen(0, "some time", Created, *first)

    # -- what happens ----------------------------------------------------------------------------

    @rule(after=pauses, author=authors, public=public, arrives=arrivals)
    def somebody_writes(
        self, after: int | None, author: str, *, public: bool, arrives: str
    ) -> None:
        """Let somebody write."""
        self._happen(after, arrives, Messaged, author, public)

    @rule(after=pauses, status=statuses, arrives=arrivals)
    def status_changes(self, after: int | None, status: str, *, arrives: str) -> None:
        """Let the status be set."""
        self._happen(after, arrives, Changed, {"status": status})

    @rule(after=pauses, what=changes, arrives=arrivals)
    def attributes_change(self, after: int | None, what: dict[str, str], *, arrives: str) -> None:
        """Let attributes change (R14, R16, R17), or let a source tell all of them again."""
        self._happen(after, arrives, Changed, what or dict(self.known))

    @rule(after=pauses, told=created, arrives=arrivals)
    @precondition(lambda self: self.count % 8 == 7)
    def is_created_again(self, after: int | None, told: tuple[Any, ...], *, arrives: str) -> None:
        """Let a source tell of a creation twice."""
        self._happen(after, arrives, Created, *told)

    @rule(after=pauses, what=ends, arrives=arrivals)
    @precondition(lambda self: self.count % 16 == 15)
    def is_gone(self, after: int | None, what: tuple[Any, str], *, arrives: str) -> None:
        """Let the ticket be merged or deleted (R20)."""
        self._happen(after, arrives, *what)

    # -- how it arrives --------------------------------------------------------------------------

    @rule(place=st.integers(0, 50))
    @precondition(lambda self: self.pending)
    def arrives(self, place: int) -> None:
        """Deliver an event, in order (0) or not."""
        self._deliver(self.pending.pop(place % len(self.pending)))

    @rule(place=st.integers(0, 50))
    @precondition(lambda self: self.arrived)
    def arrives_again(self, place: int) -> None:
        """Deliver an event once more: nothing is said, nothing changes (R7)."""
        assert self.ticket is not None
        before = row.encode(self.ticket)
        facts = self._deliver(self.arrived[place % len(self.arrived)])
        assert facts == []
        assert row.encode(self.ticket) == before

    @rule(after=pauses, over=st.booleans(), back=st.sampled_from([0, 0, 0, 1, 60 * MINUTE]))
    def time_reaches(self, after: int | None, over: bool, back: int) -> None:  # noqa: FBT001
        """Let time pass, and be said to have reached an instant that is not ahead of it (R4)."""
        self._wait(after, over=over, back=back)

    @rule()
    def crashes(self) -> None:
        """Leave nothing but the row (R8)."""
        self.engine = Engine(policies(self.week))
        if self.ticket is not None:
            again = row.decode(row.encode(self.ticket), self.engine)
            assert again == self.ticket
            self.ticket = again

    def _pass(self, after: int | None) -> None:
        """Let so many minutes pass, or as many as it takes to the next deadline or warning."""
        then = self.now + (after or 0) * MINUTE
        if after is None and self.ticket is not None and self.ticket.due is not None:
            then = self.ticket.due
        if self.now < then < self.start + 10 * DAY * MINUTE:
            self.now = then

    def _wait(self, after: int | None, *, over: bool, back: int) -> None:
        self._pass(after)
        self.now += MINUTE * over
        if self.ticket is not None:
            self._listen(self.engine.settle(self.ticket, self.now - back))

    def _happen(self, after: int | None, arrives: str, kind: Any, *told: Any) -> None:
        """Let something happen later; it arrives at once, or some time, or too late."""
        self._pass(after)
        new = next((part for part in told if isinstance(part, dict)), {})
        self.known.update(new)
        event = kind("t", self.now, self.count, *told)
        self.count += 1
        if arrives == "some time":
            self.pending.append(event)
            return
        if arrives == "too late":
            self._wait(None, over=True, back=0)
        self._deliver(event)

    def _deliver(self, event: TicketEvent) -> list[Fact]:
        self.ticket, facts = self.engine.apply(self.ticket, event)
        self.arrived.append(event)
        self._listen(facts)
        return facts

    def _listen(self, facts: list[Fact]) -> None:
        """Hold that an id is said once, and that what is taken back stood (R7, R8)."""
        for fact in facts:
            assert fact.id not in self.ids, f"said twice: {fact.id}"
            self.ids.add(fact.id)
            if fact.retracts is None:
                self.standing[fact.id] = fact
            else:
                assert self.standing.pop(fact.retracts).type == fact.retracts_type

    # -- what must hold of it --------------------------------------------------------------------

    def teardown(self) -> None:
        """Deliver what is left, let time pass, and compare."""
        if not getattr(self, "count", 0):
            return
        while self.pending:
            self._deliver(self.pending.pop(0))
        assert self.ticket is not None
        end = self.now + self.tail * MINUTE
        self._listen(self.engine.settle(self.ticket, end))
        told = list({event.key: event for event in self.arrived}.values())
        told.sort(key=lambda event: event.order(policies(self.week).category))
        fresh, facts = fold(told, Engine(policies(self.week)), end)
        assert at_rest(self.ticket) == at_rest(fresh)
        assert net(self.standing.values()) == net(facts)
        life = tell(self.arrived, end, promises(self.week), STATUSES)
        agree(life, self.ticket, facts)


def fold(events: list[TicketEvent], engine: Engine, end: int) -> tuple[Ticket, list[Fact]]:
    """Fold a history in the order given, without a tick until its end."""
    ticket, facts = None, []
    for event in events:
        ticket, said = engine.apply(ticket, event)
        facts += said
    assert ticket is not None
    return ticket, facts + engine.settle(ticket, end)


def net(facts: Any) -> list[tuple[Any, ...]]:
    """Give what consumers are left with, ids that were spent and attributes apart."""
    return sorted(
        (
            *(f.key, f.time, f.policy, f.target, f.elapsed, f.started_at),
            *map(str, (f.deadline, f.breached_at, f.outcome, f.reason, f.withdraws)),
        )
        for f in facts
    )


def at_rest(ticket: Ticket) -> dict[str, Any]:
    """Give the row of a ticket but for what tells how it came about: spent ids, what is kept."""
    packed: dict[str, Any] = json.loads(row.encode(ticket))
    return {name: value for name, value in packed.items() if name not in ("b", "e", "x")}


class ForgetfulMachine(SlaMachine):
    """The same, with a memory of six events: what comes from before them is refused (R7).

    One tier for life: what a policy that comes late counts of a forgotten past is another matter.
    """

    def _happen(self, after: int | None, arrives: str, kind: Any, *told: Any) -> None:
        if not self.count:
            tier = "vip" if self.tail else "standard"
            arrives, kind, told = "at once", Created, ({"tier": tier}, "customer", True)
        else:
            told = tuple(untiered(part) if isinstance(part, dict) else part for part in told)
        super()._happen(after, arrives, kind, *told)

    def _deliver(self, event: TicketEvent) -> list[Fact]:
        before = None if self.ticket is None else row.encode(self.ticket)
        try:
            with patch.object(engine, "HISTORY_LIMIT", 6):
                return super()._deliver(event)
        except TooLate:
            assert self.ticket is not None
            assert row.encode(self.ticket) == before
            return []


def untiered(attributes: dict[str, Any]) -> dict[str, Any]:
    """Leave the tier out."""
    return {name: value for name, value in attributes.items() if name != "tier"}


TestMachine = SlaMachine.TestCase
TestMachine.settings = settings(
    max_examples=max(150, settings.default.max_examples), stateful_step_count=50
)
TestForgetfulMachine = ForgetfulMachine.TestCase
TestForgetfulMachine.settings = settings(
    max_examples=max(40, settings.default.max_examples // 5), stateful_step_count=50
)

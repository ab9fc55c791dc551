"""A preview says what an adoption would do: the very facts, without doing it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.history.preview import Change, preview, running
from streams.sla.duration import Active
from streams.sla.engine import Engine
from streams.sla.events import Changed, Merged, Since, TicketEvent
from streams.sla.policy import Pause, PolicySet, Warning_
from streams.sla.ticket import HISTORY_LIMIT, Ticket
from streams.sla.versions import Adoption
from streams.wire import row
from tests.sla.test_properties import MINUTE, POLICIES, end_of, histories
from tests.sla.test_version_laws import SETS, minutes
from tests.sla.test_versions import CREATED, HOUR, OFFICE, OLD, TEN, at, promised


def changes(
    new: PolicySet,
    *events: TicketEvent,
    since: Since = "now",
    when: int = TEN,
    old: PolicySet = OLD,
) -> dict[str, Change]:
    """Preview a version for one ticket; give the changes by metric."""
    tickets, _ = running([CREATED, *events], old, when)
    found = preview(tickets, Engine(old, adoptions=[Adoption(0, old.version)]), new, since, when)
    return {change.metric: change for change in found.changes}


def test_deadlines_that_come_earlier_or_later_and_those_that_stay() -> None:
    """R18, R16: by the deadlines before and after; what stays is counted and not listed."""
    old = replace(OLD, policies=promised("x", first_response=4, total_resolution=8).policies)
    new = promised("new", first_response=2, total_resolution=8)
    tickets, end = running([CREATED], old, TEN)
    found = preview(tickets, Engine(old), new, "now", end)
    tallies = {name[2]: tally.effects for name, tally in found.tallies.items()}
    assert tallies == {"first_response": {"earlier": 1}, "total_resolution": {"same": 1}}
    (change,) = found.changes
    assert change.before is not None
    assert change.after is not None
    assert (change.before.deadline, change.after.deadline) == (
        at("Mon", "13:00"),
        at("Mon", "11:00"),
    )
    assert (change.before.version, change.after.version) == ("old", "new")
    assert (change.effect, change.sooner) == ("earlier", 2 * HOUR)
    assert change.name == ("p", "sla", "first_response")
    later = changes(promised("new", first_response=5, total_resolution=8))
    assert {name: change.effect for name, change in later.items()} == {"first_response": "later"}


def test_what_is_said_at_once_is_told() -> None:
    """R18, R16, R21: breaches and warnings at the instant of the adoption."""
    warnings = (Warning_(left=Active(3 * HOUR)), Warning_(left=Active(2 * HOUR)))
    new = promised("new", first_response=1, total_resolution=4, warnings=warnings)
    found = changes(new, when=at("Mon", "11:30"))
    assert {name: (one.breached, one.warned) for name, one in found.items()} == {
        "first_response": (True, ()),
        "total_resolution": (False, ("left:2h",)),
    }


def test_promises_that_go_and_come_and_clocks_that_end() -> None:
    """R18, R9: lost, new, and ended by a status that has another meaning now."""
    found = changes(promised("new", requester_wait=2))
    assert {name: one.effect for name, one in found.items()} == {
        "first_response": "lost",
        "total_resolution": "lost",
        "requester_wait": "new",
    }
    assert found["first_response"].after is None
    assert found["requester_wait"].before is None
    assert found["requester_wait"].sooner == 0
    answered = replace(promised("new", total_resolution=8), statuses={"answered": "solved"})
    found = changes(answered, Changed("t", TEN - 1, 1, {"status": "answered"}))
    assert found["total_resolution"].effect == "ended"


def test_paused_clocks_are_compared_by_what_is_left() -> None:
    """R15: they have no deadline."""
    pause = Pause(statuses=frozenset({"pending"}), metrics=("total_resolution",))
    old = promised("old", total_resolution=8, pause=pause)
    pending = Changed("t", at("Mon", "09:30"), 1, {"status": "pending"})
    found = changes(promised("new", total_resolution=6, pause=pause), pending, old=old)
    assert (found["total_resolution"].effect, found["total_resolution"].sooner) == (
        "earlier",
        2 * HOUR,
    )
    goes_on = promised("new", total_resolution=8, pause=Pause(statuses=frozenset()))
    assert changes(goes_on, pending, old=old) == {}


def test_from_now_and_from_the_start_differ_where_hours_do() -> None:
    """R18, R17: the same question in both ways."""
    new = promised("new", first_response=4, total_resolution=8, schedule=OFFICE)
    early = replace(CREATED, time=at("Mon", "08:00"))
    tickets, _ = running([early], OLD, TEN)
    later = dict.fromkeys(("first_response", "total_resolution"), -HOUR)
    ways: dict[Since, dict[str, int]] = {"now": {}, "start": later}
    for since, sooner in ways.items():
        found = preview(tickets, Engine(OLD), new, since, TEN)
        assert {change.metric: change.sooner for change in found.changes} == sooner


def test_closed_tickets_are_left_out_and_those_that_nothing_matches_are_counted() -> None:
    """R19, R18."""
    gold = {"tier": frozenset({"gold"})}
    events = [
        CREATED,
        replace(CREATED, ticket="u", attributes={"tier": "gold"}),
        replace(CREATED, ticket="v", key=7),
        Changed("v", TEN - 5, 8, {"status": "solved"}),
    ]
    tickets, end = running(events, OLD, TEN)
    found = preview(
        tickets, Engine(OLD), promised("new", total_resolution=8, match=gold), "now", end
    )
    assert (found.tickets, found.unmatched) == (2, (0, 1))
    assert {change.ticket for change in found.changes} == {"t", "u"}


def test_those_that_hurt_most_come_first() -> None:
    """For one who decides: breaches, losses, then the greatest cuts."""
    events = [
        replace(CREATED, ticket="cut", time=at("Mon", "09:55")),
        replace(CREATED, ticket="breach", time=at("Mon", "06:30")),
        replace(CREATED, ticket="lost", attributes={"tier": "tin"}),
    ]
    gold = promised("new", first_response=3)
    new = replace(
        gold,
        policies=(
            replace(gold.policies[0], name="none", targets={}, match={"tier": frozenset({"tin"})}),
            *gold.policies,
        ),
    )
    old = promised("old", first_response=4)
    tickets, end = running(events, old, TEN)
    found = preview(tickets, Engine(old), new, "now", end)
    assert [change.ticket for change in found.worst()] == ["breach", "lost", "cut"]
    assert [change.ticket for change in found.worst(1)] == ["breach"]
    assert found.worst(0) == []


def test_a_preview_comes_after_what_was_adopted_already() -> None:
    """R18: as a worker's adoption would."""
    rules = Engine(OLD, adoptions=[Adoption(TEN + 5, "old")])
    found = preview([], rules, promised("new", first_response=1), "now", TEN)
    assert found.adoption == Adoption(TEN + 6, "new", "now")
    assert rules.versions.adoptions == (Adoption(TEN + 5, "old"),)


def test_running_tickets_are_those_of_the_instant() -> None:
    """R1, R20, R7: later events have not happened yet; merges hand on; copies are known."""
    events: list[TicketEvent] = [
        Changed("t", TEN + 1, 9, {"status": "solved"}),
        CREATED,
        CREATED,
        replace(CREATED, ticket="later", time=TEN + 1),
        replace(CREATED, ticket="m", time=at("Mon", "08:00")),
        Merged("m", TEN - 1, 3, "t"),
    ]
    tickets, end = running(events, OLD, TEN)
    assert end == TEN
    assert {ticket.id: ticket.closed for ticket in tickets} == {"t": False, "m": True}
    (survivor,) = (ticket for ticket in tickets if ticket.id == "t")
    assert survivor.clocks["sla", "first_response"].started_at == at("Mon", "08:00")
    _, last = running(events, OLD)
    assert last == TEN + 1
    assert running([], OLD) == ([], 0)


def test_a_copy_of_an_event_that_was_folded_into_the_base_is_passed_over() -> None:
    """R7: with more events than a ticket keeps."""
    keys = range(1, HISTORY_LIMIT + 10)
    events: list[TicketEvent] = [CREATED]
    events += (Changed("t", CREATED.time + key, key, {"tags": (str(key),)}) for key in keys)
    copies = [event for event in events[:5] for _ in range(2)]
    (ticket,), _ = running([*copies, *events], OLD)
    (once,), _ = running(events, OLD)
    assert {n: c.used for n, c in ticket.clocks.items()} == {
        n: c.used for n, c in once.clocks.items()
    }


@settings(max_examples=200)
@given(
    histories(tiers=True),
    minutes,
    st.sampled_from(sorted(SETS)),
    st.sampled_from(["now", "start"]),
)
def test_what_is_previewed_is_what_happens(
    events: list[TicketEvent], minute: int, version: str, since: Any
) -> None:
    """R18: the breaches, warnings and ends of the preview are the facts of the adoption."""
    when = events[0].time + minute * MINUTE
    engine = Engine(POLICIES, SETS, [Adoption(0, "test")])
    (ticket,), _ = running(events, POLICIES, when)
    packed = row.encode(ticket)
    found = preview([ticket], engine, SETS[version], since, when)
    assert row.encode(ticket) == packed
    known = Engine(POLICIES, SETS, [Adoption(0, "test"), Adoption(when, version, since)])
    again = row.decode(packed, engine)
    assert isinstance(again, Ticket)
    due = {fact.id for fact in engine.settle(row.decode(packed, engine), when + 1)}  # type: ignore[arg-type]
    said = [fact for fact in known.settle(again, when + 1) if fact.id not in due]
    counted = Counter(fact.type for fact in said)
    assert counted["breached"] == sum(change.breached for change in found.changes)
    assert counted["breach_imminent"] == sum(len(change.warned) for change in found.changes)
    effects = Counter(change.effect for change in found.changes)
    assert counted["cancelled"] + counted["fulfilled"] == effects["lost"] + effects["ended"]
    for change in found.changes:
        clock = again.clocks[change.kind, change.metric]
        if change.after is not None:
            assert change.after.deadline == clock.deadline
            assert change.after.version == clock.version
    assert end_of(events) > when

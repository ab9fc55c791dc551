"""R18: versions of the policies, by hand; what is always so stands in test_version_laws."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from streams.sla.duration import Active
from streams.sla.engine import Engine
from streams.sla.events import Adopted, Changed, Created, Messaged, Since, TicketEvent
from streams.sla.facts import Fact
from streams.sla.hours import WeeklyHours
from streams.sla.policy import Pause, Policy, PolicySet, Warning_
from streams.sla.schedule import Schedule
from streams.sla.ticket import Ticket
from streams.sla.versions import Adoption, UnknownVersion, Versions
from tests.scenario import instant, say

HOUR = 3_600_000
OFFICE = Schedule("office", "Europe/Paris", WeeklyHours.of({"mon-fri": ["09:00-17:00"]}))
ALWAYS = Schedule.always("always")


def at(day: str, time: str) -> int:
    """Give an instant of the week of the scenarios, local to Paris."""
    return instant(day, None, time)


def policy(name: str = "p", schedule: Schedule = ALWAYS, **given: Any) -> Policy:
    """Make a policy; targets are hours by metric."""
    targets = {metric: {"default": Active(given[metric] * HOUR)} for metric in given.get("of", ())}
    rest = {key: value for key, value in given.items() if key != "of" and key not in targets}
    return Policy(name, "sla", schedule, targets, **rest)


def promised(version: str, **given: Any) -> PolicySet:
    """Make a set of one policy: `first_response=4` and the like are hours."""
    statuses = given.pop("statuses", {})
    schedule = given.pop("schedule", ALWAYS)
    rest = {key: given.pop(key) for key in ("warnings", "pause", "match") if key in given}
    return PolicySet(
        version,
        (policy(schedule=schedule, of=tuple(given), **given, **rest),),
        statuses=statuses,
    )


OLD = promised("old", first_response=4, total_resolution=8)
CREATED = Created("t", at("Mon", "09:00"), 0, {"status": "open"})
TEN = at("Mon", "10:00")


def engine(new: PolicySet, since: Since | None, when: int = TEN, old: PolicySet = OLD) -> Engine:
    """Give an engine of two versions: the old one ever, the new one from an instant on."""
    adoptions = (Adoption(0, old.version), Adoption(when, new.version, since))
    return Engine(old, {new.version: new}, adoptions)


def told(
    rules: Engine, *events: TicketEvent, until: int | None = None
) -> tuple[Ticket, list[Fact]]:
    """Fold events in the order given, then let time reach `until`; give all that was said."""
    ticket: Ticket | None = None
    facts: list[Fact] = []
    for event in events:
        ticket, said = rules.apply(ticket, event)
        facts += said
    assert ticket is not None
    return ticket, facts + (rules.settle(ticket, until) if until is not None else [])


def lines(facts: list[Fact], metric: str | None = None) -> list[str]:
    """Write facts as the scenarios do, each with its version."""
    told_ = [fact for fact in facts if metric in (None, fact.metric)]
    return [f"{say(fact)} [{fact.version}]" for fact in told_]


# -- kept


def test_a_running_clock_keeps_its_version_and_what_starts_later_has_the_new_one() -> None:
    """R18: one ticket, clocks of two versions."""
    new = promised("new", first_response=1, total_resolution=2, periodic_update=3)
    reply = Messaged("t", at("Mon", "11:00"), 1, "agent")
    ticket, facts = told(engine(new, None), CREATED, reply, until=at("Tue", "09:00"))
    assert lines(facts) == [
        "Mon 09:00 sla first_response started, deadline Mon 13:00 [old]",
        "Mon 09:00 sla total_resolution started, deadline Mon 17:00 [old]",
        "Mon 11:00 sla first_response fulfilled, met after 2:00:00 [old]",
        "Mon 11:00 sla periodic_update started, deadline Mon 14:00 [new]",
        "Mon 14:00 sla periodic_update breached [new]",
        "Mon 17:00 sla total_resolution breached [old]",
    ]
    assert ticket.version == "new"


def test_nothing_comes_of_a_version_that_is_kept_out_until_the_tickets_next_event() -> None:
    """R18: such an adoption is no reason to look at a ticket."""
    rules = engine(promised("new", first_response=1, total_resolution=2), None)
    ticket, _ = told(rules, CREATED)
    assert rules.due(ticket) == ticket.due == at("Mon", "13:00")
    assert rules.settle(ticket, at("Mon", "12:00")) == []
    assert [type(event) for event in ticket.history] == [Created]


def test_a_ticket_starts_under_the_version_of_its_first_event() -> None:
    """R18, R1: by the event's time, whenever it arrives; the first version holds from ever."""
    rules = engine(promised("new", total_resolution=2), None)
    for when, version in ((TEN, "old"), (TEN + 1, "new"), (5, "old"), (0, "old")):
        ticket, facts = told(rules, replace(CREATED, time=when))
        assert {fact.version for fact in facts} == {ticket.version} == {version}


def test_a_new_cycle_starts_under_the_new_version_and_one_taken_up_again_does_not() -> None:
    """R18, R12: a reopen goes on with the old cycle, a new cycle is a new promise."""
    old = promised("old", total_resolution=8, resolution_cycle=8)
    rules = engine(promised("new", total_resolution=1, resolution_cycle=1), None, old=old)
    _, facts = told(
        rules,
        CREATED,
        Changed("t", at("Mon", "09:30"), 1, {"status": "solved"}),
        Changed("t", at("Mon", "11:00"), 2, {"status": "open"}),
    )
    assert lines(facts)[-2:] == [
        "Mon 11:00 sla total_resolution resumed, deadline Mon 18:30, reopened [old]",
        "Mon 11:00 sla resolution_cycle started, cycle 2, deadline Mon 12:00 [new]",
    ]


def test_a_kept_clock_goes_by_the_filters_and_pauses_of_its_own_version() -> None:
    """R18, R15, R16: what happens later is judged by the terms that the clock started under."""
    pause = Pause(statuses=frozenset({"waiting"}), metrics=("total_resolution",))
    old = promised("old", total_resolution=8, pause=pause, match={"tier": frozenset({"gold"})})
    rules = engine(promised("new", total_resolution=1), None, old=old)
    _, facts = told(
        rules,
        replace(CREATED, attributes={"tier": "gold"}),
        Changed("t", at("Mon", "11:00"), 1, {"status": "waiting"}),
        Changed("t", at("Mon", "12:00"), 2, {"status": "open"}),
        Changed("t", at("Mon", "13:00"), 3, {"tier": "tin"}),
    )
    assert lines(facts)[1:] == [
        "Mon 11:00 sla total_resolution paused, left 6:00:00 [old]",
        "Mon 12:00 sla total_resolution resumed, deadline Mon 18:00 [old]",
        "Mon 13:00 sla total_resolution cancelled, no_policy [old]",
    ]


def test_what_lost_its_promise_is_promised_again_under_the_new_version() -> None:
    """R18, R9: what is promised anew is a promise of now."""
    match = {"tier": frozenset({"gold"})}
    old = promised("old", total_resolution=8, match=match)
    rules = engine(promised("new", total_resolution=6, match=match), None, old=old)
    _, facts = told(
        rules,
        replace(CREATED, attributes={"tier": "gold"}),
        Changed("t", at("Mon", "09:30"), 1, {"tier": "tin"}),
        Changed("t", at("Mon", "11:00"), 2, {"tier": "gold"}),
    )
    assert lines(facts)[-1] == (
        "Mon 11:00 sla total_resolution resumed, deadline Mon 15:00, policy_applied [new]"
    )


def test_a_promise_that_only_the_new_version_makes_begins_with_the_tickets_next_event() -> None:
    """R18, R9: nothing runs that could keep its version; it counts from its true start."""
    new = promised("new", requester_wait=1.5, first_response=1)
    touched = Changed("t", at("Mon", "11:00"), 1, {"tags": ("a",)})
    _, facts = told(engine(new, None), CREATED, touched)
    assert lines(facts)[2:] == [
        "Mon 11:00 sla requester_wait started, deadline Mon 11:00 [new]",
        "Mon 11:00 sla requester_wait breached, policy_applied [new]",
    ]


# -- applied to open clocks


@pytest.mark.parametrize("since", ["now", "start"])
def test_a_version_applied_to_open_clocks_changes_their_target_when_time_reaches_it(
    since: Since,
) -> None:
    """R18, R16: used time stays, the deadline follows, the reason is told; timers need no event."""
    rules = engine(promised("new", first_response=2, total_resolution=8), since)
    ticket, _ = told(rules, CREATED)
    assert rules.due(ticket) == TEN
    assert rules.settle(ticket, TEN) == []  # strictly before, as deadlines are (R5)
    facts = rules.settle(ticket, TEN + 1)
    assert lines(facts) == [
        "Mon 10:00 sla first_response retargeted, deadline Mon 11:00, policies_changed [new]"
    ]
    assert [fact.revision for fact in facts] == [1]
    assert rules.due(ticket) == ticket.due == at("Mon", "11:00")
    assert lines(rules.settle(ticket, at("Mon", "12:00"))) == [
        "Mon 11:00 sla first_response breached [new]"
    ]


@pytest.mark.parametrize(
    ("since", "elapsed", "deadline"), [("now", 2, "Mon 16:00"), ("start", 1, "Mon 17:00")]
)
def test_from_now_counts_on_and_from_the_start_counts_again(
    since: Since, elapsed: int, deadline: str
) -> None:
    """R18, R17: an hour on another schedule counts as it did, or as it would have counted."""
    old = promised("old", first_response=8)
    new = promised("new", first_response=8, schedule=OFFICE)
    rules = engine(new, since, old=old)
    created = replace(CREATED, time=at("Mon", "08:00"))  # the office opens at nine
    _, facts = told(rules, created, until=TEN + 1)
    assert facts[-1].elapsed == elapsed * HOUR
    assert lines(facts)[-1] == (
        f"Mon 10:00 sla first_response retargeted, deadline {deadline}, policies_changed [new]"
    )


@pytest.mark.parametrize("since", ["now", "start"])
def test_a_target_that_is_past_is_one_breach_at_the_instant_of_the_adoption(since: Since) -> None:
    """R18, R16, R8: once, with its reason; the reply after it is too late."""
    rules = engine(promised("new", first_response=2), since, when=at("Mon", "12:00"))
    reply = Messaged("t", at("Mon", "12:30"), 1, "agent")
    _, facts = told(rules, CREATED, reply, until=at("Tue", "09:00"))
    assert lines(facts, "first_response")[1:] == [
        "Mon 12:00 sla first_response retargeted, deadline Mon 12:00, policies_changed [new]",
        "Mon 12:00 sla first_response breached, policies_changed [new]",
        "Mon 12:30 sla first_response fulfilled, breached after 3:30:00 [new]",
    ]


@pytest.mark.parametrize("since", ["now", "start"])
def test_a_breach_that_stands_is_neither_repeated_nor_taken_back(since: Since) -> None:
    """R18, R16: a looser version does not whitewash, a tighter one does not page again."""
    for hours in (1, 20):
        rules = engine(promised("new", first_response=hours), since, when=at("Mon", "15:00"))
        _, facts = told(rules, CREATED, until=at("Wed", "09:00"))
        mine = [(fact.type, fact.breached_at) for fact in facts if fact.metric == "first_response"]
        breached = at("Mon", "13:00")
        assert mine == [("started", None), ("breached", breached), ("retargeted", breached)]


@pytest.mark.parametrize("since", ["now", "start"])
def test_equal_terms_in_another_version_are_not_worth_a_word(since: Since) -> None:
    """R18, R21: no retarget, so no warning comes twice; what is said later names the new one."""
    from_half = (Warning_(left=Active(3 * HOUR)),)
    old = promised("old", first_response=4, warnings=from_half)
    new = PolicySet("new", (*old.policies, policy("another", of=("agent_work",), agent_work=1)))
    rules = engine(new, since, when=at("Mon", "11:00"), old=old)
    ticket, facts = told(rules, CREATED, until=at("Tue", "09:00"))
    assert lines(facts) == [
        "Mon 09:00 sla first_response started, deadline Mon 13:00 [old]",
        "Mon 10:00 sla first_response breach_imminent, left:3h [old]",
        "Mon 13:00 sla first_response breached [new]",
    ]
    assert [clock.revision for clock in ticket.clocks.values()] == [0]


def test_warnings_of_the_new_version_that_are_past_collapse_into_the_highest() -> None:
    """R18, R21: one page, not three, and the rest at their instants."""
    warnings = tuple(Warning_(left=Active(hours * HOUR)) for hours in (3, 2, 1))
    new = promised("new", first_response=4, warnings=warnings)
    _, facts = told(engine(new, "now", when=at("Mon", "11:30")), CREATED, until=at("Mon", "12:30"))
    assert lines(facts, "first_response")[1:] == [
        "Mon 11:30 sla first_response retargeted, deadline Mon 13:00, policies_changed [new]",
        "Mon 11:30 sla first_response breach_imminent, left:2h [new]",
        "Mon 12:00 sla first_response breach_imminent, left:1h [new]",
    ]


@pytest.mark.parametrize("since", ["now", "start"])
def test_a_finished_cycle_never_changes(since: Since) -> None:
    """R18: met under the old version is met, though the new one is tighter than it took."""
    reply = Messaged("t", at("Mon", "09:50"), 1, "agent")
    rules = engine(promised("new", first_response=0.5, total_resolution=8), since)
    ticket, facts = told(rules, CREATED, reply, until=at("Mon", "12:00"))
    assert [fact.type for fact in facts if fact.metric == "first_response"] == [
        "started",
        "fulfilled",
    ]
    clock = ticket.clocks["sla", "first_response"]
    assert (clock.version, clock.target, clock.revision) == ("old", 4 * HOUR, 0)


@pytest.mark.parametrize("since", ["now", "start"])
def test_nothing_comes_of_a_closed_ticket(since: Since) -> None:
    """R18: done and no clock open: it is not looked at, and a reopen goes on as promised."""
    rules = engine(promised("new", first_response=1, total_resolution=1), since)
    solved = Changed("t", at("Mon", "09:30"), 1, {"status": "solved"})
    ticket, _ = told(rules, CREATED, solved)
    assert rules.due(ticket) is None
    assert rules.settle(ticket, at("Mon", "11:00")) == []
    reopened = Changed("t", at("Mon", "11:00"), 2, {"status": "open"})
    ticket, facts = rules.apply(ticket, reopened)
    assert lines(facts, "total_resolution") == [
        "Mon 11:00 sla total_resolution resumed, deadline Mon 18:30, reopened [old]"
    ]


@pytest.mark.parametrize("since", ["now", "start"])
def test_a_promise_may_go_and_another_may_come(since: Since) -> None:
    """R18, R9: cancelled for want of a target or a policy; started from its true start."""
    rules = engine(promised("new", requester_wait=2), since)
    _, facts = told(rules, CREATED, until=at("Mon", "10:30"))
    assert lines(facts)[2:] == [
        "Mon 10:00 sla first_response cancelled, no_target [old]",
        "Mon 10:00 sla total_resolution cancelled, no_target [old]",
        "Mon 10:00 sla requester_wait started, deadline Mon 11:00 [new]",
    ]
    elsewhere = promised("new", total_resolution=2, match={"tier": frozenset({"gold"})})
    _, facts = told(engine(elsewhere, since), CREATED, until=at("Mon", "10:30"))
    assert {(fact.type, fact.reason) for fact in facts[2:]} == {("cancelled", "no_policy")}


def test_a_ticket_that_nothing_matched_is_looked_at_where_a_version_is_applied() -> None:
    """R18, R19: it has no clock, and may be promised something now."""
    old = promised("old", total_resolution=8, match={"tier": frozenset({"gold"})})
    rules = engine(promised("new", total_resolution=8), "now", old=old)
    ticket, facts = told(rules, CREATED)
    assert facts == []
    assert rules.due(ticket) == TEN
    assert lines(rules.settle(ticket, TEN + 1)) == [
        "Mon 10:00 sla total_resolution started, deadline Mon 17:00 [new]"
    ]


# -- statuses


def waiting(category: str) -> PolicySet:
    """Give a new version with the same promises that sorts `waiting` into a category."""
    return replace(
        promised("new", total_resolution=8, agent_work=8), statuses={"waiting": category}
    )


def test_statuses_are_sorted_anew_where_a_version_is_applied() -> None:
    """R18, R13, R12: the word is upstream's, what it means is the version's."""
    old = promised("old", total_resolution=8, agent_work=8)
    created = replace(CREATED, attributes={"status": "waiting"})
    _, facts = told(engine(waiting("on_hold"), "now", old=old), created, until=at("Mon", "12:00"))
    assert lines(facts)[2:] == ["Mon 10:00 sla agent_work paused, left 7:00:00 [new]"]
    _, facts = told(engine(waiting("solved"), "now", old=old), created, until=at("Mon", "12:00"))
    assert [(fact.metric, fact.type, fact.outcome) for fact in facts[2:]] == [
        ("total_resolution", "fulfilled", "met"),
        ("agent_work", "fulfilled", "met"),
    ]


def test_a_ticket_without_a_status_has_none_to_sort() -> None:
    """R18: it stays new."""
    old = promised("old", total_resolution=8, agent_work=8)
    created = replace(CREATED, attributes={})
    ticket, facts = told(engine(waiting("solved"), "now", old=old), created, until=TEN + 1)
    assert [fact.type for fact in facts] == ["started", "started"]
    assert (ticket.story.category, ticket.version) == ("new", "new")


def test_ties_go_by_what_the_statuses_meant_then() -> None:
    """R6, R18: events of one instant that arrive late, after their words got another meaning."""
    old = promised("old", total_resolution=8)
    rules = engine(waiting("solved"), None, old=old)
    nine = at("Mon", "09:30")
    waits = Changed("t", nine, 1, {"status": "waiting"})  # a start, as the old version has it
    answer = Changed("t", nine, 2, {"status": "solved"})  # a stop, so it comes first
    later = Messaged("t", at("Mon", "11:00"), 3, "customer")
    ordered, _ = told(rules, CREATED, answer, waits, later)
    for events in ([later, waits, answer], [waits, later, answer], [later, answer, waits]):
        ticket, _ = told(rules, CREATED, *events)
        keys = [event.key for event in ticket.history if not isinstance(event, Adopted)]
        assert keys == [0, 2, 1, 3]
        assert ticket.story == ordered.story


def test_a_late_event_may_show_that_a_ticket_was_closed_when_a_version_was_applied() -> None:
    """R7, R18: then nothing came of it, and what it had done is taken back; or the other way."""
    rules = engine(promised("new", total_resolution=2), "now")
    solved = Changed("t", at("Mon", "09:30"), 1, {"status": "solved"})
    reopened = Changed("t", at("Mon", "09:45"), 2, {"status": "open"})
    end = at("Mon", "20:00")

    def standing(*events: TicketEvent) -> list[str]:
        _, facts = told(rules, CREATED, *events, until=end)
        gone = {fact.retracts for fact in facts}
        return lines([fact for fact in facts if not fact.retracts and fact.id not in gone])

    ticket, _ = told(rules, CREATED, until=at("Mon", "10:30"))
    ticket, facts = rules.apply(ticket, solved)
    assert {fact.retracts_type for fact in facts} >= {"retargeted"}
    assert {clock.version for clock in ticket.clocks.values()} == {"old"}
    assert rules.settle(ticket, end) == []
    tail = Messaged("t", at("Mon", "10:30"), 3, "customer")
    late = standing(solved, tail, reopened)
    assert [line.replace(", corrects", "") for line in late] == standing(solved, reopened, tail)
    assert any("total_resolution breached [new]" in line for line in late)


def test_statuses_that_stand_are_not_sorted_anew_where_clocks_keep_their_version() -> None:
    """R18: the words of the status that comes next are, for the ticket has one story."""
    old = promised("old", total_resolution=8, agent_work=8)
    created = replace(CREATED, attributes={"status": "waiting"})
    rules = engine(waiting("solved"), None, old=old)
    ticket, facts = told(rules, created, Messaged("t", at("Mon", "11:00"), 1, "agent"))
    assert [fact.type for fact in facts] == ["started", "started"]
    ticket, facts = rules.apply(ticket, Changed("t", TEN * 2, 2, {"status": "waiting"}))
    assert [fact.type for fact in facts if fact.type != "breached"] == ["fulfilled", "fulfilled"]


# -- late


def test_an_event_from_before_the_adoption_that_arrives_after_it_is_told_in_its_place() -> None:
    """R18, R7: the reply was in time on the terms that held, and what was said is taken back."""
    rules = engine(promised("new", first_response=2), "now", when=at("Mon", "12:00"))
    ticket, facts = told(rules, CREATED, until=at("Mon", "14:00"))
    reply = Messaged("t", at("Mon", "11:30"), 1, "agent")
    ticket, facts = rules.apply(ticket, reply)
    taken_back = "Mon 12:00"  # the instant reached: where the breach came true
    assert lines(facts, "first_response") == [
        f"{taken_back} sla first_response retracted, retargeted [new]",
        f"{taken_back} sla first_response breach_retracted, breached [new]",
        "Mon 11:30 sla first_response fulfilled, met after 2:30:00, corrects [old]",
    ]


def test_a_late_event_after_the_adoption_is_judged_by_the_new_version() -> None:
    """R18, R7: the adoption stays where it is in the ticket's history."""
    rules = engine(promised("new", first_response=2), "now")
    ticket, _ = told(rules, CREATED, until=at("Mon", "14:00"))
    ticket, facts = rules.apply(ticket, Messaged("t", at("Mon", "10:30"), 1, "agent"))
    assert [(fact.type, fact.version) for fact in facts] == [
        ("breach_retracted", "new"),
        ("fulfilled", "new"),
    ]
    assert [type(event) for event in ticket.history] == [Created, Adopted, Messaged]


@pytest.mark.parametrize("since", [None, "now", "start"])
def test_an_adoption_that_is_learned_late_takes_hold_after_what_was_done(
    since: Since | None,
) -> None:
    """R18: what was said by a worker that did not know stands."""
    new = promised("new", first_response=2, next_response=1)
    rules = Engine(OLD, adoptions=[Adoption(0, "old")])
    ticket, _ = told(rules, CREATED, Changed("t", at("Mon", "11:00"), 1, {"tags": ("a",)}))
    rules.settle(ticket, at("Mon", "13:30"))  # breached on the old terms, half an hour ago
    rules.versions.adopt(Adoption(TEN, "new", since), new)
    asked = Changed("t", at("Mon", "14:00"), 2, {"tags": ("b",)})
    ticket, facts = rules.apply(ticket, asked)
    (adopted,) = (event for event in ticket.history if isinstance(event, Adopted))
    done = at("Mon", "11:00") if since is None else at("Mon", "13:00") + 1
    assert (adopted.time, adopted.version, adopted.since) == (done, "new", since)
    assert not [fact for fact in facts if fact.type in ("breached", "retracted")]


# -- several adoptions


def test_adoptions_take_hold_in_their_order_and_each_once() -> None:
    """R18: a version may come back, and clocks be held to it again."""
    tight, loose = promised("tight", first_response=2), promised("loose", first_response=6)
    adoptions = [
        Adoption(at("Mon", "09:30"), "tight", "now"),
        Adoption(at("Mon", "10:00"), "loose", "now"),
        Adoption(at("Mon", "10:30"), "tight"),
        Adoption(at("Mon", "11:00"), "loose", "start"),
        Adoption(at("Mon", "11:30"), "loose"),
    ]
    sets = {"tight": tight, "loose": loose}
    rules = Engine(OLD, sets, [Adoption(0, "old"), *adoptions])
    ticket, facts = told(rules, CREATED, until=at("Mon", "20:00"))
    assert lines(facts, "first_response") == [
        "Mon 09:00 sla first_response started, deadline Mon 13:00 [old]",
        "Mon 09:30 sla first_response retargeted, deadline Mon 11:00, policies_changed [tight]",
        "Mon 10:00 sla first_response retargeted, deadline Mon 15:00, policies_changed [loose]",
        "Mon 15:00 sla first_response breached [loose]",
    ]
    assert rules.due(ticket) is None
    assert rules.settle(ticket, at("Tue", "09:00")) == []


def test_a_version_applied_from_now_can_be_applied_from_the_start_after_all() -> None:
    """R18: what had counted on the old terms is counted again on the new ones."""
    old = promised("old", first_response=8)
    new = promised("new", first_response=8, schedule=OFFICE)
    adoptions = [Adoption(0, "old"), Adoption(TEN, "new", "now")]
    adoptions += [Adoption(at("Mon", "11:00"), "new", "start")]
    rules = Engine(old, {"new": new}, adoptions)
    created = replace(CREATED, time=at("Mon", "08:00"))
    _, facts = told(rules, created, until=at("Mon", "12:00"))
    assert lines(facts)[1:] == [
        "Mon 10:00 sla first_response retargeted, deadline Mon 16:00, policies_changed [new]",
        "Mon 11:00 sla first_response retargeted, deadline Mon 17:00, policies_changed [new]",
    ]


def test_a_clock_of_that_version_is_not_counted_again_from_its_start() -> None:
    """R18, R17: it has been held to it all along, piecewise where its schedule changed."""
    gold = Policy("gold", "sla", OFFICE, {"total_resolution": {"default": Active(8 * HOUR)}},
                  {"tier": frozenset({"gold"})})  # fmt: skip
    new = PolicySet("new", (gold, *promised("new", total_resolution=8).policies))
    later = Adoption(at("Mon", "11:00"), "new", "start")
    rules = Engine(OLD, {"new": new}, [Adoption(0, "old"), Adoption(7, "new"), later])
    created = replace(CREATED, time=at("Mon", "08:00"))
    golden = Changed("t", at("Mon", "09:00"), 1, {"tier": "gold"})
    _, facts = told(rules, created, golden, until=at("Mon", "12:00"))
    assert lines(facts, "total_resolution") == [
        "Mon 08:00 sla total_resolution started, deadline Mon 16:00 [new]",
        "Mon 09:00 sla total_resolution retargeted, deadline Mon 16:00 [new]",
    ]


# -- what is known


def test_what_is_known_of_versions() -> None:
    """R18: the current one is the last adopted; the first holds from the beginning of time."""
    new = promised("new", first_response=1)
    versions = Versions(OLD)
    assert (versions.current, versions.at(5), versions.adoptions) == (OLD, ("old", -1), ())
    with pytest.raises(UnknownVersion, match="'new' is not among those known: old"):
        versions.adopt(Adoption(9, "new"))
    versions.adopt(Adoption(9, "new"), new)
    versions.adopt(Adoption(9, "new"))
    assert (versions.current, versions.at(5)) == (new, ("new", -1))
    versions.adopt(Adoption(4, "old", "now"))
    assert versions.adoptions == (Adoption(4, "old", "now"), Adoption(9, "new"))
    assert [versions.at(instant)[0] for instant in (1, 4, 5, 9, 10)] == ["old"] * 4 + ["new"]
    assert versions.at(10) == ("new", 9)

"""What is said of a clock, whole, and at once when its terms change (R5, R16, R21, R28)."""

from __future__ import annotations

from fractions import Fraction

from streams.sla.duration import Active
from streams.sla.engine import Engine
from streams.sla.events import Attributes, Changed, Created
from streams.sla.facts import Fact
from streams.sla.hours import WeeklyHours
from streams.sla.instant import parse_instant
from streams.sla.policy import Policy, PolicySet, Warning_
from streams.sla.schedule import Schedule

HOUR = 3_600_000
OFFICE = Schedule("office", "UTC", WeeklyHours.of({"mon-fri": ["09:00-17:00"]}))
TARGETS = {"urgent": Active(HOUR // 2), "high": Active(2 * HOUR), "low": Active(4 * HOUR)}
POLICY = Policy(
    "standard",
    "sla",
    OFFICE,
    {"total_resolution": TARGETS},
    match={"tier": frozenset({"standard"})},
    warnings=(
        Warning_(percent=Fraction(1, 2), notify=("assignee",)),
        Warning_(percent=Fraction(1), level=1, notify=("lead", "manager")),
    ),
)
LOW: Attributes = {"tier": "standard", "status": "open", "priority": "low", "team": "billing"}


def at(time: str, day: int = 5) -> int:
    """Give an instant of January 2026; the 5th is a Monday."""
    return parse_instant(f"2026-01-{day:02}T{time}:00Z")


def told(*changes: tuple[str, Attributes], until: int) -> list[Fact]:
    """Tell of a ticket of Monday 09:00, changed at these times; let time reach an instant."""
    engine = Engine(PolicySet("v1", (POLICY,)))
    ticket, facts = engine.apply(None, Created("t", at("09:00"), 0, LOW))
    for key, (time, attributes) in enumerate(changes, 1):
        ticket, said = engine.apply(ticket, Changed("t", at(time), key, attributes))
        facts += said
    return facts + engine.settle(ticket, until)


def brief(facts: list[Fact]) -> list[tuple[str, int, str | None, str | None]]:
    """Give type, active minutes, threshold and reason."""
    return [(f.type, f.elapsed // 60_000, f.threshold, f.reason) for f in facts]


def test_a_warning_and_a_breach_say_all_there_is_to_say() -> None:
    """R3, R8, R21, R28: on a ticket that was solved, reopened and handed over."""
    facts = told(
        ("10:00", {"status": "solved"}),
        ("12:00", {"status": "open"}),
        ("14:30", {"assignee": "ann"}),
        until=at("09:00", 6),
    )
    now: Attributes = {**LOW, "assignee": "ann"}
    warning, last, breach = facts[-3:]
    assert warning == Fact(
        type="breach_imminent",
        ticket="t",
        time=at("13:00"),
        kind="sla",
        metric="total_resolution",
        cycle=1,
        revision=1,
        policy="standard",
        version="v1",
        schedule="office",
        attributes=LOW,
        started_at=at("09:00"),
        deadline=at("15:00"),
        target=4 * HOUR,
        elapsed=2 * HOUR,
        threshold="50%",
        notify=("assignee",),
        schedule_open=True,
        reopens=0,  # it is told on a breach
    )
    assert (last.threshold, last.level, last.notify) == ("100%", 1, ("lead", "manager"))
    assert breach == Fact(
        type="breached",
        ticket="t",
        time=at("15:00"),
        kind="sla",
        metric="total_resolution",
        cycle=1,
        revision=1,
        policy="standard",
        version="v1",
        schedule="office",
        attributes=now,
        started_at=at("09:00"),
        deadline=at("15:00"),
        target=4 * HOUR,
        elapsed=4 * HOUR,
        breached_at=at("15:00"),
        reason="deadline_passed",
        causes=(
            (("billing", "open", None), 7 * HOUR // 2),
            (("billing", "open", "ann"), HOUR // 2),
        ),
        reopens=1,
    )


def test_a_warning_at_the_end_of_a_window_says_that_the_schedule_is_closed() -> None:
    """R21: quiet hours are the consumer's affair, so the fact says so."""
    facts = told(
        ("10:00", {"status": "solved"}), ("16:00", {"status": "open"}), until=at("09:30", 6)
    )
    assert [(f.time, f.schedule_open) for f in facts if f.threshold] == [(at("17:00"), False)]


def test_a_reopening_withdraws_a_met_from_its_policy_and_a_breach_from_none() -> None:
    """R12, R26: its id says that it is one, whatever is paused and resumed besides."""
    met = told(("10:00", {"status": "solved"}), ("11:00", {"status": "open"}), until=at("11:00"))
    assert met[-1].id == "t:sla:total_resolution:1:1:resumed:reopened"
    assert (met[-1].reason, met[-1].withdraws, met[-1].withdraws_policy) == (
        "reopened",
        "met",
        "standard",
    )
    late = told(("14:00", {"status": "solved"}), ("15:00", {"status": "open"}), until=at("15:00"))
    assert [f.outcome for f in late if f.outcome] == ["breached"]
    assert (late[-1].reason, late[-1].withdraws, late[-1].withdraws_policy) == (
        "reopened",
        None,
        None,
    )


def test_an_outcome_is_told_with_the_attributes_that_it_was_reached_under() -> None:
    """R16: what follows is told with the new ones."""
    facts = told(
        ("10:00", {"status": "solved", "team": "legal"}), ("11:00", {"status": "open"}), until=0
    )
    assert [(f.type, f.attributes["team"], f.attributes["status"]) for f in facts] == [
        ("started", "billing", "open"),
        ("fulfilled", "billing", "open"),
        ("resumed", "legal", "open"),
    ]


def test_terms_that_are_past_when_a_clock_is_taken_up_again_are_broken_at_once() -> None:
    """R16: as they would be had they applied all along."""
    facts = told(
        ("10:00", {"status": "solved"}),
        ("11:00", {"status": "open", "priority": "urgent"}),
        until=0,
    )
    assert brief(facts)[2:] == [
        ("resumed", 60, None, "reopened"),
        ("breached", 60, None, "target_tightened"),
    ]


def test_a_target_that_ends_at_the_instant_of_the_change_is_still_kept() -> None:
    """R5, R16: it is broken when time goes on; of the warnings, the highest is said."""
    change = ("11:00", {"priority": "high"})
    at_once = [("retargeted", 120, None, None), ("breach_imminent", 120, "100%", None)]
    assert brief(told(change, until=at("11:00")))[1:] == at_once
    later = told(change, until=at("11:00") + 1)
    assert brief(later)[1:] == [*at_once, ("breached", 120, None, "deadline_passed")]
    assert later[-1].time == at("11:00")


def test_a_target_loosened_to_what_is_used_warns_of_nothing_where_a_breach_stands() -> None:
    """R16, R21: and its deadline is that of the breach."""
    tight = ("09:45", {"priority": "urgent"})
    facts = told(tight, ("11:00", {"priority": "high"}), until=at("12:00"))
    assert brief(facts)[1:] == [
        ("retargeted", 45, None, None),
        ("breached", 45, None, "target_tightened"),
        ("retargeted", 120, None, None),
    ]
    assert [f.deadline for f in facts[1:]] == [at("09:45")] * 3

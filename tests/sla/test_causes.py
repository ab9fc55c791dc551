"""Where the time of breached cycles went, added up (R28)."""

from __future__ import annotations

import random
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.history.replay import Replay, replay
from streams.sla.causes import HANDS, Causes, Spent
from streams.sla.events import TicketEvent
from streams.wire.sla_events import event
from tests.sla.numbers import standing, told
from tests.sla.test_properties import MINUTE, POLICIES, end_of, histories

HOUR = 60 * MINUTE
RESPONSE, RESOLUTION = (
    ("standard", "sla", name) for name in ("first_response", "total_resolution")
)
CREATED = "Mon 09:00  created by customer: tier=standard, priority=urgent, status=new"


def causes(done: Replay) -> Causes:
    """Add a replay up."""
    added = Causes()
    for _, fact in done.facts:
        added.add(fact)
    return added


def test_the_time_of_a_breach_goes_to_those_who_had_the_ticket() -> None:
    """R28: four hours until Monday 13:00, by team, by status and by assignee."""
    history = (
        f"{CREATED}, team=first\nMon 09:20  changed: status=open, assignee=ann\n"
        "Mon 10:00  changed: team=second, assignee=none"
    )
    spent = causes(told(history)).totals[RESOLUTION]
    assert (spent.breaches, spent.elapsed, spent.reopens) == (1, 4 * HOUR, 0)
    assert spent.by == {
        "team": {"first": HOUR, "second": 3 * HOUR},
        "status": {"new": 20 * MINUTE, "open": 220 * MINUTE},
        "assignee": {None: 200 * MINUTE, "ann": 40 * MINUTE},
    }
    assert spent.before_assignment == 200 * MINUTE
    assert spent.longest("team") == [("second", 3 * HOUR), ("first", HOUR)]


def test_the_totals_are_those_of_all_breaches_of_a_policy_and_metric() -> None:
    """R28: and the reopens before them; what was met has no part."""
    reopened = (
        f"{CREATED}, team=first, assignee=ann\nMon 09:30  message by agent\n"
        "Mon 10:00  changed: status=solved\nMon 11:00  changed: status=open"
    )
    met = f"{CREATED}, team=third\nMon 09:30  message by agent\nMon 10:00  changed: status=solved"
    totals = causes(told(reopened, met, f"{CREATED}, team=second")).totals
    assert totals[RESOLUTION] == Spent(
        breaches=2,
        elapsed=8 * HOUR,
        reopens=1,
        by={
            "team": {"first": 4 * HOUR, "second": 4 * HOUR},
            "status": {"new": 5 * HOUR, "open": 3 * HOUR},
            "assignee": {"ann": 4 * HOUR, None: 4 * HOUR},
        },
    )
    assert (totals[RESPONSE].breaches, totals[RESPONSE].by["team"]) == (1, {"second": HOUR})


def test_closed_hours_and_pauses_are_nobody_s_time() -> None:
    """R15, R28: three hours of pending and a night add nothing."""
    history = (
        "Mon 09:00  created by customer: tier=standard, priority=high, team=a\n"
        "Mon 10:00  changed: status=pending, team=b\nMon 13:00  changed: status=open, team=c"
    )
    spent = causes(told(history)).totals[RESOLUTION]
    assert spent.by["team"] == {"a": HOUR, "c": 7 * HOUR}


def test_a_retraction_takes_its_share_back() -> None:
    """R7, R28: the reply that came in time arrives late."""
    late = f"{CREATED}, team=a\nMon 12:00  note by agent\nMon 09:30  message by agent"
    totals = causes(told(late)).totals
    assert totals[RESPONSE] == Spent()
    assert totals[RESOLUTION].elapsed == 4 * HOUR


def test_a_retraction_takes_back_what_was_said_though_its_causes_have_changed_since() -> None:
    """R7, R28: the move to b arrives late and is no correction, the reply then takes all back."""
    history = (
        f"{CREATED}, team=a\nMon 12:00  note by agent\n"
        "Mon 09:30  changed: team=b\nMon 09:10  message by agent"
    )
    done = told(history)
    said, back = (
        next(fact for _, fact in done.facts if fact.type == type_ and fact.metric == RESPONSE[2])
        for type_ in ("breached", "breach_retracted")
    )
    assert back.retracts == said.id
    assert back.causes != said.causes
    assert causes(done).totals[RESPONSE] == Spent()


def test_a_retraction_of_what_was_never_added_takes_nothing() -> None:
    """R7: totals that begin later than the breach have nothing to give back."""
    late = f"{CREATED}\nMon 12:00  note by agent\nMon 09:30  message by agent"
    added = Causes()
    for _, fact in told(late).facts:
        if fact.type != "breached":
            added.add(fact)
    assert not added.totals


@settings(max_examples=200)
@given(histories(tiers=True, distinct=False), st.randoms(use_true_random=False))
def test_totals_are_what_the_breaches_that_stand_say_on_the_wire(
    events: list[TicketEvent], order: random.Random
) -> None:
    """R7, R28: the shares add up to the sum of the elapsed times, in whatever order events came."""
    arrivals = list(events)
    order.shuffle(arrivals)
    done = replay(arrivals, POLICIES, until=end_of(events), arrival=True)
    expected: dict[tuple[str, str, str], Counter[tuple[str, str | None]]] = {}
    for fact in standing([fact for _, fact in done.facts]):
        if fact.type == "breached":
            data = event(fact, 0)["data"]
            name = data["policy"], data["kind"], data["metric"]
            counter = expected.setdefault(name, Counter())
            counter["breaches", None] += 1
            counter["reopens", None] += data["causes"]["reopens"]
            counter["before", None] += round(data["causes"]["before_assignment_seconds"] * 1000)
            for hand in HANDS:
                for part in data["causes"][f"by_{hand}"]:
                    counter[hand, part[hand]] += round(part["seconds"] * 1000)
    totals = {name: spent for name, spent in causes(done).totals.items() if spent.breaches}
    assert totals.keys() == expected.keys()
    for name, spent in totals.items():
        found = Counter(
            {("breaches", None): spent.breaches, ("before", None): spent.before_assignment}
        )
        found["reopens", None] = spent.reopens
        for hand in HANDS:
            assert sum(spent.by[hand].values()) == spent.elapsed
            found.update({(hand, value): ms for value, ms in spent.by[hand].items()})
        assert +found == +expected[name]

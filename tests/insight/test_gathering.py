"""Shards of a history, gathered apart and merged, say what the whole says."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from fractions import Fraction
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.insight.advice import advise
from streams.insight.gathering import Gathering, Outcomes
from streams.insight.measure import NothingToMeasure, measure, neutral
from streams.insight.study import Events, Wish, gathering
from streams.sla.events import Messaged, TicketEvent
from streams.sla.policy import METRICS
from tests.insight.history import HOUR, MINUTE, START, policies, tickets

WISH = Wish(by=("priority",), least=5, objective=Fraction(1, 2))
PROMISED = policies()
HOW = measure(PROMISED)
END = START + 300 * HOUR


def gathered(events: Sequence[TicketEvent]) -> Gathering:
    """Gather a history, with what is promised now."""
    return Events(events, END).fold((HOW.set, PROMISED), partial(gathering, HOW, WISH))


@settings(max_examples=30)
@given(
    st.lists(st.tuples(st.sampled_from(["high", "low"]), st.integers(0, 200)), max_size=30),
    st.integers(0, 30),
)
def test_shards_that_are_merged_say_what_the_whole_says(
    drawn: list[tuple[str, int]], cut: int
) -> None:
    """R32: whatever is folded where; and what was gathered can be sent from process to process."""
    histories = []
    for place, (priority, after) in enumerate(drawn):
        start = START + place * HOUR
        known = tickets([after], {"priority": priority, "status": "neu"}, start=start)
        asked = Messaged(known[0].ticket, start + 250 * MINUTE, 10**9 + place, "customer")
        histories.append([*known, asked])
    whole, one, other = (
        gathered([event for events in part for event in events])
        for part in (histories, histories[:cut], histories[cut:])
    )
    merged: Gathering = pickle.loads(pickle.dumps(one))
    merged.merge(pickle.loads(pickle.dumps(other)))
    assert advise(merged, HOW, least=5) == advise(whole, HOW, least=5)
    for name in ("tickets", "events", "unmatched", "created", "asked", "answered", "statuses"):
        assert getattr(merged, name) == getattr(whole, name)
    assert merged.present == whole.present
    assert whole.statuses == ({"neu"} if drawn else set())


def test_a_breach_counts_while_the_ticket_is_open() -> None:
    """R26: of a promise of an hour: 20 minutes met, 90 and never breached, 10 minutes ago open."""
    events = tickets([20, 90, None], {}) + tickets([None], {}, start=END - 10 * MINUTE)
    present = gathered(events).present
    assert isinstance(present, Outcomes)
    tally = present.tally([("all", "first_response")])
    assert (tally.met, tally.breached) == (1, 2)
    assert (len(present.kept["first_response"]), len(present.broken["first_response"])) == (1, 2)


def test_what_is_measured_is_what_the_file_times() -> None:
    """R32: its metrics and schedules, or those asked for; inside promises if no others."""
    assert list(HOW.set.policies[0].targets) == ["first_response"]
    asked = measure(PROMISED, metrics=METRICS)
    assert tuple(asked.set.policies[0].targets) == METRICS
    inside = policies(
        "policies: [{name: a, kind: olo, schedule: 24x7, targets: {agent_work: {default: 1h}}}]"
    )
    assert measure(inside).kind == "olo"
    assert measure(None).policies is neutral()
    assert measure(PROMISED, schedule="24x7").base[0].schedule.rules.always
    with pytest.raises(NothingToMeasure, match="no such schedule; there is 24x7"):
        measure(PROMISED, schedule="office")

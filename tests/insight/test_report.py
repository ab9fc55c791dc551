"""What a report gathers does not depend on how the tickets are shared out."""

from __future__ import annotations

import pickle
import random
from fractions import Fraction

import pytest

from streams.history.reading import Reading, read
from streams.history.replay import Replayed, each
from streams.insight.report import Report, Wishes, zone_of
from streams.insight.verdict import verdict
from streams.policies import load_file
from streams.report.numbers import Source, numbers
from streams.sla.compliance import Tally
from streams.sla.policy import PolicySet
from tests.report.histories import demo_events, demo_policies

WISHES = Wishes(segments=("priority", "team"), worst=4)


@pytest.fixture(scope="module")
def replayed(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[PolicySet, list[tuple[Replayed, ...]], int]:
    """Fold the demo's sample under promises with contracts, up to the middle of it."""
    folder = tmp_path_factory.mktemp("shares")
    policies = load_file(demo_policies(folder / "policies.yaml", contract=True))
    events = list(read([str(demo_events(folder / "events.ndjson"))], Reading()))
    until = 1_462_449_600_000
    return policies, list(each(events, [policies], until=until)), until


@pytest.mark.parametrize("seed", range(3))
def test_shares_put_together_say_what_the_whole_says(
    seed: int, replayed: tuple[PolicySet, list[tuple[Replayed, ...]], int]
) -> None:
    """In any order, from any number of processes: each share is sent through a pickle."""
    policies, tickets, until = replayed
    whole = Report(policies, until, WISHES)
    for one in tickets:
        whole.add(one)
    drawn = random.Random(seed)
    shares = [Report(policies, until, WISHES) for _ in range(4)]
    for one in drawn.sample(tickets, len(tickets)):
        drawn.choice(shares[:3]).add(one)  # the last has seen nothing
    drawn.shuffle(shares)
    first = shares.pop()
    for share in shares:
        first.merge(pickle.loads(pickle.dumps(share)))
    source = Source(("x",), 1)
    assert numbers(first, source) == numbers(whole, source)
    assert len(whole.worst.tickets) == 4
    assert whole.promises


@pytest.mark.parametrize(
    ("objective", "tally", "recent", "said"),
    [
        (Fraction(9, 10), Tally(90, 10), Tally(), ("at_risk", "budget")),
        (Fraction(9, 10), Tally(89, 11), Tally(), ("broken", "rate")),
        (Fraction(9, 10), Tally(93, 7), Tally(9, 1), ("kept", "rate")),
        (Fraction(9, 10), Tally(93, 7), Tally(8, 2), ("at_risk", "recent")),
        (Fraction(9, 10), Tally(93, 7), Tally(7, 2), ("kept", "rate")),
        (Fraction(9, 10), Tally(185, 15), Tally(), ("kept", "rate")),
        (Fraction(9, 10), Tally(184, 15), Tally(), ("at_risk", "budget")),
        (Fraction(1), Tally(100, 0), Tally(), ("kept", "rate")),
        (Fraction(1), Tally(999, 1), Tally(), ("broken", "rate")),
        (Fraction(9, 10), Tally(), Tally(), ("open", "none")),
        (None, Tally(1, 0), Tally(), ("unknown", "none")),
    ],
)
def test_a_word_for_a_promise(
    objective: Fraction | None, tally: Tally, recent: Tally, said: tuple[str, str]
) -> None:
    """R30: what is used of the budget, and the last weeks alone where there are ten cycles."""
    assert verdict(objective, tally, recent) == said


def test_the_zone_is_that_of_most_schedules_that_close(
    replayed: tuple[PolicySet, list[tuple[Replayed, ...]], int],
) -> None:
    """R22: what is always open has no hours of its own."""
    assert zone_of(replayed[0]) == "UTC"
    assert zone_of(PolicySet("x", ())) == "UTC"

"""The demo's own check: what the worker said live, against a replay of the same events.

The replay folds the events that the broker acknowledged, by event time, without Kafka. The worker
got them over four partitions, faster than real, with ticks in between. Both must say the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from streams.demo.sample import Record
from streams.demo.telling import Told
from streams.history.replay import replay
from streams.sla.facts import Fact
from streams.sla.policy import PolicySet

Name = tuple[str, int]
"""A fact's id and its instant."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Ids by which live and replay differ; false breaches count even where they were taken back."""

    false_breaches: frozenset[str]
    false_others: frozenset[str]
    missing: frozenset[str]
    compared: int

    @property
    def right(self) -> bool:
        """Whether live and replay say the same."""
        return not (self.false_breaches or self.false_others or self.missing)


def expected(records: Sequence[Record], policies: PolicySet, reached: int) -> list[Fact]:
    """Replay the events; give the facts up to the instant reached (ms UTC)."""
    done = replay((record.event for record in records), policies, until=reached)
    return [fact for _, fact in done.facts if fact.time < reached]


def judge(told: Mapping[str, Told], truth: Iterable[Fact], reached: int) -> Verdict:
    """Compare what was told of the time before `reached` (ms UTC) with the truth."""
    should = {(fact.id, fact.time) for fact in truth}
    said = {(id_, one.fact.time): one.fact for id_, one in told.items() if one.fact.time < reached}
    wrong = said.keys() - should
    return Verdict(
        false_breaches=frozenset(name[0] for name in wrong if said[name].type == "breached"),
        false_others=frozenset(name[0] for name in wrong if said[name].type != "breached"),
        missing=frozenset(name[0] for name in should - said.keys()),
        compared=len(should),
    )

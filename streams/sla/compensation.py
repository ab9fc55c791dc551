"""Compensation: what two tellings of a ticket's history differ in, as facts (R7).

What was said is never rewritten. What fell away is taken back by name, what came to light is said
with `corrects`, and an id that was taken back is spent: the fact, should it hold again, is issued
under the next one.
"""

from __future__ import annotations

from dataclasses import replace

from streams.sla.facts import Fact, Key


def issued(fact: Fact, spent: dict[Key, int]) -> Fact:
    """Number a fact whose id was spent by a retraction."""
    issue = spent.get(fact.key, 0) if spent else 0
    return replace(fact, issue=issue) if issue else fact


def compensation(
    before: list[Fact], after: list[Fact], spent: dict[Key, int], now: int
) -> list[Fact]:
    """Take back what fell away, then say what came to light; counts the ids `spent`."""
    held = {fact.key: fact for fact in before}
    holds = {fact.key: fact for fact in after}
    facts: list[Fact] = []
    for key, fact in held.items():
        if key in holds and holds[key].says_the_same(fact):
            continue
        facts.append(replace(fact, issue=spent.get(key, 0)).taken_back(now))
        spent[key] = spent.get(key, 0) + 1
    for key, fact in holds.items():
        if key in held and fact.says_the_same(held[key]):
            continue
        facts.append(replace(fact, corrects=True, issue=spent.get(key, 0)))
    return facts

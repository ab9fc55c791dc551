"""Conditions on a plan, such as `compliance < 92%`: what a review in CI fails on.

::

    compliance < 92%
    compliance[policy=premium, metric=first_response, priority=urgent] < 95%
    compliance_change < -1%
    lost > 0

A word, what it is narrowed to, and a bound. Rates and their changes are percent; all others are
plain numbers. A rate of no cycle at all fulfils no condition, and is told.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from operator import eq, ge, gt, le, lt, ne

from streams.insight.plan import Plan, Side
from streams.insight.planned import days
from streams.sla.compliance import Tally
from streams.sla.credits import contracts

COMPARISONS: dict[str, Callable[[Fraction, Fraction], bool]] = {
    "<=": le,
    ">=": ge,
    "==": eq,
    "!=": ne,
    "<": lt,
    ">": gt,
}
FORM = re.compile(
    r"\s*(?P<word>\w+)\s*(?:\[(?P<where>[^\]]*)\])?\s*(?P<how><=|>=|==|!=|<|>)"
    r"\s*(?P<bound>-?\d+(?:\.\d+)?)\s*(?P<percent>%?)\s*"
)
NAMED = ("policy", "kind", "metric")


class Misstated(ValueError):
    """A condition that cannot be read; the text says what is wrong and how it is written."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition as it was written, and read: `bound` is a share where the word is a rate."""

    text: str
    word: str
    where: Mapping[str, str] = field(hash=False)
    how: str
    bound: Fraction

    def value(self, plan: Plan) -> Fraction | None:
        """Give what the plan has for it; None where no cycle has an outcome."""
        return WORDS[self.word].of(plan, self.where)

    def holds(self, plan: Plan) -> bool:
        """Whether it is so."""
        value = self.value(plan)
        return value is not None and COMPARISONS[self.how](value, self.bound)


@dataclass(frozen=True, slots=True)
class Word:
    """What can be asked: what it means, and by what it can be narrowed."""

    means: str
    of: Callable[[Plan, Mapping[str, str]], Fraction | None]
    narrows: tuple[str, ...] = ()

    @property
    def rate(self) -> bool:
        """Whether it is a share, written in percent."""
        return self in RATES


def read(text: str, by: tuple[str, ...]) -> Condition:
    """Read a condition; `by` are the attributes that segments are made of. Raises Misstated."""
    form = FORM.fullmatch(text)
    if form is None:
        message = f"{text!r} is no condition; write one like 'compliance < 92%' or 'lost > 0'"
        raise Misstated(message)
    word, percent = form["word"], bool(form["percent"])
    known = WORDS.get(word)
    if known is None:
        raise Misstated(f"{text!r}: there is no {word!r}; ask for one of {', '.join(WORDS)}")
    if known.rate != percent:
        fix = f"write {form['bound']}%" if known.rate else f"write {form['bound']}"
        raise Misstated(f"{text!r}: {word} is {'a rate' if known.rate else 'no rate'}; {fix}")
    where = _where(text, word, form["where"], by)
    bound = Fraction(form["bound"]) / (100 if percent else 1)
    return Condition(text, word, where, form["how"], bound)


def _where(text: str, word: str, told: str | None, by: tuple[str, ...]) -> dict[str, str]:
    where: dict[str, str] = {}
    narrows = WORDS[word].narrows
    known = (*narrows, *(by if narrows == NAMED else ()))
    for part in filter(None, map(str.strip, (told or "").split(","))):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not known:
            raise Misstated(f"{text!r}: {word} cannot be narrowed; leave the brackets out")
        if not equals or not value:
            raise Misstated(f"{text!r}: {part!r} narrows nothing; write name=value")
        if name not in known:
            more = ", or name it in --by" if narrows == NAMED else ""
            message = f"{text!r}: {name!r} narrows nothing here; use {', '.join(known)}{more}"
            raise Misstated(message)
        where[name] = value
    return where


def _tally(side: Side, by: tuple[str, ...], where: Mapping[str, str]) -> Tally:
    """Add up the cycles that fit; those of SLAs unless another kind is named."""
    wanted = {"kind": "sla", **where}
    total = Tally()
    for (name, segment), tally in side.tallies.items():
        known = dict(zip(NAMED, name, strict=True)) | dict(zip(by, segment, strict=True))
        if all(known[part] == value for part, value in wanted.items()):
            total.met += tally.met
            total.breached += tally.breached
    return total


def _compliance(plan: Plan, where: Mapping[str, str]) -> Fraction | None:
    return _tally(plan.candidate, plan.by, where).rate


def _change(plan: Plan, where: Mapping[str, str]) -> Fraction | None:
    now = _tally(plan.current, plan.by, where).rate
    then = _tally(plan.candidate, plan.by, where).rate
    return None if now is None or then is None else then - now


def _lowest(plan: Plan, where: Mapping[str, str]) -> Fraction | None:
    rates = (
        _tally(plan.candidate, plan.by, {**where, **dict(zip(NAMED, name, strict=True))}).rate
        for name, _ in plan.candidate.tallies
        if name[1] == where.get("kind", "sla")
    )
    return min((rate for rate in rates if rate is not None), default=None)


def _breaches(plan: Plan, where: Mapping[str, str]) -> Fraction:
    return Fraction(_tally(plan.candidate, plan.by, where).breached)


def _a_day(plan: Plan, _: Mapping[str, str]) -> Fraction | None:
    return Fraction(plan.candidate.warnings.total(), days(plan)) if days(plan) else None


def _credits(plan: Plan, where: Mapping[str, str]) -> Fraction:
    known = {
        account: contract
        for account, contract in contracts(plan.candidate.policies).items()
        if where.get("account", account) == account
        and where.get("currency", contract.currency) == contract.currency
    }
    currencies = sorted({contract.currency for contract in known.values()})
    if len(currencies) > 1:
        one = f"credits[currency={currencies[0]}]"
        message = f"credits are in {', '.join(currencies)}; ask for one, as {one}"
        raise Misstated(message)
    owed = plan.candidate.credits.owed(known)
    return sum((month.amount for month in owed.values()), Fraction(0))


WORDS = {
    "compliance": Word("met / (met + breached) with the candidate", _compliance, NAMED),
    "compliance_change": Word("that, less the rate as it is", _change, NAMED),
    "lowest_compliance": Word("the lowest rate of any policy and metric", _lowest, NAMED),
    "breaches": Word("cycles in breach with the candidate", _breaches, NAMED),
    "won": Word("breaches that would be none", lambda plan, _: Fraction(len(plan.won()))),
    "lost": Word("breaches that there would be", lambda plan, _: Fraction(len(plan.lost()))),
    "overdue": Word("open clocks in breach at once", lambda plan, _: Fraction(len(plan.overdue))),
    "warnings_a_day": Word("warnings a day with the candidate", _a_day),
    "credits": Word("what contracts would owe", _credits, ("account", "currency")),
}
RATES = [WORDS[word] for word in ("compliance", "compliance_change", "lowest_compliance")]

"""The ledger of credits: what each account's months have earned (R31).

- A month of an account is the sum over all policies that carry its contract.
- The rate of a month is that of compliance (R26): met / (met + breached), each cycle once, in the
  month of its outcome. Of the table's lines by rate the lowest that the rate is under counts.
- What cycles earned by lateness is in the month of their breach, and adds up.
- A "met" that is given back after a reopen leaves the month in which it was met, and whatever is
  taken back leaves the month in which it was counted: a month that is over can still be corrected.
- What is owed is the sum of both, at most the cap. Shares are exact; nobody rounds here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from streams.sla.clock import NOTHING
from streams.sla.compliance import Tally, outcome
from streams.sla.earned import month_of
from streams.sla.facts import Fact
from streams.sla.policy import Contract, Policy, PolicySet

PolicyOf = Callable[[str, str, str], Policy]
"""Finds a policy by version, kind and name, as `Engine.policy` does; LookupError: there is none."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a fact adds to an account's month; what takes back adds less than nothing."""

    account: str
    month: str
    met: int = 0
    breached: int = 0
    late: Fraction = NOTHING


def entry(fact: Fact, policy_of: PolicyOf) -> Entry | None:
    """Give what a fact adds; None where it is no outcome, or under no contract."""
    met, breached = outcome(fact)
    if fact.credit is not None:
        credit = fact.credit
        late = -credit.adds if fact.retracts else credit.adds
        return Entry(credit.contract.account, credit.month, 0, breached, late)
    if not met:
        return None
    try:
        policy = policy_of(fact.version, fact.kind, fact.counted_under[0])
    except LookupError:
        return None  # a "met" of another version's policy, which the fact does not name
    if policy.contract is None:
        return None
    at = fact.time if fact.outcome_at is None else fact.outcome_at
    return Entry(policy.contract.account, month_of(policy.schedule, at), met)


@dataclass(frozen=True, slots=True)
class Owed:
    """What a month owes, as shares of the fee: by its rate, by lateness, and both up to the cap."""

    rate: Fraction | None
    by_rate: Fraction
    by_late: Fraction
    share: Fraction
    amount: Fraction


@dataclass(slots=True)
class Month:
    """An account's month: its cycles, and the shares of the fee that lateness has earned."""

    met: int = 0
    breached: int = 0
    late: Fraction = NOTHING

    def add(self, entry: Entry) -> None:
        """Count what a fact adds."""
        self.met += entry.met
        self.breached += entry.breached
        self.late += entry.late

    def merge(self, other: Month) -> None:
        """Count what another part of the month adds up to."""
        self.met += other.met
        self.breached += other.breached
        self.late += other.late

    @property
    def tally(self) -> Tally:
        """The month's cycles, whose rate counts."""
        return Tally(self.met, self.breached)

    def owed(self, contract: Contract) -> Owed:
        """Give what the month owes by the contract's table."""
        rate = self.tally.rate
        by_rate = NOTHING if rate is None else _by_rate(contract, rate)
        share = by_rate + self.late
        if contract.cap is not None:
            share = min(share, contract.cap)
        return Owed(rate, by_rate, self.late, share, share * contract.monthly_fee)


class Credits:
    """Months by account and month."""

    def __init__(self, policy_of: PolicyOf) -> None:
        self.months: dict[tuple[str, str], Month] = {}
        self._policy_of = policy_of

    def merge(self, other: Credits) -> None:
        """Take over the months of another ledger."""
        for name, month in other.months.items():
            self.months.setdefault(name, Month()).merge(month)

    def add(self, fact: Fact) -> None:
        """Count a fact in its account's month."""
        one = entry(fact, self._policy_of)
        if one is not None:
            self.months.setdefault((one.account, one.month), Month()).add(one)

    def owed(self, contracts: Mapping[str, Contract]) -> dict[tuple[str, str], Owed]:
        """Give what each month owes, of the accounts whose contracts these are."""
        return {
            (account, month): self.months[account, month].owed(contracts[account])
            for account, month in sorted(self.months)
            if account in contracts
        }


def contracts(policies: PolicySet) -> dict[str, Contract]:
    """Give the contracts of a policy set by account, of which a checked file has one each."""
    return {
        policy.contract.account: policy.contract
        for policy in policies.policies
        if policy.contract is not None
    }


def _by_rate(contract: Contract, rate: Fraction) -> Fraction:
    """Give the credit of the lowest line that a rate is under."""
    under = [
        (rule.below, rule.credit)
        for rule in contract.credits
        if rule.below is not None and rate < rule.below
    ]
    return min(under)[1] if under else NOTHING

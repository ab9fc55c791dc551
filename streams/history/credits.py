"""What a replayed history owes by contract: accounts' months, in order (R31)."""

from __future__ import annotations

from dataclasses import dataclass

from streams.sla.credits import Credits, Month, Owed, contracts
from streams.sla.policy import Contract, PolicySet


@dataclass(frozen=True, slots=True)
class Statement:
    """A month of an account: what was counted, and what is owed for it by the contract."""

    month: str
    contract: Contract
    counted: Month
    owed: Owed

    @property
    def capped(self) -> bool:
        """Whether more was earned than the contract lets a month owe."""
        return self.owed.by_rate + self.owed.by_late > self.owed.share


def statements(ledger: Credits, policies: PolicySet) -> list[Statement]:
    """Give a statement for each account and month in which a cycle had an outcome."""
    known = contracts(policies)
    return [
        Statement(month, known[account], ledger.months[account, month], owed)
        for (account, month), owed in ledger.owed(known).items()
        if ledger.months[account, month] != Month()
    ]

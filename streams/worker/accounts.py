"""The accounts' months, measured on a scrape: what can be added up over workers (R31).

Decisions: the present month and the one before, where the contract's schedule is; of two zones
that of the first policy in the file's order. Accounts are those of the policies file, so nobody can
fill a Prometheus with them. No amount is shown: a worker has only its partitions' part of a month.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

from prometheus_client.metrics_core import Metric

from streams.sla.earned import month_of
from streams.sla.policy import PolicySet
from streams.sla.schedule import Schedule
from streams.worker import metrics
from streams.worker.credits import CreditLedger, before


def measure(policies: PolicySet, ledgers: Iterable[CreditLedger], now: int) -> Iterator[Metric]:
    """Give the gauges of each account's present month and of the one before, known ones from 0."""
    cycles, late = metrics.CONTRACT_CYCLES.gauges(), metrics.CONTRACT_LATE.gauges()
    held = list(ledgers)
    for account, schedule in _accounts(policies).items():
        present = month_of(schedule, now)
        for label, name in (("current", present), ("previous", before(present))):
            months = [ledger.month(account, name) for ledger in held]
            cycles.add_metric([account, label, "met"], sum(month.met for month in months))
            cycles.add_metric([account, label, "breached"], sum(one.breached for one in months))
            share = sum((month.late for month in months), Fraction(0))
            late.add_metric([account, label], float(share))
    yield from (cycles, late)


def _accounts(policies: PolicySet) -> dict[str, Schedule]:
    """Give each account's schedule, by which its months are told."""
    accounts: dict[str, Schedule] = {}
    for policy in policies.policies:
        if policy.contract is not None:
            accounts.setdefault(policy.contract.account, policy.schedule)
    return accounts

"""What a breach earns by contract (R31), as JSON; money is rounded here, and not before."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any

from streams.sla.earned import Ahead, Earned
from streams.sla.policy import Contract, say_percent
from streams.wire import instant


def money(amount: Fraction) -> Decimal:
    """Round an amount to two decimals, halves up."""
    return Decimal(floor(amount * 100 + Fraction(1, 2))).scaleb(-2)


def show(credit: Earned | None) -> dict[str, Any] | None:
    """Give the object that a breach carries, a line passed later, and what takes one back."""
    if credit is None:
        return None
    contract = credit.contract
    fee = contract.monthly_fee
    return {
        "account": contract.account,
        "month": credit.month,
        "currency": contract.currency,
        "monthly_fee": fee.numerator if fee.denominator == 1 else float(fee),
        "cap": None if contract.cap is None else say_percent(contract.cap),
        "earned": _share(contract, credit.share),
        "adds": _share(contract, credit.adds),
        "next": [_ahead(contract, ahead) for ahead in credit.ahead],
        "rate": [
            {"below": say_percent(rule.below), "credit": say_percent(rule.credit)}
            for rule in contract.credits
            if rule.below is not None
        ],
    }


def _share(contract: Contract, share: Fraction) -> dict[str, Any]:
    return {
        "credit": say_percent(share),
        "amount": float(money(share * contract.monthly_fee)),
    }


def _ahead(contract: Contract, ahead: Ahead) -> dict[str, Any]:
    return {
        "late": ahead.rule.key.removeprefix("late:"),
        **_share(contract, ahead.rule.credit),
        "at": None if ahead.at is None else instant.show(ahead.at),
    }

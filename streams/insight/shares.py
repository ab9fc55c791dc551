"""Shares of a whole, rounded so that they add up to it."""

from __future__ import annotations

from collections.abc import Sequence


def tenths(amounts: Sequence[int]) -> list[int]:
    """Give shares in tenths of a percent that add up to 1000: the largest remainders go up."""
    whole = sum(amounts)
    if not whole:
        return [0] * len(amounts)
    shares = [1000 * amount // whole for amount in amounts]
    by_rest = sorted(range(len(amounts)), key=lambda at: -(1000 * amounts[at] % whole))
    for at in by_rest[: 1000 - sum(shares)]:
        shares[at] += 1
    return shares

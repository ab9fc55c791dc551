"""What an objective leaves to be missed, and when to be told how fast that goes (R30)."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.sla.budget import NO_BUDGET, Budget
from streams.sla.compliance import Tally

HOUR, DAY = 1, 24
MONTH = 30 * DAY
WORKBOOK = [(HOUR, Fraction(2, 100)), (6 * HOUR, Fraction(5, 100)), (3 * DAY, Fraction(10, 100))]


def budget(percent: str) -> Budget:
    """Give the budget of an objective."""
    left = Budget.of(Fraction(percent) / 100)
    assert left is not None
    return left


def test_the_budget_is_what_the_objective_leaves() -> None:
    """R30: of 200 cycles at 95 %, ten may be breached."""
    left = budget("95")
    assert (left.share, left.fastest) == (Fraction(1, 20), 20)
    assert left.burn(Tally(met=200)) == 0
    assert left.burn(Tally(met=195, breached=5)) == Fraction(1, 2)
    assert left.burn(Tally(met=190, breached=10)) == 1
    assert left.burn(Tally(met=170, breached=30)) == 3
    assert left.burn(Tally(breached=200)) == left.fastest


def test_without_an_outcome_nothing_burns_and_nothing_fires() -> None:
    """R30: no cycle, no rate."""
    left = budget("95")
    assert left.burn(Tally()) is None
    assert not left.alert(HOUR, MONTH, Fraction(2, 100)).fires(Tally())


def test_an_objective_of_100_percent_has_no_budget() -> None:
    """R30: there is no share of nothing; words say so."""
    assert Budget.of(Fraction(1)) is None
    assert "every breach" in NO_BUDGET


def test_at_999_the_factors_are_those_of_the_workbook() -> None:
    """R30: 2 % in an hour, 5 % in six hours, 10 % in three days, of 30 days."""
    alerts = [budget("99.9").alert(window, MONTH, share) for window, share in WORKBOOK]
    assert [alert.factor for alert in alerts] == [Fraction("14.4"), 6, 1]
    assert not any(alert.capped for alert in alerts)
    assert [alert.least for alert in alerts] == [70, 167, 1000]


def test_at_90_the_workbook_s_factor_could_never_fire() -> None:
    """R30: it asks for 144 % of the cycles; half way to the fastest burn it fires at 55 %."""
    left = budget("90")
    assert Fraction("14.4") * left.share == Fraction("1.44")
    assert left.burn(Tally(breached=1_000)) == 10 < Fraction("14.4")
    alert = left.alert(HOUR, MONTH, Fraction(2, 100))
    assert (alert.factor, alert.capped) == (Fraction("5.5"), True)
    assert not alert.fires(Tally(met=45, breached=55))
    assert alert.fires(Tally(met=44, breached=56))


@pytest.mark.parametrize(("percent", "capped"), [("96", True), ("96.5", False)])
def test_from_965_on_the_factors_are_as_they_were(percent: str, capped: bool) -> None:  # noqa: FBT001
    """R30: (1 + 1 / budget) / 2 reaches 14.4 between these two."""
    assert budget(percent).alert(HOUR, MONTH, Fraction(2, 100)).capped is capped


def test_a_single_breach_does_not_fire_an_alert() -> None:
    """R30: with 95 % and a factor of 6, one of three cycles burns 6.67, one of four burns 5."""
    alert = budget("95").alert(6 * HOUR, MONTH, Fraction(5, 100))
    assert (alert.factor, alert.least) == (6, 4)
    assert alert.budget.burn(Tally(met=2, breached=1)) == Fraction(20, 3)
    assert not alert.fires(Tally(met=2, breached=1))
    assert not alert.fires(Tally(breached=3))
    assert not alert.fires(Tally(met=3, breached=1))
    assert alert.fires(Tally(met=2, breached=2))


objectives = st.fractions(Fraction(1, 1000), Fraction(999, 1000))


@given(objectives, st.integers(1, MONTH), st.fractions(Fraction(1, 1000), Fraction(1)))
def test_every_alert_can_fire_and_none_on_a_single_breach(
    objective: Fraction, window: int, share: Fraction
) -> None:
    """R30: whatever the objective, the window and the share of the budget."""
    left = Budget.of(objective)
    assert left is not None
    alert = left.alert(window, MONTH, share)
    assert alert.factor <= share * MONTH / window
    assert alert.fires(Tally(breached=alert.least + 1))
    assert not any(
        alert.fires(Tally(met=cycles - 1, breached=1)) for cycles in range(1, alert.least + 3)
    )
    fewest = Tally(met=alert.least - 2, breached=1)
    if alert.least > 1:
        burn = left.burn(fewest)
        assert burn is not None
        assert burn > alert.factor, "a smaller minimum would do"
    if alert.capped:
        assert 1 < alert.factor < left.fastest
        kept = Tally(met=objective.numerator, breached=(1 - objective).numerator)
        assert left.burn(kept) == 1
        assert not alert.fires(kept)

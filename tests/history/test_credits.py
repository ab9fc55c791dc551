"""What a replayed history owes by contract (R31)."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest
from click.testing import CliRunner

from streams.cli.main import sla
from streams.cli.summary_json import as_object
from streams.history.credits import Statement, statements
from streams.history.replay import replay
from streams.history.summary import summarize
from streams.policies import load
from streams.sla.credits import Credits, Month
from streams.sla.engine import Engine
from streams.sla.events import Created, Messaged, TicketEvent
from streams.wire.instant import parse, show

PAGE = (Path(__file__).parents[2] / "docs" / "semantics.md").read_text("utf-8")
MINUTE = 60_000
TEXT = """
version: 1
schedules:
  paris: {time_zone: Europe/Paris, hours: {mon-sun: ["00:00-24:00"]}}
policies:
  - name: globex
    match: {account: globex}
    schedule: paris
    targets: {first_response: {default: 1h}}
    contract:
      {account: globex, monthly_fee: 199.99, currency: USD, credits: [{late: 1m, credit: 12.5%}]}
  - name: acme
    schedule: paris
    targets: {first_response: {default: 1h}}
    contract:
      account: acme
      monthly_fee: 5000
      currency: EUR
      credits:
        - {below: 95%, credit: 5%}
        - {below: 90%, credit: 10%}
        - {late: 30m, credit: 2%}
        - {late: 2h, credit: 5%}
      cap: 20%
"""
POLICIES = load(TEXT)
WORKED = {"late-20m": 80.0, "late-50m": 110.0, "late-3h": 240.0}
"""The tickets of the worked month that were answered late, by minutes from their start."""


def answered(name: str, minutes: float, start: str, account: str = "acme") -> list[TicketEvent]:
    """Give a ticket that is first answered after some minutes."""
    at = parse(start)
    created = Created(name, at, 1, {"account": account, "status": "open"})
    return [created, Messaged(name, at + round(minutes * MINUTE), 2, "agent")]


def told(*tickets: list[TicketEvent]) -> list[Statement]:
    """Replay tickets to the end of May."""
    events = [event for ticket in tickets for event in ticket]
    ledger = Credits(Engine(POLICIES).policy)
    for _, fact in replay(events, POLICIES, until=parse("2026-06-01T00:00:00Z")).facts:
        ledger.add(fact)
    return statements(ledger, POLICIES)


def worked_month() -> list[list[TicketEvent]]:
    """Give the tickets of the month that docs/semantics.md works out."""
    kept = [answered(f"kept-{n}", 30, "2026-03-10T08:00:00Z") for n in range(37)]
    return kept + [answered(name, late, "2026-03-12T08:00:00Z") for name, late in WORKED.items()]


def test_the_worked_month_of_the_page_comes_to_what_the_page_says() -> None:
    """R31: a line by rate, two lines by lateness, no cap."""
    (march,) = told(*worked_month())
    assert march.counted == Month(37, 3, Fraction(7, 100))
    assert (march.owed.rate, march.owed.by_rate) == (Fraction(37, 40), Fraction(5, 100))
    assert (march.owed.share, march.owed.amount) == (Fraction(12, 100), 600)
    assert not march.capped
    for words in ("37 / 40 = 92.5 %", "5 % + 7 % = 12 %", "600.00 EUR"):
        assert words in PAGE


def test_a_month_owes_no_more_than_the_cap() -> None:
    """R31: what is above it is not carried over to the next month."""
    late = [answered(f"late-{n}", 240, "2026-03-12T08:00:00Z") for n in range(3)]
    march, april = told(*late, answered("kept", 30, "2026-04-10T08:00:00Z"))
    assert (march.owed.by_rate, march.owed.by_late) == (Fraction(10, 100), Fraction(15, 100))
    assert (march.capped, march.owed.share, march.owed.amount) == (True, Fraction(20, 100), 1000)
    assert (april.month, april.owed.share) == ("2026-04", 0)


def test_months_are_by_account_and_begin_where_the_schedule_is() -> None:
    """R31: the answer of 00:30 in Paris on 1 April is April's."""
    found = told(
        answered("a", 30, "2026-03-31T21:00:00Z"),
        answered("b", 30, "2026-03-31T22:00:00Z"),
        answered("c", 30, "2026-03-31T22:00:00Z", account="globex"),
    )
    assert [(one.contract.account, one.month) for one in found] == [
        ("acme", "2026-03"),
        ("acme", "2026-04"),
        ("globex", "2026-04"),
    ]


def cells(output: str) -> list[list[str]]:
    """Read the lines of the credits' table."""
    lines = output.partition("\nCredits\n")[2].splitlines()
    found = ([cell.strip() for cell in line.split("  ") if cell.strip()] for line in lines)
    return [line for line in found if line and not line[0].startswith("\u2500")]


def replayed(tickets: list[list[TicketEvent]], folder: Path, policies: str = TEXT) -> str:
    """Let `sla replay --summary` print what it finds."""
    lines = []
    for event in (event for ticket in tickets for event in ticket):
        first = isinstance(event, Created)
        envelope = {"specversion": "1.0", "id": f"{event.ticket}-{event.key}", "source": "/t"}
        type_ = "ticket.created" if first else "ticket.message"
        data = {"account": "acme"} if first else {"author": "agent"}
        envelope |= {"type": type_, "subject": event.ticket, "time": show(event.time)}
        lines.append(json.dumps({**envelope, "data": data}))
    (folder / "p.yaml").write_text(policies)
    (folder / "e.ndjson").write_text("\n".join(lines))
    flags = ["--policies", str(folder / "p.yaml"), "--summary", str(folder / "e.ndjson")]
    result = CliRunner().invoke(sla, ["replay", *flags])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_summary_has_a_table_of_credits(tmp_path: Path) -> None:
    """R31: by account and month; a rate is cut off, an amount has two decimals."""
    head, acme, *rest = cells(replayed(worked_month(), tmp_path))
    assert head == [
        "account", "month", "met", "breached", "rate", "by rate", "by lateness", "credit", "amount",
    ]  # fmt: skip
    march = ["37", "3", "92.50 %", "5 %", "7 %", "12 %", "600.00 EUR"]
    assert acme == ["acme", "2026-03", *march]
    assert rest == []


def test_the_json_has_the_same_exact() -> None:
    """R31: shares with the fractions that they come from, the amount as it is invoiced."""
    events = [event for ticket in worked_month() for event in ticket]
    done = replay(events, POLICIES, until=parse("2026-06-01T00:00:00Z"))
    (march,) = as_object(summarize(done, POLICIES))["credits"]
    assert (march["account"], march["month"], march["currency"]) == ("acme", "2026-03", "EUR")
    assert (march["rate_fraction"], march["amount"], march["capped"]) == ([37, 40], 600.0, False)
    assert [march[f"{name}_fraction"] for name in ("by_rate", "by_lateness", "credit")] == [
        *([1, 20], [7, 100], [3, 25])
    ]


def test_a_cap_is_told(tmp_path: Path) -> None:
    """R31: so that nobody adds up and wonders."""
    late = [answered(f"late-{n}", 240, "2026-03-12T08:00:00Z") for n in range(3)]
    _, acme = cells(replayed(late, tmp_path))
    assert acme[2:] == ["0", "3", "0.00 %", "10 %", "15 %", "20 % (cap)", "1,000.00 EUR"]


def test_without_a_contract_there_is_no_table(tmp_path: Path) -> None:
    """An operator without contracts is not told about credits."""
    free = TEXT[: TEXT.rindex("    contract:")]
    assert "Credits" not in replayed(worked_month(), tmp_path, free)


@pytest.mark.parametrize("late", [61.01, 500])
def test_an_amount_is_rounded_half_up(late: float) -> None:
    """R31: 12.5 % of 199.99 USD are 24.99875."""
    (march,) = told(answered("g", late + 1, "2026-03-10T08:00:00Z", account="globex"))
    assert march.owed.amount == Fraction("24.99875")

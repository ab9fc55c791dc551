"""Every number of a report is counted again by other means, on real incidents."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from fractions import Fraction
from math import ceil, sqrt
from pathlib import Path
from typing import Any

import pytest
from scipy.stats import binomtest

from tests.report.histories import History, demo_events, demo_policies, imported
from tests.report.recount import Name, Recount, rank, start_of

Told = dict[str, Any]
Pair = tuple[Told, Recount]
CASES = ("demo", "contract", "middle", "uci")
MADE = Path(__file__).parents[2] / "examples" / "uci" / "policies-made-sla.yaml"


@pytest.fixture(scope="module", params=CASES)
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """Report on a history; give the numbers, and what counts them again.

    The demo's sample; with a contract, by two attributes; in the middle of it, with open clocks;
    3,000 incidents of the whole log under the promise that they were judged by.
    """
    folder = tmp_path_factory.mktemp(request.param)
    more: list[str] = []
    if request.param == "uci":
        log = request.getfixturevalue("shared") / "data" / "uci_incident_event_log.csv.gz"
        events = imported(folder / "events.ndjson", log, "servicenow", 3_000)
        history = History(events, MADE)
    else:
        until = "2016-05-05T12:00:00.000Z" if request.param == "middle" else None
        contract = request.param == "contract"
        policies = demo_policies(folder / "policies.yaml", contract=contract)
        history = History(demo_events(folder / "events.ndjson"), policies, until)
        more = ["--segment", "priority", "--segment", "team"] if contract else []
    return history.numbers(*more), history.recount()


def promises(pair: Pair) -> list[tuple[Name, Told]]:
    """Give promises by name."""
    told, _ = pair
    return [((one["policy"], one["kind"], one["metric"]), one) for one in told["promises"]]


def tallied(told: Told, counts: Counter[str]) -> None:
    """Hold counts, rate and its fraction against counts of outcomes."""
    met, breached = counts["met"], counts["breached"]
    assert (told["met"], told["breached"], told["cycles"]) == (met, breached, met + breached)
    rate = [met, met + breached] if met + breached else None
    assert told["rate_fraction"] == rate
    assert told["rate"] == (None if rate is None else met / (met + breached))


def test_what_was_read_is_what_there_is(pair: Pair) -> None:
    """Events, tickets, the period."""
    told, again = pair
    tickets = {event["subject"] for event in again.events}
    assert told["read"]["tickets"] == len(tickets)
    # Where two events of a ticket were one, one was not read.
    assert told["read"]["events"] == len({event["id"] for event in again.events})
    first = min(datetime.fromisoformat(event["time"]) for event in again.events)
    assert datetime.fromisoformat(told["period"]["from"]) == first
    assert datetime.fromisoformat(told["period"]["until"]) == again.until


def test_cycles_and_rates_are_those_of_the_sla_events(pair: Pair) -> None:
    """R26, R29: met, breached, open, cancelled, reopened."""
    told, again = pair
    assert {name for name, _ in promises(pair)} == again.names()
    for name, one in promises(pair):
        counts = again.counts(name)
        tallied(one, counts)
        assert (one["open"], one["cancelled"]) == (counts["open"], counts["cancelled"])
        assert one["reopened"] == again.reopened(name)
    assert any(one["breached"] for one in told["promises"])


def test_the_budget_is_what_the_objective_leaves(pair: Pair) -> None:
    """R30: allowed, left, used; and the word for it."""
    _, again = pair
    objectives = {
        (one["name"], one["kind"]): Fraction(str(one.get("objective", "95%")).rstrip("%")) / 100
        for one in again.policies["policies"]
    }
    for name, one in promises(pair):
        objective, counts = objectives[name[:2]], again.counts(name)
        cycles = counts["met"] + counts["breached"]
        assert Fraction(*one["objective_fraction"]) == objective
        allowed = (1 - objective) * cycles
        assert Fraction(*one["budget"]["allowed_fraction"]) == allowed
        assert Fraction(*one["budget"]["left_fraction"]) == allowed - counts["breached"]
        if not cycles:
            assert one["verdict"] == "open"
            continue
        used = counts["breached"] / allowed
        assert Fraction(*one["budget"]["used_fraction"]) == used
        days = again.by_day(name)
        last = again.until.date().toordinal()
        recent: Counter[str] = sum(
            (tally for day, tally in days.items() if last - day.toordinal() < 28), Counter()
        )
        tallied(one["recent"], recent)
        broken = Fraction(counts["met"], cycles) < objective
        slipping = recent.total() >= 10 and Fraction(recent["met"], recent.total()) < objective
        risky = used > Fraction(3, 4) or slipping
        assert one["verdict"] == ("broken" if broken else "at_risk" if risky else "kept")


def test_days_add_up_to_the_points_of_the_curve(pair: Pair) -> None:
    """By day, week or month; with Wilson's interval, as scipy has it."""
    _, again = pair
    for name, one in promises(pair):
        points: dict[date, Counter[str]] = {}
        for day, counts in again.by_day(name).items():
            points.setdefault(start_of(one["unit"], day), Counter()).update(counts)
        assert [point["from"] for point in one["over_time"]] == sorted(map(str, points))
        for point in one["over_time"]:
            counts = points[date.fromisoformat(point["from"])]
            tallied(point, counts)
            assert point["few"] == (counts.total() < 10)
            interval = binomtest(counts["met"], counts.total()).proportion_ci(method="wilson")
            assert point["interval"] == pytest.approx([interval.low, interval.high], abs=1e-9)


def test_the_days_that_burnt_most_are_those_with_most_breaches(pair: Pair) -> None:
    """R30: five of them."""
    _, again = pair
    for name, one in promises(pair):
        days = again.by_day(name)
        whole = again.counts(name)["breached"]
        ordered = sorted((-counts["breached"], day) for day, counts in days.items())
        ordered = [(missed, day) for missed, day in ordered if missed][:5]
        assert [told["date"] for told in one["days"]] == [str(day) for _, day in ordered]
        for told, (missed, day) in zip(one["days"], ordered, strict=True):
            tallied(told, days[day])
            assert Fraction(*told["share_of_breaches_fraction"]) == Fraction(-missed, whole)


def test_segments_are_by_the_attributes_of_the_outcome(pair: Pair) -> None:
    """R16: an outcome counts under what the ticket was when it came."""
    told, again = pair
    for name, one in promises(pair):
        for attribute in told["segments"]:
            parts = [part for part in one["segments"] if part["attribute"] == attribute]
            counted = again.by_day(name, attribute)
            assert {part["value"] for part in parts} == {value for value, _ in counted}
            for part in parts:
                days = {
                    day: tally for (value, day), tally in counted.items() if value == part["value"]
                }
                whole: Counter[str] = sum(days.values(), Counter())
                tallied(part, whole)
                points: dict[str, Counter[str]] = {}
                for day, tally in days.items():
                    points.setdefault(str(start_of(one["unit"], day)), Counter()).update(tally)
                assert {point["from"] for point in part["over_time"]} == set(points)
                for point in part["over_time"]:
                    tallied(point, points[point["from"]])
                missed = again.counts(name)["breached"]
                share = part["share_of_breaches_fraction"]
                assert share == (None if not missed else list(_ratio(whole["breached"], missed)))


def _ratio(part: int, whole: int) -> tuple[int, int]:
    return Fraction(part, whole).as_integer_ratio()


def test_causes_add_up_to_the_whole(pair: Pair) -> None:
    """R28: by team, status and assignee."""
    _, again = pair
    for name, one in promises(pair):
        if one["causes"] is None:
            assert not again.counts(name)["breached"]
            continue
        for hand in ("team", "status", "assignee"):
            spent = again.causes(name, hand)
            parts = {part["name"]: part for part in one["causes"][f"by_{hand}"]}
            assert {who: round(part["seconds"] * 1000) for who, part in parts.items()} == spent
            assert round(one["causes"]["elapsed_seconds"] * 1000) == spent.total()
            assert sum(Fraction(*part["share_fraction"]) for part in parts.values()) == 1
        unassigned = again.causes(name, "assignee")[None]
        assert round(one["causes"]["before_assignment_seconds"] * 1000) == unassigned
        assert one["causes"]["breaches"] == again.counts(name)["breached"]


def test_margins_are_those_of_the_last_fulfilments(pair: Pair) -> None:
    """R29: bars, medians, and how long it took where most had one target."""
    _, again = pair
    for name, one in promises(pair):
        used = again.used(name)
        if not used:
            assert one["margins"] is None
            continue
        told = one["margins"]
        assert told["fulfilled"] == len(used)
        shares = [Fraction(elapsed, target) for elapsed, target in used]
        bars = [0] * 21
        for share in shares:
            bars[min(20, max(0, ceil(share * 10) - 1))] += 1
        assert told["bars"] == bars
        thousandths = [ceil(share * 1000) for share in shares]
        assert Fraction(*told["median_used_fraction"]) == Fraction(rank(thousandths, 5), 1000)
        assert Fraction(*told["p90_used_fraction"]) == Fraction(rank(thousandths, 9), 1000)
        targets = Counter(target for _, target in used)
        usual = min(targets, key=lambda target: (-targets[target], target))
        minutes = [ceil(Fraction(elapsed, 60_000)) for elapsed, target in used if target == usual]
        assert told["usual"] == {
            "target_seconds": usual / 1000,
            "cycles": targets[usual],
            "median_seconds": rank(minutes, 5) * 60,
            "p90_seconds": rank(minutes, 9) * 60,
        }


def test_tickets_are_judged_by_all_their_clocks(pair: Pair) -> None:
    """R27: those that are resolved at the end."""
    told, again = pair
    judged = again.tickets()
    tallied(told["ticket_rate"], judged)
    assert told["ticket_rate"]["resolved"] == judged["resolved"]
    rest = judged["resolved"] - judged["met"] - judged["breached"]
    assert told["ticket_rate"]["without_outcome"] == rest


def test_the_hours_of_the_week_are_those_of_the_events(pair: Pair) -> None:
    """Tickets by their first event, outcomes by the start of their clock."""
    told, again = pair
    came, began = again.week(told["week"]["kind"])
    for day in range(7):
        for hour in range(24):
            assert told["week"]["arrivals"][day][hour] == came[day, hour]
            for outcome in ("met", "breached"):
                assert told["week"][outcome][day][hour] == began[day, hour][outcome]


def test_credits_are_worked_out_from_the_table(pair: Pair) -> None:
    """R31: by rate and by lateness, up to the cap."""
    told, again = pair
    owed = again.owed()
    assert [(one["account"], one["month"]) for one in told["credits"]] == sorted(owed)
    for one in told["credits"]:
        found = owed[one["account"], one["month"]]
        tallied(one, Counter(met=found["met"], breached=found["breached"]))
        assert Fraction(*one["by_rate_fraction"]) == found["by_rate"]
        assert Fraction(*one["by_lateness_fraction"]) == found["late"]
        assert Fraction(*one["credit_fraction"]) == found["credit"]
        assert one["amount"] == found["amount"]
        assert one["capped"] == (found["by_rate"] + found["late"] > found["credit"])


def test_the_worst_tickets_are_those_that_were_longest_past_their_target(pair: Pair) -> None:
    """In active time, open ones up to the end."""
    told, again = pair
    assert [
        (round(one["over_seconds"] * 1000), one["ticket"]) for one in told["worst"]
    ] == again.over(told["week"]["kind"])[:10]
    for one in told["worst"]:
        why = one["explanation"]
        assert why["elapsed_seconds"] == one["elapsed_seconds"]
        assert why["breach"]["target_seconds"] == one["target_seconds"]
        assert why["breach"]["sum"]["sum_seconds"] >= why["breach"]["target_seconds"]
        assert one["over_seconds"] == pytest.approx(one["elapsed_seconds"] - one["target_seconds"])


def test_wilson_s_interval_lies_around_the_rate() -> None:
    """The formula that scipy uses, by hand: 8 of 10."""
    z = 1.959963984540054
    centre = (0.8 + z * z / 20) / (1 + z * z / 10)
    spread = z * sqrt(0.8 * 0.2 / 10 + z * z / 400) / (1 + z * z / 10)
    interval = binomtest(8, 10).proportion_ci(method="wilson")
    assert (interval.low, interval.high) == pytest.approx((centre - spread, centre + spread))

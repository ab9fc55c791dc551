"""The live screen, the lines and the summary, drawn from the sample without a broker."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from streams.demo import words
from streams.demo.clock import DemoClock
from streams.demo.lines import Lines
from streams.demo.plan import Plan
from streams.demo.sample import Sample
from streams.demo.scene import Scene
from streams.demo.scrape import take
from streams.demo.summary import Ending, show
from streams.demo.verdict import Verdict, expected, judge
from streams.demo.view import Screen, Stagehand
from tests.demo.conftest import scene_at

HOUR = 3_600_000
STAGE = Stagehand(3600, "http://127.0.0.1:28901", "127.0.0.1:20773", 300)


def drawn(scene: Scene, width: int, height: int) -> list[str]:
    """Draw a frame without colours; give its lines."""
    console = Console(
        width=width, height=height, file=io.StringIO(), record=True, color_system=None
    )
    console.print(Screen(scene, STAGE))
    return console.export_text().rstrip("\n").split("\n")


@pytest.fixture(scope="module")
def at_night(sample: Sample, play: Plan) -> Scene:
    """Give the scene in the first night, after the first breaches."""
    return scene_at(sample, play.start + 14 * HOUR)


@pytest.mark.parametrize(("width", "height"), [(80, 24), (100, 30), (120, 40), (200, 60), (72, 20)])
def test_the_screen_fits_the_terminal(at_night: Scene, width: int, height: int) -> None:
    """No line is wider, and there is not one more, than the terminal has."""
    lines = drawn(at_night, width, height)
    assert len(lines) == height
    assert max(map(len, lines)) <= width


@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40)])
def test_the_screen_says_all_without_colour(at_night: Scene, width: int, height: int) -> None:
    """Clock, counts, clocks by deadline, breaches, rates and addresses, in words."""
    text = "\n".join(drawn(at_night, width, height))
    assert "Wed  4 May 00:30" in text
    assert "office closed" in text
    assert "67 warnings  14 breaches" in text
    assert "(14 overdue, 16 paused)" in text
    assert "✗ BREACH" in text
    assert "Promises kept, from /metrics" in text
    assert "http://127.0.0.1:28901/" in text
    assert "127.0.0.1:20773" in text
    assert "…" not in text.partition("Promises kept")[0].replace("→ assign…", "")


def test_the_nearest_deadline_that_can_still_be_kept_comes_first(at_night: Scene) -> None:
    """Overdue and paused clocks are counted in the title."""
    rows = [line for line in drawn(at_night, 120, 40) if "│  INC" in line]
    kept = [c for c in at_night.open_clocks() if c.deadline is not None and not c.breached]
    first = min(kept, key=lambda clock: (clock.deadline or 0, clock.ticket))
    assert first.ticket in rows[0]
    assert words.day_and_time(first.deadline or 0) in rows[0]


def test_an_empty_stage_says_what_is_awaited(sample: Sample) -> None:
    """Before the worker's first words nothing looks broken."""
    text = "\n".join(drawn(Scene(sample.policies), 80, 24))
    assert "the worker is coming up" in text
    assert "nothing to worry about yet" in text
    assert "no promise has its outcome yet" in text


def test_time_left_stands_still_while_the_office_is_closed(at_night: Scene) -> None:
    """R15's arithmetic, on the screen: closed hours move nothing."""
    clocks = [c for c in at_night.open_clocks() if c.schedule == "office" and c.deadline]
    now = at_night.now
    assert clocks
    for clock in clocks:
        assert at_night.remaining(clock, now) == at_night.remaining(clock, now + 5 * HOUR)


def test_each_alarm_and_each_promise_kept_has_a_line(sample: Sample, play: Plan) -> None:
    """Warnings, breaches and fulfilments; the rate only when it has changed."""
    written: list[str] = []
    scene = scene_at(sample, play.start + 14 * HOUR)
    lines = Lines(scene, written.append)
    for told in scene.told.values():
        lines.heard(told)
    assert sum("  warning " in line for line in written) == scene.counts["breach_imminent"]
    assert sum("  BREACH " in line for line in written) == scene.counts["breached"]
    assert sum("  met  " in line for line in written) == scene.counts["met"]
    before = len(written)
    lines.rate(scene.now)
    lines.rate(scene.now)
    assert len(written) == before + 1
    assert "rate: critical first response 100.0%" in written[-1]


def test_the_rates_come_from_the_metrics(sample: Sample) -> None:
    """`sla_compliance_ratio` of the widest window; what has no outcome yet (NaN) is left out."""
    scene = Scene(sample.policies)
    take(
        """
# TYPE sla_ticket_events counter
sla_ticket_events_total{result="applied",type="ticket.created"} 79.0
sla_ticket_events_total{result="duplicate",type="ticket.created"} 1.0
sla_compliance_ratio{kind="sla",metric="first_response",policy="standard",window="1d"} 0.5
sla_compliance_ratio{kind="sla",metric="first_response",policy="standard",window="30d"} 0.957
sla_compliance_ratio{kind="olo",metric="total_resolution",policy="inside",window="30d"} NaN
sla_objective_ratio{policy="standard"} 0.85
sla_worker_state{state="recovering"} 0.0
sla_worker_state{state="running"} 1.0
""",
        scene,
    )
    assert (scene.processed, scene.state) == (80, "running")
    (standing,) = scene.standings
    assert (standing.policy, standing.rate, standing.objective) == ("standard", 0.957, 0.85)


def test_the_verdict_finds_what_live_and_replay_do_not_share(sample: Sample, play: Plan) -> None:
    """A false breach counts, a missing fact counts, and without either all is right."""
    reached = play.start + 14 * HOUR
    truth = expected([r for r in sample.records if r.time <= reached], sample.policies, reached)
    told = scene_at(sample, reached).told
    assert judge(told, truth, reached) == Verdict(
        frozenset(), frozenset(), frozenset(), compared=len(truth)
    )
    breach = next(id_ for id_, one in told.items() if one.fact.type == "breached")
    without = [fact for fact in truth if fact.id != breach]
    assert judge(told, without, reached).false_breaches == {breach}
    silent = {id_: one for id_, one in told.items() if id_ != breach}
    assert judge(silent, truth, reached).missing == {breach}
    assert not judge(silent, truth, reached).right


def test_the_summary_fits_eighty_columns(sample: Sample, play: Plan) -> None:
    """Figures, rates and the verdict, no cell cut off."""
    reached = play.start + 14 * HOUR
    scene = scene_at(sample, reached)
    verdict = Verdict(frozenset(), frozenset(), frozenset(), compared=519)
    console = Console(width=80, file=io.StringIO(), record=True)
    show(Ending(play, scene, verdict, reached, play.start, 14.0, 9.1, 0.3), console)
    text = console.export_text()
    assert "false breaches" in text
    assert "0, against a replay of the same events" in text
    assert "9.1 s after the play's start" in text
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= 80


def test_the_words_are_short() -> None:
    """Spans and thresholds as people say them."""
    assert [words.span(ms) for ms in (0, 5 * 60_000, HOUR, 90 * 60_000)] == [
        "0m",
        "5m",
        "1h",
        "1h 30m",
    ]
    assert words.threshold("left:1h") == "1h left"
    assert words.threshold("after:9h") == "9h late"
    assert words.threshold("80%") == "80% used"
    assert [words.rate(rate) for rate in (1, 60, 3600)] == ["1 s = 1 s", "1 s = 1m", "1 s = 1h"]
    assert words.day_and_time(DemoClock(0, 0, 1).at(0)) == "Thu  1 Jan 00:00"

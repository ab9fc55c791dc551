"""docs/semantics.md says what the code does: drawings, files, histories, commands."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from fractions import Fraction

import pytest
from click.testing import CliRunner

from streams.cli.main import sla
from streams.policies import check
from streams.sla.budget import Budget
from streams.sla.clock import TRANSITIONS
from streams.sla.policy import METRICS
from tests.conftest import ROOT
from tests.docs.semantics import DRAWN, PAGE, fill, states
from tests.docs.timeline import draw, scenarios, tell
from tests.scenario import say

TEXT = PAGE.read_text("utf-8")
BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
HOW_TO = TEXT.index("\n## How to express it")


@dataclass(frozen=True, slots=True)
class Way:
    """A system's behaviour in our file: the file, and a history with what it says of it."""

    system: str
    policies: str
    history: str


def ways() -> list[Way]:
    """Read the section "How to express it": each part has a YAML block, then a history."""
    parts = re.split(r"^### ", TEXT[HOW_TO:], flags=re.MULTILINE)[1:]
    read = []
    for part in parts:
        blocks = {kind: text for _, kind, text in BLOCK.findall(part)}
        read.append(Way(part.partition("\n")[0], blocks["yaml"], blocks["text"]))
    return read


def commands() -> list[tuple[str, str]]:
    """Read the commands of console blocks, each with the output that stands below it."""
    found = []
    for indent, kind, text in BLOCK.findall(TEXT):
        if kind == "console":
            lines = [line.removeprefix(indent) for line in text.splitlines()]
            for run in "\n".join(lines).split("$ ")[1:]:
                command, _, output = run.partition("\n")
                found.append((command, output.strip()))
    return found


def test_the_drawings_are_those_of_the_scenarios() -> None:
    """The scenario files are the source; `python -m tests.docs.semantics` makes the page anew."""
    assert fill(TEXT) == TEXT


def test_a_drawing_that_is_out_of_date_is_seen() -> None:
    """The check can fail, for a drawing as for the states."""
    assert fill(TEXT.replace("o===========M", "o===========X", 1)) == TEXT
    assert fill(TEXT.replace("running --> paused", "running --> stuck", 1)) == TEXT


def test_a_drawing_of_no_scenario_is_refused() -> None:
    """A scenario that was renamed takes its drawing with it."""
    with pytest.raises(KeyError, match="no such scenario"):
        fill("<!-- scenario: no such scenario -->\n```text\nanything\n```\n")


def test_every_comment_has_its_drawing() -> None:
    """A comment that no block follows would never be drawn."""
    assert len(DRAWN.findall(TEXT)) == len(re.findall(r"^<!-- ", TEXT, flags=re.MULTILINE))


def test_every_metric_is_drawn() -> None:
    """R9-R14: the ten metrics, each with a row of the table and a lane of a drawing."""
    for metric in METRICS:
        assert f"\n| `{metric}` |" in TEXT
        assert re.search(rf"^{metric}( #1)? +o=", TEXT, flags=re.MULTILINE), metric


def test_every_transition_is_drawn() -> None:
    """The state diagram has an arrow for each entry of the engine's table, and no other."""
    assert states().count("-->") == len(TRANSITIONS)
    for (_, signal), state in TRANSITIONS.items():
        assert f"--> {state}: {signal}" in states()


def test_a_drawing_shows_what_was_told_first_and_what_was_told_again() -> None:
    """R7: the late event and its correction are in one drawing each."""
    drawn = draw(tell(scenarios()["R7 A reply that arrives late takes the breach back"]))
    first, again = drawn.split("as told again")
    assert "o===========X============>" in first
    assert "o===========M" in again


def test_every_file_of_the_page_is_one_of_the_ways() -> None:
    """A YAML block outside of the section would be one that no test loads."""
    assert TEXT.count("```yaml") == len(ways())
    assert [way.system for way in ways()] == [
        "Zendesk",
        "Jira Service Management",
        "Zammad",
        "GLPI",
    ]


@pytest.mark.parametrize("way", ways(), ids=lambda way: way.system)
def test_a_way_to_express_it_loads_and_says_what_the_page_says(way: Way) -> None:
    """R9-R19: the file is without fault, and the history after it comes to what stands there."""
    checked = check(way.policies)
    assert checked.errors == []
    assert checked.policies is not None
    told = tell(f"{way.system}\n{way.history}", checked.policies)
    assert [say(fact) for fact in told.facts] == told.scenario.expected


@pytest.mark.parametrize(("command", "output"), commands())
def test_a_command_of_the_page_prints_what_the_page_says(
    command: str, output: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R22-R25: every deadline and every sum of the page is asked of the schedule."""
    monkeypatch.chdir(ROOT)
    program, *arguments = shlex.split(command)
    assert program == "sla"
    result = CliRunner().invoke(sla, arguments)
    assert (result.exit_code, result.output.strip()) == (0, output)


@pytest.mark.parametrize("percent", ["80", "90", "95", "99", "99.9"])
def test_the_table_of_alerts_is_what_the_core_derives(percent: str) -> None:
    """R30: factors, which of them are capped, and the number of cycles that each needs."""
    budget = Budget.of(Fraction(percent) / 100)
    assert budget is not None
    asked = [(1, "0.02"), (6, "0.05"), (72, "0.1")]
    cells = [f"{percent}%", str(budget.fastest)]
    for window, share in asked:
        alert = budget.alert(window, 30 * 24, Fraction(share))
        capped = " (capped)" if alert.capped else ""
        cells.append(f"above {float(alert.factor):g}{capped}, from {alert.least} cycles")
    assert f"\n| {' | '.join(cells)} |\n" in TEXT


def test_there_are_commands_to_run() -> None:
    """A page whose commands nobody finds would pass unseen."""
    assert len(commands()) == TEXT.count("$ sla schedule") > 5


def test_every_link_leads_somewhere() -> None:
    """A link to a file or to a heading of the page that is not there helps nobody."""
    headings = re.findall(r"^#+ (.+)$", TEXT, flags=re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    links = re.findall(r"\]\(([^)]+)\)", TEXT)
    assert len(links) > 10
    for link in links:
        file, _, anchor = link.partition("#")
        assert (PAGE.parent / file).exists(), link
        assert not anchor or anchor in anchors, link

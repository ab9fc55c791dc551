"""The page says what the JSON says, in either language, and nothing that came in can act on it."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from streams.cli.explained import REASONS
from streams.cli.main import sla
from streams.report.language import language, plain
from streams.report.spoken import LANGUAGES, spoken
from streams.sla.policy import METRICS
from tests.report.histories import History, demo_events, demo_policies, written
from tests.scenario import FOLDER, read_all
from tests.ticket_event import ticket_event

WORDS = Path(__file__).parents[2] / "streams" / "report" / "words"
VOID = {"meta", "link", "br"}


class Read(HTMLParser):
    """A page as it is read: what is shown of which key, tags, addresses, text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.shown: list[tuple[str, str | None, str]] = []
        self.tags: set[str] = set()
        self.addresses: list[str] = []
        self.handlers: list[str] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        told = dict(attrs)
        self.tags.add(tag)
        if tag not in VOID:
            self.open.append(tag)
        self.addresses += [told[name] or "" for name in ("href", "src", "action") if name in told]
        self.handlers += [name for name in told if name.startswith("on")]
        if tag in ("data", "bdi") and "data-key" in told:
            self.shown.append((told["data-key"] or "", told.get("value"), ""))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag without an end."""
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        """Every tag is closed, in order."""
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Note text, and whose it is."""
        if "style" in self.open:
            return
        self.text += data
        if self.shown and self.open and self.open[-1] in ("data", "bdi") and not self.shown[-1][2]:
            key, value, _ = self.shown[-1]
            self.shown[-1] = key, value, data


def look(told: Any, path: str) -> Any:
    """Give what stands at a path of the JSON."""
    for name in path.split("."):
        told = told[int(name)] if isinstance(told, list) else told[name]
    return told


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    """The demo's sample, with contracts."""
    folder = tmp_path_factory.mktemp("page")
    policies = demo_policies(folder / "policies.yaml", contract=True)
    return History(demo_events(folder / "events.ndjson"), policies)


@pytest.fixture(scope="module", params=LANGUAGES)
def both(
    request: pytest.FixtureRequest, history: History, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, str, dict[str, Any]]:
    """A language, the page in it, and the numbers that were given with it."""
    path = tmp_path_factory.mktemp("drawn") / "report.html"
    told = history.numbers("-o", str(path), "--lang", request.param)
    return request.param, path.read_text("utf-8"), told


def drawn(history: History, tmp_path: Path, *more: str) -> str:
    """Give a history's page in English."""
    path = tmp_path / "drawn.html"
    history.run("report", "-o", str(path), "--lang", "en", *more)
    return path.read_text("utf-8")


def test_the_page_shows_the_numbers_of_the_json(both: tuple[str, str, dict[str, Any]]) -> None:
    """Each by its path, and as it reads: counts to the digit, rates cut off or rounded up."""
    name, page, told = both
    words = language(name)
    shown = Read(page).shown
    assert len(shown) > 700
    for key, value, text in shown:
        exact = look(told, key)
        if value is None:  # a name
            assert text == (plain(exact) if exact is not None else text)
            continue
        assert json.loads(value) == exact
        if isinstance(exact, int):
            assert text == words.whole(exact)
        elif isinstance(exact, float) and text.endswith("%"):
            read = re.sub(r"[^\d.]", "", text.replace(",", "."))
            assert abs(Fraction(read) / 100 - Fraction(exact)) < Fraction(1, 100)


def test_every_number_that_counts_is_on_the_page(both: tuple[str, str, dict[str, Any]]) -> None:
    """Nothing of a promise, a day, a month or a credit is left out."""
    _, page, told = both
    keys = {key for key, _, _ in Read(page).shown}
    wanted = {"ticket_rate.rate", "read.events", "read.lines", "read.tickets", "period.until"}
    for at, one in enumerate(told["promises"]):
        counts = ("met", "breached", "rate", "objective", "budget.left", "budget.used")
        wanted |= {f"promises.{at}.{name}" for name in counts}
        for place in range(len(one["over_time"])):
            wanted |= {f"promises.{at}.over_time.{place}.{name}" for name in ("met", "breached")}
        wanted |= {f"promises.{at}.days.{place}.breached" for place in range(len(one["days"]))}
        wanted |= {
            f"promises.{at}.margins.bars.{place}"
            for place, count in enumerate(one["margins"]["bars"])
            if count
        }
        wanted |= {f"promises.{at}.reopened"} if one["reopened"] else set()
    for place in range(len(told["credits"])):
        wanted |= {f"credits.{place}.{name}" for name in ("amount", "credit", "by_rate", "met")}
    for place, one in enumerate(told["gaming"]["signs"]):
        wanted |= {f"gaming.signs.{place}.count"} if one["count"] else set()
    for day in range(7):
        wanted |= {
            f"week.arrivals.{day}.{hour}"
            for hour in range(24)
            if told["week"]["arrivals"][day][hour]
        }
    assert told["credits"]
    assert wanted <= keys


def test_the_page_needs_nothing_else(both: tuple[str, str, dict[str, Any]]) -> None:
    """No script, no address but its own, no metadata of the drawing, and a policy that says so."""
    name, page, _ = both
    read = Read(page)
    assert read.open == []
    assert f'<html lang="{name}">' in page
    assert not read.tags & {
        "script",
        "iframe",
        "img",
        "object",
        "embed",
        "base",
        "form",
        "metadata",
    }
    assert all(address.startswith("#") or address == "data:," for address in read.addresses)
    assert "http:" not in page
    assert "https:" not in page
    assert "@import" not in page
    assert re.findall(r"url\((?!#)", page) == []
    assert "default-src 'none'" in page
    assert read.handlers == []


def test_ids_are_not_given_twice(both: tuple[str, str, dict[str, Any]]) -> None:
    """Each chart's own parts are its own, or one would be drawn with another's."""
    _, page, _ = both
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    for used in set(re.findall(r'(?:href="#|url\(#)([^")]+)', page)):
        assert used in ids


def test_the_same_history_makes_the_same_page(history: History, tmp_path: Path) -> None:
    """Nothing of the clock or of chance is in it."""
    assert drawn(history, tmp_path) == drawn(history, tmp_path)


EVIL = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror='alert(1)'>",
    "{{ 7 * 7 }}</details></section>",
    "\u202etxt.exe\u2066 \u200f",
    "x" * 10_000,
    "a\u0000b\x1b[31m",
    "%s {0} {name} {{}}",
]


def test_what_came_in_is_text_and_nothing_else(tmp_path: Path) -> None:
    """Ids, teams, priorities and statuses of any kind: escaped, shortened, kept in place."""
    events = []
    for number, word in enumerate(EVIL):
        data = {"status": "New", "author": "customer"}
        data |= dict.fromkeys(("priority", "team", "assignee"), word)
        events.append(ticket_event(word, f"{number}", "created", "2016-05-02T15:00:00Z", data))
        later = {"status": word, "team": f"{word}2"}
        events.append(ticket_event(word, f"{number}b", "changed", "2016-05-03T15:00:00Z", later))
    events.append({"specversion": "1.0", "id": "<b>", "source": "<i>", "type": "ticket.created"})
    events.append(ticket_event("late", "1", "created", "2016-07-02T15:00:00Z", {}))
    history = History(
        written(tmp_path / "<b>events.ndjson", events), demo_policies(tmp_path / "policies.yaml")
    )
    page = drawn(history, tmp_path, "--segment", "priority", "--segment", "<i>")
    read = Read(page)
    assert not read.tags & {"script", "img", "i2"}
    assert read.handlers == []
    assert "<script>" not in page
    assert "49" not in re.findall(r"<bdi[^>]*>([^<]*)</bdi>", page)
    assert "\u202e" not in page
    assert "\x00" not in page
    assert "\x1b" not in page
    assert "x" * 100 not in page
    assert "<script>alert(1)</script>" in read.text
    assert "{{ 7 * 7 }}" in read.text
    assert "%s {0} {name} {{}}" in read.text
    assert "·txt.exe·" in read.text


CREATED = {"status": "New", "priority": "3 - Moderate", "author": "customer"}
AT = "2016-05-02T15:00:00Z"


@pytest.mark.parametrize(
    ("events", "more", "said"),
    [
        ([], (), "No ticket event was read"),
        (
            [ticket_event("1", 1, "created", AT, CREATED)],
            ("--until", "2016-05-01T00:00:00Z"),
            "All that was read lies after 1 May 2016, 00:00",
        ),
        ([ticket_event("1", 1, "created", AT, CREATED)], (), "3 clocks run"),
        (
            [
                ticket_event("1", 1, "created", AT, CREATED),
                ticket_event("1", 2, "message", "2016-05-02T16:00:00Z", {"author": "agent"}),
                ticket_event("1", 3, "changed", "2016-05-02T17:00:00Z", {"status": "Resolved"}),
            ],
            (),
            "All 3 promises are kept.",
        ),
    ],
    ids=["none", "future", "open", "one"],
)
def test_of_little_little_is_said_and_nothing_is_drawn(
    events: list[dict[str, Any]], more: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    """No empty axes, no traceback: a sentence."""
    history = History(
        written(tmp_path / "events.ndjson", events), demo_policies(tmp_path / "policies.yaml")
    )
    page = drawn(history, tmp_path, *more)
    read = Read(page)
    assert read.open == []
    assert said in " ".join(read.text.split())
    assert 'class="chart' not in page
    assert 'class="heat' not in page


def test_whatever_can_happen_to_a_clock_can_be_told(tmp_path: Path) -> None:
    """Every scenario's tickets at once, each that was late explained: all metrics, all reasons."""
    events = [event for scenario in read_all() for event in scenario.events]
    told = [
        {**event, "subject": event["subject"], "id": f"{number}-{event['id']}"}
        for number, event in enumerate(events)
    ]
    history = History(written(tmp_path / "events.ndjson", told), FOLDER / "policies.yaml")
    path = tmp_path / "report.html"
    numbers = history.numbers(
        "-o", str(path), "--lang", "fr", "--worst", "1000", "--segment", "tier", "--near", "50"
    )
    assert len(numbers["worst"]) > 50
    assert len({one["metric"] for one in numbers["promises"]}) == 10
    assert {one["ended"] for one in numbers["worst"]} == {"open", "done", "cancelled"}
    assert any(one["count"] for one in numbers["gaming"]["signs"])
    assert Read(path.read_text("utf-8")).open == []


def test_every_reason_that_can_be_given_has_words() -> None:
    """Those of the terminal's explanation, and those for which a ticket is gone."""
    for name in LANGUAGES:
        assert {f"why.{reason}" for reason in (*REASONS, "deleted", "spam")} <= language(
            name
        ).texts.keys()
        assert {f"metrics.{metric}" for metric in METRICS} <= language(name).texts.keys()


def test_both_languages_have_the_same_texts() -> None:
    """A key that one lacks would be a page that breaks off."""
    texts = {name: language(name).texts for name in LANGUAGES}
    assert sorted(path.stem for path in WORDS.glob("*.yaml")) == sorted(LANGUAGES)
    assert texts["en"].keys() == texts["fr"].keys()
    for key, text in texts["en"].items():
        filled = set(re.findall(r"{(\w+)}", text)) - {"n"}
        assert set(re.findall(r"{(\w+)}", texts["fr"][key])) - {"n"} == filled, key
    for name in LANGUAGES:
        told = yaml.safe_load((WORDS / f"{name}.yaml").read_text("utf-8"))
        assert list(told) == list(yaml.safe_load((WORDS / "en.yaml").read_text("utf-8")))


@pytest.mark.parametrize(
    ("name", "number", "percent", "half", "time", "money"),
    [
        ("en", "1,234,567", "85.2%", "50%", "26\u00a0h 5\u00a0min", "1,234.50\u00a0EUR"),
        ("fr", "1\u202f234\u202f567", "85,2\u202f%", "50\u202f%", "26\u00a0h 5\u00a0min", None),
    ],
)
def test_numbers_are_written_as_the_language_does(
    name: str, number: str, percent: str, half: str, time: str, money: str | None
) -> None:
    """Groups, decimals, percents; nothing rounded in the promise's favour."""
    words = language(name)
    assert words.whole(1_234_567) == number
    assert words.percent(Fraction(8529, 10_000)) == percent
    assert words.percent(Fraction(1, 2)) == half
    assert words.percent(Fraction(99_999, 100_000)) == percent.replace("85", "99").replace("2", "9")
    assert words.percent(Fraction(1, 3000), up=True) == percent.replace("85", "0").replace("2", "1")
    assert words.duration(26 * 3600 + 5 * 60) == time.replace(" ", "\u00a0")
    assert words.duration(0) == "0\u00a0min"
    assert words.duration(59.6) == "1\u00a0min"
    assert words.decimal(Fraction(-21, 10), 1) == "\N{MINUS SIGN}2" + words["form.decimal"] + "1"
    if money is not None:
        assert words.money(1234.5, "EUR") == money.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("environment", "name"),
    [
        ({}, "en"),
        ({"LANG": "fr_FR.UTF-8"}, "fr"),
        ({"LC_ALL": "de_DE", "LANG": "fr_FR"}, "en"),
        ({"LC_ALL": "", "LC_MESSAGES": "FR", "LANG": "en_GB"}, "fr"),
    ],
)
def test_the_language_is_the_reader_s(environment: dict[str, str], name: str) -> None:
    """By the locale; English where that is another."""
    assert spoken(environment) == name


def test_without_the_extra_the_command_says_how_to_get_it(
    history: History, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Words and status 1; the numbers come without it."""
    for name in ("streams.report.page", "streams.report.language", "jinja2", "markupsafe"):
        monkeypatch.delitem(__import__("sys").modules, name, raising=False)
    monkeypatch.setitem(__import__("sys").modules, "markupsafe", None)
    page = tmp_path / "report.html"
    result = CliRunner().invoke(sla, ["report", *history.options, "-o", str(page)])
    assert result.exit_code == 1
    assert 'pip install "sla-streams[insight]"' in result.stderr
    assert not page.exists()

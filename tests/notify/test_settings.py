"""The notifier's file: what it may say, and every mistake at once, with its line and its fix."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.notify.settings import VOCABULARY, NotifyFile
from streams.process.config import load
from streams.process.problem import BadFile
from streams.wire.instant import parse
from tests.notify.parts import one_route, settings, warning

GOLDEN = Path(__file__).parent / "golden"

WHOLE = """
version: 1
language: fr
zone: Europe/Paris
links:
  default: https://help.example.com/tickets/{ticket}
  zendesk: https://acme.zendesk.com/agent/tickets/{ticket}
channels:
  chat: {type: slack, secret: {env: CHAT}}
  pager: {type: pagerduty}
quiet:
  nights:
    zone: Europe/Paris
    hours: {mon-fri: "20:00-08:00", "sat,sun": ["00:00-24:00"]}
    except: {event: breached}
routes:
- name: escalations
  match: {level: ">=2", tier: [premium, gold], attributes: {region: emea}}
  to: [pager, chat]
  language: en
  templates: {title: "{{ ticket }}: {{ left or over }}"}
- name: all
  to: chat
  quiet: nights
  flood: {more_than: 20, within: 10m}
  resolve: false
"""


def problems(text: str) -> list[str]:
    """Read a file with mistakes; give what is said of each."""
    with pytest.raises(BadFile) as caught:
        settings(text)
    return str(caught.value).splitlines()


def test_a_file_says_what_goes_where(tmp_path: Path) -> None:
    """Words that may be many may be one; durations are ms; a channel's settings are its own."""
    path = tmp_path / "notify.yaml"
    path.write_text(WHOLE, "utf-8")

    read = load(path, NotifyFile, VOCABULARY)

    first, second = read.routes
    assert (first.to, second.to) == (("pager", "chat"), ("chat",))
    assert second.flood is not None
    assert (second.flood.more_than, second.flood.within) == (20, 600_000)
    assert (first.resolve, second.resolve) == (True, False)
    assert read.channels["chat"] == {"type": "slack", "secret": {"env": "CHAT"}}
    at_night = parse("2026-03-27T22:00:00Z")  # Friday
    monday = parse("2026-03-30T00:00:00+02:00")  # the clocks have gone forward
    assert read.hold(second, warning(), at_night) == monday
    assert read.hold(first, warning(), at_night) is None


def test_all_mistakes_are_told_at_once_with_line_and_fix() -> None:
    """Those of one value, and those between two parts of the file."""
    found = problems((GOLDEN / "mistakes.yaml").read_text("utf-8"))
    assert found == (GOLDEN / "mistakes.txt").read_text("utf-8").splitlines()


def test_mistakes_between_parts_are_told_beside_a_broken_part() -> None:
    """A file whose version is wrong hears of its unknown channel too."""
    found = problems("version: 2\nroutes: [{name: a, to: chat}]\n")
    assert [line.split(": ")[1] for line in found] == ["version", "routes.0.to"]


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{% for x in range(9) %}{% endfor %}", "`call` cannot be used"),
        ("{% set x = 'a' %}{{ x }}", "`assign` cannot be used"),
        ("{% macro x() %}{% endmacro %}", "`macro` cannot be used"),
        ("{{ ticket * 9999999 }}", "`mul` cannot be used"),
        ("{{ '%999999999d' % 1 }}", "`mod` cannot be used"),
        ("{{ ticket|center(999999999) }}", "the filter `center` cannot be used"),
        ("{% for x in facts recursive %}{% endfor %}", "may not be recursive"),
        ("{% include 'x' %}", "`include` cannot be used"),
        ("{{ _steps }}", "names '_steps'"),
        ("{{ ticket", "line 1 of the template"),
        ("{{ ticket|nosuch }}", "`nosuch`"),
    ],
)
def test_a_template_that_could_grow_without_end_is_refused(template: str, said: str) -> None:
    """When the file is read, and in words that say what stands in the way."""
    (problem,) = problems(
        "version: 1\nchannels: {chat: {}}\nroutes: [{name: a, to: chat, templates: {text: "
        f'"{template}"}}}}]\n'
    )
    assert problem.startswith("notify.yaml:3: routes.0.templates.text: ")
    assert said in problem
    assert "; " in problem


def test_a_link_holds_the_tickets_id_percent_encoded() -> None:
    """By the ticket's desk, the default for one that is not named; none for a path's dots."""
    read = settings(WHOLE)
    here = "https://help.example.com/tickets/"

    assert read.link(warning(ticket="a/b?c=ü #1&")) == f"{here}a%2Fb%3Fc%3D%C3%BC%20%231%26"
    assert read.link(warning(ticket="7", attributes={"desk": "other"})) == f"{here}7"
    assert (
        read.link(warning(ticket="7", attributes={"desk": "zendesk"}))
        == "https://acme.zendesk.com/agent/tickets/7"
    )
    assert read.link(warning(ticket="..")) is None
    assert read.link(warning(ticket="x" * 5000)) is None
    assert settings("version: 1\n").link(warning()) is None


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert({ticket})",
        "https:///{ticket}",
        "https://{ticket}.example.com/",
        "https://help.example.com/{ticket}/{team}",
        "https://[help/{ticket}",
    ],
)
def test_a_link_is_an_address_with_the_id_in_its_path(link: str) -> None:
    """No other scheme, no host that a ticket chooses, no other name in braces."""
    (problem,) = problems(f'version: 1\nlinks: {{default: "{link}"}}\n')
    assert "write an address such as https://" in problem


@pytest.mark.parametrize(("said", "ms"), [("90s", 90_000), ("10m", 600_000), ("2h", 7_200_000)])
def test_a_duration_is_said_with_its_unit(said: str, ms: int) -> None:
    """Seconds, minutes or hours."""
    (route,) = one_route(f"  flood: {{more_than: 5, within: {said}}}").routes
    assert route.flood is not None
    assert route.flood.within == ms


@pytest.mark.parametrize("said", ["1bd", "end of 1bd", "soon", "0m", "true"])
def test_a_duration_is_time_that_always_passes(said: str) -> None:
    """Business days are for promises."""
    with pytest.raises(BadFile, match="is no length of time; write one such as"):
        one_route(f"  flood: {{more_than: 5, within: {said}}}")

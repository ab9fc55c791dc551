"""The page's texts in both languages, and its colours."""

from __future__ import annotations

import json
import re
from itertools import product
from typing import Any

import pytest

from streams.work.readiness import STATES
from tests.conftest import ROOT
from tests.desk.page.conftest import Opens
from tests.desk.page.served import Served

FOLDER = ROOT / "streams" / "desk" / "page"
CATALOGUES = {
    name: json.loads((FOLDER / f"{name}.json").read_text("utf-8")) for name in ("en", "fr")
}
SCRIPTS = {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.js")}
PAGE = (FOLDER / "index.html").read_text("utf-8")
BY_VALUE = (
    "states",
    "facts",
    "kinds",
    "metrics",
    "changes",
    "authors",
    "attributes",
    "reasons",
    "told",
)
"""Parts whose keys are words of the data."""
TEXT = ("ink", "quiet", "late", "risk", "kept", "link")
GROUNDS = ("ground", "card", "raised")


def flat(told: dict[str, Any]) -> dict[str, Any]:
    """Give the texts by `part.word`."""
    return {f"{part}.{word}": text for part, words in told.items() for word, text in words.items()}


def forms(text: str | dict[str, str]) -> list[str]:
    """Give a text's forms."""
    return list(text.values()) if isinstance(text, dict) else [text]


def test_both_languages_have_the_same_keys_and_fill_the_same_values_in() -> None:
    """One catalogue a language; what is missing in one would be missed on the page."""
    english, french = flat(CATALOGUES["en"]), flat(CATALOGUES["fr"])
    assert list(english) == list(french)
    for key, text in english.items():
        names = {name for form in forms(text) for name in re.findall(r"\{(\w+)\}", form)}
        others = {name for form in forms(french[key]) for name in re.findall(r"\{(\w+)\}", form)}
        assert names == others, key


def test_every_text_is_used_and_every_text_that_is_used_is_there() -> None:
    """Neither a text for nobody nor a page that breaks on a rare event."""
    told = "\n".join([*SCRIPTS.values(), PAGE])
    used = set(re.findall(r"""["'`]([a-z]+\.\w+)["'`]""", told))
    prefixes = set(re.findall(r"`([a-z]+\.[a-z_]*)\$\{", told))
    for key in flat(CATALOGUES["en"]):
        part = key.split(".")[0]
        assert key in used or part in BY_VALUE or any(key.startswith(one) for one in prefixes), key
    known = flat(CATALOGUES["en"])
    asked = set(re.findall(r"""(?:say|parts)\(\s*["'](\w+\.\w+)["']""", told))
    asked |= set(re.findall(r"""data-(?:say|label|hint|title)="([^"]+)\"""", PAGE))
    assert asked <= set(known)
    assert len(asked) > 60


def test_no_word_stands_in_the_scripts() -> None:
    """What is shown comes from a catalogue: a text of two words is one that was forgotten."""
    for name, text in SCRIPTS.items():
        code = re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE)
        strings = re.findall(r'"([^"\n]*)"', code)
        sentences = [
            one
            for one in strings
            if re.search(r"[A-Z][a-z]+ [a-z]+|[a-z]{3,} [a-z]{3,} [a-z]{3,}", one)
        ]
        assert sentences == [], name


def test_french_is_set_as_french() -> None:
    """No-break spaces before what stands high, and curved apostrophes."""
    for key, text in flat(CATALOGUES["fr"]).items():
        for form in forms(text):
            assert not re.search(r"(?<![\u00a0\u202f])[;!?]", form), key
            assert not re.search(r"(?<!\u00a0):(?!//)", form), key
            assert "'" not in form, key


def test_every_state_and_metric_has_its_word() -> None:
    """What the worker can say of itself is known to the page."""
    assert set(STATES) <= set(CATALOGUES["en"]["states"])
    told = (ROOT / "streams" / "sla" / "metric.py").read_text("utf-8")
    metrics = {"first_response", "next_response", "total_resolution", "team_ownership"}
    assert metrics <= set(CATALOGUES["en"]["metrics"])
    assert all(f"def {metric}(" in told or metric in told for metric in CATALOGUES["en"]["metrics"])


@pytest.mark.parametrize(("locale", "lang"), [("fr-FR", "fr"), ("en-GB", "en"), ("de-DE", "en")])
def test_the_reader_is_spoken_to_in_his_language(
    locale: str, lang: str, month: Served, opens: Opens
) -> None:
    """No text of the other language is left, in the list, the explanation or the keys."""
    tab = opens(month, "/#/ticket/INC4711", locale=locale)
    tab.until("document.querySelector('#why[open] .clock')")
    assert tab.ask("document.documentElement.lang") == lang
    seen = tab.ask("document.body.textContent")
    own, others = (CATALOGUES[one] for one in (lang, "en" if lang == "fr" else "fr"))
    assert own["list"]["title"] in seen
    for key, text in flat(others).items():
        if key == "page.other" or text in flat(own).values():
            continue
        for form in forms(text):
            long = "{" not in form and len(form) > 14
            assert not (long and form in seen), key
    tab.page.keyboard.press("Escape")
    assert tab.ask("document.querySelector('#lang').textContent") == own["page"]["other"]


def test_the_language_can_be_switched_and_keeps_the_view(month: Served, opens: Opens) -> None:
    """A link, which stands in the address."""
    tab = opens(month, "/?only=at_risk")
    tab.page.click("#lang")
    tab.until("document.documentElement.lang == 'fr'")
    tab.until("document.querySelectorAll('#rows tr').length > 0")
    assert tab.ask("location.search") == "?only=at_risk&lang=fr"
    assert "%" in tab.page.inner_text("[data-window='7d'] .rate")
    assert "," in tab.page.inner_text("[data-window='7d'] .rate")


def colours(dark: bool) -> dict[str, str]:  # noqa: FBT001
    """Read the style's variables of a theme."""
    text = (FOLDER / "desk.css").read_text("utf-8")
    light, night = re.findall(r":root \{(.*?)\}", text, re.DOTALL)[:2]
    found = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", light))
    return found | (dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", night)) if dark else {})


def luminance(colour: str) -> float:
    """Give the relative luminance of a colour, as WCAG 2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, two: str) -> float:
    """Give the contrast of two colours."""
    high, low = sorted((luminance(one), luminance(two)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("dark", [False, True])
def test_texts_and_signs_stand_out_from_their_ground(dark: bool) -> None:  # noqa: FBT001
    """WCAG 2 AA: 4.5 for text, 3 for bars and the frames of what can be operated."""
    found = colours(dark)
    for text, ground in product(TEXT, GROUNDS):
        assert contrast(found[text], found[ground]) >= 4.5, (text, ground)
    assert contrast(found["late"], found["late-ground"]) >= 4.5
    for sign in ("edge", "open", "focus"):
        assert contrast(found[sign], found["card"]) >= 3, sign
    assert contrast("#000000", "#ffffff") == pytest.approx(21)

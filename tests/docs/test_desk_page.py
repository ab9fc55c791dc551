"""docs/page.md shows pictures that are there, small, and names the keys that the page has."""

from __future__ import annotations

import re

import pytest
from PIL import Image

from tests.conftest import ROOT
from tests.docs.page_screenshots import VIEWS, View
from tests.docs.screenshots import FOLDER
from tests.docs.test_report_page import LARGEST

PAGE = (ROOT / "docs" / "page.md").read_text("utf-8")
KEYS = (ROOT / "streams" / "desk" / "page" / "keys.js").read_text("utf-8")


def test_every_picture_of_the_page_is_shown_and_every_one_shown_is_there() -> None:
    """None is left from before, none is missing, and each says in words what it shows."""
    shown = re.findall(r"!\[([^\]]+)\]\(screenshots/([\w-]+)\.png\)", PAGE)
    names = sorted(view.name for view in VIEWS)
    assert sorted(name for _, name in shown) == names
    assert sorted(path.stem for path in FOLDER.glob("page-*")) == names
    assert all(len(words) > 20 for words, _ in shown)


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_a_picture_of_the_page_is_small_and_of_its_size(view: View) -> None:
    """As wide as a desk or a telephone."""
    path = FOLDER / f"{view.name}.png"
    assert path.stat().st_size < LARGEST
    with Image.open(path) as picture:
        assert picture.size == (view.width, view.height)


def test_the_keys_that_the_document_names_are_those_that_the_page_shows() -> None:
    """One list, told twice."""
    table = PAGE.split("## Keys", 1)[1].split("##", 1)[0]
    told = set(re.findall(r"`(.+?)`", table))
    shown = KEYS.split("const SHOWN", 1)[1].split(";", 1)[0]
    assert told == {
        key for keys in re.findall(r"\[\[(.+?)\], ", shown) for key in re.findall(r'"(.+?)"', keys)
    } | {"↑", "↓"}

"""docs/dashboards.md shows previews that are there, small, and made by the script."""

from __future__ import annotations

import json
import re

from PIL import Image

from tests.conftest import ROOT
from tests.docs.dashboards import PREVIEW, SHOTS, WIDE
from tests.docs.screenshots import FOLDER
from tests.docs.test_report_page import LARGEST
from tests.monitoring.boards import NAMES, load

PAGE = (ROOT / "docs" / "dashboards.md").read_text("utf-8")


def test_every_picture_is_shown_and_called_a_preview() -> None:
    """None is left from before, none is missing; no picture is said to be of Grafana."""
    shown = re.findall(r"!\[([^\]]+)\]\(screenshots/([\w-]+)\.png\)", PAGE)
    names = sorted(shot.name for shot in SHOTS)
    assert sorted(name for _, name in shown) == names
    assert sorted(path.stem for path in FOLDER.glob("dashboard-*")) == names
    assert all(words.startswith("Preview of ") for words, _ in shown)
    assert {shot.board for shot in SHOTS} == set(NAMES)


def test_a_picture_is_small_and_as_wide_as_a_desk() -> None:
    """Under 250 kB each."""
    for shot in SHOTS:
        path = FOLDER / f"{shot.name}.png"
        assert path.stat().st_size < LARGEST
        with Image.open(path) as picture:
            assert picture.width == WIDE


def test_the_page_has_a_part_for_each_dashboard() -> None:
    """By its title."""
    parts = re.findall(r"^## (\w+)$", PAGE, re.MULTILINE)
    assert parts == [load(name)["title"].removeprefix("SLA / ") for name in NAMES]


def test_what_the_preview_is_drawn_with_is_pinned() -> None:
    """Exact versions, and no addresses."""
    text = (PREVIEW / "package.json").read_text("utf-8")
    found = json.loads(text)
    versions = [*found["dependencies"].values(), *found["overrides"].values()]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+(-beta\.\d+)?", version) for version in versions)
    assert "://" not in text

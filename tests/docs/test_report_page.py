"""docs/report.md shows pictures that are there, small, and made by the script."""

from __future__ import annotations

import re

import click
import pytest
from PIL import Image

from streams.cli.main import sla
from tests.conftest import ROOT
from tests.docs.screenshots import FOLDER, SHOTS, Shot

PAGE = (ROOT / "docs" / "report.md").read_text("utf-8")
LARGEST = 250_000


def test_every_picture_is_shown_and_every_one_shown_is_there() -> None:
    """None is left from before, none is missing, and each says in words what it shows."""
    shown = re.findall(r"!\[([^\]]+)\]\(screenshots/([\w-]+)\.png\)", PAGE)
    assert sorted(name for _, name in shown) == sorted(shot.name for shot in SHOTS)
    assert sorted(path.stem for path in FOLDER.glob("report-*")) == sorted(
        shot.name for shot in SHOTS
    )
    assert all(len(words) > 20 for words, _ in shown)


@pytest.mark.parametrize("shot", SHOTS, ids=lambda shot: shot.name)
def test_a_picture_is_small_and_of_its_size(shot: Shot) -> None:
    """Under 250 kB; as wide as a desk or a telephone."""
    path = FOLDER / f"{shot.name}.png"
    assert path.stat().st_size < LARGEST
    with Image.open(path) as picture:
        assert picture.size == (shot.width, shot.height)


def test_the_options_that_the_page_names_are_there() -> None:
    """With the values that hold unless said otherwise."""
    report = sla.get_command(click.Context(sla), "report")
    assert report is not None
    options = {name: one for one in report.params for name in one.opts}
    assert set(re.findall(r"--[a-z][a-z-]+", PAGE)) <= options.keys()
    for name, value in re.findall(r"`(--[a-z-]+) (\w+)` \|", PAGE):
        assert str(options[name].default) == value

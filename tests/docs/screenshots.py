"""Makes docs/screenshots anew: `python -m tests.docs.screenshots`; it takes a Chromium.

The demo's sample is reported on, with a contract, so that credits are there to be seen, and shown
as a desk and as a telephone see it. Each picture has at most 256 colours, and is small.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from tests.report.chromium import Tab, browse, chromium
from tests.report.histories import History, demo_events, demo_policies

FOLDER = Path(__file__).parents[2] / "docs" / "screenshots"
COLOURS = 64
TALL = 20_000
"""Pixels: what lies outside of the window is not always painted."""


@dataclass(frozen=True)
class Shot:
    """A picture of a part of the page; `part` is its first section, `open` what is unfolded."""

    name: str
    lang: str
    width: int
    height: int
    part: str | None = None
    open: str | None = None
    dark: bool = False


SHOTS = (
    Shot("report-first", "en", 1280, 830),
    Shot("report-time", "en", 1280, 900, "time"),
    Shot("report-budget", "en", 1280, 860, "budget"),
    Shot("report-causes", "en", 1280, 720, "causes"),
    Shot("report-margins", "en", 1280, 860, "margins"),
    Shot("report-week", "en", 1280, 700, "week"),
    Shot("report-credits", "en", 1280, 210, "credits"),
    Shot("report-worst", "en", 1280, 900, "worst", "#worst details"),
    Shot("report-gaming", "en", 1280, 720, "gaming"),
    Shot("report-dark", "fr", 1280, 830, dark=True),
    Shot("report-phone-first", "fr", 390, 1100),
    Shot("report-phone-time", "en", 390, 1100, "time"),
    Shot("report-phone-worst", "en", 390, 1100, "worst", "#worst details"),
)


async def take(tab: Tab, shot: Shot, page: Path) -> bytes:
    """Open the page and take a picture of it."""
    await tab.open(page, shot.width, TALL, dark=shot.dark)
    if shot.open is not None:
        await tab.ask(f"document.querySelector('{shot.open}').open = true")
    top = 0.0
    if shot.part is not None:
        place = f"document.querySelector('#{shot.part} h2').getBoundingClientRect().top"
        top = await tab.ask(f"{place} + scrollY - 12")
    return small(await tab.picture(top, shot.width, shot.height))


def small(png: bytes) -> bytes:
    """Draw a picture with few colours."""
    out = BytesIO()
    picture = Image.open(BytesIO(png)).convert("RGB")
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()


def main() -> None:
    """Draw the pages, and take all pictures."""
    browser = chromium()
    if browser is None:
        sys.exit("no Chromium on the PATH")
    with TemporaryDirectory() as folder:
        here = Path(folder)
        policies = demo_policies(here / "policies.yaml", contract=True)
        history = History(demo_events(here / "incidents.ndjson"), policies)
        for lang in {shot.lang for shot in SHOTS}:
            history.run("report", "-o", str(here / f"{lang}.html"), "--lang", lang)
        for shot in SHOTS:
            page = here / f"{shot.lang}.html"

            def taking(tab: Tab, shot: Shot = shot, page: Path = page) -> object:
                return take(tab, shot, page)

            png = browse(browser, taking)
            (FOLDER / f"{shot.name}.png").write_bytes(png)


if __name__ == "__main__":
    main()

"""Takes the pictures of the dashboards in docs/screenshots: `python -m tests.docs.dashboards`.

A preview, drawn without Grafana: the JSON that is shipped, its queries answered by a real
Prometheus that has seen the demo, drawn by Grafana's own components in Chromium. It needs
`npm install` in monitoring/preview once, `promtool` and `prometheus`, and takes five minutes, in
which the demo plays.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from streams.wire.instant import parse
from tests.docs.recording import EVERY, Recording, recorded
from tests.docs.screenshots import FOLDER, small
from tests.monitoring.boards import ALL, load
from tests.report.chromium import Tab, browse, chromium

PREVIEW = Path(__file__).parents[2] / "monitoring" / "preview"
WIDE, TALL = 1440, 4000
PATIENCE = 60.0
SETTLED = 1.0
"""Seconds after the last answer until all of it is painted."""

EVENING = parse("2016-05-06T22:45:00Z") / 1000
"""A Friday, a quarter of an hour before the office closes: much is open, and some late."""

PAGE = """<!doctype html><meta charset="utf-8"><title>{title}</title><style>{style}</style>
<div id="root"></div>
<script type="application/json" id="board">{board}</script>
<script type="application/json" id="setup">{setup}</script>
<script>{script}</script>"""
STYLE = """
body {margin: 0} main {padding: 16px; min-height: 100vh; box-sizing: border-box}
section {position: relative} header h1 {display: inline; font-size: 20px; margin: 0 16px 0 0}
section h2 {font-size: 16px; margin: 8px 0 0} header p {margin: 8px 0}
.preview {border: 1px solid; border-radius: 3px; padding: 1px 8px; opacity: .7}
.time {float: right; opacity: .8} .variable {margin-right: 20px; opacity: .9}
.nothing {display: flex; align-items: center; justify-content: center; opacity: .6}
"""


@dataclass(frozen=True)
class Shot:
    """A picture of a whole dashboard."""

    name: str
    board: str
    dark: bool = False


SHOTS = (
    Shot("dashboard-promise", "promise"),
    Shot("dashboard-promise-dark", "promise", dark=True),
    Shot("dashboard-now", "now"),
    Shot("dashboard-engine", "engine"),
)


def setup(shot: Shot, seen: Recording) -> dict[str, Any]:
    """Say which server answers, from when to when, and what is chosen."""
    dressed = {"values": {**ALL, "window": "30d"}, "timeZone": "utc"}
    dressed["theme"] = "dark" if shot.dark else "light"
    if shot.board == "engine":
        times = {"from": seen.live_since, "to": seen.live_until, "scraped": 1}
        return {**dressed, **times, "server": seen.live.url}
    to = EVENING if shot.board == "now" else seen.log_until
    since = to - (86_400 if shot.board == "now" else 7 * 86_400)
    often = {"from": since, "to": to, "scraped": EVERY * 3600}
    return {**dressed, **often, "server": seen.log.url}


def page(shot: Shot, seen: Recording) -> str:
    """Write the page: script, dashboard and setup in one file."""
    board, told = json.dumps(load(shot.board)), json.dumps(setup(shot, seen))
    script = (PREVIEW / "dist" / "preview.js").read_text("utf-8")
    style = (PREVIEW / "dist" / "preview.css").read_text("utf-8") + STYLE
    return PAGE.format(
        title=shot.board,
        style=style,
        board=board.replace("<", "\\u003c"),
        setup=told,
        script=script.replace("</script", "<\\/script"),
    )


async def take(tab: Tab, file: Path) -> bytes:
    """Open the page, wait until all is drawn, and take a picture of it."""
    for room in ("Page", "Runtime", "Log"):
        await tab.call(f"{room}.enable")
    size = {"width": WIDE, "height": TALL, "deviceScaleFactor": 1, "mobile": False}
    await tab.call("Emulation.setDeviceMetricsOverride", **size)
    await tab.call("Page.navigate", url=file.as_uri())
    until = time.monotonic() + PATIENCE
    while not await tab.ask("window.done !== undefined && (window.done() || faults.length > 0)"):
        assert time.monotonic() < until, "\n".join(tab.complaints)
    await asyncio.sleep(SETTLED)
    faults = await tab.ask("window.faults.join('\\n')")
    assert not faults, faults
    bottom = "document.querySelector('section').getBoundingClientRect().bottom"
    return await tab.picture(0, WIDE, round(await tab.ask(bottom)) + 8)


def shoot(seen: Recording, folder: Path, browser: str) -> None:
    """Take all pictures."""
    for shot in SHOTS:
        file = folder / f"{shot.name}.html"
        file.write_text(page(shot, seen), "utf-8")
        png = browse(browser, lambda tab, file=file: take(tab, file))
        (FOLDER / f"{shot.name}.png").write_bytes(small(png))


def main() -> None:
    """Build the preview, play the demo, take the pictures."""
    browser = chromium()
    if browser is None:
        sys.exit("no Chromium on the PATH")
    subprocess.run(["npm", "run", "--silent", "build"], cwd=PREVIEW, check=True)
    with TemporaryDirectory() as folder, recorded(Path(folder)) as seen:
        shoot(seen, Path(folder), browser)


if __name__ == "__main__":
    main()

"""The curves and bars of the page, as inline SVG.

Legible in black and white: what is few is hollow, what is past the promise is hatched, the line of
the promise is dashed, and colour says nothing alone. No text from outside is drawn. Colours are
names of the page's style sheet, so that they follow light and dark; text is text, in the page's
font. Each chart is drawn twice, for wide and for narrow pages.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from io import StringIO
from itertools import pairwise
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from streams.report.language import Language

Told = dict[str, Any]

WIDE, NARROW = 540, 346
"""Pixels; SVG of matplotlib counts points, of which the page makes pixels."""
POINT = 72 / 100
"""A figure of one inch is 100 px here, and 72 in the drawing: letters of 12 px are 12 of those."""
INK, QUIET, LINE, BAND, LATE, GROUND = (
    "#0a0b01",
    "#0a0b02",
    "#0a0b03",
    "#0a0b04",
    "#0a0b05",
    "#0a0b06",
)
"""Stand-ins for the colours of the style sheet: put in by name when the chart is drawn."""
NAMES = {INK: "ink", QUIET: "quiet", LINE: "line", BAND: "band", LATE: "late", GROUND: "card"}
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "text.color": INK,
    "axes.edgecolor": QUIET,
    "axes.labelcolor": QUIET,
    "axes.facecolor": "none",
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "hatch.linewidth": 0.8,
    "hatch.color": LATE,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
APART = {"short_date": 62, "month": 72, "year": 44}
"""Pixels from the middle of a date below the axis to the middle of the next."""


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart in both widths, each a whole `<svg>`."""

    wide: str
    narrow: str


def rates(told: Told, words: Language, name: str) -> Chart:
    """Draw a promise's rate over time against its objective, and what was breached."""
    return Chart(*(_rates(told, words, f"{name}-{width}", width) for width in (WIDE, NARROW)))


def margins(told: Told, words: Language, name: str) -> Chart:
    """Draw the shares of the promised time that cycles took."""
    bars = told["bars"]
    return Chart(*(_margins(bars, words, f"{name}-{width}", width) for width in (WIDE, NARROW)))


def lowest(told: Told) -> int:
    """Give the percent at which the axis of rates begins: the ten below all that is on it."""
    least = [point["rate"] for point in told["over_time"]]
    least += [] if told["objective"] is None else [told["objective"]]
    return max(0, int(min(least) * 100 - 5) // 10 * 10)


def _rates(told: Told, words: Language, name: str, width: int) -> str:
    points = told["over_time"]
    days = [date.fromisoformat(point["from"]) for point in points]
    places = [day.toordinal() for day in days]
    with mpl.rc_context({**STYLE, "svg.hashsalt": name}):
        figure = _figure(width, 250)
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
        figure.subplots_adjust(
            left=52 / width, right=1 - 22 / width, top=0.97, bottom=0.1, hspace=0.3
        )
        _curve(above, points, places)
        if told["objective"] is not None:
            above.axhline(told["objective"] * 100, color=INK, dashes=(5, 3), linewidth=1.2)
        low = lowest(told)
        above.set_ylim(low, 101.5)
        step = 10 if low >= 40 else 20
        ticks = range(low, 101, step)
        above.set_yticks(ticks, [words.percent(Fraction(tick, 100)) for tick in ticks])
        above.grid(axis="y", color=LINE, linewidth=0.8)
        above.tick_params(length=0)
        _breached(below, points, places, words)
        below.set_xticks(*_dates(days, told["unit"], words, width))
        gap = min(after - before for before, after in pairwise(places))
        pad = max(gap * 0.45, (places[-1] - places[0]) * 0.03)
        below.set_xlim(places[0] - pad, places[-1] + pad)
        return _svg(figure, name, width, 250)


def _curve(axes: Axes, points: Sequence[Told], places: Sequence[int]) -> None:
    """Draw the points, the line through them, and what each may be."""
    rates_ = [point["rate"] * 100 for point in points]
    for place, point in zip(places, points, strict=True):
        low, high = point["interval"]
        axes.vlines(place, low * 100, high * 100, color=BAND, linewidth=5, zorder=1)
    axes.plot(places, rates_, color=INK, linewidth=1.4, zorder=2)
    for few, face in ((False, INK), (True, GROUND)):
        kept = [at for at, point in enumerate(points) if point["few"] is few]
        axes.plot(
            [places[at] for at in kept],
            [rates_[at] for at in kept],
            linestyle="none",
            marker="o",
            markersize=5.5,
            markerfacecolor=face,
            markeredgecolor=INK,
            zorder=3,
            clip_on=False,
        )


def _breached(axes: Axes, points: Sequence[Told], places: Sequence[int], words: Language) -> None:
    breached = [point["breached"] for point in points]
    gaps = [after - before for before, after in pairwise(places)]
    _bars(axes, places, breached, min(gaps) * 0.7, late=True)
    most = max(*breached, 1)
    axes.set_ylim(0, most * 1.15)
    axes.set_yticks([0, most], ["0", words.whole(most)])
    axes.tick_params(length=0)
    axes.tick_params(axis="x", pad=5)
    axes.set_title(words["card.breached"], loc="left", fontsize=9, pad=3, color=QUIET)


def _bars(
    axes: Axes, places: Sequence[float], counts: Sequence[int], width: float, *, late: bool
) -> None:
    """Draw bars, hatched where they are late; of nothing there is none."""
    drawn = [(place, count) for place, count in zip(places, counts, strict=True) if count]
    look: dict[str, Any] = {"facecolor": BAND, "edgecolor": INK}
    if late:
        look = {"facecolor": "none", "edgecolor": LATE, "hatch": "//////"}
    axes.bar(
        [place for place, _ in drawn],
        [count for _, count in drawn],
        width=width,
        **look,
    )


def _dates(
    days: Sequence[date], unit: str, words: Language, width: int
) -> tuple[list[int], list[str]]:
    """Choose the dates below the axis: the first, and each that does not touch the one before."""
    form = {"day": "short_date", "week": "short_date", "month": "month", "year": "year"}[unit]
    whole = days[-1].toordinal() - days[0].toordinal()
    apart = whole * APART[form] / (width - 90)
    picked = [days[0].toordinal()]
    for day in days:
        if day.toordinal() - picked[-1] >= apart:
            picked.append(day.toordinal())
    texts = [words.date(date.fromordinal(at), form) for at in picked]
    return picked, texts


def _margins(bars: Sequence[int], words: Language, name: str, width: int) -> str:
    with mpl.rc_context({**STYLE, "svg.hashsalt": name}):
        figure = _figure(width, 210)
        axes = figure.subplots()
        figure.subplots_adjust(left=42 / width, right=1 - 22 / width, top=0.97, bottom=0.22)
        half = (len(bars) - 1) // 2
        middle = [at + 0.5 for at in range(len(bars))]
        _bars(axes, middle[:half], bars[:half], 0.86, late=False)
        _bars(axes, middle[half:], bars[half:], 0.86, late=True)
        axes.axvline(half, color=INK, dashes=(5, 3), linewidth=1.4)
        top = max(bars)
        axes.set_ylim(0, top * 1.18)
        axes.annotate(words["margins.promise"], (half + 0.25, top * 1.08), color=INK)
        ticks = [0, half // 2, half, half + half // 2, len(bars) - 0.5]
        texts = [words.percent(Fraction(int(at), half)) for at in ticks[:-1]]
        axes.set_xticks(ticks, [*texts, words["margins.more"]])
        axes.set_yticks([0, top], ["0", words.whole(top)])
        axes.set_xlabel(words["margins.axis"])
        axes.tick_params(length=0)
        axes.set_xlim(-0.2, len(bars) + 0.2)
        return _svg(figure, name, width, 210)


def _figure(width: int, height: int) -> Figure:
    figure = Figure(figsize=(width / 100, height / 100))
    FigureCanvasSVG(figure)
    return figure


def _svg(figure: Figure, name: str, width: int, height: int) -> str:
    """Give the drawing alone: no prologue, no metadata, nothing that names another place."""
    out = StringIO()
    nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    figure.savefig(out, format="svg", metadata=nothing, transparent=True)
    svg = out.getvalue()
    svg = svg[svg.index("<svg") :].strip()
    box = f'viewBox="0 0 {width * POINT:g} {height * POINT:g}"'
    svg = re.sub(r"<svg[^>]*>", f'<svg {box} aria-hidden="true" focusable="false">', svg, count=1)
    svg = re.sub(r"<!--.*?-->|<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = svg.replace("xlink:href", "href").replace("'DejaVu Sans'", "inherit")
    # On the page all charts share one space of names: what is used is named after its chart.
    used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', svg))
    svg = re.sub(r' id="([^"]+)"', lambda id_: id_[0] if id_[1] in used else "", svg)
    svg = re.sub(r'(id="|href="#|url\(#)', rf"\1{name}-", svg)
    for stand_in, colour in NAMES.items():
        svg = svg.replace(stand_in, f"var(--{colour})")
    return re.sub(r"\n\s*", "\n", svg)

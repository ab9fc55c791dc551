"""The kinds of panels, each with what all of its kind share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from grafana_foundation_sdk.builders import bargauge, common, dashboard, stat, table, timeseries
from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.models import common as shapes
from grafana_foundation_sdk.models.dashboard import (
    DataSourceRef,
    DataTransformerConfig,
    DynamicConfigValue,
    FieldColorModeId,
    Threshold,
    ThresholdsMode,
)
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from monitoring.dashboards.query import Ask

SOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")
GOOD, FAIR, BAD, CALM, PALE = "green", "orange", "red", "blue", "text"
Steps = Sequence[tuple[float | None, str]]
"""From which value on which colour; the first has no value."""

PLAIN: Steps = ((None, PALE),)
NONE_IS_GOOD: Steps = ((None, GOOD), (1, BAD))
NONE_IS_FAIR: Steps = ((None, GOOD), (1, FAIR))
PROMISE = {"policy": "Policy", "kind": "Kind", "metric": "Metric"}
PROMISE_WIDE = {"Policy": 110, "Kind": 60, "Metric": 150}
"""The labels that name a promise in a table, and the widths of their columns."""

Any_ = TypeVar("Any_", stat.Panel, timeseries.Panel, bargauge.Panel, table.Panel)
Panel = stat.Panel | timeseries.Panel | bargauge.Panel | table.Panel


@dataclass(frozen=True, slots=True)
class Frame:
    """What every panel has: title, what it tells, unit, and its size in cells of the grid.

    `every` is the shortest time between two points, for panels that tell by the hour; `empty` is
    said where there is nothing to show.
    """

    title: str
    told: str
    unit: str
    width: int
    height: int
    decimals: int | None = None
    every: str = ""
    empty: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its name, the query of its values, and how they are shown."""

    name: str
    expr: str
    unit: str = "short"
    decimals: int = 0
    steps: Steps = ()


@dataclass(frozen=True, slots=True)
class Rows:
    """What a table's lines are: the labels that name them, and how wide these are, in pixels.

    `words` colours the words of a label.
    """

    labels: Mapping[str, str]
    wide: Mapping[str, int]
    sort: str
    down: bool = False
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def number(
    frame: Frame, asks: Sequence[Ask], steps: Steps = PLAIN, *, graph: bool = False
) -> stat.Panel:
    """Make a panel that says one number now, or a few; `graph` draws how it came about."""
    panel = _framed(stat.Panel(), frame)
    for letter, ask in zip("ABCDEFGH", asks, strict=False):
        panel.with_target(_query(ask, letter) if graph else _query(ask, letter).instant())
    return (
        panel.thresholds(_steps(steps))
        .color_scheme(dashboard.FieldColor().mode(FieldColorModeId.THRESHOLDS))
        .reduce_options(_last())
        .color_mode(shapes.BigValueColorMode.VALUE)
        .graph_mode(shapes.BigValueGraphMode.AREA if graph else shapes.BigValueGraphMode.NONE)
        .text_mode(_text_mode(asks))
        .justify_mode(shapes.BigValueJustifyMode.CENTER)
        .text(_text(asks))
        .orientation(shapes.VizOrientation.AUTO)
    )


def _text(asks: Sequence[Ask]) -> common.VizTextDisplayOptions:
    """Give several numbers one size; one number alone takes what room there is."""
    text = common.VizTextDisplayOptions()
    return text.title_size(14).value_size(32) if len(asks) > 1 else text


def _text_mode(asks: Sequence[Ask]) -> shapes.BigValueTextMode:
    many = len(asks) > 1
    return shapes.BigValueTextMode.VALUE_AND_NAME if many else shapes.BigValueTextMode.VALUE


def lengths(
    frame: Frame, asks: Sequence[Ask], colours: Mapping[str, str] | None = None
) -> bargauge.Panel:
    """Make a panel that compares numbers of now by the lengths of bars; colours by name."""
    panel = _framed(bargauge.Panel(), frame)
    for letter, ask in zip("ABCDEFGHIJ", asks, strict=False):
        panel.with_target(_query(ask, letter).instant())
    for name, colour in (colours or {}).items():
        panel.override_by_name(name, [_colour(colour)])
    return (
        panel.thresholds(_steps(((None, CALM),)))
        .color_scheme(dashboard.FieldColor().mode(FieldColorModeId.THRESHOLDS))
        .min(0)
        .reduce_options(_last())
        .orientation(shapes.VizOrientation.HORIZONTAL)
        .display_mode(shapes.BarGaugeDisplayMode.BASIC)
        .value_mode(shapes.BarGaugeValueMode.TEXT)
        .text(common.VizTextDisplayOptions().value_size(15))
        .name_placement(shapes.BarGaugeNamePlacement.LEFT)
        .show_unfilled(show_unfilled=False)
        .sizing(shapes.BarGaugeSizing.MANUAL)
        .min_viz_height(14)
        .max_viz_height(28)
        .min_viz_width(8)
    )


def lines(
    frame: Frame,
    asks: Sequence[Ask],
    *,
    dashed: str = "",
    floor: float | None = 0,
    ceiling: float | None = None,
    line: float | None = None,
    points: bool = False,
) -> timeseries.Panel:
    """Draw lines over time; those whose names match `dashed` dashed, a threshold at `line`.

    `points` shows each value, where there are few and a line would have gaps.
    """
    panel = _over_time(frame, asks, floor)
    if points:
        panel.show_points(shapes.VisibilityMode.ALWAYS).point_size(4)
    if ceiling is not None:
        panel.max(ceiling)
    if dashed:
        dashes = {"fill": "dash", "dash": [6, 6]}
        properties = [_said("custom.lineStyle", dashes), _colour("gray")]
        panel.override_by_regexp(dashed, properties)
    if line is not None:
        panel.thresholds(_steps(((None, "transparent"), (line, BAD)))).thresholds_style(
            common.GraphThresholdsStyleConfig().mode(shapes.GraphThresholdsStyleMode.LINE)
        )
    return panel.draw_style(shapes.GraphDrawStyle.LINE).line_width(2).fill_opacity(0)


def bars(
    frame: Frame, asks: Sequence[Ask], colours: Mapping[str, str] | None = None
) -> timeseries.Panel:
    """Draw stacked bars over time; colours by name."""
    panel = _over_time(frame, asks, 0)
    for name, colour in (colours or {}).items():
        panel.override_by_name(name, [_colour(colour)])
    return (
        panel.draw_style(shapes.GraphDrawStyle.BARS)
        .line_width(0)
        .fill_opacity(80)
        .bar_alignment(shapes.BarAlignment.BEFORE)
        .stacking(common.StackingConfig().mode(shapes.StackingMode.NORMAL).group("A"))
    )


def _over_time(frame: Frame, asks: Sequence[Ask], floor: float | None) -> timeseries.Panel:
    panel = _framed(timeseries.Panel(), frame)
    for letter, ask in zip("ABCDEFGH", asks, strict=False):
        panel.with_target(_query(ask, letter).range())
    if floor is not None:
        panel.min(floor)
    return (
        panel.color_scheme(dashboard.FieldColor().mode(FieldColorModeId.PALETTE_CLASSIC))
        .show_points(shapes.VisibilityMode.NEVER)
        .axis_border_show(axis_border_show=False)
        .legend(
            common.VizLegendOptions()
            .display_mode(shapes.LegendDisplayMode.LIST)
            .placement(shapes.LegendPlacement.BOTTOM)
            .show_legend(show_legend=True)
        )
        .tooltip(
            common.VizTooltipOptions()
            .mode(shapes.TooltipDisplayMode.MULTI)
            .sort(shapes.SortOrder.DESCENDING)
        )
    )


def rows(
    frame: Frame, rows: Rows, columns: Sequence[Column], hidden: Sequence[str] = ()
) -> table.Panel:
    """Make a table of numbers of now: a line for each set of labels, a column for each query.

    Of the `hidden` columns only the labels are shown, and of hidden labels nothing.
    """
    panel = _framed(table.Panel(), frame)
    names = dict(rows.labels)
    away = dict.fromkeys(["Time", *hidden], True)
    for letter, column in zip("ABCDEFGHIJ", columns, strict=False):
        ask = _query(Ask(column.expr, column.name), letter).instant()
        panel.with_target(ask.format(PromQueryFormat.TABLE))
        if column.name in hidden:
            away[f"Value #{letter}"] = True
            continue
        names[f"Value #{letter}"] = column.name
        panel.override_by_name(column.name, _shown(column))
    for label, pixels in rows.wide.items():
        panel.override_by_name(label, [_said("custom.width", pixels)])
    for label, words in rows.words.items():
        panel.override_by_name(label, _words(words))
    order = {name: place for place, name in enumerate(names)}
    tidy = {"excludeByName": away, "indexByName": order, "renameByName": names}
    return (
        panel.with_transformation(DataTransformerConfig("merge", options={}))
        .with_transformation(DataTransformerConfig("organize", options=tidy))
        .sort_by([common.TableSortByFieldState().display_name(rows.sort).desc(rows.down)])
        .cell_height(shapes.TableCellHeight.SM)
    )


def _shown(column: Column) -> list[DynamicConfigValue]:
    shown = [_said("unit", column.unit), _said("decimals", column.decimals)]
    shown.append(_said("custom.align", "right"))
    if column.steps:
        steps = [{"color": colour, "value": value} for value, colour in column.steps]
        shown.append(_said("thresholds", {"mode": "absolute", "steps": steps}))
        shown.append(_said("custom.cellOptions", {"type": "color-text"}))
    return shown


def _words(words: Mapping[str, str]) -> list[DynamicConfigValue]:
    """Colour the words of a column; a word that is not named stays plain."""
    options = {word: {"color": colour, "text": word} for word, colour in words.items()}
    mappings = [{"type": "value", "options": options}]
    return [_said("mappings", mappings), _said("custom.cellOptions", {"type": "color-text"})]


def _framed(panel: Any_, frame: Frame) -> Any_:
    panel.title(frame.title).description(frame.told).datasource(SOURCE).unit(frame.unit)
    panel.span(frame.width).height(frame.height)
    if frame.decimals is not None:
        panel.decimals(frame.decimals)
    if frame.every:
        panel.interval(frame.every)
    if frame.empty:
        panel.no_value(frame.empty)
    return panel


def _query(ask: Ask, letter: str) -> Dataquery:
    query = Dataquery().ref_id(letter).expr(ask.expr).legend_format(ask.legend)
    return query.datasource(SOURCE).range()


def _steps(steps: Steps) -> dashboard.ThresholdsConfig:
    made = [Threshold(value, colour) for value, colour in steps]
    return dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(made)


def _last() -> common.ReduceDataOptions:
    return common.ReduceDataOptions().calcs(["lastNotNull"]).fields("").values(values=False)


def _colour(colour: str) -> DynamicConfigValue:
    return _said("color", {"mode": "fixed", "fixedColor": colour})


def _said(name: str, value: object) -> DynamicConfigValue:
    return DynamicConfigValue(name, value)

"""What a dashboard must be, in the manner of Grafana's own dashboard-linter; a function a rule.

Each takes a dashboard and names what is wrong with it. Beyond the linter's rules: the metrics and
labels exist, rectangles fill their lines and do not overlap, every panel says what it is in words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import combinations

from prometheus_client import CollectorRegistry, ProcessCollector

from streams.worker import metrics
from tests.monitoring.boards import Board, Panel, panels, queries

SOURCE = "${datasource}"
SELECTOR = re.compile(r"\b([a-z_]+)\{([^}]*)\}(\[[^\]]+\])?")
METRIC = re.compile(r"\b((?:sla|process)_[a-z_]+)\b(?!\{)(?![^{]*\})")
BY = re.compile(r"\b(?:by|on|group_left|group_right)\s*\(([^)]*)\)")
UNITS = {"none", "short", "percentunit", "s", "bytes", "ops", "bool_yes_no"}
WIDE = 24
SUFFIXES = {
    "histogram": ("_bucket", "_sum", "_count"),
    "gauge histogram": ("_bucket", "_gsum", "_gcount"),
}


def exposed() -> dict[str, set[str]]:
    """Give the labels of every series that a worker exposes."""
    found: dict[str, set[str]] = {}
    for one in (*metrics.COUNTED, *metrics.MEASURED):
        for suffix in SUFFIXES.get(one.kind, ("",)):
            found[one.name + suffix] = {*one.labels, *(["le"] if suffix == "_bucket" else [])}
    for family in ProcessCollector(registry=CollectorRegistry()).collect():
        found |= {sample.name: set() for sample in family.samples}
    return found


def source(board: Board) -> Iterator[str]:
    """Demand one variable for the data source, and that all panels and queries use it."""
    variables = [one for one in board["templating"]["list"] if one["type"] == "datasource"]
    if [(one["name"], one["label"], one["query"]) for one in variables] != [
        ("datasource", "Data source", "prometheus")
    ]:
        yield "the variable datasource, labelled Data source, is missing or not alone"
    for panel in panels(board):
        for one in (panel, *panel["targets"]):
            if one.get("datasource") != {"type": "prometheus", "uid": SOURCE}:
                yield f"{panel['title']}: its data source is not the variable"


def variables(board: Board) -> Iterator[str]:
    """Demand job and instance: queries, many values, all as .+, asked anew with the time."""
    found = {one["name"]: one for one in board["templating"]["list"]}
    yield from (f"no variable {name}" for name in ("job", "instance") if name not in found)
    for name, one in found.items():
        if one["type"] != "query":
            continue
        if one["label"] != name.title():
            yield f"{name}: the label is {one['label']}"
        if one.get("datasource", {}).get("uid") != SOURCE:
            yield f"{name}: its data source is not the variable"
        if not (one.get("multi") and one.get("includeAll") and one.get("allValue") == ".+"):
            yield f"{name}: many and all cannot be chosen"
        if one.get("refresh") != 2:
            yield f"{name}: is not asked for anew when the time changes"
        if not re.fullmatch(r"label_values\(sla_[a-z_]+(\{.*\})?, [a-z]+\)", one["query"]):
            yield f"{name}: asks {one['query']}"


def selectors(board: Board) -> Iterator[str]:
    """Demand that every selector goes by job and instance, and by what else can be chosen."""
    names = {one["name"] for one in board["templating"]["list"]}
    known = exposed()
    for panel, letter, query in queries(board):
        for metric in METRIC.findall(query):
            yield f"{panel['title']} {letter}: {metric} is selected by nothing"
        for metric, inside, _ in SELECTOR.findall(query):
            chosen = {"policy", "metric"} & names & known.get(metric, set())
            for name in ("job", "instance", *sorted(chosen)):
                if f'{name}=~"${name}"' not in inside or name not in names:
                    yield f"{panel['title']} {letter}: {metric} does not go by {name}"


def names(board: Board) -> Iterator[str]:
    """Demand that the workers expose every metric that is named, with the labels that are named."""
    known = exposed()
    for panel, letter, query in queries(board):
        asked = {metric: inside for metric, inside, _ in SELECTOR.findall(query)}
        labels = {"job", "instance"}.union(*(known.get(metric, set()) for metric in asked))
        for metric, inside in asked.items():
            if metric not in known:
                yield f"{panel['title']} {letter}: nobody exposes {metric}"
                continue
            for label in re.findall(r"([a-z_]+)\s*(?:=~|!~|!=|=)", inside):
                if label not in known[metric] | {"job", "instance"}:
                    yield f"{panel['title']} {letter}: {metric} has no label {label}"
        grouped = {one.strip() for found in BY.findall(query) for one in found.split(",")}
        for label in grouped - labels - {""}:
            yield f"{panel['title']} {letter}: nothing has a label {label} to go by"


def rates(board: Board) -> Iterator[str]:
    """Demand that counters are rates or growths, and rates over the interval made for them."""
    known = exposed()
    for panel, letter, query in queries(board):
        for found in SELECTOR.finditer(query):
            metric, _, over = found.groups()
            before = re.search(r"([a-z_]+)\($", query[: found.start()])
            function = before[1] if before else ""
            counts = metric.endswith("_total") or (
                metric.endswith("_bucket") and f"{metric.removesuffix('_bucket')}_count" in known
            )
            if counts and (over is None or function not in {"rate", "increase"}):
                yield f"{panel['title']} {letter}: {metric} is a counter and no rate of it is taken"
            if not counts and function in {"rate", "increase"}:
                yield f"{panel['title']} {letter}: {metric} is no counter and a rate of it is taken"
            if function == "rate" and over != "[$__rate_interval]":
                yield f"{panel['title']} {letter}: a rate over {over}"
            if function == "increase" and over not in {"[$__rate_interval]", "[$__range]"}:
                yield f"{panel['title']} {letter}: a growth over {over}"


def words(board: Board) -> Iterator[str]:
    """Demand a title, a description in sentences and a unit of every panel, and of the whole."""
    for name in ("title", "description", "uid"):
        if not board.get(name):
            yield f"the dashboard has no {name}"
    titles = [panel.get("title") for panel in panels(board)]
    for panel in panels(board):
        title = panel.get("title")
        if titles.count(title) > 1:
            yield f"{title}: two panels have this title"
        if not title:
            yield f"panel {panel['id']} has no title"
        if not re.fullmatch(r".{20,}\.", panel.get("description", "")):
            yield f"{title}: is not described"
        if panel["fieldConfig"]["defaults"].get("unit") not in UNITS:
            yield f"{title}: has no unit that is known"
        if not panel["targets"]:
            yield f"{title}: asks nothing"


def places(board: Board) -> Iterator[str]:
    """Demand ids of their own, rectangles that do not overlap, and lines that are full."""
    every = board["panels"]
    if len({panel["id"] for panel in every}) < len(every):
        yield "two panels have one id"
    for one, other in combinations(every, 2):
        if _overlap(one["gridPos"], other["gridPos"]):
            yield f"{one['title']} and {other['title']} overlap"
    for top in {panel["gridPos"]["y"] for panel in every}:
        line = [panel["gridPos"] for panel in every if panel["gridPos"]["y"] == top]
        if sum(place["w"] for place in line) != WIDE:
            yield f"the line at {top} is not {WIDE} wide"
        if len({place["h"] for place in line}) != 1:
            yield f"the line at {top} has panels of two heights"


def _overlap(one: dict[str, int], other: dict[str, int]) -> bool:
    apart = (
        one["x"] + one["w"] <= other["x"]
        or other["x"] + other["w"] <= one["x"]
        or one["y"] + one["h"] <= other["y"]
        or other["y"] + other["h"] <= one["y"]
    )
    return not apart


def manners(board: Board) -> Iterator[str]:
    """Demand that nobody edits it in Grafana, that it refreshes and leads to the others."""
    if board.get("editable", True):
        yield "it can be edited: changes would be lost"
    if not re.fullmatch(r"\d+[sm]", board.get("refresh", "")):
        yield "it is not refreshed"
    if "id" in board or "version" in board:
        yield "it carries a number that Grafana gives"
    links = board.get("links", [])
    if not any(link["type"] == "dashboards" and link["tags"] == board["tags"] for link in links):
        yield "it leads nowhere"
    if not all(link["includeVars"] for link in links):
        yield "what was chosen does not go along"


RULES: tuple[Callable[[Board], Iterator[str]], ...] = (
    source,
    variables,
    selectors,
    names,
    rates,
    words,
    places,
    manners,
)


def panel_named(board: Board, title: str) -> Panel:
    """Find a panel by its title."""
    (found,) = (panel for panel in panels(board) if panel["title"] == title)
    return found

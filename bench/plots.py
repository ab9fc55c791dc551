"""Draw what was measured: a function a plot, from the JSON that worker.py and scaling.py keep.

    bench/.venv-peers/bin/python bench/plots.py RESULTS.json [--to docs/plots] [--png]

Each plot is told apart by form and by words, not by colour: it may be printed in black and white.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

try:
    import matplotlib as mpl
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch
except ImportError:
    raise SystemExit(
        "matplotlib is not here: bench/.venv-peers has it, which `bench/worker.py throughput` "
        "makes; run bench/.venv-peers/bin/python bench/plots.py"
    ) from None

Results = dict[str, Any]
OURS = "worker"
LOOKS = {"exactly once": {"facecolor": "0.5"}, "at least once": {"facecolor": "0.85"}}
OURS_HATCH = "////"


def throughput(results: Results) -> dict[str, Figure]:
    """Draw events a second and CPU an event, each sorted, the best on top."""
    if "contestants" not in results:
        return {}
    count = results["events"]
    return {
        "throughput": bars(
            results,
            "events_a_second",
            f"Events a second, a backlog of {count:,} events (more is better)",
            better=max,
        ),
        "cpu": bars(
            results,
            "cpu_us_an_event",
            f"µs of CPU an event, a backlog of {count:,} events (less is better)",
            better=min,
        ),
    }


def bars(results: Results, figure: str, title: str, better: Callable[..., Any]) -> Figure:
    """Draw one figure of all contestants: medians, and whiskers to the worst and best round."""
    rows = [
        (name, told["guarantee"], [one[figure] for one in told["rounds"]], flaw(told["rounds"]))
        for name, told in results["contestants"].items()
        if told["rounds"]
    ]
    rows.sort(key=lambda row: statistics.median(row[2]), reverse=better is min)
    drawn = Figure(figsize=(7.5, 0.9 + 0.34 * len(rows)), layout="constrained")
    axes = drawn.add_subplot()
    most = max(max(values) for *_, values, _ in rows)
    for place, (name, guarantee, values, note) in enumerate(rows):
        middle = statistics.median(values)
        spread = [[middle - min(values)], [max(values) - middle]]
        hatch = OURS_HATCH if name.startswith(OURS) else ""
        axes.barh(
            place,
            middle,
            xerr=spread if len(values) > 1 else None,
            height=0.7,
            edgecolor="white" if hatch and guarantee == "exactly once" else "black",
            hatch=hatch,
            error_kw={"ecolor": "black", "capsize": 3, "elinewidth": 1},
            **LOOKS[guarantee],
        )
        axes.text(max(values) + most * 0.015, place, f"{middle:,.0f}{note}", va="center")
    axes.set_yticks(range(len(rows)), [name for name, *_ in rows])
    axes.set_xlim(0, most * 1.15)
    axes.set_title(title, loc="left", fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    legend = [Patch(edgecolor="black", label=words, **look) for words, look in LOOKS.items()]
    legend.append(Patch(facecolor="0.5", edgecolor="white", hatch=OURS_HATCH, label="ours"))
    axes.legend(
        handles=legend, loc="lower right" if better is max else "upper right", frameon=False
    )
    return drawn


def flaw(rounds: list[dict[str, float]]) -> str:
    """Mark whoever did not say what must be said, or said more."""
    most = {which: max(one[which] for one in rounds) for which in ("missing", "wrong", "repeated")}
    return "".join(f", {count:,.0f} {which}" for which, count in most.items() if count)


SAYS = {
    "workers": "workers on two cores",
    "partitions": "partitions",
    "tickets": "tickets that wait open",
    "policies": "policies, of which the last matches",
    "each": "events a ticket",
}


def scaling(results: Results) -> dict[str, Figure]:
    """Draw what an event costs, a panel for each thing that there can be more of."""
    curves = results.get("curves")
    if not curves:
        return {}
    drawn = Figure(figsize=(2.3 * len(curves), 2.6), layout="constrained")
    panels = drawn.subplots(1, len(curves), sharey=True, squeeze=False)[0]
    most = 0.0
    for axes, (name, points) in zip(panels, curves.items(), strict=True):
        costs = [min(one["cpu_us_an_event"] for one in point["rounds"]) for point in points]
        places, most = range(len(points)), max(most, *costs)
        axes.plot(places, costs, color="black", marker="o", linewidth=1)
        for place, cost in zip(places, costs, strict=True):
            axes.annotate(
                f"{cost:.0f}", (place, cost), (0, 6), textcoords="offset points", ha="center"
            )
        axes.set_xticks(places, [f"{point[name]:,}" for point in points])
        axes.set_xlim(-0.4, len(points) - 0.6)
        axes.set_xlabel(SAYS[name])
        axes.spines[["top", "right"]].set_visible(False)
    panels[0].set_ylim(0, most * 1.15)
    panels[0].set_ylabel("µs of CPU an event")
    return {"scaling": drawn}


PLOTS: list[Callable[[Results], dict[str, Figure]]] = [throughput, scaling]


def main() -> None:
    """Draw all plots that the results have figures for."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("results", type=Path)
    asked.add_argument("--to", type=Path, default=Path("docs/plots"))
    asked.add_argument("--png", action="store_true", help="Draw PNG too, to look at.")
    given = asked.parse_args()
    # The same figures give the same bytes.
    mpl.rcParams.update({"svg.hashsalt": "sla-streams", "font.size": 9, "hatch.linewidth": 0.7})
    results = json.loads(given.results.read_text())
    given.to.mkdir(parents=True, exist_ok=True)
    for plot in PLOTS:
        for name, drawn in plot(results).items():
            drawn.savefig(given.to / f"{name}.svg", metadata={"Date": None})
            if given.png:
                drawn.savefig(given.to / f"{name}.png", dpi=120)


if __name__ == "__main__":
    main()

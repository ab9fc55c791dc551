"""Writes the drawings of docs/semantics.md into it: `python -m tests.docs.semantics`.

The page says where a drawing belongs by a comment that names a scenario of tests/scenarios, or the
clock's states; the block of code below the comment is made anew, the rest of the page is left.
"""

from __future__ import annotations

import re
from pathlib import Path

from streams.sla.clock import TRANSITIONS
from tests.docs.timeline import draw, scenarios, tell

PAGE = Path(__file__).parents[2] / "docs" / "semantics.md"
DRAWN = re.compile(
    r"^(<!-- (?:scenario: (?P<title>[^\n]+)|states) -->\n)```\w+\n.*?^```$",
    re.MULTILINE | re.DOTALL,
)


def states() -> str:
    """Draw the clock's states and transitions, as the engine's table has them."""
    arrows = [
        f"    {'[*]' if state == 'none' else state} --> {wanted}: {signal}"
        for (state, signal), wanted in TRANSITIONS.items()
    ]
    return "\n".join(["stateDiagram-v2", *arrows])


def fill(page: str) -> str:
    """Give the page with every drawing made anew; KeyError for a scenario that is not there."""
    known = scenarios()

    def drawn(match: re.Match[str]) -> str:
        if match["title"] is None:
            return f"{match[1]}```mermaid\n{states()}\n```"
        return f"{match[1]}```text\n{draw(tell(known[match['title']]))}\n```"

    return DRAWN.sub(drawn, page)


if __name__ == "__main__":
    PAGE.write_text(fill(PAGE.read_text("utf-8")), "utf-8")

"""The facts that the package rests on are shown, not believed."""

from __future__ import annotations

import re
from pathlib import Path

from streams import work

#: A matter of milliseconds, and times are not asserted here.
NOT_TESTED = {11}


def test_each_fact_is_cited_by_a_test_and_by_the_code() -> None:
    """Every number of the table in the package's docstring is used, and no other."""
    stated = {int(n) for n in re.findall(r"^ ?(\d+)\. ", work.__doc__ or "", re.MULTILINE)}
    assert stated == set(range(1, len(stated) + 1))
    assert cited(Path(__file__).parent) == stated - NOT_TESTED
    assert cited(Path(work.__file__).parent) == stated


def cited(folder: Path) -> set[int]:
    """Return the numbers after the word "fact" in the sources of a folder."""
    words = "\n".join(path.read_text() for path in folder.glob("*.py"))
    lists = re.findall(r"[Ff]acts? (\d+(?:, \d+)*)", words)
    return {int(number) for one in lists for number in one.split(", ")}

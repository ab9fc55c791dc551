"""docs/import.md: what its examples print, and which mappings it names."""

from __future__ import annotations

import re

from streams.history.mapping import shipped_mappings
from tests.docs.imports import FILE, PAGE, RUN, fill

TEXT = PAGE.read_text("utf-8")


def test_the_examples_print_what_the_page_shows() -> None:
    """`python -m tests.docs.imports` writes it anew."""
    assert len(FILE.findall(TEXT)) == 2 * len(RUN.findall(TEXT)) == 8
    assert fill(TEXT) == TEXT


def test_an_example_that_changes_is_noticed() -> None:
    """A check that cannot fail is a defect."""
    assert fill(TEXT.replace("7,02/03/2026 09:00", "7,02/03/2026 09:01")) != TEXT.replace(
        "7,02/03/2026 09:00", "7,02/03/2026 09:01"
    )


def test_the_page_names_every_shipped_mapping() -> None:
    """And none that is not there."""
    named = re.findall(r"^\| `([\w-]+)` \| .*\| .* \| .* \|$", TEXT, flags=re.MULTILINE)
    assert sorted(set(named)) == shipped_mappings()

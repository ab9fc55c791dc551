"""Whatever stands in an export, a row is imported or rejected, and what is imported is an event."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.history.export import Row, read_export
from streams.history.fields import flat, nested
from streams.history.importer import Importer, Rejection
from streams.history.mapping import AnyMapping, load_mapping
from streams.wire.ticket_events import decode
from tests.history.test_exports import EXPORTS, exported

Path = tuple[str | int, ...]
NAMES = sorted(path.stem for path in EXPORTS.iterdir() if path.suffix != ".md")
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["2026-03-02T10:00:00Z", "\udce9", "1e999", "9999-12-31", "0001-01-01"]),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.sampled_from(["id", "at", "value"]), st.none(), max_size=2),
    st.lists(st.dictionaries(st.sampled_from(["id", "items", "created"]), st.none()), max_size=2),
)


@cache
def sample(name: str) -> tuple[AnyMapping, list[dict[str, Any]]]:
    """Read the sound rows of a sample, once."""
    mapping = load_mapping(name)
    bad: list[Rejection] = []
    importer = Importer(mapping, bad.append)
    rows = list(read_export(str(exported(name)), mapping.file, mapping.needed()))
    for _ in importer.events(rows):
        pass
    wrong = [rejection.row for rejection in bad]
    return mapping, [
        nested(row.fields) for row in rows if isinstance(row, Row) and row not in wrong
    ]


def paths(value: object, at: Path = ()) -> Iterator[Path]:
    """Name every place in a row."""
    inner = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, item in inner:
        yield (*at, key)
        yield from paths(item, (*at, key))


def changed(row: dict[str, Any], path: Path, value: object) -> dict[str, Any]:
    """Put another value into a copy of a row."""
    row = copy.deepcopy(row)
    place: Any = row
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return row


@pytest.mark.parametrize("name", NAMES)
@given(st.data())
def test_a_row_with_anything_in_it_is_imported_or_rejected(name: str, data: st.DataObject) -> None:
    """Never a traceback, and never an event that the engine would not take."""
    mapping, rows = sample(name)
    row = data.draw(st.sampled_from(rows))
    row = changed(row, data.draw(st.sampled_from(sorted(paths(row), key=str))), data.draw(ODD))
    told: list[Rejection] = []
    importer = Importer(mapping, told.append)
    events = list(importer.events([Row("x", 1, flat(row))]))
    assert all(decode(event.encode(), keyed=False) is not None for event in events)
    assert len(told) == (0 if events else importer.tally.rejected)
    assert all(rejection.reason for rejection in told)

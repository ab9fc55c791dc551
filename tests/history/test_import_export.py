"""Exports as files: whatever the wrapping, the same rows; whatever is broken, the rest goes on."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.history.by_time import Timed, by_time
from streams.history.export import ExportError, Row, Unreadable, read_export
from streams.history.importer import Rejection
from streams.history.parts import FileShape
from streams.history.rejects import write_reject

ROWS = [{"id": "7", "name": "Zoë, the 1st"}, {"id": "8", "name": 'say "hi"\nthere'}]
CSV = 'id,name\n7,"Zoë, the 1st"\n8,"say ""hi""\nthere"\n'


def read(path: Path, *columns: str, **shape: str) -> list[Row | Unreadable]:
    """Read a file."""
    return list(read_export(str(path), FileShape.model_validate(shape), columns or ("id",)))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", CSV.encode()),
        ("bom.csv", b"\xef\xbb\xbf" + CSV.encode()),
        ("crlf.csv", CSV.replace("\n", "\r\n").replace('hi""\r\n', 'hi""\n').encode()),
        ("a.csv.gz", gzip.compress(CSV.encode())),
        ("gzipped-without-a-name.csv", gzip.compress(CSV.encode())),
        ("a.ndjson", "\n\n".join(json.dumps(row) for row in ROWS).encode()),
        ("a.jsonl.gz", gzip.compress("\n".join(json.dumps(row) for row in ROWS).encode())),
        ("a.json", json.dumps(ROWS).encode()),
        ("spread.json", json.dumps(ROWS, indent=4).encode()),
        ("wrapped.json", json.dumps({"result": ROWS, "total": 2}).encode()),
    ],
)
def test_the_same_rows_come_out_of_every_wrapping(
    tmp_path: Path, name: str, content: bytes
) -> None:
    """CSV, JSON, gz."""
    (tmp_path / name).write_bytes(content)
    rows = read(tmp_path / name)
    assert [row.fields for row in rows if isinstance(row, Row)] == ROWS


def test_other_encodings_and_delimiters_are_the_mappings_to_say(tmp_path: Path) -> None:
    """A spreadsheet's export: semicolons, cp1252."""
    (tmp_path / "a.csv").write_bytes("id;name\n7;Zoë\n".encode("cp1252"))
    [row] = read(tmp_path / "a.csv", delimiter=";", encoding="cp1252")
    assert isinstance(row, Row)
    assert row.fields["name"] == "Zoë"


def test_a_row_of_other_width_is_told_with_its_line_and_the_rest_goes_on(tmp_path: Path) -> None:
    """Lines count as an editor counts them, over line ends inside quotes too."""
    (tmp_path / "a.csv").write_text('id,name\n7,"a\nb"\n\n8\n9,c\n')
    first, bad, last = read(tmp_path / "a.csv")
    assert isinstance(bad, Unreadable)
    assert (bad.line, bad.reason) == (5, "has 1 columns where the header has 2")
    assert (first.line, last.line) == (2, 6)


def test_a_quote_that_is_never_closed_costs_a_row_not_the_memory(tmp_path: Path) -> None:
    """What follows it is read again once a field has grown beyond all reason."""
    tail = "8,b\n" * 600_000
    (tmp_path / "a.csv").write_text(f'id,name\n7,"a\n{tail}')
    rows = read(tmp_path / "a.csv")
    bad = [row for row in rows if isinstance(row, Unreadable)]
    assert bad
    assert "is a quote opened and not closed?" in bad[0].reason
    assert any(isinstance(row, Row) and row.fields["id"] == "8" for row in rows)


@pytest.mark.parametrize(
    ("header", "fix"),
    [
        ("id;opened", r"is the delimiter ','\? set file.delimiter"),
        ("id,opend", r"mend the mapping \(did you mean 'opend'\)"),
        ("id,x", r"mend the mapping \(it has id, x\)"),
        ("", "give an export with a header line"),
    ],
)
def test_a_header_that_lacks_a_column_is_told_with_the_fix(
    tmp_path: Path, header: str, fix: str
) -> None:
    """The mapping and the export do not belong together."""
    (tmp_path / "a.csv").write_text(header and header + "\n1,2\n")
    with pytest.raises(ExportError, match=fix):
        read(tmp_path / "a.csv", "id", "opened")


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("a.csv.gz", gzip.compress(CSV.encode() * 900)[:-30], "broken or cut off"),
        ("a.json", b'[{"id": 1}, {"id": ]', "item 2 is not JSON"),
        ("a.json", b'[{"id": 1}', "item 2 is not JSON"),
        ("a.json", b"not", "is not JSON"),
        ("a.json", b"", "is not JSON"),
        ("a.json", b"7", "is no list of rows"),
        ("a.json", b'{"a": [], "b": []}', "holds 2 lists of rows where one is needed"),
    ],
)
def test_a_broken_file_is_told_by_name(
    tmp_path: Path, name: str, content: bytes, what: str
) -> None:
    """Never a traceback."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ExportError, match=what):
        read(tmp_path / name)


def test_a_file_that_is_not_there_is_told_by_name(tmp_path: Path) -> None:
    """Never a traceback."""
    with pytest.raises(ExportError, match=r"none\.csv: cannot be read \(No such file"):
        read(tmp_path / "none.csv")


def test_lines_that_are_no_objects_are_told(tmp_path: Path) -> None:
    """One bad line is one rejected row."""
    (tmp_path / "a.ndjson").write_text('{"id": 1}\n[1]\n{"id":\n{"id": 2}\n')
    rows = read(tmp_path / "a.ndjson")
    assert [type(row) for row in rows] == [Row, Unreadable, Unreadable, Row]
    (tmp_path / "a.json").write_text('[{"id": 1}, 7]')
    assert [type(row) for row in read(tmp_path / "a.json")] == [Row, Unreadable]


def test_fields_inside_objects_have_a_path(tmp_path: Path) -> None:
    """ServiceNow's table API: `assigned_to.value`."""
    (tmp_path / "a.ndjson").write_text('{"id": 1, "to": {"value": "ann", "deep": {"x": 2}}}\n')
    [row] = read(tmp_path / "a.ndjson")
    assert isinstance(row, Row)
    assert (row.fields["to.value"], row.fields["to.deep.x"]) == ("ann", 2)


def test_an_array_longer_than_a_piece_is_read_piece_by_piece(tmp_path: Path) -> None:
    """Rows come before the end of the file is read."""
    items = [{"id": n, "text": "x" * 50_000} for n in range(20)]
    (tmp_path / "a.json").write_text(json.dumps(items))
    size = 0

    def count(more: int) -> None:
        nonlocal size
        size += more

    rows = read_export(str(tmp_path / "a.json"), FileShape(), (), count)
    next(rows)
    assert 0 < size < 400_000
    assert len(list(rows)) == 19


@given(
    st.lists(st.tuples(st.integers(0, 5), st.binary(max_size=3)), max_size=40),
    st.integers(1, 5),
    st.integers(2, 4),
)
def test_lines_come_out_by_time_and_else_in_their_order(
    lines: list[tuple[int, bytes]], run: int, wide: int
) -> None:
    """Sorted on disk in runs of any size, the result is that of a stable sort in memory."""
    timed = [Timed(at, line.replace(b"\n", b"")) for at, line in lines]
    wanted = [one.line for one in sorted(timed, key=lambda one: one.time)]
    assert list(by_time(iter(timed), run=run, wide=wide)) == wanted


def test_a_list_among_others_is_named_by_the_mapping(tmp_path: Path) -> None:
    """An API puts users beside its tickets."""
    pages = {"users": [{"id": 1}], "tickets": [{"ticket": {"id": 7}}, {"id": 8, "ticket": {}}]}
    (tmp_path / "a.json").write_text(json.dumps(pages))
    rows = read(tmp_path / "a.json", list="tickets", inside="ticket")
    assert [row.fields["id"] for row in rows if isinstance(row, Row)] == [7, 8]
    with pytest.raises(ExportError, match=r"has no list 'result'; its lists are users, tickets"):
        read(tmp_path / "a.json", list="result")
    (tmp_path / "a.json").write_text('{"result": {"id": 7}}')
    with pytest.raises(
        ExportError, match=r"has no list 'result'; it holds no list: set file\.list"
    ):
        read(tmp_path / "a.json", list="result")


def test_a_column_that_stands_twice_holds_a_list(tmp_path: Path) -> None:
    """Jira's CSV has a column for each label of the request that has most of them."""
    (tmp_path / "a.csv").write_text("id,Labels,Labels\n7,a,b\n8,,\n9,,c\n")
    rows = read(tmp_path / "a.csv")
    assert [row.fields for row in rows if isinstance(row, Row)] == [
        {"id": "7", "Labels": ["a", "b"]},
        {"id": "8", "Labels": []},
        {"id": "9", "Labels": ["c"]},
    ]


@pytest.mark.parametrize("name", ["kept.ndjson", "kept.csv", "kept"])
def test_what_was_rejected_is_read_again_whatever_its_name(tmp_path: Path, name: str) -> None:
    """Rows as they were, and lines that were none; a quoted comma is no new column."""
    (tmp_path / "a.csv").write_text('id,name\n7,"a, b",c\n"8","say ""hi"", twice"\n')
    bad, good = read(tmp_path / "a.csv")
    with (tmp_path / name).open("w") as file:
        write_reject(file, Rejection(bad, "too wide"))
        write_reject(file, Rejection(good, "no time"))
        write_reject(file, Rejection(Unreadable("b", 1, "{", "is not JSON"), "is not JSON"))
    still, again, line = read(tmp_path / name)
    assert isinstance(still, Unreadable)
    assert (still.line, still.text, still.header) == (1, '7,"a, b",c', ("id", "name"))
    assert again == good._replace(file=again.file, line=2)
    assert isinstance(line, Unreadable)
    text = (tmp_path / name).read_text()
    (tmp_path / name).write_text(text.replace(',c"', '"').replace('"{"', '"{\\"id\\": 9}"'))
    mended = [row.fields for row in read(tmp_path / name) if isinstance(row, Row)]
    assert [row["id"] for row in mended] == ["7", "8", 9]


def test_a_mended_line_that_is_still_broken_says_so(tmp_path: Path) -> None:
    """One bad line is one rejected row, also the second time."""
    kept = {"file": "a", "line": 1, "reason": "x", "text": "x" * (1 << 21), "header": ["id"]}
    (tmp_path / "a").write_text(json.dumps(kept) + "\n")
    [row] = read(tmp_path / "a")
    assert isinstance(row, Unreadable)
    assert "is a quote not closed?" in row.reason

"""The rows of an export: CSV, JSON or NDJSON, plain or gzipped, a file or standard input.

Decisions that bind this module:

- A row is read, handed on and forgotten; a file may be longer than memory. (A JSON document that
  wraps its rows in an object is the exception: it has to be read whole.)
- gzip is known by its first bytes, not by a name: standard input has none.
- Bytes that do not decode are kept as they are until the row is used, so that one bad row is one
  rejected row, and goes back out untouched.
- A row that cannot be read is an answer (Unreadable), not an exception: the rest goes on.
- What an import rejected and kept (see `rejects`) is a file of rows too: it is known by its shape,
  so that what was mended there can be imported again as it is.
- A column that stands twice in a header (Jira's Labels) holds a list.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import sys
import zlib
from difflib import get_close_matches
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, BinaryIO, NamedTuple

from streams.history.fields import flat

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from streams.history.parts import FileShape

_GZIP = b"\x1f\x8b"
_CHUNK = 1 << 16
_LONGEST_FIELD = 1 << 20

REJECTED_START = b'{"file": '
REJECTED_ROW = {"file", "line", "reason", "fields"}
REJECTED_LINE = {"file", "line", "reason", "text", "header"}
"""What `rejects` writes: how it begins, and its keys for a row and for a line that was none."""


class ExportError(ValueError):
    """An export that cannot be read any further; the text names the file and the fix."""


class Row(NamedTuple):
    """One row: where it stands (line counts from 1), and its fields by column.

    In a JSON document without lines of its own, `line` is the number of the item in its list.
    """

    file: str
    line: int
    fields: dict[str, Any]


class Unreadable(NamedTuple):
    """A piece of a file that is no row, and why; `header` names the columns of a CSV line."""

    file: str
    line: int
    text: str
    reason: str
    header: tuple[str, ...] | None = None


class _Counted(io.RawIOBase):
    """A binary stream that tells how many bytes were read of it."""

    def __init__(self, inner: BinaryIO, read: Callable[[int], None]) -> None:
        self._inner = inner
        self._told = read

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._inner.read(len(buffer))
        buffer[: len(data)] = data
        self._told(len(data))
        return len(data)


def read_export(
    name: str,
    shape: FileShape,
    columns: Sequence[str],
    read: Callable[[int], None] = lambda _: None,
) -> Iterator[Row | Unreadable]:
    """Read the rows of a file, `-` for standard input; `read` is told of bytes as they are read.

    `columns` are those that a CSV header must have. Raises ExportError.
    """
    shown = "standard input" if name == "-" else name
    try:
        with _opened(name) as raw:
            text, kept = _text(_Counted(raw, read), shape.encoding)
            yield from _rows(shown, text, "ndjson" if kept else shape.format, shape, columns)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        message = f"{shown}: the gzip data is broken or cut off ({error}); fetch the file again"
        raise ExportError(message) from error
    except OSError as error:
        message = f"{shown}: cannot be read ({error.strerror}); give a file that exists, or -"
        raise ExportError(message) from error


def _opened(name: str) -> BinaryIO:
    if name == "-":
        return os.fdopen(os.dup(sys.stdin.fileno()), "rb")
    return Path(name).open("rb")


def _text(raw: _Counted, encoding: str) -> tuple[IO[str], bool]:
    """Open a stream as text; say whether it begins as what an import rejected and kept."""
    buffered = io.BufferedReader(raw, _CHUNK)
    start = buffered.peek(len(REJECTED_START))
    plain: Any = gzip.GzipFile(fileobj=buffered) if start[:2] == _GZIP else buffered
    kept = start.startswith(REJECTED_START)
    code = "utf-8" if kept else encoding
    return io.TextIOWrapper(plain, encoding=code, errors="surrogateescape", newline=""), kept


def _rows(
    name: str, text: IO[str], form: str, shape: FileShape, columns: Sequence[str]
) -> Iterator[Row | Unreadable]:
    if form == "auto":
        bare = name.lower().removesuffix(".gz")
        json_lines = bare.endswith((".ndjson", ".jsonl"))
        form = "ndjson" if json_lines else "json" if bare.endswith(".json") else "csv"
    if form == "csv":
        return _csv_rows(name, text, shape, columns)
    read = _line_rows if form == "ndjson" else _json_rows
    return read(name, text, shape)


def _csv_rows(
    name: str, text: IO[str], shape: FileShape, columns: Sequence[str]
) -> Iterator[Row | Unreadable]:
    csv.field_size_limit(_LONGEST_FIELD)
    lines = csv.reader(text, delimiter=shape.delimiter, quotechar=shape.quote)
    header = next(lines, None)
    if not header:
        message = f"{name}: is empty; give an export with a header line"
        raise ExportError(message)
    _check_header(name, header, columns, shape.delimiter)
    width = len(header)
    twice = _twice(header)
    while True:
        start = lines.line_num + 1
        try:
            cells = next(lines, None)
        except csv.Error as error:
            yield Unreadable(name, start, "", f"{error}: is a quote opened and not closed?")
            continue
        if cells is None:
            return
        if len(cells) == width:
            fields: dict[str, Any] = dict(zip(header, cells, strict=True))
            if twice:
                fields.update(
                    (column, [cells[place] for place in places if cells[place]])
                    for column, places in twice.items()
                )
            yield Row(name, start, fields)
        elif cells:
            reason = f"has {len(cells)} columns where the header has {width}"
            yield Unreadable(name, start, _csv_line(cells, shape), reason, tuple(header))


def _twice(header: list[str]) -> dict[str, list[int]]:
    """Find the columns that stand more than once in a header, each with its places."""
    places: dict[str, list[int]] = {}
    for place, column in enumerate(header):
        places.setdefault(column, []).append(place)
    return {column: found for column, found in places.items() if len(found) > 1}


def _csv_line(cells: list[str], shape: FileShape) -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=shape.delimiter, quotechar=shape.quote, lineterminator="")
    writer.writerow(cells)
    return text.getvalue()


def _check_header(name: str, header: list[str], columns: Sequence[str], delimiter: str) -> None:
    absent = [column for column in columns if column not in header]
    if not absent:
        return
    if len(header) == 1:
        fix = f"is the delimiter {delimiter!r}? set file.delimiter in the mapping"
    else:
        close = get_close_matches(absent[0], header, n=1)
        there = f"did you mean {close[0]!r}" if close else f"it has {', '.join(header)}"
        fix = f"mend the mapping ({there})"
    named = ", ".join(repr(column) for column in absent)
    message = f"{name}: lacks what the mapping names as columns: {named}; {fix}"
    raise ExportError(message)


def _line_rows(name: str, text: IO[str], shape: FileShape) -> Iterator[Row | Unreadable]:
    for number, line in enumerate(text, start=1):
        if line.strip():
            yield _record(name, number, line.rstrip("\r\n"), shape)


def _record(name: str, number: int, line: str, shape: FileShape) -> Row | Unreadable:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        return Unreadable(name, number, line, f"is not JSON ({error})")
    if isinstance(value, dict) and value.keys() == REJECTED_ROW:
        return object_row(name, number, value["fields"], shape)
    if isinstance(value, dict) and value.keys() == REJECTED_LINE:
        return _mended(name, number, value, shape)
    return object_row(name, number, value, shape)


def _mended(name: str, number: int, kept: dict[str, Any], shape: FileShape) -> Row | Unreadable:
    """Read a line again that could not be read before: of a CSV export, or else of JSON."""
    line, header = str(kept["text"]), kept["header"]
    if header is None:
        return _record(name, number, line, shape)
    lines = csv.reader([line], delimiter=shape.delimiter, quotechar=shape.quote)
    try:
        cells = next(lines, [])
    except csv.Error as error:
        return Unreadable(name, number, line, f"{error}: is a quote not closed?", tuple(header))
    if len(cells) == len(header):
        return Row(name, number, dict(zip(header, cells, strict=True)))
    reason = f"has {len(cells)} columns where the header has {len(header)}"
    return Unreadable(name, number, line, reason, tuple(header))


def _json_rows(name: str, text: IO[str], shape: FileShape) -> Iterator[Row | Unreadable]:
    """Read an array of objects piece by piece, or an object around one array as a whole."""
    start = _first(text)
    if start.startswith("["):
        yield from _array_rows(name, text, start[1:], shape)
        return
    try:
        whole = json.loads(start + text.read())
    except (ValueError, RecursionError) as error:
        message = f"{name}: is not JSON ({error}); for an object a line set file.format: ndjson"
        raise ExportError(message) from error
    if not isinstance(whole, dict):
        message = f"{name}: is no list of rows; give a JSON array of objects"
        raise ExportError(message)
    rows = _list_in(name, whole, shape)
    yield from (object_row(name, number, item, shape) for number, item in enumerate(rows, start=1))


def _list_in(name: str, whole: dict[str, Any], shape: FileShape) -> list[Any]:
    """Find the list of rows in the object around it."""
    lists = {key: item for key, item in whole.items() if isinstance(item, list)}
    if shape.list is not None:
        if shape.list in lists:
            return lists[shape.list]
        there = f"its lists are {', '.join(lists)}" if lists else "it holds no list"
        message = f"{name}: has no list {shape.list!r}; {there}: set file.list in the mapping"
        raise ExportError(message)
    if len(lists) != 1:
        message = f"{name}: holds {len(lists)} lists of rows where one is needed"
        raise ExportError(f"{message}; give that list, or name it by file.list in the mapping")
    return next(iter(lists.values()))


def _first(text: IO[str]) -> str:
    while piece := text.read(_CHUNK):
        if piece := piece.lstrip():
            return piece
    return ""


def _array_rows(
    name: str, text: IO[str], ahead: str, shape: FileShape
) -> Iterator[Row | Unreadable]:
    """Read the items of an array whose `[` is read already; `line` is the item's number."""
    decode = json.JSONDecoder().raw_decode
    number = 0
    more = True
    while True:
        ahead = ahead.lstrip(" \t\r\n,")
        if ahead.startswith("]"):
            return
        try:
            value, end = decode(ahead)
        except ValueError as error:
            piece = text.read(max(_CHUNK, len(ahead)))
            if not piece and not more:
                message = f"{name}: item {number + 1} is not JSON ({error}); mend it there"
                raise ExportError(message) from error
            more = bool(piece)
            ahead += piece
            continue
        number += 1
        yield object_row(name, number, value, shape)
        ahead = ahead[end:]


def object_row(name: str, number: int, value: object, shape: FileShape) -> Row | Unreadable:
    """Make a row of a JSON value: an object, whose inner ones become columns such as `a.b`."""
    if isinstance(value, dict) and shape.inside is not None and value.keys() == {shape.inside}:
        value = value[shape.inside]
    if isinstance(value, dict):
        return Row(name, number, flat(value))
    return Unreadable(name, number, json.dumps(value), "is not a JSON object")

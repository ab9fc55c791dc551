"""The fields of a row, read by a mapping: unknown words, value maps, times, authors.

Decisions that bind this module:

- What is unknown is None; what cannot be read is a BadRow with the reason. Nothing is guessed.
- Whatever passes here can be written as JSON: text decodes, whole numbers fit 64 bits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from streams.history.mapping import Column
from streams.history.moment import Moments

if TYPE_CHECKING:
    from streams.history.mapping import Scalar, SnapshotMapping, TicketMapping

_AUTHORS = {"customer", "agent", "bot"}
_TRUE = {"true", "yes", "1", "public"}
_FALSE = {"false", "no", "0", "private"}
_WIDEST = 63
_SCALAR = (str, int, float, bool)


class BadRow(ValueError):
    """A row that cannot be imported; the text is the reason."""


class Cells:
    """Reads the fields of rows by one mapping."""

    def __init__(self, mapping: SnapshotMapping | TicketMapping) -> None:
        """Take a checked mapping."""
        self._unknown = {*mapping.file.unknown, ""}
        self._moments = Moments(mapping.time.formats, mapping.time.zone)
        self._author = mapping.author
        self._public = mapping.public
        self._columns = [
            (column.column, column.split, column.values) for column in mapping.attributes.values()
        ]
        self.names = list(mapping.attributes)

    def word(self, fields: dict[str, Any], column: str) -> Any:
        """Answer a field, None where it is absent or a word for unknown."""
        value = fields.get(column)
        if isinstance(value, str):
            if value in self._unknown:
                return None
            return value if value.isascii() else _decoded(column, value)
        if isinstance(value, dict):
            inner = f"{column}.{next(iter(value), 'value')}"
            message = f"{column} is an object; name a field inside it in the mapping, as {inner}"
            raise BadRow(message)
        if isinstance(value, int) and value.bit_length() > _WIDEST:
            return str(value)
        return value

    def ticket(self, fields: dict[str, Any], column: str) -> str:
        """Answer the ticket's id."""
        value = self.word(fields, column)
        if value is None or isinstance(value, (bool, list)):
            message = f"{column} is {fields.get(column)!r}; a row needs the id of its ticket"
            raise BadRow(message)
        return str(value)

    def moment(self, fields: dict[str, Any], column: str | None) -> int | None:
        """Answer a time in milliseconds UTC, None where it is unknown or not mapped."""
        value = None if column is None else self.word(fields, column)
        if value is None:
            return None
        try:
            return self._moments.read(str(value))
        except ValueError as error:
            message = f"{column}: {error}"
            raise BadRow(message) from error

    def needed(self, fields: dict[str, Any], column: str) -> int:
        """Answer a time that a row cannot do without, in milliseconds UTC."""
        found = self.moment(fields, column)
        if found is None:
            message = f"{column} is {fields.get(column)!r}; a row needs that time"
            raise BadRow(message)
        return found

    def attributes(self, fields: dict[str, Any]) -> list[Any]:
        """Answer the attributes in the order of `names`, None for those unknown."""
        return [self._attribute(fields, *column) for column in self._columns]

    def speaker(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Answer who opened the ticket, and whether in public."""
        author, public = self._author, self._public
        if isinstance(author, Column):
            said = self._attribute(fields, author.column, author.split, author.values)
            author = "customer" if said is None else said
            if author not in _AUTHORS:
                message = f"author is {author!r}; map it to customer, agent or bot by `values`"
                raise BadRow(message)
        if isinstance(public, Column):
            public = _flag(self._attribute(fields, public.column, public.split, public.values))
        return {"author": author, "public": public}

    def _attribute(
        self, fields: dict[str, Any], column: str, split: str | None, values: dict[str, Scalar]
    ) -> Any:
        value = self.word(fields, column)
        if split is not None:
            value = value.split(split) if isinstance(value, str) else value or []
        if isinstance(value, list):
            items = [_item(column, part) for part in value if part is not None]
            return [item for item in items if item != ""]
        return values.get(str(value), value) if values else value


def _decoded(column: str, value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        message = f"{column} holds bytes that are no text in the mapping's file.encoding"
        raise BadRow(message) from error
    return value


def _item(column: str, part: object) -> object:
    if not isinstance(part, _SCALAR):
        message = f"{column} is a list of objects; a list of words or numbers is needed"
        raise BadRow(message)
    return _decoded(column, part.strip()) if isinstance(part, str) else part


def _flag(value: object) -> bool:
    word = str(value).lower()
    if value is None or word in _TRUE:
        return True
    if word in _FALSE:
        return False
    message = f"public is {value!r}; map it to true or false by `values`"
    raise BadRow(message)

"""The fields of a row, read by a mapping: unknown words, value maps, times, authors.

Decisions that bind this module:

- What is unknown is None; what cannot be read is a BadRow with the reason. Nothing is guessed.
- Whatever passes here can be written as JSON: text decodes, whole numbers fit 64 bits.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Protocol

from streams.history.moment import Moments
from streams.history.parts import Voice
from streams.sla.policy import WORDS
from streams.wire.instant import LATEST

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streams.history.parts import Author, Column, Scalar, Shape

_AUTHORS = ("customer", "agent", "bot")
_TRUE = {"true", "yes", "1", "public"}
_FALSE = {"false", "no", "0", "private"}
_WIDEST = 63
_SCALAR = (str, int, float, bool)


class BadRow(ValueError):
    """A row that cannot be imported; the text is the reason."""


class Spoken(Protocol):
    """A part of a mapping that has attributes, and says who speaks."""

    @property
    def attributes(self) -> dict[str, Column]:
        """Say which columns are attributes of the ticket."""

    @property
    def author(self) -> Author | Voice | None:
        """Say who speaks, or where that stands."""

    @property
    def public(self) -> bool | Voice:
        """Say whether in public, or where that stands."""


class Cells:
    """Reads the fields of rows by one mapping."""

    def __init__(self, shape: Shape, part: Spoken, moments: Moments) -> None:
        """Take a checked mapping, the part of it that is read here, and a reader of its times."""
        self._unknown = {*shape.file.unknown, ""}
        self._moments = moments
        self._author = part.author
        self._public = part.public
        self._columns = [
            (one.column, one.split, one.values, one.split is None and not one.values)
            for one in part.attributes.values()
        ]
        self.names = list(part.attributes)
        self._words = [place for place, name in enumerate(self.names) if name in WORDS]

    def word(self, fields: Mapping[str, Any], column: str) -> Any:
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
        return _narrow(value)

    def ticket(self, fields: Mapping[str, Any], column: str) -> str:
        """Answer the ticket's id."""
        value = self.word(fields, column)
        if value is None or isinstance(value, (bool, list)):
            message = f"{column} is {fields.get(column)!r}; a row needs the id of its ticket"
            raise BadRow(message)
        return str(value)

    def moment(self, fields: Mapping[str, Any], column: str | None) -> int | None:
        """Answer a time in milliseconds UTC, None where it is unknown or not mapped."""
        value = None if column is None else self.word(fields, column)
        if value is None:
            return None
        try:
            return self._moments.read(str(value))
        except ValueError as error:
            message = f"{column}: {error}"
            raise BadRow(message) from error

    def needed(self, fields: Mapping[str, Any], column: str) -> int:
        """Answer a time that a row cannot do without, in milliseconds UTC."""
        found = self.moment(fields, column)
        if found is None:
            message = f"{column} is {fields.get(column)!r}; a row needs that time"
            raise BadRow(message)
        return found

    def lapse(self, fields: Mapping[str, Any], column: str, unit: int) -> int | None:
        """Answer a length of time in milliseconds, of a number of units (ms); None if unknown."""
        value = self.word(fields, column)
        if value is None:
            return None
        try:
            length = Decimal(str(value)) * unit
        except InvalidOperation:
            length = Decimal(-1)
        if not length.is_finite() or not 0 <= length < LATEST:
            message = f"{column} is {value!r}; a number is needed, 0 or more"
            raise BadRow(message)
        return int(length)

    def attributes(self, fields: Mapping[str, Any]) -> list[Any]:
        """Answer the attributes in the order of `names`, None for those unknown."""
        found = [
            # Most columns are plain cells; they are a third of an import's work.
            self.word(fields, column)
            if plain and not isinstance(fields.get(column), list)
            else self.attribute(fields, column, split, values)
            for column, split, values, plain in self._columns
        ]
        for place in self._words:
            if not isinstance(found[place], str):
                check_word(self.names[place], found[place])
        return found

    def speaker(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Answer who opened the ticket, and whether in public."""
        author, public = self.author(fields), self._public
        if isinstance(public, Voice):
            public = _flag(self._voice(fields, public))
        return {"author": author or "customer", "public": public}

    def author(self, fields: Mapping[str, Any]) -> Author | None:
        """Answer who spoke, None where that is not said."""
        author = self._author
        if not isinstance(author, Voice):
            return author
        said = self._voice(fields, author)
        if said is not None and said not in _AUTHORS:
            message = f"author is {said!r}; map it to customer, agent or bot by `values`"
            raise BadRow(message)
        return said  # type: ignore[no-any-return] # one of _AUTHORS

    def _voice(self, fields: Mapping[str, Any], voice: Voice) -> Any:
        if voice.same_as is None:
            return self.attribute(fields, voice.column, voice.split, voice.values)
        said = self.word(fields, voice.column)
        if said is None:
            return None
        same = str(said) == str(self.word(fields, voice.same_as))
        return voice.values.get("true" if same else "false", same)

    def attribute(
        self, fields: Mapping[str, Any], column: str, split: str | None, values: dict[str, Scalar]
    ) -> Any:
        """Answer a field with its values mapped, a list where it is one or is to be split."""
        value = self.word(fields, column)
        if split is not None:
            value = value.split(split) if isinstance(value, str) else value or []
        if isinstance(value, list):
            items = [_item(column, part) for part in value if part is not None]
            return [item for item in items if item != ""]
        return values.get(_key(value), value) if values else value


def check_word(name: str, value: object) -> None:
    """Refuse a status or a priority that is no word; raises BadRow."""
    if isinstance(value, (bool, list)):
        message = f"{name} is {value!r}; map its column to one with words, or its values to words"
        raise BadRow(message)


def _key(value: object) -> str:
    """Name a value as the keys of `values` do; those of YAML and JSON say true and false."""
    return str(value).lower() if isinstance(value, bool) else str(value)


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
    return _decoded(column, part.strip()) if isinstance(part, str) else _narrow(part)


def _narrow(value: object) -> object:
    """Make text of a whole number that JSON could not hold."""
    wide = isinstance(value, int) and value.bit_length() > _WIDEST
    return str(value) if wide else value


def _flag(value: object) -> bool:
    word = str(value).lower()
    if value is None or word in _TRUE:
        return True
    if word in _FALSE:
        return False
    message = f"public is {value!r}; map it to true or false by `values`"
    raise BadRow(message)

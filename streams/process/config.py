"""A YAML file of settings → a checked model, or what is wrong, where, and the fix.

Decisions: all problems of a file are told at once. A secret never stands in such a file: it names a
variable of the environment or a file that holds it (see `secret`).
"""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from streams.process.problem import BadFile, Problem, Vocabulary, problems_of
from streams.process.yaml_lines import YamlError, read_yaml

Model = TypeVar("Model", bound=BaseModel)


class Part(BaseModel):
    """A part of a file; a key it does not know is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def load(path: Path, model: type[Model], vocabulary: Vocabulary) -> Model:
    """Read and check a file. Raises BadFile."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        what, fix = f"cannot be read ({why})", "name a YAML file that can be read"
        raise BadFile(str(path), [Problem(None, "", None, what, fix)]) from None
    return parse(text, str(path), model, vocabulary)


def parse(text: str, name: str, model: type[Model], vocabulary: Vocabulary) -> Model:
    """Check a file's text; `name` is what errors call it. Raises BadFile."""
    try:
        document = read_yaml(text)
    except YamlError as error:
        raise BadFile(name, [Problem(error.line, "", None, error.what, error.fix)]) from None
    try:
        return model.model_validate(document.value)
    except ValidationError as error:
        raise BadFile(name, problems_of(error, document, model, vocabulary)) from None

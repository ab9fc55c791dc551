"""What is wrong with a YAML file of settings, in words: line, field, value, fix.

Decisions that bind this module:

- A problem without a fix is not told: whoever reads it can act at once.
- pydantic's own words never reach the user; each of its error types is said in ours.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

from pydantic import BaseModel

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import ValidationError

    from streams.process.yaml_lines import Document

_SHOWN = 60
_NO_BLOCK = ("is not a block of keys", "write `key: value` lines below it")


class Vocabulary(NamedTuple):
    """What a kind of file is called, and what pydantic's findings need to be said in its words.

    `tag` is the key that tells which shape a block has and `tags` its words; `unions` are names of
    types that pydantic puts into a path, `placeholder` is shown in place of a missing value.
    """

    noun: str = "file"
    tag: str = "type"
    tags: tuple[str, ...] = ()
    unions: frozenset[str] = frozenset()
    placeholder: str = "…"


class Problem(NamedTuple):
    """One mistake in a file; `line` counts from 1, None where there is no line to name."""

    line: int | None
    field: str
    value: object
    what: str
    fix: str

    @classmethod
    def told(cls, field: str, fault: Exception, fix: str) -> Problem:
        """Make one of an error that says `what; fix`; `fix` where it names none."""
        what, _, own = str(fault).partition("; ")
        return cls(None, field, None, what, own or fix)


class BadFile(ValueError):
    """A file that cannot be used; the text names every problem on a line of its own."""

    def __init__(self, name: str, problems: list[Problem]) -> None:
        """Take the file's name and what is wrong with it."""
        self.name = name
        self.problems = problems
        super().__init__("\n".join(_line(name, problem) for problem in problems))


def _line(name: str, problem: Problem) -> str:
    place = name if problem.line is None else f"{name}:{problem.line}"
    parts = [place, problem.field] if problem.field else [place]
    return f"{': '.join(parts)}: {problem.what}; {problem.fix}"


def problems_of(
    error: ValidationError,
    document: Document,
    model: type[BaseModel] | None,
    vocabulary: Vocabulary,
) -> list[Problem]:
    """Say pydantic's findings in the words of the file, in the file's order."""
    found = [_problem(dict(item), document, model, vocabulary) for item in error.errors()]
    once = {(problem.field, problem.what): problem for problem in found}
    return sorted(once.values(), key=lambda problem: problem.line or 0)


def _problem(
    item: Mapping[str, Any],
    document: Document,
    model: type[BaseModel] | None,
    vocabulary: Vocabulary,
) -> Problem:
    path = _path(item["loc"], document, vocabulary)
    what, fix = _words(item, path, model, vocabulary)
    return Problem(document.line(path), ".".join(path), item.get("input"), what, fix)


def _path(
    loc: tuple[int | str, ...], document: Document, vocabulary: Vocabulary
) -> tuple[str, ...]:
    """Drop what pydantic puts into a location that does not stand in the file."""
    steps: tuple[str, ...] = ()
    for step in map(str, loc):
        here = (*steps, step)
        named = step in vocabulary.unions or step in vocabulary.tags or step.startswith("literal[")
        if step != "[key]" and (not named or here in document.lines):
            steps = here
    return steps


def _words(
    item: Mapping[str, Any],
    path: tuple[str, ...],
    model: type[BaseModel] | None,
    vocabulary: Vocabulary,
) -> tuple[str, str]:
    """Say what is wrong, and the fix."""
    kind = item["type"]
    shown = _show(item.get("input"))
    if kind == "value_error":
        what, _, fix = str(item["ctx"]["error"]).partition("; ")
        return (f"{shown} {what}" if what.startswith("is ") else what), fix
    if kind == "extra_forbidden":
        return f"is not a key that a {vocabulary.noun} knows", _nearest(path, model)
    context, tag = item.get("ctx", {}), vocabulary.tag
    tags = _choice(vocabulary.tags)
    said = {
        "union_tag_not_found": (f"`{tag}` is missing", f"say `{tag}:` with {tags}"),
        "union_tag_invalid": (f"{tag} is {context.get('tag')!r}", f"use {tags}"),
        "missing": (
            "is missing",
            f"add `{path[-1] if path else ''}: {vocabulary.placeholder}`",
        ),
        "literal_error": (f"{shown} is not allowed", f"use {context.get('expected')}"),
        "model_type": _NO_BLOCK,
        "model_attributes_type": _NO_BLOCK,
        "dict_type": _NO_BLOCK,
    }
    return said.get(kind, (f"{shown} cannot be used", _plain(str(item["msg"]))))


def _choice(words: tuple[str, ...]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else "".join(words)


def _nearest(path: tuple[str, ...], model: type[BaseModel] | None) -> str:
    if model is None:
        return "remove it"
    here: type[BaseModel] = model
    for step in path[:-1]:
        field = here.model_fields.get(step)
        inner = here if step.isdigit() else _inside(field and field.annotation)
        if inner is None:
            return "remove it"
        here = inner
    known = sorted(field.alias or name for name, field in here.model_fields.items())
    close = get_close_matches(path[-1], known, n=1)
    return f"did you mean `{close[0]}`?" if close else f"use one of {', '.join(known)}"


def _inside(annotation: object) -> type[BaseModel] | None:
    """Find the part of a file that a key holds, or a list of it."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_inside(inner) for inner in get_args(annotation))
    return next((model for model in found if model is not None), None)


def _show(value: object) -> str:
    text = "true" if value is True else "false" if value is False else repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _plain(message: str) -> str:
    return message[:1].lower() + message[1:]

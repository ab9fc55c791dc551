"""YAML text as plain data that knows its lines.

Scalars are read as YAML 1.2 has them: only `true`, `false`, `null` and plain decimal numbers are
other than text. So 22:00 is no sexagesimal number, 2026-12-24 no date object, and `on` and the
country `NO` are no booleans. Anchors and merge keys work; a key given twice is a fault.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, ClassVar
from unicodedata import category

import yaml

from streams.policies.fault import Fault, Path, PoliciesError, Severity, field_of, shown

_LIMIT = 50_000
"""Nodes of a document, aliases counted as often as they are used."""

_RESOLVERS = (
    ("null", r"~|null|Null|NULL|", ("~", "n", "N", "")),
    ("bool", r"true|True|TRUE|false|False|FALSE", tuple("tTfF")),
    ("int", r"[-+]?(?:0|[1-9][0-9]*)", tuple("-+0123456789")),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?",
     tuple("-+.0123456789")),
    ("merge", r"<<", ("<",)),
)  # fmt: skip
_TAG = "tag:yaml.org,2002:"


class _Loader(yaml.SafeLoader):
    """The parser of PyYAML with the scalars of YAML 1.2."""

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}  # type: ignore[misc]  # so PyYAML does


for _name, _pattern, _first in _RESOLVERS:
    _Loader.add_implicit_resolver(_TAG + _name, re.compile(rf"(?:{_pattern})\Z"), list(_first))


@dataclass(slots=True)
class Marked:
    """A document: its data, the line of each key and value in it, and the faults found so far."""

    data: object = None
    keys: dict[Path, int] = field(default_factory=dict)
    values: dict[Path, int] = field(default_factory=dict)
    plain: set[Path] = field(default_factory=set)
    """Texts written without quotes."""
    faults: list[Fault] = field(default_factory=list)

    def line_of(self, path: Path) -> int:
        """Find the line of a value, or of what should have held it."""
        while path and path not in self.values:
            path = path[:-1]
        if path in self.keys and isinstance(self.value_at(path), dict):
            return self.keys[path]
        return self.values.get(path, 1)

    def value_at(self, path: Path) -> object:
        """Find a value; None where there is none."""
        value = self.data
        for step in path:
            if isinstance(value, dict):
                value = value.get(step)
            elif isinstance(value, list) and isinstance(step, int) and step < len(value):
                value = value[step]
            else:
                return None
        return value

    def add(
        self,
        path: Path,
        message: str,
        fix: str,
        *,
        key: bool = False,
        severity: Severity = "error",
    ) -> None:
        """Note a fault of the value at a path, or (`key`) of the key itself."""
        path = self._written(path)
        line = self.keys.get(path) if key else None
        value = shown(path[-1]) if key else self._shown(path)
        fault = Fault(line or self.line_of(path), field_of(path), value, message, fix, severity)
        self.faults.append(fault)

    def in_order(self) -> list[Fault]:
        """Give the faults by line."""
        return sorted(self.faults, key=lambda fault: fault.line)

    def _written(self, path: Path) -> Path:
        """Cut a path where a single value was written in place of a list or mapping."""
        value = self.data
        for depth, step in enumerate(path):
            if isinstance(step, int) != isinstance(value, list) and value is not None:
                return path[:depth]
            value = self.value_at(path[: depth + 1])
        return path

    def _shown(self, path: Path) -> str:
        value = self.value_at(path)
        return "" if value is None and path not in self.values else shown(value)


def read(text: str, source: str) -> Marked:
    """Read YAML (or JSON) text; PoliciesError where it is not YAML at all, with the line."""
    try:
        node = yaml.compose(text.removeprefix("\ufeff"), Loader=_Loader)
        marked = Marked()
        if node is not None:
            marked.data = _Reader(marked).value(node, ())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        said = ", ".join(part for part in (error.context, error.problem) if part)
        raise PoliciesError(source, [_not_yaml(line, said)]) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, int(error.position)) + 1
        said = f"character U+{int(error.character):04X} is not allowed"
        raise PoliciesError(source, [_not_yaml(line, said)]) from None
    except RecursionError:
        raise PoliciesError(source, [_not_yaml(1, "nested too deeply")]) from None
    return marked


def _not_yaml(line: int, said: str) -> Fault:
    fix = "mend the YAML there: spaces for indentation, quotes around text with a colon or a %"
    return Fault(line, "", "", f"not YAML: {said}", fix)


def _must_be_text(node: yaml.Node) -> None:
    """Refuse what an escape can bring in and neither a topic nor a label can hold."""
    for letter in str(node.value) if isinstance(node, yaml.ScalarNode) else "":
        if letter not in "\n\t" and category(letter) in {"Cc", "Cs"}:
            raise yaml.MarkedYAMLError(
                problem=f"character U+{ord(letter):04X} is not allowed",
                problem_mark=node.start_mark,
            )


class _Reader:
    """Turns nodes into plain data, and keeps their lines."""

    def __init__(self, marked: Marked) -> None:
        self._marked = marked
        self._count = 0
        self._open: list[yaml.Node] = []

    def value(self, node: yaml.Node, path: Path) -> object:
        self._count += 1
        if any(node is outer for outer in self._open) or self._count > _LIMIT:
            raise yaml.MarkedYAMLError(
                problem="an alias that holds itself, or too many", problem_mark=node.start_mark
            )
        _must_be_text(node)
        self._marked.values.setdefault(path, node.start_mark.line + 1)
        self._open.append(node)
        try:
            return self._value(node, path)
        finally:
            self._open.pop()

    def _value(self, node: yaml.Node, path: Path) -> object:
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
        return self._scalar(node, path)

    def _scalar(self, node: yaml.Node, path: Path) -> object:
        text = str(node.value)
        if isinstance(node, yaml.ScalarNode) and node.style is None:
            self._marked.plain.add(path)
        kind = node.tag.removeprefix(_TAG)
        try:
            if kind == "null":
                return None
            if kind == "bool":
                return {"true": True, "false": False}[text.lower()]
            if kind == "int":
                return int(text)
            if kind == "float":
                return float(text)
        except (KeyError, ValueError):
            self._marked.add(path, f"'{text[:20]}' is no {kind}", "leave the tag out")
        if kind not in {"str", "merge", "timestamp", "bool", "int", "float"}:
            self._marked.add(path, f"the tag {node.tag} is not known", "leave the tag out")
        return text

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, object]:
        result: dict[str, object] = {}
        for key, value in node.value:
            if key.tag == f"{_TAG}merge":
                result |= self._merged(value, path)
        lines: dict[str, int] = {}
        for key, value in node.value:
            if key.tag == f"{_TAG}merge":
                continue
            _must_be_text(key)
            name, line = str(key.value), key.start_mark.line + 1
            here = (*path, name)
            self._marked.keys[here] = line
            if not isinstance(key, yaml.ScalarNode):
                self._marked.add(path, f"a key in line {line} that is no word", "write a word")
            elif name in lines:
                again = f"given twice, first in line {lines[name]}"
                self._marked.add(here, again, "keep one of the two", key=True)
            else:
                lines[name] = line
                self._marked.values.pop(here, None)  # of a value that this one overrides
                result[name] = self.value(value, here)
        return result

    def _merged(self, node: yaml.Node, path: Path) -> dict[str, object]:
        sources = node.value if isinstance(node, yaml.SequenceNode) else [node]
        merged: dict[str, object] = {}
        for source in reversed(sources):
            value = self.value(source, path)
            if isinstance(value, dict):
                merged |= value
            else:
                self._marked.add(path, "<< takes a mapping", "write << : *name of a mapping")
        return merged

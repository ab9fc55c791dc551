"""YAML text with the line of every key kept, so that an error can say where.

Decisions that bind this module:

- Keys are text whatever they look like: `-100:`, `yes:` and `1:` are words of somebody's export.
- A key that stands twice is an error; YAML would silently take the second.
"""

from __future__ import annotations

from typing import NamedTuple

import yaml


class YamlError(ValueError):
    """Text that is no YAML, or YAML that says a thing twice."""

    def __init__(self, line: int, what: str, fix: str) -> None:
        """Take the line, counted from 1, what is wrong there and how to mend it."""
        self.line = line
        self.what = what
        self.fix = fix
        super().__init__(f"line {line}: {what}; {fix}")


class Document(NamedTuple):
    """What a YAML text says, and on which line (counted from 1) each path of it stands."""

    value: object
    lines: dict[tuple[str, ...], int]

    def line(self, path: tuple[str, ...]) -> int:
        """Answer the line of a path, or of the nearest part above it that is there."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def read_yaml(text: str) -> Document:
    """Read YAML text; raises YamlError."""
    try:
        loader = yaml.SafeLoader(text)
        root = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        what = f"is not YAML ({error.problem})"
        raise YamlError(line, what, "check indentation, colons and quotes there") from error
    except yaml.YAMLError as error:
        raise YamlError(1, "is not YAML", "save it as UTF-8 text without control codes") from error
    lines: dict[tuple[str, ...], int] = {}
    value = None if root is None else _value(loader, root, (), lines)
    return Document(value, lines)


def _value(
    loader: yaml.SafeLoader,
    node: yaml.Node,
    path: tuple[str, ...],
    lines: dict[tuple[str, ...], int],
) -> object:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        items = enumerate(node.value)
        return [_value(loader, item, (*path, str(index)), lines) for index, item in items]
    if not isinstance(node, yaml.MappingNode):
        return loader.construct_object(node)
    made: dict[str, object] = {}
    for key, item in node.value:
        name = str(key.value)
        line = key.start_mark.line + 1
        if name in made:
            raise YamlError(line, f"`{name}` stands here a second time", "keep one of the two")
        lines[(*path, name)] = line
        made[name] = _value(loader, item, (*path, name), lines)
    return made

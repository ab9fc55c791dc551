"""An operator's own words: a small part of Jinja2, in its sandbox, that ends.

Decisions that bind this module:

- What may make a text grow without end is refused when the file is read: calls, macros, `set`,
  `*`, `**` and `%`, and all filters but FILTERS. What is left can only take long by loops in loops:
  each step of any loop is counted, and after STEPS it fails.
- Plain text, so nothing is escaped: a channel escapes for its far side.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Annotated, Any

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, meta, nodes, pass_context
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import AfterValidator

from streams.notify.plain import TEXT
from streams.process.config import Part

NAMES = (
    *("ticket", "event", "policy", "metric", "kind", "cycle", "level", "threshold", "team"),
    *("assignee", "priority", "tier", "notify", "attributes", "deadline", "left", "over", "reason"),
    *("outcome", "state", "link", "title", "text", "facts"),
)
"""What a template may name; `title`, `text` and `facts` are those of the built-in words."""
FILTERS = frozenset(
    {
        *("capitalize", "count", "d", "default", "first", "int", "join", "last", "length"),
        *("lower", "title", "trim", "truncate", "upper"),
    }
)
STEPS = 10_000
"""Steps that the loops of a template may take, all together."""
_STEPS, _COUNTED = "_steps", "_counted"

_KNOWN: tuple[type[nodes.Node], ...] = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.If, nodes.For, nodes.CondExpr),
    *(nodes.Name, nodes.Const, nodes.Getattr, nodes.Getitem, nodes.Filter, nodes.Test),
    *(nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Concat, nodes.Add),
    *(nodes.Sub, nodes.Div, nodes.FloorDiv, nodes.Neg, nodes.Pos, nodes.List, nodes.Tuple),
    *(nodes.Slice, nodes.Keyword),
)


class TooLong(Exception):
    """A template's loops took more steps than it may."""


class _Budget:
    def __init__(self) -> None:
        self.left = STEPS


@pass_context
def _counted(context: Context, items: Iterable[Any]) -> Iterator[Any]:
    budget = context[_STEPS]
    for item in items:
        budget.left -= 1
        if budget.left < 0:
            raise TooLong
        yield item


class _Environment(ImmutableSandboxedEnvironment):
    """The sandbox, with every loop counted."""

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        parsed = super()._parse(source, name, filename)
        for loop in parsed.find_all(nodes.For):
            loop.iter = nodes.Filter(
                loop.iter, _COUNTED, [], [], None, None, lineno=loop.lineno
            ).set_environment(self)
        return parsed


def _join(items: Iterable[Any], between: str = "") -> str:
    """Join, and cut off what no text has room for: joined again and again, it would grow."""
    return between.join(str(item) for item in islice(items, TEXT))[:TEXT]


def _environment() -> _Environment:
    made = _Environment(
        autoescape=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        # What folds constants while it compiles would call filters that are counted.
        optimized=False,
    )
    made.globals.clear()
    made.filters = {name: made.filters[name] for name in FILTERS}
    made.filters |= {"join": _join, _COUNTED: _counted}
    return made


_ENVIRONMENT = _environment()


def check(source: str) -> str:
    """Give a template back that can be used. Raises ValueError."""
    try:
        parsed = _ENVIRONMENT.parse(source)
        _refuse(parsed)
        _ENVIRONMENT.compile(source)
    except TemplateSyntaxError as fault:
        message = f"line {fault.lineno} of the template: {fault.message}; mend it there"
        raise ValueError(message.replace("..", "")) from None
    if strange := sorted(meta.find_undeclared_variables(parsed) - set(NAMES)):
        message = f"names {strange[0]!r}, which is not known; use {', '.join(NAMES)}"
        raise ValueError(message)
    return source


def _refuse(parsed: nodes.Template) -> None:
    for node in parsed.find_all(nodes.Node):
        name = type(node).__name__.lower()
        where = f"line {node.lineno} of the template: "
        if isinstance(node, nodes.For) and node.recursive:
            raise ValueError(f"{where}a loop may not be recursive; write it without `recursive`")
        if isinstance(node, nodes.Filter) and node.name not in {*FILTERS, _COUNTED}:
            known = ", ".join(sorted(FILTERS))
            raise ValueError(f"{where}the filter `{node.name}` cannot be used; use {known}")
        if not isinstance(node, _KNOWN):
            message = f"{where}`{name}` cannot be used; use names, if, for and filters"
            raise ValueError(message)  # noqa: TRY004 - pydantic tells a ValueError's words


def fill(source: str, values: Mapping[str, object]) -> str:
    """Fill a template in. Raises TooLong, TemplateError, or what its own mistakes raise."""
    return _ENVIRONMENT.from_string(source).render({**values, _STEPS: _Budget()})


FAULTS = (TooLong, TemplateError, TypeError, ValueError, ArithmeticError, LookupError)
"""What a template may raise when it is filled in."""

Source = Annotated[str, AfterValidator(check)]


class Templates(Part):
    """An operator's own title and text of a notice; what is not given is built in."""

    title: Source | None = None
    text: Source | None = None

"""A source of the gateway's file as it is reconciled: its words, its prefix, a mapping."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from streams.gateway import settings
from streams.gateway.finding import NoAdapter, find
from streams.gateway.source import Source
from streams.gateway.words import Words
from streams.history.mapping import AnyMapping, load_mapping
from streams.process.problem import BadFile, Problem

MAPPINGS = {
    "zendesk": "zendesk-audits",
    "jira": "jira",
    "freshdesk": "freshdesk-conversations",
    "servicenow": "servicenow-audit",
    "zammad": "zammad-history",
}
"""By adapter: the shipped mapping that tells most of a ticket's history."""


@dataclass(frozen=True, slots=True)
class Desk:
    """One help desk: `source` makes its events, `mapping` reads the rows of its export."""

    source: Source
    mapping: AnyMapping
    export: settings.Export = settings.Export()  # noqa: RUF009 - frozen


def desk(path: Path, name: str, mapping: str | None = None) -> Desk:
    """Find a source of the file; its hooks' secrets are not asked for. Raises BadFile.

    `mapping` takes the place of the one that the file names.
    """
    told = settings.read(path).sources
    if name not in told:
        raise bad(path, "sources", f"has no {name!r}", f"name one of {', '.join(sorted(told))}")
    one = told[name]
    try:
        adapter = find(one.adapter)
    except NoAdapter as fault:
        raise BadFile(str(path), [Problem.told(f"sources.{name}", fault, "")]) from None
    named = mapping or one.export.mapping or MAPPINGS.get(adapter.name)
    if named is None:
        where, what = (
            f"sources.{name}.export.mapping",
            f"is absent, and {adapter.name} has none of its own",
        )
        raise bad(path, where, what, "name one of `sla import`, or a file")
    words = Words(adapter.words, one.words)
    source = Source(name, adapter, None, (), one.window, words, one.prefix)
    return Desk(source, load_mapping(named, one.export.zone), one.export)


def bad(path: Path, field: str, what: str, fix: str) -> BadFile:
    """Tell of one mistake in the gateway's file."""
    return BadFile(str(path), [Problem(None, field, None, what, fix)])

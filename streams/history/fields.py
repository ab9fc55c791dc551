"""The fields of a JSON object by path: `assigned_to.value` for what is inside `assigned_to`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def flat(value: Mapping[str, Any]) -> dict[str, Any]:
    """Name the fields inside objects by path, beside the rest."""
    named = dict(value)
    for key, inner in value.items():
        if isinstance(inner, dict):
            named.update({f"{key}.{path}": item for path, item in flat(inner).items()})
    return named


def nested(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Give back what `flat` was made of; the fields of a CSV row are left as they are."""
    return {key: item for key, item in fields.items() if not _is_path(key, fields)}


def _is_path(key: str, fields: Mapping[str, Any]) -> bool:
    """Tell whether a key is a path into an object that is there."""
    steps = key.split(".")
    heads = (".".join(steps[:end]) for end in range(1, len(steps)))
    return any(isinstance(fields.get(head), dict) for head in heads)

"""The JSON Schema of the policies file, for editors."""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from streams.policies.model import Document

DIALECT = GenerateJsonSchema.schema_dialect


def schema() -> dict[str, Any]:
    """Draw the schema (draft 2020-12) from the model."""
    body = Document.model_json_schema(by_alias=True)
    tidied = _tidied(body)
    assert isinstance(tidied, dict)  # a mapping stays one
    return {
        "$schema": DIALECT,
        "$id": "https://sla-streams.invalid/schemas/policies.json",
        **tidied,
        "title": "sla-streams policies",
    }


def _tidied(value: object) -> object:
    """Leave out pydantic's titles, which only repeat the keys."""
    if isinstance(value, dict):
        return {
            key: _tidied(item)
            for key, item in value.items()
            if not (key == "title" and isinstance(item, str))
        }
    return [_tidied(item) for item in value] if isinstance(value, list) else value

"""The schemas and their examples, found by where they stand.

A schema is `schemas/<type>/schema.json`; beside it stand `examples/valid/*.json`, each a message,
and `examples/invalid/*.json`, each `{why, at, keyword, example}`: the JSON pointer and the keyword
at which it fails, and for ticket events `refused`, the reason that the decoder gives.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from referencing import Registry, Resource

FOLDER = Path(__file__).parents[2] / "schemas"
TYPES = sorted(path.parent.name for path in FOLDER.glob("*/schema.json"))
VALID = sorted(FOLDER.glob("*/examples/valid/*.json"))
INVALID = sorted(FOLDER.glob("*/examples/invalid/*.json"))
_BASE = "https://schemas.invalid/"


def name(path: Path) -> str:
    """Say an example as `type/name`."""
    return f"{path.parents[2].name}/{path.stem}"


def read(path: Path) -> Any:
    """Read a file of JSON."""
    return json.loads(path.read_text(encoding="utf-8"))


def _registry() -> Registry[Any]:
    files = sorted(FOLDER.glob("*/*.json"))
    uris = [_BASE + str(path.relative_to(FOLDER)) for path in files]
    resources = [Resource.from_contents(read(path)) for path in files]
    return Registry().with_resources(list(zip(uris, resources, strict=True)))


REGISTRY = _registry()


def errors(type_: str, message: object) -> list[tuple[str, str]]:
    """Validate a message; answer pointer and keyword of everything wrong with it."""
    schema = {"$ref": f"{_BASE}{type_}/schema.json"}
    validator = Draft202012Validator(schema, registry=REGISTRY)
    return sorted({_place(error) for error in validator.iter_errors(message)})


def _place(error: ValidationError) -> tuple[str, str]:
    pointer = "".join(f"/{step}" for step in error.absolute_path)
    return pointer, str(error.validator)

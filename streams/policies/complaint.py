"""What pydantic refuses, in our words: every error becomes a fault with its line and its fix."""

from __future__ import annotations

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from streams.policies.fault import Path
from streams.policies.fields import meant
from streams.policies.marked import Marked
from streams.policies.model import TAGS, known_keys

_WORDS = {
    "model_type": ("not a mapping", "write `key: value` lines here"),
    "dict_type": ("not a mapping", "write `key: value` lines here"),
    "list_type": ("not a list", "write it as [a, b], or as lines that begin with `- `"),
    "too_short": ("empty, so it says nothing", "name at least one"),
    "literal_error": ("not one of the values that may stand here", "write {expected}"),
}
_EXAMPLES = {
    "policies": "add `policies:` with a list of promises",
    "targets": "add `targets: {first_response: {default: 4h}}`",
    "schedule": "add `schedule: 24x7`, or the name of one of your schedules",
    "name": "add `name:` and a word for it",
}


def complain(
    marked: Marked, error: ValidationError, root: Path = (), shape: Path = ()
) -> set[Path]:
    """Note every error of a validation; give the paths at fault.

    `root` is where in the marked data the validated part stands, `shape` where in a whole document
    such a part would stand.
    """
    paths = set()
    for detail in error.errors(include_url=False):
        path = (*root, *(step for step in detail["loc"] if step not in TAGS))
        known = known_keys((*shape, *path[len(root) : -1]))
        paths.add(_note(marked, path, known, detail))
    return paths


def _note(marked: Marked, path: Path, known: list[str], detail: ErrorDetails) -> Path:
    kind, context = detail["type"], detail.get("ctx", {})
    key = path[-1:] == ("[key]",)
    if key:
        path = path[:-1]
    if kind == "misread":
        marked.add(path, context["what"], context["fix"], key=key)
    elif kind == "extra_forbidden":
        marked.add(path, "unknown key", meant(str(path[-1]), known), key=True)
    elif kind == "missing":
        name = str(path[-1])
        marked.add(path, "missing", _EXAMPLES.get(name, f"add `{name}:` and its value"))
    else:
        what, fix = _WORDS.get(kind, (detail["msg"], "compare it with `sla policies schema`"))
        marked.add(path, what, fix.format(**context) if "{" in fix else fix, key=key)
    return path

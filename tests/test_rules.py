"""Every rule of the specification has its tests: each is cited by at least one.

A test cites a rule by its id in its docstring, a scenario in its heading. A range (R22-R25) sums up
and names no rule of its own, or one sweeping sentence would stand for all.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from pathlib import Path

from tests.conftest import ROOT

RULES = frozenset(f"R{number}" for number in range(1, 34))
NOT_YET: frozenset[str] = frozenset()
"""Rules without a test so far. It only ever gets smaller: a rule that is cited must leave it."""

CITED = re.compile(r"(?<![\w-])R\d+(?![\w-])")


def words_of(path: Path) -> Iterable[str]:
    """Give the docstring of every test of a file, or the heading of every scenario."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".txt":
        return re.findall(r"^## (.+)$", text, flags=re.MULTILINE)
    return [
        ast.get_docstring(node) or ""
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
    ]


def cited(folder: Path) -> set[str]:
    """Give the rules that the tests and scenarios of a folder cite."""
    files = [*folder.rglob("test_*.py"), *folder.glob("scenarios/*.txt")]
    return {rule for path in files for words in words_of(path) for rule in CITED.findall(words)}


def test_every_rule_is_cited_by_a_test() -> None:
    """No rule loses its last test unnoticed, and what has got one is no longer excused."""
    found = cited(ROOT / "tests")
    assert RULES - found == NOT_YET
    assert found <= RULES, "a rule that nobody has written"


def test_the_rules_are_those_of_the_specification(shared: Path) -> None:
    """A rule that is added there needs a test here."""
    text = (shared / "spec" / "semantics.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^- \*\*(R\d+) ", text, flags=re.MULTILINE)) == RULES


def test_a_citation_is_one_by_its_own_id_in_a_test(tmp_path: Path) -> None:
    """The check can fail: ranges, helpers, comments and other files cite nothing."""
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "a.txt").write_text("## R1 R2 It holds\nR3 by agent\n")
    (tmp_path / "test_a.py").write_text(
        '"""R4."""\n'
        "def helper():\n"
        '    """R5."""\n'
        "def test_one():\n"
        '    """R6, R7: and R8-R10, XR11."""  # R12\n'
        "async def test_two():\n"
        '    """(R13)"""\n'
        "def test_three():\n"
        "    pass\n"
    )
    (tmp_path / "a.py").write_text('def test_no():\n    """R14."""\n')
    assert cited(tmp_path) == {"R1", "R2", "R6", "R7", "R13"}

"""docs/diagnostics.md explains every code that the source can say, and no other."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.docs.pages import DOCS, ROOT

PAGE = DOCS / "diagnostics.md"
SAYS = {
    "Diagnostic", "ExpressionError", "Outcome", "Step", "_custom", "_error", "_frozen", "_name_problem", "_problem",
    "_say", "error", "finding", "freeze", "incomplete", "say", "warning",
}  # fmt: skip
"""Functions and classes one of whose arguments is a code."""
_CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)+")


def _texts(*nodes: ast.AST | None) -> Iterator[str]:
    """Yield the texts among expressions, also those that a condition chooses between."""
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.IfExp):
            yield from _texts(node.body, node.orelse)


def _said(node: ast.AST) -> Iterator[str]:
    """Yield the codes that one piece of source says."""
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in SAYS:
            yield from _texts(*node.args, *(keyword.value for keyword in node.keywords if keyword.arg == "code"))
        elif name == "known":
            yield from (f"unknown-{text.replace(' ', '-')}" for text in _texts(node.args[0]))
    elif isinstance(node, ast.Yield | ast.Return) and isinstance(node.value, ast.Tuple) and node.value.elts:
        yield from _texts(node.value.elts[0])
    elif isinstance(node, ast.Assign) and any(getattr(target, "id", "") == "code" for target in node.targets):
        yield from _texts(node.value)
    elif isinstance(node, ast.arguments):
        named = zip(node.kwonlyargs, node.kw_defaults, strict=True)
        yield from (text for argument, default in named if argument.arg == "code" for text in _texts(default))


def codes_in(path: Path) -> set[str]:
    """Return the codes that a module says."""
    tree = ast.parse(path.read_text("utf-8"))
    return {text for node in ast.walk(tree) for text in _said(node) if _CODE.fullmatch(text)}


def codes() -> set[str]:
    """Return the codes that idcode says."""
    from idcode.config.checks.addresses import _WORDS

    found = {code for path in (ROOT / "idcode").rglob("*.py") for code in codes_in(path)}
    return found | {f"unknown-{word.replace(' ', '-')}" for word in _WORDS.values()}


def test_every_code_has_one_line_with_cause_and_cure_and_there_is_no_other() -> None:
    rows = re.findall(r"^\| `([a-z0-9-]+)` \| (.+?) \| (.+?) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    listed = [code for code, _, _ in rows]
    assert sorted(listed) == sorted(set(listed))
    assert set(listed) == codes()


def test_the_collector_sees_the_codes_of_all_rooms() -> None:
    seen = codes()
    assert {"yaml-tab", "unknown-function", "expression-syntax", "csv-cut", "ambiguous-link", "value-too-long"} <= seen
    assert {"unknown-key", "unknown-directory", "unknown-group", "not-rolled-back", "value-empty"} <= seen

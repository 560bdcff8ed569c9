"""What messages and hints tell people to type can be typed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.structure.commands import commands, options

PACKAGE = Path(__file__).parents[2] / "idcode"
COMMANDS = commands()
NOT_COMMANDS = {"does", "is", "knows", "met", "reads", "refuse", "that", "the", "wrote"}
"""Words that follow the name in plain sentences."""


def _texts() -> Iterator[tuple[str, str]]:
    """Yield every text that is not a docstring, with its place; values put into it stand as ``{}``."""
    for path in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
        spoken = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            place = f"{path.relative_to(PACKAGE)}:{getattr(node, 'lineno', 0)}"
            if isinstance(node, ast.JoinedStr):
                yield place, "".join(p.value if isinstance(p, ast.Constant) else "{}" for p in node.values)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and not {id(node)} & (inside | spoken):
                yield place, node.value


def _commands() -> Iterator[tuple[str, str, list[str]]]:
    """Yield place, command and options of every ``idcode COMMAND …`` in a text."""
    for place, text in _texts():
        for first, second, rest in re.findall(r"\bidcode ([a-z]+)\b(?: ([a-z]+)\b)?([^.;:\n]*)", text):
            name = f"{first} {second}" if f"{first} {second}" in COMMANDS else first
            if name not in NOT_COMMANDS:
                yield place, name, re.findall(r"(?<!\w)--[a-z][a-z-]*", rest)


def test_every_command_that_a_text_names_exists() -> None:
    found = list(_commands())
    assert len(found) >= 8, "the search itself is broken"
    assert [(place, name) for place, name, _ in found if name not in COMMANDS] == []


def test_every_option_that_a_text_names_with_a_command_exists() -> None:
    for place, name, found in _commands():
        known = options(COMMANDS[name])
        assert set(found) <= known, f"{place}: idcode {name} has no {set(found) - known}"


def test_every_option_that_a_text_names_belongs_to_some_command() -> None:
    known = {"--help", "--version"}.union(*map(options, COMMANDS.values()))
    for place, text in _texts():
        own = re.sub(r"\baz login --tenant\b", "", text)  # another program's
        unknown = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", own)) - known
        assert not unknown, f"{place}: no command has {unknown}"

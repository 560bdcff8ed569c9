"""The rooms of DESIGN.md, section 7: who may import whom, how large a module grows, what a start-up loads."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "idcode"

MAY_IMPORT = {
    "model": set(),
    "expressions": {"model"},
    "config": {"model", "expressions"},
    # Adapters have a settings model, and a YAML source reads YAML.
    "sources": {"model", "config"},
    "directories": {"model", "config"},
    "sync": {"model", "expressions", "config", "sources.port", "directories.port"},
    "plan": {"model"},
    "store": {"model"},
    "apply": {"model", "plan", "store", "directories.port"},
    "prove": {"model", "apply", "store", "directories.port"},
    "testing": {"model", "config", "sync"},
    "report": {"model"},
    "cli": {
        "model",
        "expressions",
        "config",
        "sources",
        "directories",
        "sync",
        "plan",
        "store",
        "apply",
        "prove",
        "testing",
        "report",
    },
}
HEAVY = {
    "cryptography",
    "ldap3",
    "ruamel",
    "lark",
    "pydantic",
    "regex",
    "sqlalchemy",
    "jsonschema",
    "deepdiff",
    "msgraph",
    "psycopg",
    "azure",
}


def _modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def _imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("idcode."):
            found.add(node.module.removeprefix("idcode."))
        elif isinstance(node, ast.Import):
            found |= {alias.name.removeprefix("idcode.") for alias in node.names if alias.name.startswith("idcode.")}
    return found


@pytest.mark.parametrize("path", _modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_room_imports_only_what_the_matrix_allows(path: Path) -> None:
    room = path.relative_to(PACKAGE).parts[0]
    if room == "__init__.py":
        return
    allowed = MAY_IMPORT[room]
    for name in _imports(path):
        target = name.split(".")[0]
        ported = ".".join(name.split(".")[:2])
        assert target == room or target in allowed or ported in allowed, f"{path.name} imports idcode.{name}"


def test_every_room_has_its_line_in_the_matrix() -> None:
    rooms = {path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert rooms == set(MAY_IMPORT)


@pytest.mark.parametrize("path", _modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_modules_and_functions_stay_small(path: Path) -> None:
    text = path.read_text("utf-8")
    assert text.count("\n") <= 400
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= 60, f"{node.name} has {length} lines"


def test_help_loads_no_network_schema_or_database_library() -> None:
    code = (
        "import sys; from idcode.cli.main import run_main; run_main(['--help']); "
        "print(sorted({name.split('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    loaded = set(ast.literal_eval(done.stderr.strip().splitlines()[-1]))
    assert not loaded & HEAVY


def test_nothing_prints_but_the_command_line() -> None:
    for path in _modules():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            called = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
            assert called not in ("print", "input", "eval"), f"{path}: {called}()"

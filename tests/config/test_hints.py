"""What ``validate`` advises: the path that was meant, the space that is missing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from idcode.config.loader import load_repository
from idcode.config.reader import read_yaml
from idcode.model.diagnostics import Diagnostic
from tests.config.support import HERE, REGISTRY

UNITS = """directory: corp
organizational_units:
  - {path: People}
  - {path: Groups/Applications, previously: [Groups/Apps]}
"""
MEMBERS = "groups:\n  - {name: sg-staff}\n  - name: sg-leads\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    shutil.copytree(HERE / "broken" / "base", tmp_path / "r")
    return tmp_path / "r"


def findings(root: Path, objects: str) -> list[Diagnostic]:
    (root / "objects" / "groups.yaml").write_text(objects)
    return load_repository(root, REGISTRY)[1]


def hint(root: Path, path: str) -> str:
    """Return the hint for a group in an organizational unit that no file declares."""
    found = findings(root, f"{UNITS}  - {{path: Groups}}\n{MEMBERS}    path: {path}\n")
    (finding,) = found
    assert finding.code == "unknown-organizational-unit"
    assert finding.severity == ("warning" if path == "Elsewhere" else "error"), "a tree of its own may well be there"
    return finding.hint or ""


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("Group/Applications", "did you mean 'Groups/Applications'? Otherwise declare it"),
        ("Groups/Apps", "it is 'Groups/Applications' now"),
        ("Elsewhere", "declare it under organizational_units: one that exists is recognised, not created twice"),
    ],
)
def test_the_unit_that_was_meant_is_named_or_how_to_declare_it(root: Path, path: str, expected: str) -> None:
    assert hint(root, path).startswith(expected)


@pytest.mark.parametrize("path", ["People", "PEOPLE", "groups/applications", "Groups", '""'])
def test_a_declared_unit_and_what_it_lies_in_are_known_in_any_case(root: Path, path: str) -> None:
    found = findings(root, f"{UNITS}{MEMBERS}    path: {path}\n")
    assert [(finding.severity, finding.span.line if finding.span else 0) for finding in found] == [("warning", 4)]


def test_a_parent_that_is_not_declared_is_not_taken_for_what_lies_in_it(root: Path) -> None:
    (finding,) = findings(root, f"{UNITS}  - {{path: Sites/North/Admins}}\n  - {{path: Groups}}\n{MEMBERS}")
    assert finding.message.startswith("no file declares the organizational unit 'Sites/North'")
    assert finding.hint == "declare it under organizational_units: one that exists is recognised, not created twice"


def test_where_no_units_are_declared_nothing_is_said_about_any_path(root: Path) -> None:
    rules = root / "rules" / "people.yaml"
    rules.write_text(rules.read_text().replace("    stages: [", "    path: {constant: Staff}\n    stages: ["))
    assert findings(root, f"directory: corp\nmanages: {{base: Groups}}\n{MEMBERS}    path: Groups/Applications\n") == []


def test_a_unit_that_the_rule_may_create_need_not_be_declared(root: Path) -> None:
    rules = root / "rules" / "people.yaml"
    path = "    path: {constant: Staff}\n    missing_ou: create\n"
    rules.write_text(rules.read_text().replace("    stages: [", f"{path}    stages: ["))
    assert load_repository(root, REGISTRY)[1] == []


def test_a_path_that_is_computed_is_not_guessed_at(root: Path) -> None:
    rules = root / "rules" / "people.yaml"
    path = '    path: Switch([stage], "Staff", "leaver", "Left")\n'
    rules.write_text(rules.read_text().replace("    stages: [", f"{path}    stages: ["))
    assert load_repository(root, REGISTRY)[1] == []


def test_what_a_file_that_cannot_be_read_may_declare_is_not_called_missing(root: Path) -> None:
    (root / "objects" / "ou.yaml").write_text("directory: corp\norganizational_units: [\n")
    codes = {finding.code for finding in findings(root, f"{UNITS}{MEMBERS}    path: Elsewhere\n")}
    assert codes == {"yaml-syntax"}


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ("    members: {mode:exact}\n", "write a space after the colon: mode: exact"),
        ("    members:\n      mode:exact\n", "write a space after the colon: mode: exact"),
        ("    members:\n      mode:exact\n      include: [x]\n", "write a space after the colon: mode: exact"),
        ("    members: {include:[person:E1]}\n", "write a space after the colon: 'key: value'"),
        ("    flow: {info:department}\n", "write a space after the colon: info: department"),
    ],
)
def test_a_missing_space_after_a_colon_is_named(root: Path, members: str, expected: str) -> None:
    (finding,) = findings(root, "directory: corp\n" + MEMBERS + members)
    assert finding.hint == expected


def test_a_key_without_its_space_is_not_said_to_be_missing_as_well(root: Path) -> None:
    (finding,) = findings(root, "directory: corp\norganizational_units: [{path:People}]\n" + MEMBERS)
    assert finding.code == "unknown-key"


@pytest.mark.parametrize("line", ["servers: ldaps://dc1.example.com\n  port: 636", "a: 'b'\n  c: d"])
def test_a_colon_that_needs_no_space_is_not_blamed(line: str) -> None:
    (finding,) = read_yaml(line.encode(), "a.yaml").diagnostics
    assert "space" not in f"{finding.message} {finding.hint}"

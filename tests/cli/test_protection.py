"""``guards.protect`` where no source is read: what is unknown counts as protected."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from idcode.cli import wiring
from idcode.cli.protection import Protected
from idcode.model.records import LiveObject
from idcode.model.schema import AttributeType, DirectorySchema, Kind
from tests.cli.test_wiring import PROJECT, RULES

SCHEMA = DirectorySchema([AttributeType("adminCount", Kind.INTEGER), AttributeType("title")])


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "rules").mkdir()
    (tmp_path / "objects").mkdir()
    (tmp_path / "rules/people.yaml").write_text(RULES, "utf-8")
    (tmp_path / "objects/ou.yaml").write_text("directory: corp\norganizational_units: [{path: People}]\n", "utf-8")
    return tmp_path


def protected(root: Path, expression: str) -> Protected:
    (root / "idcode.yaml").write_text(f"{PROJECT}guards:\n  protect: ['{expression}']\n", "utf-8")
    return Protected(wiring.load(root)[0], datetime(2026, 12, 8, tzinfo=UTC))


def user(**attributes: int | str) -> LiveObject:
    return LiveObject("a1", "CN=Ada,DC=x", "user", {name: (value,) for name, value in attributes.items()})


def test_an_object_is_protected_by_what_the_directory_holds_of_it(root: Path) -> None:
    rule = protected(root, "IsPresent([adminCount]) && [adminCount] = 1")
    assert rule.attributes == {"adminCount"}
    assert "it is protected" in str(rule.reason(user(adminCount=1), SCHEMA))
    assert rule.reason(user(adminCount=0), SCHEMA) is None
    assert rule.reason(user(title="Clerk"), SCHEMA) is None


def test_what_only_a_source_could_tell_of_a_person_is_unknown_and_therefore_protected(root: Path) -> None:
    rule = protected(root, '[mobile] = "1740"')
    assert "cannot be answered" in str(rule.reason(user(), SCHEMA))
    assert rule.reason(LiveObject("g1", "CN=sg,DC=x", "group", {}), SCHEMA) is None

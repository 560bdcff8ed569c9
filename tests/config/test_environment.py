"""Variables in settings: not needed to validate, all named when they are missing, their values never shown."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from idcode.config.environment import resolve_environment
from idcode.config.loader import load_repository
from idcode.config.project import Repository
from idcode.model.errors import ConfigError
from tests.config.support import HERE, REGISTRY


def load(root: Path) -> Repository:
    repository, diagnostics = load_repository(root, REGISTRY)
    assert diagnostics == []
    assert repository is not None
    return repository


def test_variables_are_replaced_wherever_a_text_stands() -> None:
    corp = load(HERE / "broken" / "base").directories["corp"]
    resolved = resolve_environment(corp, {"AD_PASSWORD": "s3cret"})
    assert resolved.bind.password == "s3cret"  # type: ignore[attr-defined]
    assert resolved.bind.user == "svc@example.com"  # type: ignore[attr-defined]
    assert corp.bind.password == "${env:AD_PASSWORD}"  # type: ignore[attr-defined]


def test_every_missing_variable_is_named_with_its_place(tmp_path: Path) -> None:
    root = tmp_path / "r"
    shutil.copytree(HERE / "broken" / "base", root)
    project = root / "idcode.yaml"
    project.write_text(
        project.read_text().replace(
            "[ldaps://dc1.example.com]", '["ldaps://${env:DC}", "ldaps://${env:DC2}:${env:PORT}"]'
        )
    )
    with pytest.raises(ConfigError) as caught:
        resolve_environment(load(root).directories["corp"], {"AD_PASSWORD": "s3cret", "DC": "dc1"})
    assert [(str(finding.span), finding.code) for finding in caught.value.diagnostics] == [
        ("idcode.yaml:6:45", "variable-not-set"),
        ("idcode.yaml:6:56", "variable-not-set"),
    ]
    assert "DC2, PORT" in str(caught.value)
    assert "s3cret" not in f"{caught.value} {caught.value.diagnostics}"


def test_the_project_itself_needs_no_variable_of_its_directories() -> None:
    project = load(HERE / "broken" / "base").project
    assert resolve_environment(project, {}) == project


def test_settings_without_variables_stay_what_they_are() -> None:
    hr = load(HERE / "broken" / "base").sources["hr"]
    assert resolve_environment(hr, {}) is hr


def test_a_value_that_looks_like_a_variable_is_not_looked_into() -> None:
    cloud = load(HERE / "broken" / "base").directories["cloud"]
    assert resolve_environment(cloud, {"TENANT": "${env:OTHER}"}).tenant_id == "${env:OTHER}"  # type: ignore[attr-defined]

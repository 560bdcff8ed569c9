"""Where a pipeline must not keep its history."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from idcode.apply.checks import check_store_survives
from idcode.model.errors import StoreError
from idcode.model.plans import Plan
from tests.apply.builders import plan

CI = {"CI": "true"}


def of_type(kind: str) -> Plan:
    empty = plan([])
    return replace(empty, directories={"corp": replace(empty.directories["corp"], type=kind)})


@pytest.mark.parametrize("pipeline", [CI, {"TF_BUILD": "True"}])
def test_a_real_directory_and_a_store_in_a_pipelines_workspace_are_refused_together(
    tmp_path: Path, pipeline: dict[str, str]
) -> None:
    with pytest.raises(StoreError, match="lost with this runner") as refused:
        check_store_survives(of_type("ad"), tmp_path / ".idcode/idcode.db", tmp_path, pipeline)
    assert "PostgreSQL" in str(refused.value.hint)


@pytest.mark.parametrize("name", ["GITHUB_WORKSPACE", "CI_PROJECT_DIR", "BUILD_SOURCESDIRECTORY"])
def test_a_store_beside_the_files_is_in_the_workspace_too_where_they_are_part_of_a_larger_repository(
    tmp_path: Path, name: str
) -> None:
    store, root = tmp_path / "workspace/idcode.db", tmp_path / "workspace/identities"
    with pytest.raises(StoreError, match="lost with this runner"):
        check_store_survives(of_type("ad"), store, root, CI | {name: str(tmp_path / "workspace")})
    check_store_survives(of_type("ad"), store, root, CI | {name: str(root)})


def test_a_history_that_outlives_the_runner_is_fine(tmp_path: Path) -> None:
    inside = tmp_path / "workspace/idcode.db"
    check_store_survives(of_type("ad"), None, tmp_path, CI)
    check_store_survives(of_type("ad"), tmp_path / "elsewhere/idcode.db", tmp_path / "workspace", CI)
    check_store_survives(of_type("ad"), inside, tmp_path, {})
    check_store_survives(of_type("sandbox"), inside, tmp_path, CI)

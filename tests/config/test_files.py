"""Finding and reading files: only what is in the repository, and a clear word about everything else."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idcode.config.files import MAX_BYTES, find_root
from idcode.config.loader import load_repository
from idcode.model.errors import UsageError
from tests.config.support import HERE, REGISTRY, lines

BASE = HERE / "broken" / "base"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    shutil.copytree(BASE, tmp_path / "r")
    return tmp_path / "r"


def findings(root: Path) -> list[str]:
    return lines(load_repository(root, REGISTRY)[1])


def test_the_root_is_the_nearest_folder_above_that_has_a_project_file(root: Path) -> None:
    assert find_root(root / "rules") == root
    assert find_root(root) == root


def test_outside_a_repository_the_user_is_told_how_to_begin_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        find_root(tmp_path)
    assert "begin one: idcode init" in str(caught.value.hint)


def test_a_folder_without_a_project_file_is_said(tmp_path: Path) -> None:
    assert findings(tmp_path) == ["idcode.yaml:1:1: error file-not-found"]


def test_an_empty_project_file_is_said(root: Path) -> None:
    (root / "idcode.yaml").write_text("# later\n")
    assert findings(root) == ["idcode.yaml:1:1: error wrong-type"]


def test_a_link_out_of_the_repository_is_refused(root: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.yaml").write_text("identity: x\nkey: y\n")
    (root / "rules" / "link.yaml").symlink_to(tmp_path / "elsewhere.yaml")
    assert findings(root) == ["rules/link.yaml:1:1: error path-outside"]


def test_links_that_go_round_in_circles_are_refused(root: Path) -> None:
    (root / "rules" / "a.yaml").symlink_to(root / "rules" / "b.yaml")
    (root / "rules" / "b.yaml").symlink_to(root / "rules" / "a.yaml")
    assert findings(root) == ["rules/a.yaml:1:1: error unreadable-file", "rules/b.yaml:1:1: error unreadable-file"]


def test_a_link_that_leads_nowhere_is_said(root: Path) -> None:
    (root / "rules" / "a.yaml").symlink_to(root / "rules" / "gone.yaml")
    assert findings(root) == ["rules/a.yaml:1:1: error file-not-found"]


def test_a_link_to_a_file_of_the_repository_loads_it_once(root: Path) -> None:
    (root / "rules" / "same.yaml").symlink_to(root / "rules" / "people.yaml")
    assert findings(root) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_said(root: Path) -> None:
    (root / "decisions.yaml").chmod(0)
    assert findings(root) == ["decisions.yaml:1:1: error unreadable-file"]


def test_a_pipe_is_not_waited_for(root: Path) -> None:
    os.mkfifo(root / "rules" / "pipe.yaml")
    assert findings(root) == ["rules/pipe.yaml:1:1: error not-a-file"]


def test_a_file_of_absurd_size_is_refused(root: Path) -> None:
    with (root / "rules" / "large.yaml").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    assert findings(root) == ["rules/large.yaml:1:1: error file-too-large"]


SNIPPETS = """identity: person
key: x
inbound:
  - name: a
    source: hr
    flow: {x: [y]}
outbound: [{name: a, directory: corp, flow: {x: 'Trim('}}]
lifecycle: {stages: []}
directory: corp
groups: [{name: {expression: '[x]'}}]
  x: &a b
same: [{keep: 1, was: [2]}]
- {
] }
'"
~ : x
""".splitlines(keepends=True)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shared") / "r"
    shutil.copytree(BASE, folder)
    return folder


@settings(max_examples=150, deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("name", ["idcode.yaml", "rules/people.yaml", "objects/groups.yaml", "decisions.yaml"])
def test_whatever_a_file_holds_there_are_findings_and_never_an_exception(
    name: str, data: st.DataObject, shared: Path
) -> None:
    original = (BASE / name).read_bytes()
    kind = data.draw(st.sampled_from(["bytes", "snippets", "cut", "changed"]))
    at = data.draw(st.integers(0, len(original)))
    if kind == "bytes":
        content = data.draw(st.binary(max_size=80))
    elif kind == "snippets":
        content = "".join(data.draw(st.lists(st.sampled_from(SNIPPETS), max_size=8))).encode()
    elif kind == "cut":
        content = original[:at]
    else:
        content = original[:at] + data.draw(st.text("[]{}:,-'\"\n ab", max_size=4)).encode() + original[at + 2 :]
    (shared / name).write_bytes(content)
    repository, diagnostics = load_repository(shared, REGISTRY)
    assert (repository is None) == any(finding.severity == "error" for finding in diagnostics)
    assert diagnostics == sorted(diagnostics, key=lambda finding: finding.sort_key)
    (shared / name).write_bytes(original)

"""``idcode init``: from nothing to a repository that is valid, complete, and nobody else's files."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import typer.main
from ruamel.yaml import YAML

from idcode.cli.main import app, run_main
from tests.examples.start import connect
from tests.lab import Domain

PROJECT = Path(__file__).parents[2]
BEGINNINGS = pytest.mark.parametrize("example", [(), ("--example", "contoso")], ids=["start", "contoso"])
PIPELINES = (".github/workflows/idcode.yml", ".gitlab-ci.yml", "azure-pipelines.yml")


def tree(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@BEGINNINGS
def test_a_new_repository_has_no_findings(
    example: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "identities"
    assert run_main(["init", str(root), *example]) == 0
    written = [line for line in capsys.readouterr().out.splitlines() if line]
    assert written == sorted(str(path) for path in root.rglob("*") if path.is_file())
    assert run_main(["validate", "-C", str(root)]) == 0
    assert capsys.readouterr().out.strip() == "no findings"


@BEGINNINGS
def test_its_first_plan_on_a_practice_domain_needs_nothing_else(
    example: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [name for name in os.environ if name.startswith("IDCODE_")]:
        monkeypatch.delenv(name)
    root = tmp_path / "identities"
    run_main(["init", str(root), *example])
    capsys.readouterr()
    assert run_main(["plan", "-C", str(root), "--sandbox", "--strict"]) == 0
    assert re.search(r"^Plan: \d+ to create", capsys.readouterr().out, re.M)


@BEGINNINGS
def test_an_editor_finds_the_schema_of_every_file(example: tuple[str, ...], tmp_path: Path) -> None:
    run_main(["init", str(tmp_path), *example])
    named = 0
    for path in tmp_path.rglob("*.yaml"):
        for target in re.findall(r"^# yaml-language-server: \$schema=(.*)$", path.read_text("utf-8"), re.M):
            assert (path.parent / target).resolve().is_relative_to(tmp_path)
            assert (path.parent / target).is_file(), f"{path}: {target}"
            named += 1
    assert named >= 4


@BEGINNINGS
def test_programs_can_be_run_and_nothing_else(example: tuple[str, ...], tmp_path: Path) -> None:
    run_main(["init", str(tmp_path), *example])
    runnable = {path.name for path in tmp_path.rglob("*") if path.is_file() and path.stat().st_mode & stat.S_IXUSR}
    assert runnable == {"deliver-password.sh"}


@BEGINNINGS
def test_history_plans_and_saved_reads_stay_out_of_git(example: tuple[str, ...], tmp_path: Path) -> None:
    run_main(["init", str(tmp_path), *example])
    git = ["git", "-C", str(tmp_path)]
    subprocess.run([*git, "init", "--quiet"], check=True)
    private = [".idcode/idcode.db", ".idcode/sandbox/corp.db", "plan.json", "snapshot.jsonl.gz"]
    ignored = subprocess.run([*git, "check-ignore", *private], capture_output=True, text=True, check=True)
    assert ignored.stdout.split() == private
    added = subprocess.run([*git, "add", "--all", "--dry-run"], capture_output=True, text=True, check=True)
    assert added.stdout.count("\n") == len([name for name in tree(tmp_path) if not name.startswith(".git/")])


@pytest.mark.parametrize("taken", ["rules/people.yaml", ".gitlab-ci.yml", "schemas/rules.schema.json"])
def test_nothing_is_written_where_one_file_is_there_already(
    taken: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / taken).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / taken).write_text("mine", "utf-8")
    assert run_main(["init", str(tmp_path)]) == 1
    told = capsys.readouterr()
    assert str(tmp_path / taken) in told.err
    assert "nothing was written" in told.err
    assert tree(tmp_path) == {taken: b"mine"}


@pytest.mark.parametrize("link", [True, False], ids=["a dangling link", "a file where a folder is needed"])
def test_nothing_is_written_where_something_is_in_the_way(
    link: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if link:
        (tmp_path / "README.md").symlink_to(tmp_path / "nowhere")
    else:
        (tmp_path / "rules").write_text("mine", "utf-8")
    before = sorted(tmp_path.iterdir())
    assert run_main(["init", str(tmp_path)]) == 1
    assert str(before[0]) in capsys.readouterr().err
    assert sorted(tmp_path.iterdir()) == before


def test_a_folder_that_cannot_be_written_is_said_without_a_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_main(["init", "/proc/idcode"]) == 1
    told = capsys.readouterr().err
    assert "error: /proc/idcode" in told
    assert "defect" not in told


def test_an_example_that_there_is_not_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_main(["init", str(tmp_path), "--example", "fabrikam"]) == 1
    assert "contoso" in capsys.readouterr().err
    assert tree(tmp_path) == {}


def test_what_practice_runs_left_in_an_example_is_not_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from idcode.cli.commands import init

    examples = tmp_path / "examples"
    shutil.copytree(init.examples(), examples)
    left_behind = (".idcode/sandbox/corp.db", ".demo/delivered.txt", "plan.json")
    for name in left_behind:
        (examples / "start" / name).parent.mkdir(parents=True, exist_ok=True)
        (examples / "start" / name).write_text("private", "utf-8")
    monkeypatch.setattr(init, "examples", lambda: examples)
    assert run_main(["init", str(tmp_path / "new")]) == 0
    assert not tree(tmp_path / "new").keys() & set(left_behind)


def test_the_next_steps_can_be_typed_as_they_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    run_main(["init", "my company"])
    steps = [line.strip() for line in capsys.readouterr().err.splitlines() if line.startswith("  ")]
    assert steps[0] == "cd 'my company'"
    environment = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    typed = " && ".join(steps).replace("apply --sandbox", "apply --sandbox --yes")
    done = subprocess.run(["sh", "-c", typed], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "done: 13 done" in done.stdout


@pytest.mark.parametrize("name", PIPELINES)
def test_a_pipeline_runs_commands_that_exist_and_applies_only_the_saved_plan(name: str, tmp_path: Path) -> None:
    run_main(["init", str(tmp_path)])
    text = (tmp_path / name).read_text("utf-8")
    YAML(typ="safe").load(text)
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    used = re.findall(r"\bidcode ([a-z]+)([^\n|#]*)", re.sub(r"^ *#.*$", "", text, flags=re.M))
    assert [command for command, _ in used] == [
        *("validate", "test", "plan", "plan"),
        *("test", "snapshot", "plan", *_shown(name), "apply"),
    ]
    for command, rest in used:
        known = {option for parameter in commands[command].params for option in parameter.opts}
        assert set(re.findall(r"--[a-z-]+", rest)) <= known, command
    assert "plan.json" in used[-1][1]
    assert "--yes" not in text


def _shown(name: str) -> list[str]:
    return ["show"] if name.startswith(".github") else []


@pytest.mark.parametrize("name", PIPELINES)
def test_what_runs_for_a_pull_request_has_no_password(name: str) -> None:
    text = (PROJECT / "examples" / "pipelines" / name).read_text("utf-8")
    document = YAML(typ="safe").load(text)
    if name == "azure-pipelines.yml":
        (check,) = [stage for stage in document["stages"] if stage["stage"] == "check"]
    else:
        check = document.get("jobs", document)["check"]
    assert "idcode plan" in str(check)
    assert "PASSWORD" not in str(check)
    assert "STORE" not in str(check)
    assert "PASSWORD" not in str(document.get("env", "")) + str(document.get("variables", ""))


def check_of_a_pull_request(root: Path) -> str:
    """Run the check of the GitHub pipeline as a runner does, without any password; return what it shows."""
    document = YAML(typ="safe").load((root / PIPELINES[0]).read_text("utf-8"))
    steps = [step["run"] for step in document["jobs"]["check"]["steps"] if "idcode " in step.get("run", "")]
    summary = root / "summary.md"
    environment = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "GITHUB_STEP_SUMMARY": str(summary)}
    for step in steps:
        subprocess.run(["bash", "-e", "-c", step], cwd=root, env={**environment, "CI": "true"}, check=True)
    return summary.read_text("utf-8")


def test_the_check_of_a_pull_request_shows_the_plan_on_a_practice_domain(tmp_path: Path) -> None:
    run_main(["init", str(tmp_path)])
    shown = check_of_a_pull_request(tmp_path)
    assert "Ada Brisling" in shown
    assert "9 to create" in shown


@pytest.mark.ad
def test_the_check_of_a_pull_request_shows_the_plan_on_the_snapshot_of_last_night(
    domain: Domain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_main(["init", str(tmp_path)])
    connect(tmp_path, domain)
    monkeypatch.setenv("IDCODE_AD_PASSWORD", domain.password)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("CI", raising=False)
    assert run_main(["apply", "-C", str(tmp_path), "--yes"]) == 0
    assert run_main(["snapshot", "-C", str(tmp_path), "--out", str(tmp_path / "snapshot.jsonl.gz")]) == 0
    hr = tmp_path / "data" / "hr.csv"
    hr.write_text(hr.read_text("utf-8").replace("Hummer;Sales", "Hummer;Engineering"), "utf-8")
    shown = check_of_a_pull_request(tmp_path)
    assert "2 to update" in shown
    assert "snapshot taken" in shown


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with idcode as ``pip install`` of its wheel leaves it."""
    scratch = tmp_path_factory.mktemp("wheel")
    source = scratch / "source"
    source.mkdir()
    for name in ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE"):
        shutil.copy(PROJECT / name, source)
    skip = shutil.ignore_patterns("__pycache__", ".idcode", ".demo")
    for name in ("idcode", "examples"):
        shutil.copytree(PROJECT / name, source / name, ignore=skip)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run(
        [*pip, "wheel", "--no-deps", "--no-build-isolation", "--no-index", "-w", scratch, source],
        check=True,
        capture_output=True,
    )
    (wheel,) = scratch.glob("*.whl")
    site = scratch / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    return site


@BEGINNINGS
def test_an_installed_wheel_begins_the_same_repository(
    example: tuple[str, ...], installed: Path, tmp_path: Path
) -> None:
    run_main(["init", str(tmp_path / "checkout"), *example])
    code = (
        "import idcode, sys; from idcode.cli.main import run_main;"
        "assert idcode.__file__.startswith(sys.argv[1]), idcode.__file__;"
        "sys.exit(run_main(sys.argv[2:]))"
    )
    python = [sys.executable, "-c", code, str(installed)]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(installed)}
    for command in (
        ["init", "installed", *example],
        ["validate", "-C", "installed"],
        ["plan", "-C", "installed", "--sandbox"],
    ):
        done = subprocess.run([*python, *command], cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        if command[0] == "init":
            assert tree(tmp_path / "installed") == tree(tmp_path / "checkout")


def test_a_repository_that_is_there_is_called_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_main(["init", str(tmp_path)]) == 0
    before = tree(tmp_path)
    assert run_main(["init", str(tmp_path)]) == 1
    assert f"nothing was written, {tmp_path} already is a repository" in capsys.readouterr().err
    assert tree(tmp_path) == before


def test_an_export_that_a_spreadsheet_saved_is_still_complete(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_main(["init", str(tmp_path)]) == 0
    export = tmp_path / "data" / "hr.csv"
    saved = export.read_text("utf-8").replace("TOTAL;4", "TOTAL;4;;;;;;").replace("\n", "\r\n")
    export.write_bytes(b"\xef\xbb\xbf" + saved.encode())
    capsys.readouterr()
    assert run_main(["plan", "-C", str(tmp_path), "--sandbox", "--strict"]) == 0
    assert "source hr: csv, 4 rows, complete by trailer" in capsys.readouterr().out

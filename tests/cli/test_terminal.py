"""What reaches the terminal: results in any encoding, and a defect of idcode said as it is."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from idcode.cli import main
from idcode.plan.file import write_plan
from tests.apply.builders import change, plan, single

CODE = "from idcode.cli.main import main; main()"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_a_plan_is_shown_on_a_terminal_that_cannot_show_every_letter(tmp_path: Path, encoding: str) -> None:
    update = change("c1", "update", "person:E1", {"title": single("Åland → Øst", "…")}, anchor="a", dn="CN=A,DC=x")
    write_plan(tmp_path / "plan.json", plan([[update]]))
    environ = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-c", CODE, "show", "plan.json"]
    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert ("→" if encoding == "utf-8" else "\\u2192") in done.stdout.decode(encoding)


@pytest.mark.parametrize(("command", "code"), [("apply", 1), ("rollback", 1), ("show", 0)])
def test_an_apply_that_nobody_listens_to_any_more_is_no_success(tmp_path: Path, command: str, code: int) -> None:
    script = (
        "import sys; from idcode.cli import main\n"
        "def fail(*_, **__): raise BrokenPipeError\n"
        "main.app = fail; sys.exit(main.run_main(sys.argv[1:]))"
    )
    done = subprocess.run([sys.executable, "-c", script, command], cwd=tmp_path, check=False, timeout=60)
    assert done.returncode == code


@pytest.mark.parametrize(("command", "history"), [("apply", True), ("rollback", True), ("validate", False)])
def test_a_defect_is_reported_with_its_details_and_where_the_history_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, command: str, history: bool
) -> None:
    def fail(*_: object, **__: object) -> int:
        raise TypeError("broken")

    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(main, "app", fail)
    assert main.run_main([command]) == 1
    said = capsys.readouterr().err
    (details,) = tmp_path.glob("idcode-error-*.txt")
    assert str(details) in said
    assert "nothing else was done" not in said
    assert ("idcode runs" in said) == history


def test_the_count_of_changes_does_not_run_into_the_outcome(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run_main(["init", str(tmp_path)]) == 0
    capsys.readouterr()
    terminal, inside = pty.openpty()
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    environ.pop("CI", None)
    command = [sys.executable, "-c", CODE, "apply", "--sandbox", "--yes"]
    done = subprocess.Popen(command, cwd=tmp_path, env=environ, stdout=inside, stderr=inside)
    os.close(inside)
    shown = b"".join(iter(lambda: _heard(terminal), b"")).decode()
    assert done.wait() == 0, shown
    assert "changes done: " in shown
    for rest in shown.split("changes done: ")[1:]:
        assert rest.lstrip("0123456789").startswith("\r\x1b[K")


def _heard(terminal: int) -> bytes:
    """What a terminal was sent; nothing when the last writer has gone (Linux then answers with an error)."""
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""

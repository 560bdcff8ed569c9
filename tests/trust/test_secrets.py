"""No secret leaves its place: not into files, nor output, nor arguments of processes, whatever goes well or wrong."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

import ldap3
import pytest

from idcode.cli.main import run_main
from tests.acceptance.repository import Repository
from tests.trust.conftest import Keys
from tests.trust.search import files, found_in, readable_by_others

pytestmark = pytest.mark.ad

STORE = "st0re-P@ss/w:rd%41-planted"
BYSTANDER = "T0ken-of-another-program-planted"
SINK = """\
#!/bin/sh
cat /proc/$$/cmdline /proc/$PPID/cmdline >> {kept}/arguments
cat >> {kept}/delivered
grep -q '"E3@\\|E3@corp' {kept}/delivered && test ! -e {kept}/working && exit 1
exit 0
"""


class Life:
    """A repository on a real domain, everything it printed, and where its files may be."""

    def __init__(self, repo: Repository, kept: Path, temporary: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.repo, self.kept, self.temporary, self.capsys = repo, kept, temporary, capsys
        self.printed: dict[str, bytes] = {}
        self.before = frozenset(files([repo.root]))

    def run(self, *arguments: str, code: int = 0) -> str:
        result = self.repo.run(*arguments)
        assert result.code == code, result.out[-3000:] + result.err
        self.printed[f"{len(self.printed)} {' '.join(arguments)}"] = (result.out + result.err).encode()
        return result.out + result.err

    def break_down(self, *arguments: str) -> None:
        """Run a command that ends with a defect; where debugging is asked for, it prints a traceback."""
        code = run_main([*arguments, "--dir", str(self.repo.root)])
        out, err = self.capsys.readouterr()
        assert (code, out) == (1, ""), err
        assert "RuntimeError" in err
        self.printed[f"{len(self.printed)} a defect"] = err.encode()

    def written(self) -> list[Path]:
        """Return what idcode wrote: all files that were not there, with the folders it made for them."""
        new = list(files([self.repo.root, self.temporary], self.before))
        return new + [folder for folder in self.repo.root.rglob("*") if folder.is_dir() and ".idcode" in folder.parts]


@pytest.fixture
def life(
    on_a_domain_controller: Repository,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Life:
    kept, temporary = tmp_path_factory.mktemp("kept"), tmp_path_factory.mktemp("temporary")
    repo = on_a_domain_controller
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setenv("STORE_PASSWORD", STORE)
    monkeypatch.setenv("SOME_TOKEN", BYSTANDER)
    repo.write("sink.sh", SINK.format(kept=kept))
    keys = Keys(repo, kept, monkeypatch)
    keys.make("plan")
    keys.trust("plan")
    keys.have("plan")
    repo.person("E1", "Ada", "Brisling", "Engineering", mail="ada@contoso.com")
    repo.person("E2", "Greta", "Hummer", "Sales", mail="greta@contoso.com", manager="E1")
    repo.person("E3", "Cid", "Dorsch", "Sales", mail="cid@contoso.com")
    return Life(repo, kept, temporary, capsys)


def a_whole_life(life: Life) -> None:
    """Plan, apply in part, apply the rest, look at everything, roll back."""
    life.run("validate")
    life.run("plan", "--out", "plan.json", "--full")
    for output in ("text", "json", "markdown", "html"):
        life.run("show", "plan.json", "--format", output, "--full")
    assert "status 1" in life.run("apply", "plan.json", code=4)
    life.run("runs", life.repo.last_run())
    (life.kept / "working").touch()
    life.run("plan", "--out", "next.json")
    life.run("apply", "--approved", "next.json")
    run = life.repo.last_run()
    for output in ("text", "json"):
        life.run("runs", run, "--format", output)
    life.run("explain", "person:E1")
    life.run("snapshot", "--out", "snapshot.jsonl")
    life.run("snapshot", "--out", "snapshot.jsonl.gz")
    life.run("rollback", run, "--yes")


def everything_fails(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files with mistakes, a wrong password, a store that does not answer, libraries that say too much."""
    repo = life.repo
    right = (repo.root / "idcode.yaml").read_text("utf-8")
    repo.write("idcode.yaml", right + f'store: "postgresql+psycopg://idcode:{STORE}@127.0.0.1:1/x"\nno_such_key: 1\n')
    life.run("validate", code=1)
    repo.write("idcode.yaml", right + 'store: "postgresql+psycopg://idcode:${env:STORE_PASSWORD}@127.0.0.1:1/x"\n')
    life.run("runs", code=1)
    repo.write("idcode.yaml", right + 'store: "nonsense+driver://idcode:${env:STORE_PASSWORD}@127.0.0.1:1/x"\n')
    life.run("runs", code=1)
    repo.write("idcode.yaml", right)
    wrong = os.environ["LAB_PASSWORD"] + "-wrong"
    with monkeypatch.context() as patch:
        patch.setenv("LAB_PASSWORD", wrong)
        life.run("plan", code=1)
    for debug in ("", "1"):
        with monkeypatch.context() as patch:
            patch.setenv("IDCODE_DEBUG", debug)
            patch.setattr(ldap3.Connection, "bind", _talkative)
            life.break_down("plan")


def _talkative(connection: Any, *_: object, **__: object) -> bool:
    raise RuntimeError(f"cannot bind {connection.user} with {connection.password}")


def test_no_secret_is_in_anything_that_idcode_writes_prints_or_starts(
    life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_whole_life(life)
    everything_fails(life, monkeypatch)
    delivered = [json.loads(line) for line in (life.kept / "delivered").read_text("utf-8").splitlines()]
    assert {one["address"] for one in delivered} == {f"person:E{number}@corp/account" for number in (1, 2, 3)}
    secrets = {
        "the password that idcode signs in with": os.environ["LAB_PASSWORD"],
        "the password of the store": STORE,
        "a variable that is nobody's business": BYSTANDER,
        "the key that signs plans": os.environ["IDCODE_PLAN_KEY"].splitlines()[1],
        **{f"the new password {number} of {one['address']}": one["password"] for number, one in enumerate(delivered)},
    }
    assert len(secrets) >= 4 + 4  # one of them was made twice
    written = [path for path in life.written() if path.is_file()]
    texts = {str(path): path.read_bytes() for path in written} | life.printed
    texts["arguments"] = (life.kept / "arguments").read_bytes()
    assert {"plan.json", "snapshot.jsonl", "idcode.db"} <= {path.name for path in written}
    assert any(path.name.startswith("idcode-error-") for path in written)
    assert b"sink.sh" in texts["arguments"]
    assert found_in(secrets, texts) == []
    assert found_in({"it would be seen": "person:E1@corp/account"}, texts) != []


def test_whatever_holds_personal_data_is_for_its_owner_only(life: Life) -> None:
    umask = os.umask(0o022)
    try:
        life.repo.edit("idcode.yaml", "version: 1\n", "version: 1\nstore: sqlite:///.idcode/history/of/all.db\n")
        a_whole_life(life)
    finally:
        os.umask(umask)
    written = life.written()
    assert {"plan.json", "next.json", "snapshot.jsonl", "snapshot.jsonl.gz", "all.db"} <= {
        path.name for path in written
    }
    assert readable_by_others(written) == []


def test_practice_directories_are_for_their_owner_only_too(practising: Repository) -> None:
    umask = os.umask(0o022)
    try:
        assert practising.run("apply", "--sandbox", "--yes").code == 0
    finally:
        os.umask(umask)
    made = [path for path in practising.root.rglob("*") if ".idcode" in path.parts]
    assert any(path.suffix == ".db" for path in made)
    assert readable_by_others(made) == []

"""``idcode unlock``: whose lock it is, and away with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from idcode.cli.main import run_main
from idcode.store.store import Store, open_store
from tests.cli.test_wiring import PROJECT, RULES
from tests.lab.postgres import PostgresLab
from tests.store.support import SQLITE, Clock

RUN = "20261123T210020Z-21213a"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "rules").mkdir()
    (tmp_path / "objects").mkdir()
    (tmp_path / "idcode.yaml").write_text(PROJECT, "utf-8")
    (tmp_path / "rules/people.yaml").write_text(RULES, "utf-8")
    (tmp_path / "objects/ou.yaml").write_text("directory: corp\norganizational_units: [{path: People}]\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def store(root: Path) -> Iterator[Store]:
    opened = open_store(SQLITE, root, Clock())
    yield opened
    opened.close()


def elsewhere(store: Store) -> None:
    """Let the owner of all locks have run where nobody can see it."""
    with store._engine.begin() as connection:
        connection.execute(text("UPDATE idcode_lock SET place = 'elsewhere', owner = 'ada on build-7', pid = 4711"))


def test_it_says_whose_lock_it_is_and_removes_it(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    with store.lock(["corp"], RUN):
        elsewhere(store)
        assert run_main(["unlock", "corp", "--yes"]) == 0
        said = capsys.readouterr().out
        assert f"corp is locked by run {RUN} of ada on build-7 (process 4711) since 2026-11-23 19:41 UTC" in said
        assert "cannot be seen from here" in said
        assert "corp is not locked any more." in said
        assert store.locks() == []


def test_nothing_is_removed_without_an_answer(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    with store.lock(["corp"], RUN):
        elsewhere(store)
        assert run_main(["unlock", "corp"]) == 1
        assert "--yes" in capsys.readouterr().err
        assert [lock.run_id for lock in store.locks()] == [RUN]


@pytest.mark.parametrize(("answer", "code", "left"), [("yes\n", 0, 0), ("y\n", 1, 1), ("", 1, 1)])
def test_it_asks_on_a_terminal(
    store: Store, monkeypatch: pytest.MonkeyPatch, answer: str, code: int, left: int
) -> None:
    class Terminal:
        def isatty(self) -> bool:
            return True

        def readline(self) -> str:
            return answer

    monkeypatch.setattr("sys.stdin", Terminal())
    with store.lock(["corp"], RUN):
        elsewhere(store)
        assert run_main(["unlock", "corp"]) == code
        assert len(store.locks()) == left


def test_one_directory_or_all(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    with store.lock(["cloud", "corp", "removed-from-the-files"], RUN):
        elsewhere(store)
        assert run_main(["unlock", "removed-from-the-files", "--yes"]) == 0
        assert [lock.directory for lock in store.locks()] == ["cloud", "corp"]
        assert run_main(["unlock", "--yes"]) == 0
        assert store.locks() == []
    assert run_main(["unlock"]) == 0
    assert run_main(["unlock", "corp"]) == 0
    assert capsys.readouterr().out.endswith("Nothing is locked.\ncorp is not locked.\n")
    assert run_main(["unlock", "nowhere"]) == 1
    assert "The files have cloud, corp, lab." in capsys.readouterr().err


def test_the_lock_of_a_run_that_is_going_on_needs_force(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    with store.lock(["corp"], RUN):
        assert run_main(["unlock", "corp", "--yes"]) == 1
        captured = capsys.readouterr()
        assert "It is going on." in captured.out
        assert "--force" in captured.err
        assert [lock.run_id for lock in store.locks()] == [RUN]
        assert run_main(["unlock", "corp", "--yes", "--force"]) == 0
        assert store.locks() == []


def test_the_locks_of_practice_domains_are_others(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    with store.lock(["corp"], RUN):
        elsewhere(store)
        assert run_main(["unlock", "--sandbox", "--yes"]) == 0
        assert capsys.readouterr().out == "Nothing is locked.\n"
        assert [lock.run_id for lock in store.locks()] == [RUN]


def test_in_postgresql_an_owner_anywhere_can_be_judged(
    root: Path, postgres: PostgresLab, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    database = postgres.database()
    monkeypatch.setenv("IDCODE_STORE", postgres.url(database))
    (root / "idcode.yaml").write_text(f'{PROJECT}store: "${{env:IDCODE_STORE}}"\n', "utf-8")
    store = open_store(postgres.url(database), root)
    with store.lock(["corp"], RUN):
        elsewhere(store)
        assert run_main(["unlock", "--yes"]) == 1
        assert "It is going on." in capsys.readouterr().out
        postgres.execute(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{database}'")
        assert run_main(["unlock", "--yes"]) == 0
        assert "It has ended" in capsys.readouterr().out
        assert store.locks() == []
    store.close()
    postgres.drop(database)

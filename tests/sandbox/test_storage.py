"""The file of a practice domain: what was answered is in it, whatever happens to the process."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from idcode.directories.ad.schema import AdSchema
from idcode.directories.sandbox import storage
from idcode.directories.sandbox.session import EmbeddedSession
from idcode.directories.sandbox.storage import create, open_domain
from idcode.directories.sandbox.tree import Node
from idcode.model.errors import DirectoryError
from tests.sandbox.practice import PASSWORD, PEOPLE, Practice, to

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "sandbox" / "corp.db"
    create(path, Practice().domain)
    return path


def opened(path: Path) -> Practice:
    return Practice(open_domain(path))


def busy(corp: Practice) -> None:
    """Do something of every kind."""
    corp.user("Ada", title=b"Engineer", thumbnailPhoto=bytes(range(256)), unicodePwd=PASSWORD)
    corp.user("Bo", manager=f"CN=Ada,{PEOPLE}".encode())
    corp.group("team", member=[f"CN={name},{PEOPLE}".encode() for name in ("Bo", "Ada")])
    corp.add(f"OU=Zoë,{PEOPLE}", "organizationalUnit")
    corp.set(f"CN=Ada,{PEOPLE}", title=[], department=b"R&D")
    assert corp.session.rename(f"CN=Ada,{PEOPLE}", "CN=Ada B", f"OU=Zoë,{PEOPLE}").ok
    assert corp.session.delete(f"CN=Bo,{PEOPLE}").ok
    assert corp.modify(f"CN=team,{PEOPLE}", "member", to()).ok


def test_the_file_is_the_owners_alone(path: Path) -> None:
    assert path.stat().st_mode & 0o777 == 0o600
    assert [item.name for item in path.parent.iterdir()] == ["corp.db"]


def test_another_process_finds_everything_as_it_was_left(path: Path) -> None:
    corp = opened(path)
    busy(corp)
    again = opened(path)
    assert again.state() == corp.state()
    for name in ("root_dn", "sid", "invocation_id", "server", "recycle_bin", "usn", "rid", "schema"):
        kept, now = getattr(again.domain, name), getattr(corp.domain, name)
        assert (kept == now) if name != "schema" else list(kept.attributes) == list(now.attributes)
    assert again.modify(f"CN=Ada B,OU=Zoë,{PEOPLE}", "userAccountControl", to(b"512")).ok


def test_a_refused_operation_leaves_no_trace(path: Path) -> None:
    corp = opened(path)
    before = corp.state(), corp.domain.usn
    assert corp.try_add(f"CN=x,{PEOPLE}", "user", sAMAccountName=b"a/b").code == 80
    again = opened(path)
    assert (again.state(), again.domain.usn) == before


def test_two_at_once_see_what_the_other_does(path: Path) -> None:
    one, other = opened(path), opened(path)
    one.user("Ada")
    assert other.get(f"CN=Ada,{PEOPLE}", "sAMAccountName") == [b"ada"]
    assert other.try_add(f"CN=Other,{PEOPLE}", "user", sAMAccountName=b"ada").code == 68
    other.user("Bo")
    assert one.get(f"CN=Ada,{PEOPLE}", "objectSid") != one.get(f"CN=Bo,{PEOPLE}", "objectSid")
    assert one.state() == other.state()


def test_many_processes_at_once_lose_nothing(path: Path) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from idcode.directories.sandbox.session import EmbeddedSession\n"
        "from idcode.directories.sandbox.storage import open_domain\n"
        "session = EmbeddedSession(open_domain(Path(sys.argv[1])))\n"
        "print('ready', flush=True); input()\n"
        f"for n in range(200): assert session.add(f'CN={{sys.argv[2]}}{{n}},{PEOPLE}', ['contact'], {{}}).ok\n"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    running = [subprocess.Popen([sys.executable, "-c", code, str(path), name], cwd=CHECKOUT, **pipes) for name in "ab"]
    for process in running:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
    for process in running:
        assert process.stdin is not None
        process.stdin.write(b"\n")
        process.stdin.flush()
    assert [process.communicate(timeout=60) and process.returncode for process in running] == [0, 0]
    corp = opened(path)
    assert len(corp.found("(objectClass=contact)")) == 400
    numbers = [raw["uSNCreated"][0] for raw in corp.state().values() if b"contact" in raw["objectClass"]]
    assert len(set(numbers)) == 400


def test_what_was_answered_survives_a_kill(path: Path) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from idcode.directories.sandbox.session import EmbeddedSession\n"
        "from idcode.directories.sandbox.storage import open_domain\n"
        "session = EmbeddedSession(open_domain(Path(sys.argv[1])))\n"
        f"for n in range(10**6): session.add(f'CN=c{{n}},{PEOPLE}', ['contact'], {{}}); print(n, flush=True)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(path)], cwd=CHECKOUT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(50)]
        os.kill(process.pid, signal.SIGKILL)
        said += process.stdout.readlines()
    answered = max(int(line) for line in said if line.endswith(b"\n"))
    session = EmbeddedSession(open_domain(path))
    for number in range(answered + 1):
        assert session.search(f"CN=c{number},{PEOPLE}", scope="base").result.ok


def test_a_new_domain_takes_the_place_of_the_old_file(path: Path) -> None:
    busy(opened(path))
    fresh = Practice()
    create(path, fresh.domain)
    assert opened(path).state() == fresh.state()


def test_commands_that_begin_at_once_work_on_one_file(tmp_path: Path) -> None:
    path = tmp_path / "corp.db"
    create(path, Practice().domain, unless_there=True)
    one = opened(path)
    one.user("Ada")
    create(path, Practice().domain, unless_there=True)  # by a command that had not seen the file yet
    one.user("Bo")
    assert opened(path).state() == one.state()
    assert [item.name for item in tmp_path.iterdir()] == ["corp.db"]


def test_who_works_on_a_domain_that_was_made_anew_is_told(path: Path) -> None:
    corp = opened(path)
    create(path, Practice().domain)
    with pytest.raises(DirectoryError, match="was made anew") as caught:
        corp.user("Ada")
    assert caught.value.hint == "Begin this command again."


def test_an_interrupt_right_after_a_write_does_not_hide_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corp = opened(path)

    def interrupted(_: Node) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(corp.domain.tree, "put", interrupted)
    with pytest.raises(KeyboardInterrupt):
        corp.user("Ada")
    assert corp.found("(sAMAccountName=ada)") == [f"CN=Ada,{PEOPLE}"]
    assert corp.state() == opened(path).state()


def test_a_change_by_another_is_never_seen_half(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corp = opened(path)
    corp.user("Bo")
    corp.user("Ada")
    other = sqlite3.connect(path, timeout=0)
    refused = []
    decoded = storage.decode_schema

    def meanwhile(data: Mapping[str, Any]) -> AdSchema:
        try:
            with other:
                other.execute("DELETE FROM objects WHERE name = 'Ada'")
        except sqlite3.OperationalError as error:
            refused.append(str(error))
        return decoded(data)

    monkeypatch.setattr(storage, "decode_schema", meanwhile)
    found = opened(path).found("(sAMAccountName=ada)")
    other.close()
    assert (found, refused) == ([f"CN=Ada,{PEOPLE}"], ["database is locked"])


def test_a_full_disk_is_said(path: Path) -> None:
    corp = opened(path)
    keeper = cast(Any, corp.domain.keeper)
    (pages,) = keeper._connection.execute("PRAGMA page_count").fetchone()
    keeper._connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(DirectoryError, match="full") as caught:
        corp.user("Ada", thumbnailPhoto=bytes(50_000))
    assert caught.value.hint == "Make room on the disk, and try again."
    assert corp.found("(sAMAccountName=ada)") == []


def _other_database(path: Path) -> None:
    path.unlink()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE t (x)")
    connection.close()


def _newer(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()


def _without_a_container(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("DELETE FROM objects WHERE name = 'Users'")
    connection.close()


def _without_anything(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("DELETE FROM objects")
        connection.execute("DELETE FROM refs")
    connection.close()


def _with_a_wrong_value(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE objects SET \"values\" = '[1]' WHERE name = 'Users'")
    connection.close()


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda path: path.write_bytes(b"no database at all" * 100), "not the file of a practice domain"),
        (lambda path: path.write_bytes(b""), "not the file of a practice domain"),
        (lambda path: path.write_bytes(path.read_bytes()[:20000]), "is damaged"),
        (_other_database, "not the file of a practice domain"),
        (_newer, "another version of idcode (format 99"),
        (_without_a_container, "is damaged"),
        (_without_anything, "is damaged"),
        (_with_a_wrong_value, "is damaged"),
        (Path.unlink, "cannot be opened"),
    ],
)
def test_a_file_that_is_no_good_is_explained(path: Path, damage: object, said: str) -> None:
    damage(path)  # type: ignore[operator]
    with pytest.raises(DirectoryError) as caught:
        open_domain(path)
    assert said in str(caught.value)
    assert str(path) in str(caught.value)
    assert caught.value.hint


def test_a_domain_that_cannot_be_written_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(DirectoryError, match="cannot be written"):
        create(tmp_path / "file" / "corp.db", Practice().domain)
    assert [item.name for item in tmp_path.iterdir()] == ["file"]


def test_ten_thousand_people_fit(tmp_path: Path) -> None:
    corp = Practice()
    names = [corp.add(f"CN=c{number},{PEOPLE}", "contact").encode() for number in range(10_000)]
    corp.group("everybody", member=names)
    create(tmp_path / "corp.db", corp.domain)
    again = opened(tmp_path / "corp.db")
    assert len(again.domain.tree.nodes) == len(corp.domain.tree.nodes)
    assert again.modify(f"CN=everybody,{PEOPLE}", "member", ("delete", names[:5])).ok
    assert len(opened(tmp_path / "corp.db").domain.tree.nodes) == len(corp.domain.tree.nodes)
    assert again.found("(cn=c77)") == [f"CN=c77,{PEOPLE}"]

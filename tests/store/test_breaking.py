"""Runs whose store breaks: nothing is written to a directory that cannot be written down."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from idcode.apply.executor import apply_plan
from idcode.model.errors import PlanRefused, StoreError
from idcode.model.plans import Change
from idcode.model.values import Ref
from idcode.model.writes import Write
from idcode.store.store import Store, open_store
from tests.apply.builders import change, delta, plan, single
from tests.apply.conftest import Listener, Sink
from tests.apply.memory import MemoryDirectory
from tests.apply.test_executor import ADA_DN, ADA_ID, BASE, BOB_DN, BOB_ID, GROUP_ID, OPTIONS, estate
from tests.lab.postgres import PostgresLab
from tests.store.support import Process

DURING = "c2.1"
"""The write in the middle of the first batch."""


def title(id_: str, anchor: str, dn: str) -> Change:
    return change(
        id_, "update", f"person:{id_}@corp/account", {"title": single("Engineer", "Lead")}, anchor=anchor, dn=dn
    )


def enrol(id_: str) -> Change:
    values = {"member": delta([Ref(ADA_ID)])}
    group = {"anchor": GROUP_ID, "dn": f"CN=sg,{BASE}", "object_type": "group", "phase": "link"}
    return change(id_, "update", "group:sg@corp", values, **group)


BATCHES = [
    [title("c1", ADA_ID, ADA_DN), title("c2", BOB_ID, BOB_DN), enrol("c3")],
    [change("c4", "update", "person:c4@corp/account", {"description": single(None, "x")}, anchor=ADA_ID, dn=ADA_DN)],
]


def apply(store: Store, directory: MemoryDirectory, plan_id: str = "p1") -> str:
    return apply_plan(plan(BATCHES, plan_id=plan_id), {"corp": directory}, store, Sink(), OPTIONS, Listener()).status


def breaking(directory: MemoryDirectory, happens: Callable[[], object]) -> MemoryDirectory:
    """Let something happen while the write :data:`DURING` is on its way."""

    def fault(write: Write) -> None:
        if write.id == DURING:
            happens()

    directory.fault = fault
    return directory


def test_a_plan_runs_on_either_store(store: Store) -> None:
    directory = estate()
    assert apply(store, directory) == "done"
    assert directory.log == ["c1.1", "c2.1", "c3.1", "c4.1"]
    with pytest.raises(PlanRefused):
        apply(store, directory)


def test_a_run_stops_before_its_next_write_when_its_connection_breaks(
    postgres: PostgresLab, database: str, tmp_path: Path
) -> None:
    notes: list[str] = []
    store = open_store(postgres.url(database), tmp_path, note=notes.append)
    cut = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'"
    directory = breaking(estate(), lambda: postgres.execute(cut))
    with pytest.raises(StoreError, match="cannot write the journal"):
        apply(store, directory)
    assert directory.log == ["c1.1", "c2.1"]
    (run,) = store.runs()
    assert (run.status, [write.outcome for write in store.writes(run.run_id)]) == ("failed", ["done", None, None])
    (left,) = store.locks()
    assert store.owner_state(left) == "ended"
    assert apply(store, breaking(directory, lambda: None), "p2") == "done"
    assert f"run {run.run_id}" in notes[0]
    store.close()


def test_a_run_stops_before_its_next_write_when_the_server_ends(
    postgres: PostgresLab, database: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    store = open_store(postgres.url(database), tmp_path)
    directory = breaking(estate(), postgres.stop)
    with pytest.raises(StoreError, match="cannot write the journal"):
        apply(store, directory)
    assert directory.log == ["c1.1", "c2.1"]
    assert "Traceback" not in capfd.readouterr().err
    postgres.start()
    (run,) = store.runs()
    assert run.status == "running", "nobody could write down how it ended"
    assert [write.outcome for write in store.writes(run.run_id)] == ["done", None, None]
    with store.lock(["corp"], "next"):
        pass
    store.close()


def test_a_run_whose_lock_is_taken_away_stops_before_its_next_batch(store: Store, other: Store) -> None:
    def take_away() -> None:
        (lock,) = other.locks()
        assert other.unlock(lock, force=True)

    directory = breaking(estate(), take_away)
    with pytest.raises(StoreError):
        apply(store, directory)
    assert "c4.1" not in directory.log
    with other.lock(["corp"], "next"):
        pass


def test_of_two_applies_at_once_one_proceeds_and_the_other_names_it(url: str, tmp_path: Path) -> None:
    script = """
from tests.store.test_breaking import *
def stop_here():
    say("writing")
    wait()
say(apply(store, breaking(estate(), stop_here)))
"""
    first = Process(url, tmp_path, script)
    assert first.heard() == "writing"
    store, directory = open_store(url, tmp_path), estate()
    with pytest.raises(StoreError, match=rf"corp is locked by run \S+ of \S+ on .* \(process {first.pid}\) since 20"):
        apply(store, directory, "p2")
    assert directory.log == []
    assert [run.plan_id for run in store.runs()] == ["p1"]
    first.go()
    assert first.heard() == "done"
    assert first.ended() == 0
    assert apply(store, directory, "p2") == "done"
    store.close()


FULL = """
import subprocess
from tests.lab.postgres import PostgresLab, server_account
from tests.store.test_breaking import *

kind, when, folder = sys.argv[1:]
disk = Path(folder) / "disk"
lab = PostgresLab() if kind == "postgresql" else None
if lab:
    lab.start()
    disk = lab.folder / "disk"
disk.mkdir()
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(disk)], check=True)
url = f"sqlite:///{disk}/idcode.db"
if lab:
    os.chown(disk, server_account().pw_uid, -1)
    lab.execute(f"CREATE TABLESPACE small LOCATION '{disk}'")
    url = lab.url(lab.database("TABLESPACE small"))

def fill():
    with (disk / "filler").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass

open_store(url, Path(folder)).close()
if when == "before":
    fill()
if not os.fork():  # a process of its own, so that it can end
    directory = breaking(estate(), fill)
    try:
        print(apply(open_store(url, Path(folder)), directory))
    except StoreError as error:
        print(f"{error}, {(error.hint or '').partition(',')[0]}")
    print(directory.log, flush=True)
    os._exit(0)
os.wait()
(disk / "filler").unlink()
store = open_store(url, Path(folder))
print([(run.status, [write.outcome for write in store.writes(run.run_id)]) for run in store.runs()])
print(apply(store, estate(), "p2"))
store.close()
if lab:
    lab.stop()
    subprocess.run(["umount", str(disk)], check=True)
    lab.discard()
"""


def with_a_full_disk(kind: str, when: str, folder: Path) -> list[str]:
    """Return what a process says that has a small disk of its own, mounted where nobody else sees it."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root")
    command = ["unshare", "--mount", sys.executable, "-c", f"import os, sys\nfrom pathlib import Path\n{FULL}"]
    done = subprocess.run([*command, kind, when, str(folder)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_full_disk_stops_a_run_before_its_first_write(
    request: pytest.FixtureRequest, kind: str, tmp_path: Path
) -> None:
    if kind == "postgresql":
        request.getfixturevalue("postgres")  # skips where there can be none
    error, log, runs, afterwards = with_a_full_disk(kind, "before", tmp_path)
    assert error.startswith(("cannot open the store", "cannot take the lock in the store"))
    assert error.endswith(("disk I/O error, free space", "No space left on device, free space"))
    assert (log, runs, afterwards) == ("[]", "[]", "done")


def test_a_disk_that_fills_up_stops_a_run_before_its_next_write(tmp_path: Path) -> None:
    error, log, runs, afterwards = with_a_full_disk("sqlite", "during", tmp_path)
    assert error.startswith("cannot write the journal: ")
    assert log == "['c1.1', 'c2.1']"
    assert runs == "[('running', ['done', None, None])]"
    assert afterwards == "done"


def test_a_file_that_may_not_grow_stops_a_run_before_its_first_write(tmp_path: Path) -> None:
    script = """
import resource
from tests.store.test_breaking import *
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
directory = estate()
try:
    apply(store, directory)
except StoreError as error:
    say(f"{error} {directory.log}")
"""
    process = Process("sqlite:///idcode.db", tmp_path, script)
    assert process.heard().startswith("cannot take the lock in the store: ")
    process.ended()

"""A tenant in a file: nothing is lost, whoever writes."""

from __future__ import annotations

import multiprocessing
import sqlite3
import stat
from pathlib import Path
from typing import Any

import pytest

from idcode.directories.sandbox.tenant.clock import ScaledClock
from idcode.directories.sandbox.tenant.seeding import Seed, planted
from idcode.directories.sandbox.tenant.storage import create, open_state
from idcode.directories.sandbox.tenant.switches import Switches
from idcode.directories.sandbox.tenant.tenant import Tenant
from idcode.model.errors import DirectoryError
from tests.tenant.office import Office, group, person
from tests.tenant.practice import DOMAIN, NOW, ref

CREW = group(1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    people = [person(number) for number in range(3)]
    links = [("members", CREW["id"], people[0]["id"])]
    create(tmp_path / "cloud.db", planted(Seed(domains=[DOMAIN], users=people, groups=[CREW], links=links), NOW))
    return tmp_path / "cloud.db"


def opened(path: Path, clock: ScaledClock | None = None, switches: Switches | None = None) -> Office:
    office = Office()
    office.clock = clock or office.clock
    office.tenant = Tenant(open_state(path), office.clock, switches)
    return office


def test_what_was_written_is_there_after_the_process_has_ended(path: Path) -> None:
    office = opened(path)
    ada = office.user("ada", department="Works")
    office.join(CREW["id"], ada)
    office.delete(f"/users/{person(1)['id']}")
    before = opened(path)
    assert before.members(CREW["id"]) == {ada, person(0)["id"]}
    assert before.get(f"/users/{ada}?$select=department")["department"] == "Works"
    assert before.ids("/directory/deletedItems/microsoft.graph.user") == {person(1)["id"]}
    assert list(before.tenant.state.newest.links()) == list(office.tenant.state.newest.links())


def test_the_file_is_its_owners_only(path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_two_processes_see_each_others_writes_at_once(path: Path) -> None:
    one, other = opened(path), opened(path)
    ada = one.user("ada")
    other.patch(f"/users/{ada}", {"jobTitle": "Captain"})
    other.join(CREW["id"], ada)
    assert one.get(f"/users/{ada}")["jobTitle"] == "Captain"
    assert ada in one.members(CREW["id"])
    assert one.refused("POST", f"/groups/{CREW['id']}/members/$ref", ref(ada))[0] == 400
    body = {"accountEnabled": True, "displayName": "Ada", "mailNickname": "ada", "userPrincipalName": f"ada@{DOMAIN}"}
    assert other.refused("POST", "/users", {**body, "passwordProfile": {"password": "Kp7-tandem-Quartz-41"}})[0] == 400


def test_a_delta_link_outlives_the_process(path: Path) -> None:
    link = opened(path).delta("/users/delta?$select=jobTitle")[1]
    opened(path).patch(f"/users/{person(1)['id']}", {"jobTitle": "Captain"})
    assert opened(path).since(link)[0] == [{"id": person(1)["id"], "jobTitle": "Captain"}]


def test_a_tenant_opened_anew_is_as_late_as_before(path: Path) -> None:
    clock = ScaledClock(0, NOW)
    ada = opened(path, clock).user("ada")
    late = opened(path, clock, Switches(lag=30))
    assert late.refused("GET", f"/users/{ada}")[0] == 404
    late.wait(30)
    assert late.get(f"/users/{ada}")["id"] == ada


def test_what_is_ordered_for_later_is_done_by_whoever_comes_first(path: Path) -> None:
    clock = ScaledClock(0, NOW)
    opened(path, clock).delete(f"/users/{person(1)['id']}")
    clock.advance(30 * 24 * 3600)
    one, other = opened(path, clock), opened(path, clock)
    assert one.values("/directory/deletedItems/microsoft.graph.user") == []
    assert other.values("/directory/deletedItems/microsoft.graph.user") == []


def test_a_refused_request_leaves_nothing_in_the_file(path: Path) -> None:
    office = opened(path)
    bound = [ref(each)["@odata.id"] for each in (person(1)["id"], person(0)["id"])]
    assert office.refused("PATCH", f"/groups/{CREW['id']}", {"members@odata.bind": bound})[0] == 400
    for each in (office, opened(path)):
        assert each.members(CREW["id"]) == {person(0)["id"]}


def _write(path: Path, name: str, together: Any) -> None:
    office = opened(path)
    together.wait()
    for number in range(100):
        office.join(CREW["id"], office.user(f"{name}{number}"))


def test_processes_that_write_at_once_lose_nothing(path: Path) -> None:
    context: Any = multiprocessing.get_context("spawn")
    together = context.Barrier(2)
    workers = [context.Process(target=_write, args=(path, name, together)) for name in ("a", "b")]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0]
    office = opened(path)
    assert len(office.everything(f"/groups/{CREW['id']}/members")) == 201
    assert len(office.everything("/users")) == 203


def test_other_files_are_neither_opened_nor_replaced(tmp_path: Path) -> None:
    note, other, gone = tmp_path / "note.txt", tmp_path / "other.db", tmp_path / "gone.db"
    note.write_text("precious")
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE t (x)")
    connection.close()
    state = planted(Seed(), NOW)
    for path in (note, other):
        with pytest.raises(DirectoryError, match="is not the file of a practice tenant"):
            create(path, state)
        with pytest.raises(DirectoryError):
            open_state(path)
    with pytest.raises(DirectoryError):
        open_state(gone)
    assert note.read_text() == "precious"


def test_a_file_that_is_there_stays_where_that_is_asked_for(path: Path) -> None:
    create(path, planted(Seed(), NOW), unless_there=True)
    assert len(opened(path).values("/users")) == 3
    create(path, planted(Seed(), NOW))
    assert opened(path).values("/users") == []

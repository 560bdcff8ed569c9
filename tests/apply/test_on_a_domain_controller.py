"""Apply and roll back on a real domain controller: afterwards every attribute is what it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from idcode.apply.executor import apply_plan
from idcode.apply.results import Options, RunResult
from idcode.apply.rollback import RollbackOptions, plan_rollback
from idcode.model.plans import Change, DirectoryState, Expect, Plan
from idcode.model.values import Ref
from idcode.plan import decoding, encoding
from idcode.store.store import Store
from tests.apply.builders import change, delta, plan, single
from tests.apply.conftest import Listener, Sink
from tests.lab import Domain

if TYPE_CHECKING:
    from idcode.directories.ad.directory import AdDirectory

pytestmark = pytest.mark.ad

SERVER_KEPT = {
    "uSNChanged", "uSNCreated", "whenChanged", "whenCreated", "dSCorePropagationData", "pwdLastSet", "badPasswordTime",
    "badPwdCount", "lastLogon", "logonCount", "lastLogoff", "lastKnownParent", "adminCount", "operatorCount",
}  # fmt: skip
"""What the server keeps for itself: numbers and times of changes and logons, and what restoring sets."""


@pytest.fixture
def corp(domain: Domain) -> Iterator[AdDirectory]:
    from tests.ad.support import directory

    opened = directory(domain)
    yield opened
    opened.close()


@pytest.fixture
def root(domain: Domain) -> str:
    return f"OU=Managed,{domain.base_dn}"


@pytest.fixture
def apply(corp: AdDirectory, store: Store, sink: Sink, listener: Listener) -> Callable[[Plan], RunResult]:
    def run(wanted: Plan) -> RunResult:
        options = Options("sha256:c0", datetime.now(UTC))
        return apply_plan(wanted, {"corp": corp}, store, sink, options, listener)

    return run


@pytest.fixture
def make(corp: AdDirectory) -> Callable[..., Plan]:
    """Make a plan for the domain as it is now."""

    def planned(plan_id: str, *batches: list[Change]) -> Plan:
        now = corp.fingerprint()
        state = DirectoryState(now.type, now.identity, now.server, now.invocation_id, now.usn, True, 1)
        expires = (datetime.now(UTC) + timedelta(days=1)).isoformat()
        return plan(batches, plan_id=plan_id, directories={"corp": state}, expires_at=expires)

    return planned


@pytest.fixture
def undo(corp: AdDirectory, store: Store, apply: Any) -> Callable[[str], RunResult]:
    def run(run_id: str) -> RunResult:
        options = RollbackOptions("contoso", None, "sha256:c0", datetime.now(UTC), timedelta(days=1), "0.1.0")
        wanted = plan_rollback(run_id, store, {"corp": corp}, options)
        assert wanted.held == ()
        return apply(decoding.decode(encoding.encode(wanted), strict=True))

    return run


def container(id_: str, dn: str, **attributes: Any) -> Change:
    return change(id_, "create", f"ou:{dn}@corp", attributes, dn=dn, new_dn=dn, object_type="ou", phase="containers")


def person(id_: str, name: str, parent: str, *, enabled: bool = True, **attributes: Any) -> Change:
    dn = f"CN={name},{parent}"
    given = {"sAMAccountName": single(None, name.lower()), "employeeID": single(None, name), **attributes}
    values = {**given, "enabled": single(None, enabled)}
    return change(id_, "create", f"person:{name}@corp/account", values, dn=dn, new_dn=dn, password=enabled)


def team(id_: str, name: str, parent: str, *members: str) -> Change:
    dn = f"CN={name},{parent}"
    values = {
        "sAMAccountName": single(None, name), "category": single(None, "security"), "scope": single(None, "global"),
    }  # fmt: skip
    if members:
        values["member"] = delta([Ref(member) for member in members])
    return change(id_, "create", f"group:{name}@corp", values, dn=dn, new_dn=dn, object_type="group", phase="create")


@pytest.fixture
def estate(apply: Any, make: Any, root: str, store: Store) -> dict[str, str]:
    """Make a small company through idcode itself; return anchors by address."""
    ada, bob, cyd = (f"person:{name}@corp/account" for name in ("Ada", "Bob", "Cyd"))
    run = apply(
        make(
            "setup",
            [container("s1", root, protected=single(None, True))],
            [container("s2", f"OU=Staff,{root}"), container("s3", f"OU=Groups,{root}")],
            [
                person("s4", "Ada", f"OU=Staff,{root}", title=single(None, "Engineer"),
                       mail=single(None, "ada@example.com")),
                person("s5", "Cyd", f"OU=Staff,{root}", enabled=False),
                person("s6", "Dan", f"OU=Staff,{root}", description=single(None, "über, alles=#+")),
            ],
            [person("s7", "Bob", f"OU=Staff,{root}", manager=single(None, Ref(ada)), title=single(None, "Clerk"))],
            [team("s8", "sg-one", f"OU=Groups,{root}", ada, bob), team("s9", "sg-two", f"OU=Groups,{root}", cyd, bob)],
        )
    )  # fmt: skip
    assert run.status == "done", run.problems
    return {row.address: row.anchor or "" for row in store.changes(run.run_id)}


def dump(admin: Any, base: str) -> dict[str, dict[str, Any]]:
    """Return every attribute of every object below ``base`` by objectGUID, except what the server keeps."""
    admin.search(base, "(objectClass=*)", "SUBTREE", attributes=["*", "nTSecurityDescriptor"])
    return {
        entry["raw_attributes"]["objectGUID"][0].hex(): {"dn": entry["dn"].lower()}
        | {
            name: sorted(values)
            for name, values in entry["raw_attributes"].items()
            if name not in SERVER_KEPT and values
        }
        for entry in admin.response
        if entry["type"] == "searchResEntry"
    }


def day(root: str, known: dict[str, str]) -> list[list[Change]]:
    """Every operation, in the order in which a planner would put them."""
    staff, groups = f"OU=Staff,{root}", f"OU=Groups,{root}"

    def of(id_: str, op: Any, name: str, attributes: Any = None, **fields: Any) -> Change:
        address = f"person:{name}@corp/account"
        return change(id_, op, address, attributes, anchor=known[address], dn=f"CN={name},{staff}", **fields)

    def group(id_: str, name: str, item: Any) -> Change:
        address = f"group:{name}@corp"
        return change(
            id_, "update", address, {"member": item}, anchor=known[address], dn=f"CN={name},{groups}",
            object_type="group", phase="link",
        )  # fmt: skip

    ada, cyd, eve = known["person:Ada@corp/account"], known["person:Cyd@corp/account"], "person:Eve@corp/account"
    ou = f"ou:{staff}@corp"
    return [
        [of("c1", "disable", "Bob", {"enabled": single(True, False)}),
         of("c2", "disable", "Dan", {"enabled": single(True, False)})],
        [container("c3", f"OU=Leavers,{root}", protected=single(None, True))],
        [person("c4", "Eve", staff, title=single(None, "Clerk"), manager=single(None, Ref(ada)))],
        [
            of("c5", "update", "Ada", {"title": single("Engineer", "Lead"), "mail": single("ada@example.com", None),
                                       "telephoneNumber": single(None, "+46 8 1")}),
            of("c6", "update", "Bob", {"manager": single(Ref(ada), None), "title": single("Clerk", "Left")}),
        ],
        [of("c7", "move", "Dan", {"cn": single("Dan", "Dan, the Man")}, new_dn=f"CN=Dan\\, the Man,OU=Leavers,{root}")],
        [change("c8", "move", ou, {"ou": single("Staff", "People")}, anchor=known[ou], dn=staff,
                new_dn=f"OU=People,{root}", object_type="ou", phase="containers")],
        [group("c9", "sg-one", delta([Ref(eve), Ref(cyd)], [Ref(ada)])),
         of("d1", "enable", "Cyd", {"enabled": single(False, True)}, password=True)],
        [replace(of("d2", "update", "Ada", {"manager": single(None, Ref(eve))}), expect=Expect())],
        [of("d3", "delete", "Bob"),
         change("d4", "delete", "group:sg-two@corp", {}, anchor=known["group:sg-two@corp"], dn=f"CN=sg-two,{groups}",
                object_type="group")],
    ]  # fmt: skip


def test_a_day_of_changes_and_its_rollback_leave_every_attribute_as_it_was(
    estate: dict[str, str], apply: Any, make: Any, undo: Any, admin: Any, root: str
) -> None:
    before = dump(admin, root)
    run = apply(make("day", *day(root, estate)))
    assert run.status == "done", run.problems
    assert dump(admin, root) != before
    result = undo(run.run_id)
    assert result.status == "done", result.problems
    after = dump(admin, root)
    assert {guid: entry["dn"] for guid, entry in after.items()} == {guid: entry["dn"] for guid, entry in before.items()}
    differences = {
        (entry["dn"].split(",")[0], name): (entry.get(name), after[guid].get(name))
        for guid, entry in before.items()
        for name in entry.keys() | after[guid].keys()
        if entry.get(name) != after[guid].get(name)
    }
    # Somebody has Cyd's password now, so the account is not a new one any more; both times mean never; the parent of
    # a protected OU goes on keeping its children from being deleted.
    assert differences.pop(("cn=cyd", "adminDescription")) == ([b"idcode:new"], [b"idcode:disabled"])
    assert differences.pop(("cn=bob", "accountExpires")) == ([b"9223372036854775807"], [b"0"])
    assert differences.pop(("ou=managed", "nTSecurityDescriptor"))
    assert differences == {}


def test_a_hand_edit_on_the_server_is_kept_and_what_is_done_already_is_not_written(
    estate: dict[str, str], apply: Any, make: Any, admin: Any, root: str, store: Store
) -> None:
    wanted = make("day", *day(root, estate)[3:4])
    admin.modify(f"CN=Ada,OU=Staff,{root}", {"title": [("MODIFY_REPLACE", ["Boss"])]})
    admin.modify(
        f"CN=Bob,OU=Staff,{root}", {"title": [("MODIFY_REPLACE", ["left"])], "manager": [("MODIFY_REPLACE", [])]}
    )
    run = apply(wanted)
    assert [(problem.change_id, problem.status) for problem in run.problems] == [("c5", "stale")]
    assert run.counts["already"] == 1
    assert store.writes(run.run_id) == []
    admin.search(f"CN=Ada,OU=Staff,{root}", "(objectClass=*)", "BASE", attributes=["title", "mail"])
    assert admin.entries[0].title.value == "Boss"
    assert admin.entries[0].mail.value == "ada@example.com"


def test_what_was_rolled_back_can_be_rolled_back_again(
    estate: dict[str, str], apply: Any, make: Any, undo: Any, admin: Any, root: str
) -> None:
    run = apply(make("day", *day(root, estate)))
    changed = {entry["dn"]: entry.get("title") for entry in dump(admin, root).values()}
    first = undo(run.run_id)
    second = undo(first.run_id)
    assert second.status == "done", second.problems
    assert {entry["dn"]: entry.get("title") for entry in dump(admin, root).values()} == changed

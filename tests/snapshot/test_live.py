"""A snapshot of a real domain: the plan on it is the plan on the domain, and needs neither domain nor password."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from idcode.cli import wiring
from idcode.directories.ad.domain import AdDomain
from idcode.directories.sandbox.saved import SavedDomain
from idcode.directories.sandbox.snapshot import read_snapshot
from idcode.model.records import LiveObject, Query, Reading, collect
from idcode.sync.programs import compile_rules
from idcode.sync.queries import queries
from tests.acceptance.repository import GROUPS, Repository, changes, codes
from tests.acceptance.witness import Witness
from tests.ad.support import directory

pytestmark = pytest.mark.ad

EACH = """\
  - for_each: {key: [department], where: '[stage] = "active"', kept_in: adminDescription, on_empty: delete}
    name: {expression: 'Join("-", "dept", ToLower([department]))'}
    path: Groups/Departments
"""


def company(repo: Repository, witness: Witness) -> None:
    """A domain with a history: people, links, a tombstone, an orphan, an account locked by hand, a protected OU."""
    repo.edit("objects/ou.yaml", "description: Everyone}", "description: Everyone, protected: true}")
    repo.write("objects/groups.yaml", GROUPS + EACH)
    repo.edit("rules/people.yaml", "on_exit: disable", "on_exit: delete")
    repo.person("E1", "Ada", "Brisling", "Engineering", mail="ada@contoso.com")
    repo.person("E2", "Greta", "Hummer", "Sales", mail="greta@contoso.com", manager="E1")
    repo.person("E3", "Cid", "Straßer", "Engineering", mail="cid@contoso.com", manager="E1")
    repo.person("E4", "Dora", "Ek", "Sales", end="2026-08-01", manager="E2")
    repo.person("E5", "Emil", "Ål", "Sales", start="2026-12-10")
    repo.apply(as_of="2026-07-01T08:00:00Z")
    repo.apply(as_of="2026-12-01T08:00:00Z")  # E4 is deleted
    witness.disable("E2")
    witness.modify(witness.user("E3")["dn"][0], department=["Kitchen"], proxyAddresses=["SMTP:c@x", "X500:/o=x"])
    people = f"OU=Staff,OU=People,{repo.domain.base_dn}"
    witness.add_user(f"CN=Nobody,{people}", sAMAccountName="nobody", employeeID="E99")
    witness.connection.add(f"CN=stray,OU=Groups,{repo.domain.base_dn}", "group", {"sAMAccountName": "stray"})


def next_day(repo: Repository) -> None:
    """Hires, a leaver, a rehire, a move between departments, another manager, a group less and one more."""
    repo.person("E1", "Ada", "Brisling", "Engineering", mail="ada@contoso.com", end="2026-11-30")
    repo.person("E3", "Cid", "Brisling", "Sales", mail="cid@contoso.com", manager="E2")
    repo.person("E4", "Dora", "Ek", "Sales", manager="E3")
    repo.person("E6", "Ada", "Brisling", "Legal", mail="ada.b@contoso.com", manager="E2")
    repo.leave("E5")
    repo.edit("objects/groups.yaml", "- name: sg-sales", "- name: sg-selling\n    previously: [sg-sales]")
    repo.edit("objects/groups.yaml", "group:sg-sales", "group:sg-selling")
    repo.edit("objects/ou.yaml", "{path: People/Leavers}", "{path: People/Former, previously: [People/Leavers]}")
    repo.edit("rules/people.yaml", '"People/Leavers"', '"People/Former"')


def alone(repo: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away what a pull request's runner does not have: the domain, its account, its store."""
    monkeypatch.delenv("LAB_USER")
    monkeypatch.delenv("LAB_PASSWORD")
    repo.edit("idcode.yaml", repo.domain.servers[0], "ldaps://unreachable.invalid")


def comparable(plan: dict[str, Any]) -> dict[str, Any]:
    """Return a plan without ids, times and the mark of the snapshot."""
    gone = ("plan_id", "created_at", "expires_at", "digest")
    directories = {
        name: {key: value for key, value in state.items() if key != "snapshot"}
        for name, state in plan["directories"].items()
    }
    project = {key: value for key, value in plan["project"].items() if key != "config_digest"}
    return {
        **{key: value for key, value in plan.items() if key not in gone},
        "directories": directories,
        "project": project,
    }


def test_the_plan_on_a_snapshot_is_the_plan_on_the_domain(
    repo: Repository, witness: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    company(repo, witness)
    told = repo.run("snapshot", "--out", "saved.jsonl")
    assert told.code == 0, told.err
    next_day(repo)
    saved_objects = [json.loads(line) for line in (repo.root / "saved.jsonl").read_text("utf-8").splitlines()[1:-1]]
    (dora,) = (o["anchor"] for o in saved_objects if o["deleted"] and "Dora" in o["dn"])
    repo.write("decisions.yaml", f"pins: [{{object: corp/{dora}, is: person:E4@corp/account}}]\n")
    live = repo.plan("--full", code=0)
    alone(repo, monkeypatch)
    saved = repo.plan("--full", "--snapshot", "saved.jsonl", code=0)
    assert {c["op"] for c in live["changes"]} >= {"create", "update", "move", "disable", "restore"}
    assert all(live[listed] for listed in ("orphans", "held", "missing"))
    assert any("sg-selling" in c["address"] for c in live["changes"])
    assert json.dumps(comparable(saved), sort_keys=True) == json.dumps(comparable(live), sort_keys=True)
    assert "snapshot" not in live["directories"]["corp"]
    assert saved["directories"]["corp"]["snapshot"].endswith("Z")


def test_the_objects_of_a_snapshot_are_those_of_the_domain(repo: Repository, witness: Witness) -> None:
    company(repo, witness)
    repo.run("snapshot")
    corp = directory(repo.domain)
    loaded, _ = wiring.load(repo.root)
    query = queries(loaded, compile_rules(loaded))["corp"]
    live, proof = collect(corp.read(query))
    held = SavedDomain("corp", read_snapshot(repo.root / "snapshot.jsonl.gz"), repo.domain.base_dn, "adminDescription")
    saved, saved_proof = collect(held.read(query))
    assert any(found.deleted for found in live)
    assert saved == live
    assert saved_proof == replace(proof, unread=saved_proof.unread)
    assert not any(saved_proof.unread.values())
    assert replace(held.fingerprint(), snapshot=None) == corp.fingerprint()
    corp.close()


def test_of_half_a_read_there_is_no_snapshot(repo: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = AdDomain.read

    def half(domain: AdDomain, query: Query) -> Reading[LiveObject]:
        proof = yield from whole(domain, query)
        return replace(proof, complete=False)

    monkeypatch.setattr(AdDomain, "read", half)
    result = repo.run("snapshot")
    assert result.code == 1
    assert "directory corp was not read completely" in result.err
    assert not (repo.root / "snapshot.jsonl.gz").exists()


def test_a_snapshot_is_for_its_owner_only_and_names_what_it_holds(repo: Repository) -> None:
    repo.person("E1", "Ada", "Brisling")
    repo.apply(again=False)
    result = repo.run("snapshot", "--out", "saved.jsonl")
    path = repo.root / "saved.jsonl"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    first, *rest = path.read_text("utf-8").splitlines()
    assert json.loads(first)["directories"]["corp"]["base_dn"] == repo.domain.base_dn
    assert f"corp with {len(rest) - 1:,} objects" in result.out
    assert [p.name for p in Path(repo.root).glob(".saved*")] == []


def test_a_plan_on_a_snapshot_says_so_and_is_not_applied(repo: Repository) -> None:
    repo.person("E1", "Ada", "Brisling")
    repo.run("snapshot")
    result = repo.run("plan", "--snapshot", "snapshot.jsonl.gz", "--out", "plan.json")
    assert "corp: from a snapshot taken 20" in result.out
    assert "idcode show plan.json" in result.err
    for output in ("markdown", "html"):
        assert "from a snapshot taken 20" in repo.run("show", "plan.json", "--format", output).out
    refused = repo.run("apply", "plan.json")
    assert refused.code == 5
    assert "made from a snapshot of corp taken at" in refused.err
    assert "plan again on the live directory" in refused.err


@pytest.mark.parametrize("filter_text", ["(&(employeeID=*)(department=sales))", "employeeID=E*", "(!(employeeID=E1))"])
def test_a_filter_that_was_changed_since_finds_what_the_domain_would(repo: Repository, filter_text: str) -> None:
    repo.person("E1", "Ada", "Brisling", "Engineering")
    repo.person("E2", "Greta", "Hummer", "Sales")
    repo.apply(again=False)
    repo.run("snapshot")
    repo.leave("E1")
    repo.leave("E2")
    repo.person("E3", "Cid", "Straßer", "Sales")
    repo.edit("rules/people.yaml", "filter: (employeeID=*)", f"filter: '{filter_text}'")
    live = repo.plan()
    saved = repo.plan("--snapshot", "snapshot.jsonl.gz")
    assert len(live["missing"]) == {"(&": 1, "em": 2, "(!": 1}[filter_text[:2]]
    assert comparable(saved) == comparable(live)


def test_what_a_filter_asks_for_is_saved_though_nothing_else_uses_it(repo: Repository, witness: Witness) -> None:
    repo.person("E1", "Ada", "Brisling")
    repo.person("E2", "Greta", "Hummer")
    repo.edit("rules/people.yaml", "filter: (employeeID=*)", "filter: (!(title=Robot))")
    repo.apply(again=False)
    witness.modify(witness.user("E1")["dn"][0], title=["Machine"])
    repo.run("snapshot")
    repo.leave("E1")
    repo.leave("E2")
    repo.person("E3", "Cid", "Straßer")
    repo.edit("rules/people.yaml", "(!(title=Robot))", "(!(title=machine))")
    (missing,) = repo.plan("--snapshot", "snapshot.jsonl.gz")["missing"]
    assert missing["address"] == "person:E2"


def test_what_is_redacted_is_not_in_the_file_and_is_not_compared(repo: Repository) -> None:
    repo.person("E1", "Ada", "Brisling", "Engineering")
    repo.apply(again=False)
    repo.edit("idcode.yaml", "credentials:", "redact: [Department]\ncredentials:")
    repo.edit("rules/people.yaml", "filter: (employeeID=*)", "filter: (&(employeeID=*)(!(department=Robots)))")
    repo.run("snapshot", "--out", "saved.jsonl")
    assert "Engineering" not in (repo.root / "saved.jsonl").read_text("utf-8")
    repo.person("E1", "Ada", "Brisling", "Sales")
    repo.person("E2", "Greta", "Hummer", "Sales")
    repo.plan("--snapshot", "saved.jsonl")
    saved = json.loads((repo.root / "plan.json").read_text("utf-8"))
    assert changes(saved, "person:E1") == []
    assert changes(saved, "person:E2", "create")[0]["attributes"]["department"]["after"] == "Sales"
    assert "attribute-not-in-snapshot" in codes(saved)


def test_an_attribute_to_come_can_be_read_beforehand(repo: Repository) -> None:
    repo.person("E1", "Ada", "Brisling", "Engineering")
    repo.apply(again=False)
    repo.run("snapshot", "--out", "without.jsonl")
    assert repo.run("snapshot", "--out", "with.jsonl", "--attribute", "TITLE").code == 0
    repo.edit("rules/people.yaml", "      sn: [surname]", "      sn: [surname]\n      title: {constant: Captain}")
    assert changes(repo.plan("--snapshot", "without.jsonl"), "person:E1") == []
    (change,) = changes(repo.plan("--snapshot", "with.jsonl"), "person:E1")
    assert change["attributes"]["title"]["after"] == "Captain"
    wrong = repo.run("snapshot", "--attribute", "titel")
    assert wrong.code == 1
    assert "Did you mean title?" in wrong.err


def test_an_unread_join_stops_the_plan_since_everybody_would_look_new(repo: Repository) -> None:
    repo.person("E1", "Ada", "Brisling", "Engineering")
    repo.apply(again=False)
    repo.run("snapshot")
    repo.edit("rules/people.yaml", "{employeeID: [employeeId]}, {mail", "{employeeNumber: [employeeId]}, {mail")
    repo.edit("rules/people.yaml", "      employeeID: [employeeId]", "      employeeNumber: [employeeId]")
    result = repo.run("plan", "--snapshot", "snapshot.jsonl.gz")
    assert result.code == 1
    assert "employeeNumber (user) was not read" in result.err
    assert "Take a new snapshot" in result.err

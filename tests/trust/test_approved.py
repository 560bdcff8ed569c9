"""``apply --approved``: what was approved and is still to be done is done, and everything else is named."""

from __future__ import annotations

import json
from typing import Any

import pytest

from idcode.plan.encoding import digest_of
from tests.acceptance.repository import Repository, Result
from tests.trust.conftest import Keys

PLAN = ("plan", "--sandbox", "--out", "plan.json")


@pytest.fixture
def repo(practising: Repository) -> Repository:
    """Ada and Greta are there; what comes next is planned and approved."""
    assert practising.run("apply", "--sandbox", "--yes").code == 0
    return practising


def approved(repo: Repository, *options: str) -> dict[str, Any]:
    """Plan, as somebody approves it then; return the plan."""
    result = repo.run(*PLAN, *options)
    assert result.code == 0, result.out + result.err
    document: dict[str, Any] = json.loads((repo.root / "plan.json").read_text("utf-8"))
    return document


def apply(repo: Repository, *options: str, code: int = 0) -> Result:
    result = repo.run("apply", "--approved", "plan.json", "--sandbox", *options)
    assert result.code == code, result.out + result.err
    return result


def live(repo: Repository, employee: str) -> str:
    return repo.run("sandbox", "show", f"(employeeID={employee})", "department", "mail", "memberOf", "title").out


def last_run(repo: Repository) -> dict[str, Any]:
    run_id = json.loads(repo.run("runs", "--sandbox", "--format", "json").out)[0]["run_id"]
    found: dict[str, Any] = json.loads(repo.run("runs", run_id, "--sandbox", "--format", "json").out)
    return found


def test_what_came_after_the_approval_waits_and_is_named(repo: Repository) -> None:
    repo.person("E1", "Ada", "Brisling", "Research", mail="ada@contoso.com")
    plan = approved(repo)
    repo.person("E2", "Greta", "Hummer", "Logistics", mail="greta@contoso.com", manager="E1")
    repo.person("E3", "Cid", "Dorsch", "Research", mail="cid@contoso.com")
    repo.person("E4", "Finn", "Ost", "Research", mail="finn@contoso.com", manager="E3")
    result = apply(repo)
    assert "department: Research" in live(repo, "E1")
    assert "department: Sales" in live(repo, "E2")
    assert "nothing found" in live(repo, "E3")
    assert "Greta Hummer (person:E2@corp/account): update: it is not in the approved plan" in result.out
    assert "Cid Dorsch (person:E3@corp/account): create: it is not in the approved plan" in result.out
    assert "Finn Ost (person:E4@corp/account): update: waits for what was not approved" in result.out
    run = last_run(repo)
    assert (run["plan_id"], run["approved"]) == (plan["plan_id"], plan["digest"])
    assert "which approved it" in repo.run("runs", run["run_id"], "--sandbox").out


def test_what_was_done_or_dropped_meanwhile_is_named_and_the_rest_is_done(repo: Repository) -> None:
    repo.person("E1", "Ada", "Brisling", "Research", mail="ada@contoso.com")
    repo.person("E2", "Greta", "Hummer", "Logistics", mail="greta@contoso.com", manager="E1")
    approved(repo)
    repo.person("E2", "Greta", "Hummer", "Sales", mail="greta@contoso.com", manager="E1")
    result = apply(repo)
    assert "department: Research" in live(repo, "E1")
    assert "department: Sales" in live(repo, "E2")
    assert "person:E2@corp/account: update of Greta Hummer was approved, and is not planned now" in result.out


def test_another_value_than_was_approved_waits(repo: Repository) -> None:
    repo.person("E1", "Ada", "Brisling", "Research", mail="ada@contoso.com")
    approved(repo)
    repo.person("E1", "Ada", "Brisling", "Treasury", mail="ada@contoso.com")
    result = apply(repo)
    assert "department: Engineering" in live(repo, "E1")
    assert "update: it is not what was approved" in result.out
    assert "update of Ada Brisling was approved, and is planned otherwise now" in result.out


def test_an_approved_group_still_gets_its_members_without_the_new_account_that_was_not_approved(
    repo: Repository,
) -> None:
    repo.person("E3", "Cid", "Dorsch", "Engineering", mail="cid@contoso.com")
    repo.person("E2", "Greta", "Hummer", "Engineering", mail="greta@contoso.com", manager="E1")
    approved(repo)
    repo.person("E3", "Cid", "Dorsch-Ek", "Engineering", mail="cid@contoso.com")
    apply(repo)
    assert "nothing found" in live(repo, "E3")
    assert "memberOf: CN=sg-engineering" in live(repo, "E2")


def test_another_object_under_the_same_name_is_not_the_one_that_was_approved(repo: Repository) -> None:
    repo.write("objects/groups.yaml", "directory: corp\nmanages: {base: Groups}\nabsent: [group:sg-all]\ngroups: []\n")
    approved(repo, "--only", "group:sg-all@corp")
    group = "CN=sg-all,OU=Groups,DC=corp,DC=contoso,DC=com"
    repo.write(
        "edit.ldif",
        f"dn: {group}\nchangetype: delete\n\n"
        f"dn: {group}\nchangetype: add\nobjectClass: group\nsAMAccountName: sg-all\ngroupType: -2147483640\n",
    )
    edited = repo.run("sandbox", "edit", "edit.ldif")
    assert edited.code == 0, edited.err
    result = apply(repo)
    assert "sg-all" in repo.run("sandbox", "show", "(sAMAccountName=sg-all)").out
    assert "delete: it is not what was approved" in result.out


def test_an_approval_is_good_once_for_either_way_of_applying(repo: Repository) -> None:
    repo.person("E1", "Ada", "Brisling", "Research", mail="ada@contoso.com")
    approved(repo)
    apply(repo)
    repo.person("E1", "Ada", "Brisling", "Engineering", mail="ada@contoso.com")
    assert "the plan was applied before, by run" in apply(repo, code=5).err
    assert repo.run("apply", "plan.json", "--sandbox").code == 5
    approved(repo)
    assert repo.run("apply", "plan.json", "--sandbox").code == 0
    assert "the plan was applied before" in apply(repo, code=5).err


def test_where_nothing_is_left_nothing_is_used(repo: Repository) -> None:
    repo.person("E1", "Ada", "Brisling", "Research", mail="ada@contoso.com")
    approved(repo)
    repo.person("E1", "Ada", "Brisling", "Engineering", mail="ada@contoso.com")
    assert "approved-not-planned" in apply(repo).out
    repo.person("E1", "Ada", "Brisling", "Research", mail="ada@contoso.com")
    apply(repo)
    assert "department: Research" in live(repo, "E1")


def test_guards_count_what_is_left(repo: Repository) -> None:
    repo.settings(guards="  update: {max: 0}")
    repo.person("E1", "Ada", "Brisling", "Research", mail="ada@contoso.com")
    plan = approved_though_stopped(repo)
    assert [guard["status"] for guard in plan["guards"] if guard["name"] == "update" and guard["count"]] == ["stopped"]
    apply(repo, code=3)
    assert "department: Engineering" in live(repo, "E1")
    apply(repo, "--allow", "update=1")
    assert "department: Research" in live(repo, "E1")


def approved_though_stopped(repo: Repository) -> dict[str, Any]:
    assert repo.run(*PLAN).code == 3
    document: dict[str, Any] = json.loads((repo.root / "plan.json").read_text("utf-8"))
    return document


def test_what_was_rolled_back_since_stays_so(repo: Repository) -> None:
    repo.person("E1", "Ada", "Brisling", "Research", mail="ada@contoso.com")
    approved(repo)
    assert repo.run("apply", "--sandbox", "--yes").code == 0
    assert repo.run("rollback", last_run(repo)["run_id"], "--sandbox", "--yes").code == 0
    assert "rolled back" in apply(repo).out
    assert "department: Engineering" in live(repo, "E1")
    apply(repo, "--reapply")
    assert "department: Research" in live(repo, "E1")


def test_a_narrow_approval_stays_narrow(repo: Repository) -> None:
    repo.person("E1", "Ada", "Brisling", "Research", mail="ada@contoso.com")
    repo.person("E2", "Greta", "Hummer", "Logistics", mail="greta@contoso.com", manager="E1")
    approved(repo, "--only", "person:E1")
    result = apply(repo)
    assert "Held" not in result.out
    assert "department: Sales" in live(repo, "E2")


@pytest.mark.parametrize(
    ("options", "word"),
    [(("plan.json",), "give one of them"), (("--as-of", "2027-01-01"), "--as-of"), (("--only", "person:E1"), "--only")],
    ids=["a plan", "--as-of", "--only"],
)
def test_what_the_approval_decides_cannot_be_said_beside_it(
    repo: Repository, options: tuple[str, ...], word: str
) -> None:
    approved(repo)
    assert word in apply(repo, *options, code=1).err


def test_an_approval_that_apply_would_refuse_approves_nothing(repo: Repository) -> None:
    repo.person("E1", "Ada", "Brisling", "Research", mail="ada@contoso.com")
    plan = approved(repo)
    refusals = {
        "its digest does not fit": {**plan, "as_of": "2027-01-01T00:00:00Z"},
        "expired": redigested({**plan, "expires_at": "2020-01-01T00:00:00Z"}),
        "for the project": redigested({**plan, "project": {**plan["project"], "name": "other"}}),
        "the files have changed": redigested({**plan, "project": {**plan["project"], "config_digest": "sha256:0"}}),
        "failed its proof": redigested({**plan, "proof": "failed"}),
        "is a rollback": redigested({**plan, "kind": "rollback", "rolls_back": "20261201T080000Z-abcdef"}),
    }
    for word, document in refusals.items():
        repo.write("plan.json", json.dumps(document))
        assert word in apply(repo, code=5).err
    assert "department: Engineering" in live(repo, "E1")


def redigested(document: dict[str, Any]) -> dict[str, Any]:
    return {**document, "digest": digest_of(document)}


def test_an_approval_for_another_domain_approves_nothing(repo: Repository) -> None:
    approved(repo)
    repo.person("E1", "Ada", "Brisling", "Research", mail="ada@contoso.com")
    approved(repo)
    assert repo.run("sandbox", "reset", "--yes").code == 0
    assert "corp is not the directory that the approved plan was made for" in apply(repo, code=5).err


def test_an_approval_has_to_be_signed_and_the_private_key_is_not_needed(keys: Keys) -> None:
    keys.have(None)
    approved(keys.repo)
    assert "the plan is not signed" in apply(keys.repo, code=5).err
    keys.have("plan")
    approved(keys.repo)
    keys.have(None)
    apply(keys.repo)
    assert live(keys.repo, "E1")

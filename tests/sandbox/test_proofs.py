"""Good plans hold when they are proved, whatever is held back, read back, left out or protected."""

from __future__ import annotations

from typing import Any

from tests.acceptance.repository import Repository, changes
from tests.sandbox.conftest import BASE
from tests.sandbox.test_commands import apply, ok, plan, show

READ_BACK = """\
  - name: from-ad
    directory: corp
    rule: account
    flow: {immutableId: 'ConvertToBase64([objectGUID])'}
generate:
"""


def findings(found: dict[str, Any], code: str) -> list[tuple[str, str]]:
    return [(d["subject"], d["message"]) for d in found["diagnostics"] if d["code"] == code]


def test_what_only_names_may_be_gone_after_the_plan(repo: Repository) -> None:
    repo.edit("objects/groups.yaml", "groups:", "groups:\n  - {name: sg-old, path: Groups}")
    apply(repo)
    repo.edit("objects/groups.yaml", "groups:\n  - {name: sg-old, path: Groups}", "absent: [group:sg-old]\ngroups:")
    found = plan(repo, "--prove", "--only", "group:sg-old@corp")
    assert [change["op"] for change in changes(found)] == ["delete"]
    assert found["proof"] == "proved"


def test_what_a_guard_holds_back_may_pass_it_once_there_are_more_people(repo: Repository) -> None:
    repo.settings(guards="  min_population: 2\n  disable: {max_percent: 40, on_trip: hold}")
    apply(repo)
    repo.person("E2", "Greta", "Hummer", "Sales", mail="greta@contoso.com", end="2026-11-20")
    repo.person("E3", "Cid", "Krabbe", "Sales", mail="cid@contoso.com")
    found = plan(repo, "--prove")
    assert not changes(found, op="disable")
    assert found["proof"] == "proved"


def test_what_the_directory_gives_to_new_people_is_written_by_the_next_plan(repo: Repository) -> None:
    repo.edit("rules/people.yaml", "generate:\n", READ_BACK)
    repo.edit(
        "rules/people.yaml",
        "      mail: [mail]\n      manager",
        "      mail: [mail]\n      pager: [immutableId]\n      manager",
    )
    found = plan(repo, "--prove")
    assert found["proof"] == "proved"
    message = "the next plan writes pager: only then can be read what corp gave to a new object"
    assert findings(found, "read-back-next") == [
        ("person:E1@corp/account", message),
        ("person:E2@corp/account", message),
    ]
    said = " ".join(ok(repo, "plan", "--sandbox", "--prove").split())
    assert "no batch breaks anything, and the next plan only reads back what was given to new objects" in said
    apply(repo)
    found = plan(repo, "--prove")
    assert [sorted(change["attributes"]) for change in changes(found)] == [["pager"], ["pager"]]
    assert (found["proof"], findings(found, "read-back-next")) == ("proved", [])
    apply(repo)
    assert plan(repo)["changes"] == []
    assert "pager" in show(repo, "(employeeID=E1)", "pager")


def test_a_rule_that_never_comes_to_rest_is_not_proved(repo: Repository) -> None:
    repo.edit(
        "rules/people.yaml", "generate:\n", READ_BACK.replace("ConvertToBase64([objectGUID])", 'Join("", [pager], "x")')
    )
    repo.edit(
        "rules/people.yaml",
        "      mail: [mail]\n      manager",
        "      mail: [mail]\n      pager: [immutableId]\n      manager",
    )
    apply(repo)
    apply(repo)
    found = plan(repo, "--prove", code=1)
    assert findings(found, "not-proved")[0] == (
        "person:E1@corp/account",
        "the plan after this one would still update it: pager",
    )


def test_what_is_protected_is_not_proved_to_move_away(repo: Repository) -> None:
    repo.edit("objects/ou.yaml", "{path: Groups/Departments}", "{path: Groups/Departments, protected: true}")
    apply(repo)
    repo.edit("objects/ou.yaml", "{path: Groups/Departments,", "{path: Departments, previously: [Groups/Departments],")
    found = plan(repo, "--prove", code=1)
    ((who, what),) = findings(found, "not-proved")
    assert who == "ou:Departments@corp"
    assert "it may be protected from accidental deletion" in what


def test_the_same_plan_fails_with_the_same_findings_in_the_same_order(repo: Repository) -> None:
    repo.edit("objects/groups.yaml", '[department] = "Sales"', '[department] = "Nobody"')
    apply(repo)
    repo.write(
        "nest.ldif",
        f"dn: CN=Domain Admins,CN=Users,{BASE}\nchangetype: modify\nadd: member\n"
        f"member: CN=sg-sales,OU=Groups,{BASE}\n-\n",
    )
    ok(repo, "sandbox", "edit", "nest.ldif")
    repo.edit("objects/groups.yaml", '[department] = "Nobody"', '[department] = "Sales"')
    names = ["Ask", "Bo", "Cid", "Dina", "Eva", "Finn", "Gro", "Hal"]
    for number, name in enumerate(names):
        repo.person(f"N{number}", name, "Krabbe", "Sales", mail=f"n{number}@contoso.com")
    said = [message.partition(": ")[2] for _, message in findings(plan(repo, "--prove", code=1), "not-proved")]
    becomes = "becomes a member of Administrators, Domain Admins by way of it"
    assert said == [f"{name} {becomes}" for name in sorted(["Greta Hummer", *(f"{name} Krabbe" for name in names)])]

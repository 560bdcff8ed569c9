"""The whole of idcode with --sandbox: no directory, no network, no password, and nothing that reaches beyond."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from idcode.plan.decoding import decode
from idcode.plan.file import write_plan
from tests.acceptance.repository import AS_OF, Repository
from tests.sandbox.conftest import BASE

STAFF = f"OU=Staff,OU=People,{BASE}"


def ok(repo: Repository, *arguments: str, code: int = 0) -> str:
    """Run a command that has to end with ``code``; return what it printed, remarks included."""
    result = repo.run(*arguments)
    assert result.code == code, result.out + result.err
    return result.out + result.err


def plan(repo: Repository, *arguments: str, code: int = 0) -> dict[str, object]:
    out = repo.run("plan", "--sandbox", "--as-of", AS_OF, "--format", "json", *arguments)
    assert out.code == code, out.out + out.err
    found: dict[str, object] = json.loads(out.out)
    return found


def apply(repo: Repository) -> str:
    return ok(repo, "apply", "--sandbox", "--yes", "--as-of", AS_OF)


def show(repo: Repository, *arguments: str) -> str:
    return ok(repo, "sandbox", "show", *arguments)


def run_id(repo: Repository) -> str:
    return str(json.loads(ok(repo, "runs", "--sandbox", "--format", "json"))[0]["run_id"])


def test_the_main_job_needs_no_directory_no_network_and_no_password(repo: Repository) -> None:
    before = show(repo)
    apply(repo)
    assert plan(repo)["changes"] == []
    found = show(repo, "(employeeID=E2)", "manager", "userAccountControl")
    assert f"dn: CN=Greta Hummer,{STAFF}" in found
    assert f"manager: CN=Ada Brisling,{STAFF}" in found
    assert "userAccountControl: 512" in found
    ok(repo, "rollback", run_id(repo), "--sandbox", "--yes")
    assert show(repo) == before


def test_the_domain_outlives_the_command(repo: Repository) -> None:
    apply(repo)
    first = show(repo, "(employeeID=E1)", "objectGUID", "objectSid")
    repo.person("E1", "Ada", "Brisling-Hummer", "Engineering", mail="ada@contoso.com")
    apply(repo)
    assert show(repo, "(employeeID=E1)", "objectGUID", "objectSid").splitlines()[1:] == first.splitlines()[1:]


def test_practice_passwords_go_to_nobody(repo: Repository) -> None:
    apply(repo)
    assert not (repo.root / "sink.log").exists()


def test_practice_leaves_no_trace_in_the_history_of_the_real_directories(repo: Repository) -> None:
    apply(repo)
    ok(repo, "rollback", run_id(repo), "--sandbox", "--yes")
    assert plan(repo)["changes"] == []  # held on the sandbox, as a rollback holds
    assert "No runs" in ok(repo, "runs") or run_id(repo) not in ok(repo, "runs")
    assert "idcode runs --sandbox" in ok(repo, "runs", run_id(repo), code=1)


def test_a_practice_plan_is_for_the_sandbox_alone(repo: Repository) -> None:
    plan(repo, "--out", "plan.json")
    said = ok(repo, "apply", "plan.json", code=5)  # and not first a question for the variables of the real directory
    assert "made on a sandbox" in said
    assert "--sandbox" in said
    ok(repo, "apply", "plan.json", "--sandbox")


def test_who_forgets_the_option_is_told_of_it(repo: Repository) -> None:
    said = ok(repo, "plan", code=1)
    assert "LAB_USER" in said
    assert "a practice domain needs no account: --sandbox" in said


def test_a_plan_is_for_the_project_it_was_made_in(repo: Repository) -> None:
    plan(repo, "--out", "plan.json")
    text = (repo.root / "idcode.yaml").read_text("utf-8")
    repo.write("idcode.yaml", text.replace("project: contoso", "project: fabrikam"))
    said = ok(repo, "apply", "plan.json", "--sandbox", code=5)
    assert "the plan is for the project contoso, and these are the files of fabrikam" in said


def test_explain_calls_managers_by_name_and_knows_which_attributes_there_are(repo: Repository) -> None:
    apply(repo)
    told = ok(repo, "explain", "person:E2", "--sandbox", "--as-of", AS_OF, "--attribute", "manager")
    assert "manager  = Ada Brisling (person:E1@corp/account)" in told
    said = ok(repo, "explain", "person:E2", "--sandbox", "--attribute", "departmnt", code=1)
    assert "names the attribute departmnt" in said
    assert "Did you mean department?" in said
    assert "Such as person:E1001" in ok(repo, "explain", "E2", "--sandbox", code=1)


def test_what_was_before_a_reset_is_neither_applied_nor_rolled_back(repo: Repository) -> None:
    apply(repo)
    repo.person("E1", "Ada", "Brisling-Hummer", "Engineering", mail="ada@contoso.com")
    plan(repo, "--out", "plan.json")
    ok(repo, "sandbox", "reset", "--yes")
    for command in (("apply", "plan.json"), ("rollback", run_id(repo), "--yes")):
        said = ok(repo, *command, "--sandbox", code=5)
        assert "corp is another directory than" in said
        assert "a practice directory that was reset is a new one" in said


def test_where_nobody_can_be_asked_the_question_is_named(repo: Repository) -> None:
    apply(repo)
    assert "to ask on: Lose everything" in ok(repo, "sandbox", "reset", code=1)


def test_a_plan_for_the_live_directory_is_not_for_the_sandbox(repo: Repository) -> None:
    plan(repo, "--out", "plan.json")
    document = json.loads((repo.root / "plan.json").read_text("utf-8"))
    document["directories"]["corp"]["type"] = "ad"
    write_plan(repo.root / "live.json", decode(document, strict=False))
    assert "made for the live directory corp" in ok(repo, "apply", "live.json", "--sandbox", code=5)


def test_a_directory_can_always_be_a_sandbox(repo: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    text = (repo.root / "idcode.yaml").read_text("utf-8")
    start, end = text.index("    type: ad"), text.index("sources:")
    repo.write(
        "idcode.yaml", text[:start] + f'    type: sandbox\n    base_dn: "{BASE}"\n    path: corp.db\n' + text[end:]
    )
    ok(repo, "apply", "--yes", "--as-of", AS_OF)
    assert (repo.root / "corp.db").exists()
    assert (repo.root / "sink.log").exists()  # what the files say about passwords holds


def test_a_colleague_s_edit_is_found_and_put_right(repo: Repository) -> None:
    apply(repo)
    repo.write(
        "colleague.ldif",
        f"dn: CN=Ada Brisling,{STAFF}\nchangetype: modify\nreplace: department\ndepartment: Sales\n-\n",
    )
    assert "1 change made" in ok(repo, "sandbox", "edit", "colleague.ldif")
    (change,) = plan(repo)["changes"]  # type: ignore[misc]
    assert change["attributes"]["department"]["before"] == "Sales"  # type: ignore[index]
    assert change["attributes"]["department"]["after"] == "Engineering"  # type: ignore[index]


def test_edits_stop_at_the_first_that_the_domain_refuses(repo: Repository) -> None:
    apply(repo)
    repo.write(
        "colleague.ldif",
        f"dn: CN=Ada Brisling,{STAFF}\nchangetype: modify\nreplace: title\ntitle: Boss\n-\n\n"
        f"dn: OU=Staff,OU=People,{BASE}\nchangetype: delete\n",
    )
    said = ok(repo, "sandbox", "edit", "colleague.ldif", code=1)
    assert "colleague.ldif:7" in said
    assert "the object has others below it" in said
    assert "1 before it" in said
    assert "title: Boss" in show(repo, "(employeeID=E1)", "title")


def test_entries_for_seeding_are_no_edits(repo: Repository) -> None:
    repo.write("seed.ldif", f"dn: OU=New,{BASE}\nobjectClass: organizationalUnit\n")
    assert "seed.ldif:1" in ok(repo, "sandbox", "edit", "seed.ldif", code=1)


def test_beginning_anew_asks_first(repo: Repository) -> None:
    apply(repo)
    before = show(repo)
    assert "no terminal" in ok(repo, "sandbox", "reset", code=1)
    assert show(repo) == before
    ok(repo, "sandbox", "reset", "--yes")
    assert "Ada" not in show(repo)


def test_a_domain_can_begin_with_what_ldapsearch_wrote(repo: Repository) -> None:
    repo.write(
        "estate.ldif",
        f"# from ldapsearch\ndn: OU=Old,{BASE}\nobjectClass: organizationalUnit\n\n"
        f"dn: CN=A Brisling,OU=Old,{BASE}\nobjectClass: user\nsAMAccountName: ada.b\nmail: ada@contoso.com\n"
        "userAccountControl: 512\n\n"
        f"dn: CN=crew,OU=Old,{BASE}\nobjectClass: group\nsAMAccountName: crew\n"
        f"member: CN=A Brisling,OU=Old,{BASE}\nmember: CN=Nobody,OU=Old,{BASE}\n",
    )
    assert "1 references" in ok(repo, "sandbox", "reset", "--from", "estate.ldif")
    changes = plan(repo)["changes"]
    adopted = [c for c in changes if c["address"] == "person:E1@corp/account"]  # type: ignore[index, attr-defined]
    assert "create" not in {c["op"] for c in adopted}  # she is recognised by her mail address
    apply(repo)
    assert f"memberOf: CN=crew,OU=Old,{BASE}" in show(repo, "(employeeID=E1)", "memberOf")


def test_a_domain_can_begin_as_a_snapshot_of_another_one(repo: Repository) -> None:
    apply(repo)
    before = show(repo)
    ok(repo, "snapshot", "--sandbox", "--out", "corp.jsonl.gz")
    ok(repo, "sandbox", "reset", "--yes")
    assert "Ada" not in show(repo)
    ok(repo, "sandbox", "reset", "--from", "corp.jsonl.gz", "--yes")
    assert plan(repo)["changes"] == []
    root = show(repo, "(objectClass=domainDNS)", "objectSid").split("objectSid:: ")[1].strip()
    account = show(repo, "(employeeID=E1)", "objectSid").split("objectSid:: ")[1].strip()
    assert base64.b64decode(account)[8:-4] == base64.b64decode(root)[8:]  # the SID of the domain, and a number
    graves = show(repo, "--deleted", "(&(objectClass=container)(isDeleted=TRUE))", "isRecycled")
    assert "Deleted Objects" in graves
    assert "isRecycled" not in graves
    names = ("objectGUID", "manager", "sAMAccountName", "userAccountControl")
    assert all(line in before for line in show(repo, "(employeeID=E2)", *names).splitlines())


def test_a_snapshot_of_another_domain_or_project_is_said(repo: Repository) -> None:
    apply(repo)
    ok(repo, "snapshot", "--sandbox", "--out", "corp.jsonl.gz")
    repo.edit("idcode.yaml", "project: contoso", "project: fabrikam")
    assert "is of project contoso, and this is fabrikam" in ok(repo, "plan", "--snapshot", "corp.jsonl.gz", code=1)
    repo.edit("idcode.yaml", f'base_dn: "{BASE}"', 'base_dn: "DC=fabrikam,DC=com"')
    said = ok(repo, "sandbox", "reset", "--from", "corp.jsonl.gz", "--yes", code=1)
    assert f"is of {BASE}, and base_dn of corp lies in DC=fabrikam,DC=com" in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"dn: CN=Ada,OU=Nowhere,{BASE}\nobjectClass: user\n", "its container"),
        ("dn: CN=Ada,DC=fabrikam,DC=com\nobjectClass: user\n", "its container"),
        (f"dn: CN=Ada,{BASE}\n", "objectClass"),
        (f"dn: CN=Ada,{BASE}\nobjectClass: user\nshoeSize: 12\n", "no attribute shoeSize"),
        ("nonsense\n", "bad.ldif:1"),
    ],
)
def test_a_beginning_that_cannot_be_loaded_loses_nothing(repo: Repository, text: str, said: str) -> None:
    apply(repo)
    before = show(repo)
    repo.write("bad.ldif", text)
    assert said in ok(repo, "sandbox", "reset", "--from", "bad.ldif", "--yes", code=1)
    assert show(repo) == before


def test_a_file_that_is_no_domain_is_said(repo: Repository) -> None:
    path = repo.root / ".idcode" / "sandbox" / "corp.db"
    path.parent.mkdir(parents=True)
    path.write_text("no database", "utf-8")
    assert "idcode sandbox reset" in ok(repo, "plan", "--sandbox", code=1)
    ok(repo, "sandbox", "reset", "--yes")
    plan(repo)


def test_only_a_practice_domain_is_made_anew(repo: Repository) -> None:
    text = (repo.root / "idcode.yaml").read_text("utf-8")
    start, end = text.index("    type: ad"), text.index("sources:")
    settings = f'    type: sandbox\n    base_dn: "{BASE}"\n    path: idcode.yaml\n'
    repo.write("idcode.yaml", text[:start] + settings + text[end:])
    before = (repo.root / "idcode.yaml").read_bytes()
    for arguments in (["plan"], ["sandbox", "reset", "--yes"]):
        out = ok(repo, *arguments, code=1)
        assert "not the file of a practice domain" in out
        assert (repo.root / "idcode.yaml").read_bytes() == before


def test_an_empty_file_is_no_beginning(repo: Repository) -> None:
    apply(repo)
    before = show(repo)
    repo.write("estate.ldif", "# ldapsearch could not connect\n")
    assert "there are no objects in" in ok(repo, "sandbox", "reset", "--yes", "--from", "estate.ldif", code=1)
    assert show(repo) == before


def test_a_filter_that_is_none_is_said(repo: Repository) -> None:
    assert "is not a filter" in ok(repo, "sandbox", "show", "(&(a=b)", code=1)
    assert "nothing found" in show(repo, "(employeeID=E99)")


def test_the_files_are_for_their_owner_only(repo: Repository) -> None:
    apply(repo)
    found = (repo.root / ".idcode").rglob("*.db")
    modes = {path.name: path.stat().st_mode & 0o777 for path in found}
    assert modes == {"corp.db": 0o600, "sandbox-history.db": 0o600}


HELPDESK = """\
directory: corp
manages: {base: Groups}
groups:
  - name: sg-helpdesk
    path: Groups
    members: {mode: exact, match: '[department] = "Sales"'}
"""


def nest_helpdesk(repo: Repository, root: Path) -> None:
    """Make sg-helpdesk, with nobody in it, a member of Domain Admins, as somebody once did by hand."""
    repo.write("objects/groups.yaml", HELPDESK.replace("Sales", "Nobody"))
    apply(repo)
    (root / "nest.ldif").write_text(
        f"dn: CN=Domain Admins,CN=Users,{BASE}\nchangetype: modify\nadd: member\n"
        f"member: CN=sg-helpdesk,OU=Groups,{BASE}\n-\n"
    )
    ok(repo, "sandbox", "edit", "nest.ldif")
    repo.write("objects/groups.yaml", HELPDESK)


def test_a_plan_that_makes_an_administrator_by_the_way_is_not_proved_and_not_applied(repo: Repository) -> None:
    nest_helpdesk(repo, repo.root)
    found = plan(repo, "--prove", "--out", "plan.json", code=1)
    assert found["proof"] == "failed"
    (problem,) = [d for d in found["diagnostics"] if d["code"] == "not-proved"]  # type: ignore[index, attr-defined]
    assert problem["subject"] == "group:sg-helpdesk@corp"
    assert "Greta Hummer becomes a member of Administrators, Domain Admins by way of it" in problem["message"]
    assert "failed its proof" in ok(repo, "apply", "plan.json", "--sandbox", code=5)
    assert "memberOf" not in show(repo, "(employeeID=E2)", "memberOf")
    plan(repo, "--no-prove", "--out", "plan.json")
    ok(repo, "apply", "plan.json", "--sandbox")
    assert "sg-helpdesk" in show(repo, "(employeeID=E2)", "memberOf")


def test_small_plans_are_proved_unasked(repo: Repository) -> None:
    assert plan(repo)["proof"] == "proved"
    assert plan(repo, "--no-prove")["proof"] is None
    assert "proved on a copy" in ok(repo, "plan", "--sandbox", "--as-of", AS_OF)


def test_an_empty_plan_needs_no_proof(repo: Repository) -> None:
    apply(repo)
    assert plan(repo, "--prove")["proof"] is None


def test_large_plans_are_proved_only_when_asked(repo: Repository) -> None:
    for number in range(10, 60):
        repo.person(f"E{number}", f"Ada{number}", "Brisling")
    assert plan(repo)["proof"] is None
    assert plan(repo, "--prove")["proof"] == "proved"


def test_another_domain_under_the_same_name_is_said(repo: Repository) -> None:
    apply(repo)
    repo.edit("idcode.yaml", f'base_dn: "{BASE}"', 'base_dn: "DC=fabrikam,DC=com"')
    said = ok(repo, "plan", "--sandbox", code=1)
    assert f"is {BASE}, and base_dn lies in DC=fabrikam,DC=com" in said
    assert "idcode sandbox reset" in said


def test_a_base_that_moves_into_an_ou_of_the_domain_is_made(repo: Repository) -> None:
    apply(repo)
    repo.edit("idcode.yaml", f'base_dn: "{BASE}"', f'base_dn: "OU=Contoso,{BASE}"')
    plan(repo)
    assert f"dn: OU=Contoso,{BASE}" in show(repo)

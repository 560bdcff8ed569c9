"""What a snapshot does not hold is unknown: it is never taken for empty, and never a reason to create anybody."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idcode.model.errors import DirectoryError
from idcode.model.plans import Plan
from idcode.model.values import to_json
from tests.snapshot.saved import Repository, guid, snapshot
from tests.sync.company import HR, people, project

ADA = "EmployeeID;Name;Mail;Title;End\nE1;Ada;ada@x.example;Captain;\n"
BOTH = ADA + "E2;Berit;berit@x.example;Mate;\n"
LIVE = "user People/Ada | employeeID=E1 | sAMAccountName=ada | mail=old@x.example | title=Cook | info=old\n"


def test_an_attribute_that_is_not_held_is_compared_with_nobody_and_given_to_who_is_new(tmp_path: Path) -> None:
    repo = Repository(
        tmp_path, {"hr.csv": BOTH, "rules/people.yaml": people(read="title: [Title]", flow="title: [title]")}, LIVE
    )
    new = "create person:E2@corp/account at People/Berit: employeeID=E2, enabled=no, sAMAccountName=E2, title=Mate"
    assert repo.lines() == [new, "update person:E1@corp/account: title: Cook → Captain"]
    assert repo.lines("title") == [new]
    (warning,) = [d for d in repo.plan("title").diagnostics if d.code == "attribute-not-in-snapshot"]
    assert warning.message.startswith("title (user) is not in the snapshot of corp: existing objects are not compared")
    assert warning.hint == ("Take a new snapshot, which reads what the files use now; or one with --attribute title.")


def test_what_is_redacted_is_named_as_that(tmp_path: Path) -> None:
    repo = Repository(
        tmp_path, {"hr.csv": ADA, "rules/people.yaml": people(read="title: [Title]", flow="title: [title]")}, LIVE
    )
    (warning,) = repo.plan(on=snapshot(repo.objects, repo.query, redacted=["Title"])).diagnostics
    assert warning.code == "attribute-not-in-snapshot"
    assert "because of redact" in (warning.hint or "")


@pytest.mark.parametrize(
    "flow",
    [
        'title: IIF([object.info] = "old", "was there", "was not")',
        'title: IIF(IsPresent([object.info]), "was there", "was not")',
        'title: Join("", "x", [object.info])',
    ],
)
def test_a_value_that_rests_on_what_is_not_held_stays_as_it_is(tmp_path: Path, flow: str) -> None:
    repo = Repository(tmp_path, {"hr.csv": ADA, "rules/people.yaml": people(flow=flow)}, LIVE)
    assert len(repo.lines()) == 1
    assert repo.lines("info") == []


def test_who_is_in_scope_is_not_guessed(tmp_path: Path) -> None:
    rules = people(account="scope: 'IsNullOrEmpty([object.info])'\non_exit: delete")
    repo = Repository(tmp_path, {"hr.csv": ADA, "rules/people.yaml": rules}, LIVE)
    assert repo.lines() == ["delete person:E1@corp/account"]
    (frozen,) = repo.lines("info")
    assert frozen.startswith("frozen person:E1@corp/account: its scope cannot be evaluated")


def test_what_is_read_back_is_unknown_and_so_is_what_rests_on_it(tmp_path: Path) -> None:
    inbound = "- {name: back, directory: corp, rule: account, flow: {note: [info]}}"
    rules = people(inbound=inbound, flow='title: Join("", "x", [note])')
    repo = Repository(tmp_path, {"hr.csv": ADA, "rules/people.yaml": rules}, LIVE)
    assert repo.lines() == ["update person:E1@corp/account: title: Cook → xold"]
    assert repo.lines("info") == []


def test_of_a_deleted_object_nobody_knows_which_type_it_was_read_as(tmp_path: Path) -> None:
    rules = people(account="scope: 'IsNullOrEmpty([object.info])'")
    live = "contact People/Ada | employeeID=E1 | info=was a contact when it was deleted | deleted\n"
    repo = Repository(tmp_path, {"hr.csv": ADA, "rules/people.yaml": rules}, live)
    assert repo.lines() == []
    (frozen,) = repo.lines("info")
    assert frozen.startswith("frozen person:E1@corp/account: its scope cannot be evaluated")


GENERATE = """\
generate:
  logon:
    kept_in: [corp.{place}]
    value: SelectUniqueValue([name], Join("", [name], "2"))
"""


def test_a_generated_value_that_is_kept_where_nobody_looked_is_not_made_again(tmp_path: Path) -> None:
    live = "user People/Some E1 | employeeID=E1 | sAMAccountName=s1 | info=ada\nuser People/Berit | info=berit\n"
    rules = people(
        more=GENERATE.format(place="info"), flow="info: [logon]\ntitle: [logon]", cn='Join(" ", "Some", [employeeId])'
    )
    repo = Repository(tmp_path, {"hr.csv": BOTH, "rules/people.yaml": rules}, live)
    assert "update person:E1@corp/account: title=ada" in repo.lines()
    assert any(line.startswith("create person:E2@corp/account") and "info=Berit2" in line for line in repo.lines())
    assert not any(text in line for line in repo.lines("info") for text in ("info", "title", "update"))


def test_a_generated_value_that_is_kept_where_nobody_looked_stays_though_others_are_free(tmp_path: Path) -> None:
    made = GENERATE.format(place="info") + "    unique_in: [corp.sAMAccountName]\n"
    repo = Repository(tmp_path, {"hr.csv": ADA, "rules/people.yaml": people(more=made, flow="title: [logon]")}, LIVE)
    assert repo.lines() == ["update person:E1@corp/account: title: Cook → old"]
    assert repo.lines("info") == []


def test_nobody_is_created_with_a_name_that_may_be_taken(tmp_path: Path) -> None:
    rules = people(more=GENERATE.format(place="sAMAccountName"), logon="[logon]")
    repo = Repository(tmp_path, {"hr.csv": BOTH, "rules/people.yaml": rules}, LIVE)
    assert [line.split(" ")[0] for line in repo.lines()] == ["create"]
    assert repo.lines("sAMAccountName") == [
        "frozen person:E2@corp/account: its sAMAccountName is unknown: whether it is taken is not known",
        "error cannot-create person:E2",
    ]


@pytest.mark.parametrize("flow", ["mail: [mail]", 'mail: SelectUniqueValue([mail], "free@x.example")'])
def test_nobody_is_created_with_an_address_that_may_be_taken(tmp_path: Path, flow: str) -> None:
    repo = Repository(tmp_path, {"hr.csv": BOTH, "rules/people.yaml": people(read="mail: [Mail]", flow=flow)}, LIVE)
    assert [line.split(" ")[0] for line in repo.lines()] == ["create", "update"]
    assert repo.lines("mail") == [
        "frozen person:E2@corp/account: its mail is unknown: whether it is taken is not known",
        "error cannot-create person:E2",
    ]


MISSING = """\
lifecycle:
  timezone: {constant: UTC}
  stages: [{name: active}, {name: leaver, after: [end]}]
  missing: {stage: leaver, grace: PT48H, since_in: corp.info}
"""


def test_a_grace_period_of_which_it_is_not_known_when_it_began_does_not_end(tmp_path: Path) -> None:
    rules = people(
        read="end: [End]", more="attributes: {end: date}\n" + MISSING, account="stages: [active]\non_exit: delete"
    )
    live = LIVE + "user People/Berit | employeeID=E2 | info=idcode:missing-since=2026-11-01T00:00:00Z\n"
    repo = Repository(tmp_path, {"hr.csv": ADA, "rules/people.yaml": rules}, live)
    assert "delete person:E2@corp/account" in repo.lines()
    assert repo.lines("info") == ["missing person:E2: no source has it any more; since when is not known"]


def test_whoever_may_be_protected_is_not_touched(tmp_path: Path) -> None:
    rules = people(read="title: [Title]", flow="title: [title]")
    files = {
        "hr.csv": ADA,
        "rules/people.yaml": rules,
        "idcode.yaml": project(more="guards: {protect: ['[info] = \"keep\"']}"),
    }
    repo = Repository(tmp_path, files, LIVE)
    assert repo.lines() == ["update person:E1@corp/account: title: Cook → Captain"]
    (held,) = repo.lines("info")
    assert held.startswith("held person:E1@corp/account: ")


GROUPS = """\
directory: corp
manages: {base: Groups}
orphans: delete
groups:
  - for_each: {key: [title], kept_in: info}
    name: {expression: 'Join("-", "t", [title])'}
    path: Groups
"""


@pytest.mark.parametrize(
    ("attribute", "words"),
    [
        ("employeeID", "employeeID (user) was not read, and rule account recognises objects by it"),
        ("sAMAccountName", "sAMAccountName (group) was not read, and the group at objects/groups.yaml"),
        ("info", "info (group) was not read, and the group at objects/groups.yaml"),
    ],
)
def test_without_what_objects_are_recognised_by_there_is_no_plan(tmp_path: Path, attribute: str, words: str) -> None:
    files = {"hr.csv": ADA, "rules/people.yaml": people(read="title: [Title]"), "objects/groups.yaml": GROUPS}
    live = LIVE + "group Groups/t-captain | sAMAccountName=t-Captain | info=captain | member=People/Ada\n"
    repo = Repository(tmp_path, files, live)
    assert not any(line.startswith(("create", "delete")) for line in repo.lines())
    with pytest.raises(DirectoryError) as raised:
        repo.plan(attribute)
    assert words in str(raised.value)
    assert "everything would look new" in str(raised.value)


def test_members_that_are_not_held_are_not_compared(tmp_path: Path) -> None:
    groups = """\
directory: corp
groups: [{name: crew, path: Groups, scope: global, category: security, members: {mode: exact, match: '[name] = "Ada"'}}]
"""
    live = LIVE + "group Groups/crew | sAMAccountName=crew | category=security | scope=global\n"
    repo = Repository(tmp_path, {"hr.csv": ADA, "objects/groups.yaml": groups}, live)
    assert repo.lines() == [f"update group:crew@corp: member +{guid('ada')}"]
    assert repo.lines("member") == []


def test_a_new_group_does_not_take_an_address_that_may_be_taken(tmp_path: Path) -> None:
    groups = """\
directory: corp
groups: [{name: crew, path: Groups, flow: {mail: {constant: crew@x.example}, info: {constant: Crew}}}]
"""
    files = {"hr.csv": ADA, "objects/groups.yaml": groups}
    new = "create group:crew@corp at Groups/crew: category=security, info=Crew, {}sAMAccountName=crew, scope=global"
    assert new.format("mail=crew@x.example, ") in Repository(tmp_path, files, LIVE).lines()
    assert new.format("") in Repository(tmp_path, files, LIVE).lines("mail")


RULES = people(
    read="title: [Title]\nmail: [Mail]\nend: [End]",
    more="attributes: {end: date, keeper: string}\n" + MISSING + GENERATE.format(place="sAMAccountName"),
    inbound="- {name: back, directory: corp, rule: account, flow: {keeper: [department]}}",
    logon="[logon]",
    cn='SelectUniqueValue([name], Join("", [name], [employeeId]))',
    account="on_exit: disable\nstages: [active]\nenabled: {expression: 'IsNullOrEmpty([object.employeeNumber])'}",
    flow='title: [title]\nmail: [mail]\ndescription: Join("", [keeper], [object.displayName])\n'
    "proxyAddresses: {mail: {primary: [mail], on_change: demote}}",
)
COMPANY = """\
user People/Ada | employeeID=E1 | sAMAccountName=ada | mail=ada@x.example | title=Cook | department=Deck
user People/Berit | employeeID=E2 | sAMAccountName=berit | displayName=B | employeeNumber=7 | description=Old
user People/Cid | employeeID=E3 | sAMAccountName=dora | mail=dora@x.example | info=idcode:missing-since=2026-11-01T00:00:00Z
user People/Old | employeeID=E4 | sAMAccountName=emil | info=something else
group Groups/t-cook | sAMAccountName=t-Cook | info=cook | category=security | scope=global | member=People/Ada
group Groups/stray | sAMAccountName=stray | member=People/Cid
"""
PEOPLE = """\
EmployeeID;Name;Mail;Title;End
E1;Ada;ada@x.example;Captain;
E2;Berit;b@x.example;Cook;2026-01-01
E5;Dora;dora@x.example;Cook;
E6;Emil;emil@x.example;Mate;
"""
ALL = (
    "department", "description", "displayName", "employeeID", "employeeNumber", "info", "mail", "member",
    "proxyAddresses", "sAMAccountName", "title", "userPrincipalName",
)  # fmt: skip


def effects(plan: Plan) -> set[tuple[str, str, str, str]]:
    """Return what a plan does, one effect for each attribute."""
    found = set()
    for change in plan.changes:
        found.add((change.address, change.op, "", ""))
        for name, item in change.attributes.items():
            found |= {(change.address, name, "value", str(to_json(v))) for v in (*item.after, *item.add)}
            found |= {(change.address, name, "gone", str(to_json(v))) for v in item.remove}
    return found


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(without=st.sets(st.sampled_from(ALL)))
def test_who_knows_less_never_does_more(tmp_path: Path, without: set[str]) -> None:
    repo = Repository(
        tmp_path / "repo",
        {
            "hr.csv": PEOPLE,
            "rules/people.yaml": RULES,
            "objects/groups.yaml": GROUPS,
            "idcode.yaml": project(HR, "guards: {min_population: 1000}"),
        },
        COMPANY,
    )
    full = effects(repo.plan())
    assert {"create", "update", "disable", "delete"} <= {op for _, op, _, _ in full}
    try:
        less = effects(repo.plan(*without))
    except DirectoryError:
        assert without & {"employeeID", "sAMAccountName", "info"}
        return
    assert less <= full, less - full

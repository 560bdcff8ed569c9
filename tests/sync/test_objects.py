"""From a person to the object: places, names, unique values, references, and what is frozen where one is unknown."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sync.cases import Case
from tests.sync.company import CUT_HR, Company, people, project
from tests.sync.memory import place

ACCOUNT_NAME = """\
generate:
  accountName:
    kept_in: [corp.sAMAccountName]
    value: SelectUniqueValue(ToLower([name]), Join("", ToLower([name]), "2"))
"""
NAMED = people(more=ACCOUNT_NAME, cn='Join(" ", [name], [employeeId])', logon="[accountName]")
LOGON = people(read="logon: [Logon]", logon="[logon]")
WITH_END = people(read="end: [End]", more="attributes: {end: date}", flow="description: [end]")
MANAGER = people(read="manager: [Manager]", more="attributes: {manager: ref(person)}", flow="manager: [manager]")

CASES = [
    Case(
        "namesakes in one container are not created, both of them, and nobody else is in their way",
        {"hr.csv": "EmployeeID;Name\nE1;Ada\nE2;Ada\nE3;Cid\n"},
        plan="""
            create person:E3@corp/account at People/Cid: employeeID=E3, enabled=no, sAMAccountName=E3
            frozen person:E1@corp/account: dn 'CN=Ada,OU=People,DC=corp,DC=example' belongs to person:E2@corp/account too
            frozen person:E2@corp/account: dn 'CN=Ada,OU=People,DC=corp,DC=example' belongs to person:E1@corp/account too
            error value-taken person:E1
            error value-taken person:E2
        """,
    ),
    Case(
        "a logon name goes from who gives it up to who wants it, in this order",
        {"rules/people.yaml": LOGON, "hr.csv": "EmployeeID;Name;Logon\nE1;Ada;ada\nE2;Berit;berit\n"},
        live="user People/Berit | employeeID=E2 | sAMAccountName=ada",
        plan="""
            update person:E2@corp/account: sAMAccountName: ada → berit
            create person:E1@corp/account at People/Ada: employeeID=E1, enabled=no, sAMAccountName=ada
        """,
    ),
    Case(
        "logon names wander along a chain of people, its end first",
        {"rules/people.yaml": LOGON, "hr.csv": "EmployeeID;Name;Logon\nE1;Ada;b\nE2;Berit;c\nE3;Cid;a\n"},
        live="""
            user People/Ada | employeeID=E1 | sAMAccountName=a
            user People/Berit | employeeID=E2 | sAMAccountName=b
        """,
        plan="""
            update person:E2@corp/account: sAMAccountName: b → c
            update person:E1@corp/account: sAMAccountName: a → b
            create person:E3@corp/account at People/Cid: employeeID=E3, enabled=no, sAMAccountName=a
        """,
    ),
    Case(
        "a logon name that its owner keeps is not given to a newcomer",
        {"rules/people.yaml": LOGON, "hr.csv": "EmployeeID;Name;Logon\nE1;Ada;a\nE2;Berit;a\n"},
        live="user People/Berit | employeeID=E2 | sAMAccountName=a",
        plan="""
            frozen person:E1@corp/account: sAMAccountName 'a' belongs to person:E2 too
            error value-taken person:E1
        """,
    ),
    Case(
        "a logon name of an unmanaged account is not taken from it",
        {"rules/people.yaml": LOGON, "hr.csv": "EmployeeID;Name;Logon\nE1;Ada;admin\nE2;Berit;berit\n"},
        live="""
            user Admins/Administrator | sAMAccountName=Admin
            ou Admins
            user People/Ada | employeeID=E1 | sAMAccountName=ada
        """,
        plan="""
            create person:E2@corp/account at People/Berit: employeeID=E2, enabled=no, sAMAccountName=berit
            frozen person:E1@corp/account: sAMAccountName 'admin' belongs to CN=Administrator,OU=Admins,DC=corp,DC=example too
            error value-taken person:E1
        """,
    ),
    Case(
        "generated names go to the first free candidate in the order of keys, and those in use stay",
        {"rules/people.yaml": NAMED, "hr.csv": "EmployeeID;Name\nE1;Ada\nE2;Ada\nE3;Cid\n"},
        live="user People/Cid E3 | employeeID=E3 | sAMAccountName=something.else",
        plan="""
            create person:E1@corp/account at People/Ada E1: employeeID=E1, enabled=no, sAMAccountName=ada
            create person:E2@corp/account at People/Ada E2: employeeID=E2, enabled=no, sAMAccountName=ada2
        """,
    ),
    Case(
        "a person for whom no name is free is not created, and the others are",
        {"rules/people.yaml": NAMED, "hr.csv": "EmployeeID;Name\nE1;Ada\nE2;Ada\nE3;Ada\nE4;Dan\n"},
        plan="""
            create person:E1@corp/account at People/Ada E1: employeeID=E1, enabled=no, sAMAccountName=ada
            create person:E2@corp/account at People/Ada E2: employeeID=E2, enabled=no, sAMAccountName=ada2
            create person:E4@corp/account at People/Dan E4: employeeID=E4, enabled=no, sAMAccountName=dan
            frozen person:E3@corp/account: its sAMAccountName is unknown: [accountName] is not known now
            error no-unique-value person:E3
            error cannot-create person:E3
        """,
    ),
    Case(
        "a name that cannot be made from the record leaves its person out",
        {
            "rules/people.yaml": people(
                read="end: [End]",
                more=ACCOUNT_NAME.replace("ToLower([name])", "CStr(CDate([end]))", 1),
                logon="[accountName]",
            ),
            "hr.csv": "EmployeeID;Name;End\nE1;Ada;soon\nE2;Berit;2027-01-01\n",
        },
        plan="""
            create person:E2@corp/account at People/Berit: employeeID=E2, enabled=no, sAMAccountName=1/1/2027 12:00:00 AM
            frozen person:E1@corp/account: its sAMAccountName is unknown: [accountName] is not known now
            error generate-error person:E1
            error cannot-create person:E1
        """,
    ),
    Case(
        "a creation without a name is impossible",
        {"hr.csv": "EmployeeID;Name\nE1;\nE2;Berit\n"},
        plan="""
            create person:E2@corp/account at People/Berit: employeeID=E2, enabled=no, sAMAccountName=E2
            frozen person:E1@corp/account: it has no cn
            error cannot-create person:E1
        """,
    ),
    Case(
        "a value that is no date freezes the attribute it would go to, and nothing else of the person",
        {"rules/people.yaml": WITH_END, "hr.csv": "EmployeeID;Name;End\nE1;Ada;soon\nE2;Berit;2027-01-01\n"},
        live="user People/Old | employeeID=E1 | description=as it was",
        plan="""
            create person:E2@corp/account at People/Berit: description=2027-01-01, employeeID=E2, enabled=no, sAMAccountName=E2
            move person:E1@corp/account: cn: Old → Ada
            error flow-error person:E1
        """,
    ),
    Case(
        "an outbound flow that fails freezes its attribute",
        {
            "rules/people.yaml": people(read="end: [End]", flow="description: CDate([end])\ntitle: [end]"),
            "hr.csv": "EmployeeID;Name;End\nE1;Ada;soon\n",
        },
        live="user People/Ada | employeeID=E1 | description=as it was",
        plan="""
            update person:E1@corp/account: title=soon
            error flow-error person:E1
        """,
    ),
    Case(
        "a flow to an attribute that the directory does not have is said once, and the rest goes on",
        {"rules/people.yaml": people(flow="titel: [name]"), "hr.csv": "EmployeeID;Name\nE1;Ada\nE2;Berit\n"},
        plan="""
            create person:E1@corp/account at People/Ada: employeeID=E1, enabled=no, sAMAccountName=E1
            create person:E2@corp/account at People/Berit: employeeID=E2, enabled=no, sAMAccountName=E2
            error unknown-directory-attribute corp/account
        """,
    ),
    Case(
        "null clears, and what no rule says of somebody is left alone",
        {
            "rules/people.yaml": people(read="title: [Title]", flow="title: [title]"),
            "hr.csv": "EmployeeID;Name;Title\nE1;Ada;\n",
        },
        live="user People/Ada | employeeID=E1 | title=Engineer | department=Sales",
        plan="""
            update person:E1@corp/account: title: Engineer → nothing
        """,
    ),
    Case(
        "an account is made in the unit of its path, and moves when the path changes",
        {
            "rules/people.yaml": people(read="city: [City]", account='path: Join("/", "People", [city])'),
            "hr.csv": "EmployeeID;Name;City\nE1;Ada;Oslo\nE2;Berit;Oslo\n",
        },
        live="""
            ou People/Oslo
            user People/Berit | employeeID=E2
        """,
        plan="""
            create person:E1@corp/account at People/Oslo/Ada: employeeID=E1, enabled=no, sAMAccountName=E1
            move person:E2@corp/account: path: People → People/Oslo
        """,
    ),
    Case(
        "where a unit is not there nobody is created, and who is there stays where they are and is kept in step",
        {
            "rules/people.yaml": people(read="city: [City]", account='path: Join("/", "People", [city])'),
            "hr.csv": "EmployeeID;Name;City\nE1;Ada;Oslo\nE2;Berit;Bergen\n",
        },
        live="""
            ou People/Oslo
            user People/Berit | employeeID=E2
        """,
        plan="""
            create person:E1@corp/account at People/Oslo/Ada: employeeID=E1, enabled=no, sAMAccountName=E1
            error missing-ou person:E2
        """,
    ),
    Case(
        "with missing_ou: create the units of a path are made, each once",
        {
            "rules/people.yaml": people(
                read="city: [City]",
                account='segments: [\'"People"\', \'"North"\', "[city]"]\nmissing_ou: create',
            ),
            "hr.csv": "EmployeeID;Name;City\nE1;Ada;A/B\nE2;Berit;A/B\n",
        },
        plan=r"""
            create ou:People/North@corp at People/North
            create ou:People/North/A\/B@corp at People/North/A/B
            create person:E1@corp/account at People/North/A/B/Ada: employeeID=E1, enabled=no, sAMAccountName=E1
            create person:E2@corp/account at People/North/A/B/Berit: employeeID=E2, enabled=no, sAMAccountName=E2
        """,
    ),
    Case(
        "a path that cannot be computed freezes the object",
        {
            "rules/people.yaml": people(
                read="city: [City]\ntitle: [Title]", account="path: [city]", flow="title: [title]"
            ),
            "hr.csv": "EmployeeID;Name;City;Title\nE1;Ada;;Boss\nE2;Berit;People;Boss\n",
        },
        live="user People/Ada | employeeID=E1",
        plan="""
            create person:E2@corp/account at People/Berit: employeeID=E2, enabled=no, sAMAccountName=E2, title=Boss
            frozen person:E1@corp/account: its path cannot be computed: the path is empty
            error path-error person:E1
        """,
    ),
    Case(
        "a scope that cannot be computed is neither in nor out",
        {
            "rules/people.yaml": people(
                read="end: [End]", account='scope: CDate([end]) > CDate("2026-01-01")\non_exit: delete'
            ),
            "hr.csv": "EmployeeID;Name;End\nE1;Ada;soon\nE2;Berit;2025-01-01\nE3;Cid;2027-01-01\n",
        },
        live="""
            user People/Ada | employeeID=E1
            user People/Berit | employeeID=E2
        """,
        plan="""
            create person:E3@corp/account at People/Cid: employeeID=E3, enabled=no, sAMAccountName=E3
            delete person:E2@corp/account
            frozen person:E1@corp/account: its scope cannot be evaluated: text of CDate: "soon" is not a date that can be read
            error scope-error person:E1
        """,
    ),
    Case(
        "whether an account is enabled cannot be computed: a live one stays so, a new one is made disabled",
        {
            "rules/people.yaml": people(read="end: [End]", account='enabled: CDate([end]) > CDate("2026-01-01")'),
            "hr.csv": "EmployeeID;Name;End\nE1;Ada;soon\nE2;Berit;soon\nE3;Cid;2025-01-01\n",
        },
        live="""
            user People/Ada | employeeID=E1
            user People/Cid | employeeID=E3
        """,
        plan="""
            disable person:E3@corp/account
            create person:E2@corp/account at People/Berit: employeeID=E2, enabled=no, sAMAccountName=E2
            error enabled-error person:E1
            error enabled-error person:E2
        """,
    ),
    Case(
        "idcode enables again what it disabled itself, and nothing that somebody else disabled",
        {
            "rules/people.yaml": people(account="enabled: '[employeeId] <> \"\"'"),
            "hr.csv": "EmployeeID;Name\nE1;Ada\nE2;Berit\nE3;Cid\n",
        },
        live="""
            user People/Ada | employeeID=E1 | disabled
            user People/Berit | employeeID=E2 | disabled-by-idcode
            user People/Cid | employeeID=E3 | new | no-password
        """,
        plan="""
            enable person:E2@corp/account
            held person:E1@corp/account: somebody else disabled it; it is enabled only by hand
            held person:E3@corp/account: it has no password yet; it is enabled once somebody has set one
        """,
    ),
    Case(
        "enforce: exact enables what somebody else disabled",
        {
            "rules/people.yaml": people(account="enabled: {expression: '[employeeId] <> \"\"', enforce: exact}"),
            "hr.csv": "EmployeeID;Name\nE1;Ada\n",
        },
        live="user People/Ada | employeeID=E1 | disabled",
        plan="""
            enable person:E1@corp/account
        """,
    ),
    Case(
        "a reference follows the person: to an account that is there, and late to one that this plan makes",
        {
            "rules/people.yaml": MANAGER,
            "hr.csv": "EmployeeID;Name;Manager\nE1;Ada;E2\nE2;Berit;E3\nE3;Cid;E1\n",
        },
        live="user People/Berit | employeeID=E2 | manager=People/Berit",
        plan="""
            create person:E1@corp/account at People/Ada: employeeID=E1, enabled=no, manager=berit, sAMAccountName=E1
            create person:E3@corp/account at People/Cid: employeeID=E3, enabled=no, sAMAccountName=E3
            update person:E2@corp/account: manager: berit → person:E3@corp/account
            update person:E3@corp/account: manager=person:E1@corp/account
        """,
    ),
    Case(
        "a reference to somebody frozen, or to nobody, leaves the attribute as it is",
        {
            "rules/people.yaml": MANAGER,
            "hr.csv": "EmployeeID;Name;Manager\nE1;Ada;E3\nE2;Berit;E9\nE3;Cid;\n",
        },
        live="""
            user People/Ada | employeeID=E1 | manager=People/Berit
            user People/Berit | employeeID=E2 | manager=People/Ada
            user People/Cid | employeeID=E3
            user People/Cid too | employeeID=E3
        """,
        plan="""
            frozen person:E3@corp/account: 2 objects fit it
            error ambiguous-link person:E3
            error flow-error person:E2
        """,
    ),
    Case(
        "shadow flows are shown and not written",
        {
            "rules/people.yaml": people(read="title: [Title]", flow="title: {expression: '[title]', mode: shadow}"),
            "hr.csv": "EmployeeID;Name;Title\nE1;Ada;Boss\n",
        },
        live="user People/Ada | employeeID=E1 | title=Engineer",
        plan="""
            shadow person:E1@corp/account: title: Engineer → Boss
        """,
    ),
    Case(
        "values for a new object only, and values that are only added",
        {
            "rules/people.yaml": people(
                read="title: [Title]",
                flow="description: {expression: '[title]', apply: once}\ncarLicense: {expression: '[title]', merge: add-only}",
            ),
            "hr.csv": "EmployeeID;Name;Title\nE1;Ada;Boss\nE2;Berit;Boss\n",
        },
        live="user People/Ada | employeeID=E1 | description=old | carLicense=X1 | carLicense=X2",
        plan="""
            create person:E2@corp/account at People/Berit: carLicense=Boss, description=Boss, employeeID=E2, enabled=no, sAMAccountName=E2
            update person:E1@corp/account: carLicense +Boss
        """,
    ),
    Case(
        "from a source without proof nothing is created, nobody is missing, and its attributes stay",
        {
            "idcode.yaml": project(CUT_HR),
            "rules/people.yaml": people(read="title: [Title]", flow="title: [title]", account="on_exit: delete"),
            "hr.csv": "EmployeeID;Name;Title\nE1;Ada;Boss\nE2;Berit;Boss\n",
        },
        live="""
            user People/Ada | employeeID=E1 | title=Engineer
            user People/Gone | employeeID=E9
        """,
        plan="""
            frozen person:E2@corp/account: source hr is not proved complete
            error source-too-few-rows hr
        """,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_objects(case: Case, tmp_path: Path) -> None:
    case.check(tmp_path)


def test_two_people_exchange_their_logon_names_by_way_of_a_temporary_one(tmp_path: Path) -> None:
    files = {"rules/people.yaml": LOGON, "hr.csv": "EmployeeID;Name;Logon\nE1;Ada;b\nE2;Berit;a\n"}
    company = Company(
        tmp_path,
        files,
        "user People/Ada | employeeID=E1 | sAMAccountName=a\nuser People/Berit | employeeID=E2 | sAMAccountName=b",
    )

    first, second, third = company.apply()

    assert first.startswith("update person:E1@corp/account: sAMAccountName: a → ")
    assert second == "update person:E2@corp/account: sAMAccountName: b → a"
    assert third == f"update person:E1@corp/account: sAMAccountName: {first.rpartition(' → ')[2]} → b"


def test_two_people_exchange_their_places_by_way_of_a_temporary_name(tmp_path: Path) -> None:
    files = {"hr.csv": "EmployeeID;Name\nE1;Berit\nE2;Ada\n"}
    company = Company(tmp_path, files, "user People/Ada | employeeID=E1\nuser People/Berit | employeeID=E2")

    assert [line.partition(":")[0] for line in company.apply()] == ["move person"] * 3

    assert {
        live.dn: live.get("employeeID") for live in company.corp.objects.values() if live.object_type == "user"
    } == {
        place("People/Ada"): ("E2",),
        place("People/Berit"): ("E1",),
    }

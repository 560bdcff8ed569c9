"""Declared groups and units: members by rule, by name, and what stays where somebody is unknown."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sync.cases import Case
from tests.sync.company import CUT_HR, Company, people, project

RULES = people(read="department: [Department]\nend: [End]")
STAFF = "EmployeeID;Name;Department;End\nE1;Ada;Sales;2027-01-01\nE2;Berit;IT;2027-01-01\n"
LIVE = """
    user People/Ada | employeeID=E1
    user People/Berit | employeeID=E2
"""
SECURITY = "category=security | scope=global"


def groups(text: str, head: str = "") -> dict[str, str]:
    return {
        "rules/people.yaml": RULES,
        "hr.csv": STAFF,
        "objects/groups.yaml": f"directory: corp\n{head}\ngroups:\n{text}\n",
    }


SALES = """\
  - name: sales
    path: Groups
    members: {mode: exact, match: '[department] = "Sales"'}"""
STILL_HERE = """\
  - name: sales
    path: Groups
    members: {mode: exact, match: 'CDate([end]) > CDate("2026-06-01")'}"""
PER_DEPARTMENT = """\
  - for_each: {key: "[department]", kept_in: adminDescription}
    name: {expression: 'Join("-", "dept", ToLower([department]))'}
    path: Groups
    members: {mode: exact}"""

CASES = [
    Case(
        "a group is made first, and its members come in once everybody is there",
        groups(SALES),
        live="user People/Berit | employeeID=E2",
        plan="""
            create group:sales@corp at Groups/sales: category=security, sAMAccountName=sales, scope=global
            create person:E1@corp/account at People/Ada: employeeID=E1, enabled=no, sAMAccountName=E1
            update group:sales@corp: member +person:E1@corp/account
        """,
    ),
    Case(
        "exact membership takes out those who do not match, strangers too",
        groups(SALES),
        live=LIVE
        + f"""
            user People/Svc
            group Groups/sales | sAMAccountName=sales | {SECURITY} | member=People/Berit | member=People/Svc
        """,
        plan="""
            update group:sales@corp: member -berit -svc
            update group:sales@corp: member +ada
        """,
    ),
    Case(
        "add-only membership takes nobody out",
        groups(SALES.replace("mode: exact", "mode: add-only")),
        live=LIVE + f"group Groups/sales | sAMAccountName=sales | {SECURITY} | member=People/Berit",
        plan="""
            update group:sales@corp: member +ada
        """,
    ),
    Case(
        "who changes groups leaves the old one last, who only leaves goes first",
        groups(SALES + "\n" + SALES.replace("sales", "tech").replace("Sales", "IT")),
        live=LIVE
        + f"""
            user People/Svc
            group Groups/sales | sAMAccountName=sales | {SECURITY} | member=People/Berit | member=People/Svc
            group Groups/tech | sAMAccountName=tech | {SECURITY} | member=People/Ada
        """,
        plan="""
            update group:sales@corp: member -svc
            update group:sales@corp: member +ada
            update group:tech@corp: member -ada
            update group:tech@corp: member +berit
            update group:sales@corp: member -berit
        """,
    ),
    Case(
        "an exclusion beats the rule, and an inclusion adds to it",
        groups(
            "  - {name: sales, path: Groups, members: {mode: exact, match: '[department] = \"Sales\"',"
            " include: [person:E2], exclude: [person:E1]}}"
        ),
        live=LIVE + f"group Groups/sales | sAMAccountName=sales | {SECURITY} | member=People/Ada",
        plan="""
            update group:sales@corp: member -ada
            update group:sales@corp: member +berit
        """,
    ),
    Case(
        "a match that fails is neither true nor false: the membership stays as it is",
        groups(STILL_HERE) | {"hr.csv": STAFF.replace("2027-01-01", "soon") + "E3;Cid;IT;soon\nE4;Dan;IT;2025-01-01\n"},
        live=LIVE
        + f"""
            user People/Cid | employeeID=E3
            user People/Dan | employeeID=E4
            group Groups/sales | sAMAccountName=sales | {SECURITY} | member=People/Ada | member=People/Dan
        """,
        plan="""
            update group:sales@corp: member -dan
            error match-error person:E1
            error match-error person:E2
            error match-error person:E3
        """,
    ),
    Case(
        "an incomplete source takes nobody out of a group",
        groups(SALES) | {"idcode.yaml": project(CUT_HR)},
        live=LIVE
        + f"""
            user People/Gone | employeeID=E9
            group Groups/sales | sAMAccountName=sales | {SECURITY} | member=People/Berit | member=People/Gone
        """,
        plan="""
            error source-too-few-rows hr
        """,
    ),
    Case(
        "a member whom no source has is said, and the others come in",
        groups("  - {name: sales, path: Groups, members: {include: [person:E9, person:E1]}}"),
        live=LIVE,
        plan="""
            create group:sales@corp at Groups/sales: category=security, member=ada, sAMAccountName=sales, scope=global
            warning unknown-member group:sales@corp
        """,
    ),
    Case(
        "a group renamed in the files keeps its object",
        groups(SALES.replace("name: sales", "name: sellers\n    previously: [sales]")),
        live=LIVE + f"group Groups/sales | sAMAccountName=sales | {SECURITY} | member=People/Ada",
        plan="""
            update group:sellers@corp: sAMAccountName: sales → sellers
            move group:sellers@corp: cn: sales → sellers
        """,
    ),
    Case(
        "one group for each department, with its people in it",
        groups(PER_DEPARTMENT),
        live=LIVE,
        plan="""
            create group:dept-it@corp at Groups/dept-it: adminDescription=IT, category=security, member=berit, sAMAccountName=dept-it, scope=global
            create group:dept-sales@corp at Groups/dept-sales: adminDescription=Sales, category=security, member=ada, sAMAccountName=dept-sales, scope=global
        """,
    ),
    Case(
        "a department that is renamed in the rule's name keeps its group by the key it holds",
        groups(PER_DEPARTMENT.replace('"dept"', '"unit"')),
        live=LIVE
        + f"""
            group Groups/dept-it | sAMAccountName=dept-it | adminDescription=IT | {SECURITY} | member=People/Berit
            group Groups/dept-sales | sAMAccountName=dept-sales | adminDescription=Sales | {SECURITY} | member=People/Ada
        """,
        plan="""
            update group:unit-it@corp: sAMAccountName: dept-it → unit-it
            update group:unit-sales@corp: sAMAccountName: dept-sales → unit-sales
            move group:unit-it@corp: cn: dept-it → unit-it
            move group:unit-sales@corp: cn: dept-sales → unit-sales
        """,
    ),
    Case(
        "a department without people keeps its group, empty",
        groups(PER_DEPARTMENT),
        live=LIVE
        + f"""
            group Groups/dept-hr | sAMAccountName=dept-hr | adminDescription=HR | {SECURITY} | member=People/Berit
            group Groups/dept-it | sAMAccountName=dept-it | adminDescription=IT | {SECURITY} | member=People/Berit
            group Groups/dept-sales | sAMAccountName=dept-sales | adminDescription=Sales | {SECURITY} | member=People/Ada
        """,
        plan="""
            update group:dept-hr@corp: member -berit
        """,
    ),
    Case(
        "a group's flow that fails, or names no attribute of the directory, is said and left out",
        groups(
            PER_DEPARTMENT
            + "\n    flow: {titel: [name], info: 'CDate([name])', mail: 'Join(\"@\", [name], \"x.example\")'}"
        ),
        live=LIVE,
        plan="""
            create group:dept-it@corp at Groups/dept-it: adminDescription=IT, category=security, mail=Berit@x.example, member=berit, sAMAccountName=dept-it, scope=global
            create group:dept-sales@corp at Groups/dept-sales: adminDescription=Sales, category=security, mail=Ada@x.example, member=ada, sAMAccountName=dept-sales, scope=global
            error unknown-directory-attribute group:dept-it@corp
            error unknown-directory-attribute group:dept-sales@corp
            error flow-error group:dept-it@corp
            error flow-error group:dept-sales@corp
        """,
    ),
    Case(
        "a group whose unit is not there is not made",
        groups("  - {name: sales, path: Elsewhere}"),
        live=LIVE,
        plan="""
            frozen group:sales@corp: there is no OU=Elsewhere,DC=corp,DC=example
            error missing-ou group:sales@corp
        """,
    ),
    Case(
        "a managed group that no file declares is an orphan; one called absent goes",
        groups(SALES, "manages: {base: Groups}\nabsent: [group:old]"),
        live=LIVE
        + f"""
            group Groups/sales | sAMAccountName=sales | {SECURITY} | member=People/Ada
            group Groups/old | sAMAccountName=old | {SECURITY}
            group Groups/stray | sAMAccountName=stray | {SECURITY}
        """,
        plan="""
            delete group:old@corp
            orphan corp/stray: nothing owns it
        """,
    ),
    Case(
        "units are made outside first, and a renamed one takes along what is in it",
        {
            "rules/people.yaml": people(account="path: {constant: Staff}"),
            "hr.csv": "EmployeeID;Name\nE1;Ada\n",
            "objects/ou.yaml": """\
directory: corp
organizational_units:
  - {path: Partners/North, description: North of here}
  - {path: Partners}
  - {path: Staff, previously: [People]}
""",
        },
        live="user People/Ada | employeeID=E1",
        plan="""
            create ou:Partners@corp at Partners
            create ou:Partners/North@corp at Partners/North: description=North of here
            move ou:Staff@corp: ou: People → Staff
        """,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_groups_and_units(case: Case, tmp_path: Path) -> None:
    case.check(tmp_path)


def test_groups_that_come_to_one_name_are_not_touched_nor_lost_by_a_group_that_includes_them(tmp_path: Path) -> None:
    by_initial = PER_DEPARTMENT.replace("ToLower([department])", "Left([department], 1)")
    everybody = "  - {name: everybody, path: Groups, members: {mode: exact, include: [group:dept-S, person:E2]}}"
    live = f"""
        user People/Cid | employeeID=E3
        group Groups/dept-S | sAMAccountName=dept-S | {SECURITY} | member=People/Berit
        group Groups/everybody | sAMAccountName=everybody | {SECURITY} | member=Groups/dept-S
    """
    files = groups(f"{by_initial}\n{everybody}") | {"hr.csv": STAFF + "E3;Cid;Support;\n"}

    found = Company(tmp_path, files, LIVE + live).apply()

    assert [line.partition(":")[2] for line in found if line.startswith(("create", "update"))] == [
        "dept-I@corp at Groups/dept-I: adminDescription=IT, category=security, member=berit, sAMAccountName=dept-I, scope=global",
        "everybody@corp: member +berit",
    ]
    assert {line for line in found if line.startswith(("frozen", "error"))} == {
        "frozen group:dept-S@corp: declared several times",
        "error group-twice group:dept-S@corp",
    }

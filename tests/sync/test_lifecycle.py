"""Who is there, who was there, and who comes and goes: stages, missing people, orphans, shrunken sources."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.sync.cases import Case
from tests.sync.company import HR, Company, people, project

STAGES = """\
attributes: {start: date, end: date}
lifecycle:
  stages:
    - {name: future}
    - {name: active, from: '[start]'}
    - {name: leaver, after: '[end]'}
    - {name: retired, after: 'DateAdd("d", 30, [end])'}
  missing: {stage: leaver, grace: P2D, since_in: corp.info}
"""
ACCOUNT = """\
stages: [active, leaver]
on_exit: delete
enabled: '[stage] = "active"'
path: Switch([stage], "People", "leaver", "People/Left")
"""
RULES = people(read="start: [Start]\nend: [End]", more=STAGES, account=ACCOUNT)
HEAD = "EmployeeID;Name;Start;End\n"
BY_MAIL = people(read="mail: [Mail]", join="[{mail: [mail]}]", flow="mail: [mail]")
LEFT = "ou People/Left\n"


def staff(*rows: str) -> dict[str, str]:
    return {"rules/people.yaml": RULES, "hr.csv": HEAD + "".join(f"{row}\n" for row in rows)}


MANY = "".join(f"user People/P{n} | employeeID=E{n}\n" for n in range(1, 11))
CASES = [
    Case(
        "nobody gets an account before the first day, and an account that is there already is left alone",
        staff("E1;Ada;2026-12-02;", "E2;Berit;2026-12-02;"),
        live=LEFT + "user People/B | employeeID=E2",
        plan="""
        """,
    ),
    Case(
        "the first day begins at its start, the last day ends at its end",
        staff("E1;Ada;2026-12-01;", "E2;Berit;2020-01-01;2026-12-01", "E3;Cid;2020-01-01;2026-11-30"),
        live=LEFT + "user People/Berit | employeeID=E2\nuser People/Cid | employeeID=E3",
        plan="""
            disable person:E3@corp/account
            create person:E1@corp/account at People/Ada: employeeID=E1, enabled=no, sAMAccountName=E1
            move person:E3@corp/account: path: People → People/Left
        """,
    ),
    Case(
        "after the last stage of the rule comes what on_exit says",
        staff("E1;Ada;2020-01-01;2026-10-01"),
        live=LEFT + "user People/Left/Ada | employeeID=E1 | disabled-by-idcode",
        plan="""
            delete person:E1@corp/account
        """,
    ),
    Case(
        "an end before the start belongs to an earlier employment",
        staff("E1;Ada;2026-11-01;2025-01-31"),
        live=LEFT + "user People/Left/Ada | employeeID=E1 | disabled-by-idcode",
        plan="""
            move person:E1@corp/account: path: People/Left → People
            enable person:E1@corp/account
        """,
    ),
    Case(
        "a stage that cannot be computed freezes its person",
        {
            "rules/people.yaml": RULES.replace("attributes: {start: date, end: date}", "").replace(
                "'[end]'", "'CDate([end])'"
            ),
            "hr.csv": HEAD + "E1;Ada;2020-01-01;soon\nE2;Berit;2020-01-01;2026-01-01\n",
        },
        live=LEFT + "user People/Ada | employeeID=E1\nuser People/Berit | employeeID=E2",
        plan="""
            delete person:E2@corp/account
            frozen person:E1@corp/account: its stage cannot be computed: text of CDate: "soon" is not a date that can be read
            error stage-unknown person:E1
        """,
    ),
    Case(
        "somebody whom no source has any more is marked, and nothing else happens during the grace period",
        staff("E1;Ada;2020-01-01;"),
        live=LEFT + "user People/Ada | employeeID=E1\nuser People/Gone | employeeID=E9 | title=Boss",
        plan="""
            update person:E9@corp/account: info=idcode:missing-since=2026-12-01T12:00:00Z
            missing person:E9: no source has it any more; it becomes leaver at 2026-12-03T12:00:00Z
        """,
    ),
    Case(
        "after the grace period a missing person becomes a leaver",
        staff("E1;Ada;2020-01-01;"),
        live=LEFT + "user People/Gone | employeeID=E9 | info=idcode:missing-since=2026-11-28T12:00:00Z",
        plan="""
            disable person:E9@corp/account
            create person:E1@corp/account at People/Ada: employeeID=E1, enabled=no, sAMAccountName=E1
            move person:E9@corp/account: path: People → People/Left
            missing person:E9: no source has had it since 2026-11-28T12:00:00Z: leaver
        """,
    ),
    Case(
        "who comes back loses the mark",
        staff("E1;Ada;2020-01-01;"),
        live=LEFT + "user People/Ada | employeeID=E1 | info=idcode:missing-since=2026-11-30T12:00:00Z",
        plan="""
            update person:E1@corp/account: info: idcode:missing-since=2026-11-30T12:00:00Z → nothing
        """,
    ),
    Case(
        "a mark that has no room is said, and the text that is there stays",
        staff("E1;Ada;2020-01-01;"),
        live=LEFT + "user People/Gone | employeeID=E9 | info=drives the forklift",
        plan="""
            create person:E1@corp/account at People/Ada: employeeID=E1, enabled=no, sAMAccountName=E1
            missing person:E9: no source has it any more; it becomes leaver at 2026-12-03T12:00:00Z
            error since-occupied person:E9
        """,
    ),
    Case(
        "managed objects that nobody owns are reported",
        {"rules/people.yaml": BY_MAIL, "hr.csv": "EmployeeID;Name;Mail\nE1;Ada;ada@x.example\n"},
        live="""
            user People/Ada | employeeID=E1 | mail=ada@x.example
            user People/Stray | employeeID=E7 | mail=stray@x.example
            user People/Unmanaged | mail=unmanaged@x.example
        """,
        plan="""
            orphan corp/stray: nothing owns it
        """,
    ),
    Case(
        "orphans: disable takes them out of service once",
        {
            "rules/people.yaml": BY_MAIL.replace("initial_password", "orphans: disable\n    initial_password"),
            "hr.csv": "EmployeeID;Name;Mail\nE1;Ada;ada@x.example\n",
        },
        live="""
            user People/Ada | employeeID=E1 | mail=ada@x.example
            user People/Stray | employeeID=E7
            user People/Strayed before | employeeID=E8 | disabled
        """,
        plan="""
            disable corp/stray
            orphan corp/stray: nothing owns it: disable
            orphan corp/strayed-before: nothing owns it; it is disabled
        """,
    ),
    Case(
        "one person in ten may be gone, if max_shrink allows ten percent",
        {
            "idcode.yaml": project(HR.replace("proof:", "max_shrink: 10%, proof:")),
            "hr.csv": "EmployeeID;Name\n" + "".join(f"E{n};P{n}\n" for n in range(1, 10)),
            "rules/people.yaml": people(),
        },
        live=MANY,
        plan="""
            missing person:E10: no source has it any more; the rules do not say what becomes of such people (lifecycle.missing)
        """,
    ),
    Case(
        "a source that lost more of its people than max_shrink allows counts as incomplete",
        {
            "idcode.yaml": project(HR.replace("proof:", "max_shrink: 9.9%, proof:")),
            "hr.csv": "EmployeeID;Name\nE11;New\n" + "".join(f"E{n};Q{n}\n" for n in range(1, 10)),
            "rules/people.yaml": people(),
        },
        live=MANY,
        plan="""
            frozen person:E11@corp/account: source hr is not proved complete
            error source-shrunk hr
        """,
    ),
    Case(
        "below min_population a share says nothing",
        {
            "idcode.yaml": project(HR.replace("proof:", "max_shrink: 1%, proof:"), "guards: {min_population: 11}"),
            "hr.csv": "EmployeeID;Name\nE1;P1\n",
            "rules/people.yaml": people(),
        },
        live=MANY,
        plan="""
            missing person:E10: no source has it any more; the rules do not say what becomes of such people (lifecycle.missing)
            missing person:E2: no source has it any more; the rules do not say what becomes of such people (lifecycle.missing)
            missing person:E3: no source has it any more; the rules do not say what becomes of such people (lifecycle.missing)
            missing person:E4: no source has it any more; the rules do not say what becomes of such people (lifecycle.missing)
            missing person:E5: no source has it any more; the rules do not say what becomes of such people (lifecycle.missing)
            missing person:E6: no source has it any more; the rules do not say what becomes of such people (lifecycle.missing)
            missing person:E7: no source has it any more; the rules do not say what becomes of such people (lifecycle.missing)
            missing person:E8: no source has it any more; the rules do not say what becomes of such people (lifecycle.missing)
            missing person:E9: no source has it any more; the rules do not say what becomes of such people (lifecycle.missing)
        """,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_lifecycle(case: Case, tmp_path: Path) -> None:
    case.check(tmp_path)


def test_the_grace_period_runs_from_the_mark_that_the_first_plan_wrote(tmp_path: Path) -> None:
    company = Company(tmp_path, staff("E1;Ada;2020-01-01;"), LEFT + "user People/Gone | employeeID=E9")
    company.apply(datetime(2026, 12, 1, tzinfo=UTC))

    before = company.plan(datetime(2026, 12, 2, 23, 59, 59, tzinfo=UTC))
    after = company.plan(datetime(2026, 12, 3, tzinfo=UTC))

    of_gone = [
        [change.op for change in plan.changes if change.address.startswith("person:E9@")] for plan in (before, after)
    ]
    assert of_gone == [[], ["disable", "move"]]

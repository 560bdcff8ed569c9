"""Whose a record is, and whose an object: joins, and what is frozen where they do not say so."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sync.cases import Case
from tests.sync.company import HR, people, project

PHONES = f"""\
{HR}
phones: {{type: csv, path: phones.csv, delimiter: ";", encoding: utf-8, key: Line, proof: {{min_rows: 1}}}}
"""
PHONEBOOK = """\
- name: phonebook
  source: phones
  creates: false
  join: [{mail: [Mail]}]
  flow: {phone: [Phone]}
"""
BY_MAIL = people(read="mail: [Mail]", inbound=PHONEBOOK, flow="mail: [mail]\ndescription: [phone]")
MAIL_JOIN = people(read="mail: [Mail]", join="[{employeeID: [employeeId]}, {mail: [mail]}]", flow="mail: [mail]")
TWO_SOURCES = f"""\
{HR}
guests: {{type: csv, path: guests.csv, delimiter: ";", encoding: utf-8, key: Id, proof: {{min_rows: 1}}}}
"""
GUESTS = "- {name: guests, source: guests, flow: {employeeId: [Id], name: [Name]}}"

CASES = [
    Case(
        "a person without an object gets one, and one whose object is there keeps it",
        {"hr.csv": "EmployeeID;Name\nE1;Ada\nE2;Berit\n"},
        live="user People/Berit | employeeID=E2",
        plan="""
            create person:E1@corp/account at People/Ada: employeeID=E1, enabled=no, sAMAccountName=E1
        """,
    ),
    Case(
        "the order of the joins counts: the second is tried only where the first finds nobody",
        {"rules/people.yaml": MAIL_JOIN, "hr.csv": "EmployeeID;Name;Mail\nE1;Ada;a@x.example\nE2;Berit;b@x.example\n"},
        live="""
            user People/Ada | employeeID=E1 | mail=old@x.example
            user People/Berit | mail=B@x.example
        """,
        plan="""
            update person:E1@corp/account: mail: old@x.example → a@x.example
            update person:E2@corp/account: employeeID=E2
        """,
    ),
    Case(
        "a record that fits two people contributes to neither of them",
        {
            "idcode.yaml": project(PHONES),
            "rules/people.yaml": BY_MAIL,
            "hr.csv": "EmployeeID;Name;Mail\nE1;Ada;hello@x.example\nE2;Berit;hello@x.example\nE3;Cid;c@x.example\n",
            "phones.csv": "Line;Mail;Phone\n1;HELLO@x.example;100\n2;c@x.example;300\n",
        },
        live="user People/Ada | employeeID=E1 | description=99 | mail=hello@x.example",
        plan="""
            create person:E2@corp/account at People/Berit: employeeID=E2, enabled=no, mail=hello@x.example, sAMAccountName=E2
            create person:E3@corp/account at People/Cid: description=300, employeeID=E3, enabled=no, mail=c@x.example, sAMAccountName=E3
            error ambiguous-join person:E1
        """,
    ),
    Case(
        "two records of one source that fit one person contribute nothing",
        {
            "idcode.yaml": project(PHONES),
            "rules/people.yaml": BY_MAIL,
            "hr.csv": "EmployeeID;Name;Mail\nE1;Ada;a@x.example\n",
            "phones.csv": "Line;Mail;Phone\n1;a@x.example;100\n2;a@x.example;200\n",
        },
        live="user People/Ada | employeeID=E1 | description=99 | mail=a@x.example",
        plan="""
            error several-records person:E1
        """,
    ),
    Case(
        "a person whom two sources create is frozen",
        {
            "idcode.yaml": project(TWO_SOURCES),
            "rules/people.yaml": people(inbound=GUESTS),
            "hr.csv": "EmployeeID;Name\nE1;Ada\nE2;Berit\n",
            "guests.csv": "Id;Name\nE2;Britt\nG1;Gry\n",
        },
        live="user People/Berit | employeeID=E2",
        plan="""
            create person:E1@corp/account at People/Ada: employeeID=E1, enabled=no, sAMAccountName=E1
            create person:G1@corp/account at People/Gry: employeeID=G1, enabled=no, sAMAccountName=G1
            frozen person:E2@corp/account: rules hr and guests both create it
            error created-twice person:E2
        """,
    ),
    Case(
        "keys that differ only in letter case are one person too many",
        {
            "idcode.yaml": project(TWO_SOURCES),
            "rules/people.yaml": people(inbound=GUESTS),
            "hr.csv": "EmployeeID;Name\nE1;Ada\n",
            "guests.csv": "Id;Name\ne1;Adam\n",
        },
        live="user People/Old | employeeID=E1",
        plan="""
            frozen person:E1@corp/account: keys E1 and e1 differ only in letter case or spaces
            error key-case person:E1
            error created-twice person:E1
        """,
    ),
    Case(
        "a record whose scope cannot be computed freezes its person and nobody else",
        {
            "rules/people.yaml": people(hr='scope: CDate([Left]) > CDate("2026-01-01")'),
            "hr.csv": "EmployeeID;Name;Left\nE1;Ada;soon\nE2;Berit;2027-01-01\n",
        },
        live="""
            user People/Old Ada | employeeID=E1
            user People/Old Berit | employeeID=E2
        """,
        plan="""
            move person:E2@corp/account: cn: Old Berit → Berit
            frozen person:E1@corp/account: its scope cannot be evaluated: text of CDate: "soon" is not a date that can be read
            error record-unusable person:E1
        """,
    ),
    Case(
        "a record without a usable key is nobody's, so that nobody can be called missing",
        {
            "rules/people.yaml": people().replace("employeeId: [EmployeeID]", "employeeId: [Number]"),
            "hr.csv": "EmployeeID;Number;Name\n1;E1;Ada\n2;;Berit\n",
        },
        live="""
            user People/Ada | employeeID=E1
            user People/Berit | employeeID=E2
        """,
        plan="""
            error record-unusable hr
        """,
    ),
    Case(
        "a person who fits two objects is frozen, and so are both objects",
        {"hr.csv": "EmployeeID;Name\nE1;Ada\nE2;Berit\n"},
        live="""
            user People/Ada L | employeeID=E1
            user People/Ada M | employeeID=e1
            user People/Old Berit | employeeID=E2
        """,
        plan="""
            move person:E2@corp/account: cn: Old Berit → Berit
            frozen person:E1@corp/account: 2 objects fit it
            error ambiguous-link person:E1
        """,
    ),
    Case(
        "a pin decides which of two objects is the person's",
        {
            "hr.csv": "EmployeeID;Name\nE1;Ada\n",
            "decisions.yaml": "pins: [{object: corp/ada-m, is: person:E1@corp/account}]",
        },
        live="""
            user People/Ada L | employeeID=E1
            user People/Ada M | employeeID=E1
        """,
        plan="""
            move person:E1@corp/account: cn: Ada M → Ada
            orphan corp/ada-l: nothing owns it
        """,
    ),
    Case(
        "a pin of an object that is not there freezes its person",
        {
            "hr.csv": "EmployeeID;Name\ne1;Ada\n",
            "decisions.yaml": "pins: [{object: corp/nobody, is: person:e1@corp/account}]",
        },
        plan="""
            frozen person:e1@corp/account: it is pinned to corp/nobody, which is not there
            error pin-unknown person:e1
        """,
    ),
    Case(
        "an object that two people claim belongs to neither",
        {
            "rules/people.yaml": MAIL_JOIN,
            "hr.csv": "EmployeeID;Name;Mail\nE1;Ada;team@x.example\nE2;Berit;team@x.example\nE3;Cid;c@x.example\n",
        },
        live="user People/Team | mail=team@x.example",
        plan="""
            create person:E3@corp/account at People/Cid: employeeID=E3, enabled=no, mail=c@x.example, sAMAccountName=E3
            frozen person:E1@corp/account: CN=Team,OU=People,DC=corp,DC=example is claimed by person:E1@corp/account, person:E2@corp/account
            frozen person:E2@corp/account: CN=Team,OU=People,DC=corp,DC=example is claimed by person:E1@corp/account, person:E2@corp/account
            error claimed-twice person:E1
        """,
    ),
    Case(
        "a recycled address does not hand somebody else's account to a newcomer",
        {
            "rules/people.yaml": MAIL_JOIN,
            "hr.csv": "EmployeeID;Name;Mail\nE2;Ada;ada@x.example\n",
        },
        live="user People/Ada | employeeID=E1 | mail=ada@x.example",
        plan="""
            frozen person:E2@corp/account: CN=Ada,OU=People,DC=corp,DC=example fits it, but its employeeID is E1
            missing person:E1: no source has it any more; the rules do not say what becomes of such people (lifecycle.missing)
            error recycled-value person:E2
        """,
    ),
    Case(
        "a former key in decisions.yaml makes the recycled address the same person's",
        {
            "rules/people.yaml": MAIL_JOIN,
            "hr.csv": "EmployeeID;Name;Mail\nE2;Ada;ada@x.example\n",
            "decisions.yaml": "same: [{keep: person:E2, was: [person:E1]}]",
        },
        live="user People/Ada | employeeID=E1 | mail=ada@x.example",
        plan="""
            update person:E2@corp/account: employeeID: E1 → E2
        """,
    ),
    Case(
        "two people decided to be distinct do not share the account",
        {
            "rules/people.yaml": MAIL_JOIN,
            "hr.csv": "EmployeeID;Name;Mail\nE2;Ada Two;ada@x.example\n",
            "decisions.yaml": "distinct: [[person:E1, person:E2]]",
        },
        live="user People/Ada | employeeID=E1 | mail=ada@x.example",
        plan="""
            create person:E2@corp/account at People/Ada Two: employeeID=E2, enabled=no, mail=ada@x.example, sAMAccountName=E2
            missing person:E1: no source has it any more; the rules do not say what becomes of such people (lifecycle.missing)
        """,
    ),
    Case(
        "a deleted object with the person's key is restored",
        {"hr.csv": "EmployeeID;Name\nE1;Ada\n"},
        live="user People/Ada | employeeID=E1 | deleted",
        plan="""
            restore person:E1@corp/account at People/Ada: employeeID=E1, enabled=no, sAMAccountName=E1
        """,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_joining(case: Case, tmp_path: Path) -> None:
    case.check(tmp_path)

"""The rule tests of the examples pass, and notice when a rule is broken."""

from __future__ import annotations

import pytest

from tests.testing.support import Trial

CONTOSO = [
    ('scope: \'[Status] <> "Applicant"\'', "scope: 'True'", "applicants are nobody yet"),
    ("surname: Trim([LastName])", "surname: [LastName]", None),
    ("mail: ToLower(Trim([Email]))", "mail: Trim([Email])", "blanks around names"),
    ("telephoneNumber: [phonebook, hr]", "telephoneNumber: [hr, phonebook]", "the phonebook knows"),
    ("join: [{employeeId: [emp_no]}, {mail: [email]}]", "join: [{employeeId: [emp_no]}]", None),
    ('Replace([LastName], "Đ", , , "D", , )', '[LastName]', "a logon name is made of Latin letters"),
    ("      ToLower([employeeId]))", "      [employeeId])", "a logon name is made of Latin letters"),
    ("      ToLower(Left(Join(\".\", [loginGiven], [loginSurname]), 20)),\n", "", "two people of one name"),
    ('"VN", "Asia/Ho_Chi_Minh"', '"VN", "Asia/Tokyo"', "and not a moment earlier"),
    ("{name: active, from: [startDate]}", '{name: active, from: \'DateAdd("d", 1, [startDate])\'}', None),
    ("{name: leaver, after: [endDate]}", "{name: leaver, from: [endDate]}", None),
    ("'DateAdd(\"d\", 90, [endDate])'", "'DateAdd(\"d\", 91, [endDate])'", "no account is made for somebody who left"),
    ('IIF([employeeType] = "Contractor", "People/Contractors", "People/Staff")', '"People/Staff"', "contractors"),
    ('"leaver", "People/Leavers"', '"leaver", "People/Staff"', "who leaves"),
    ("enforce: disable-only", "enforce: exact", "an account that somebody disabled by hand"),
    ("SelectUniqueValue([displayName], Join(\" \", [displayName], [employeeId]))", "[displayName]", "two people"),
    ("on_change: demote", "on_change: drop", "a new name changes the address"),
    ("userPrincipalName: [mail] ", 'userPrincipalName: Join("@", [accountName], "contoso.com") ', "a new name"),
    ("      room: [room]", "      room: Coalesce([room], \"none\")", "where the phonebook has"),
    ('&& Contains([entitlements], "tier0") > 0', "", None),
    ("employeeNumber: [employeeId]\n      employeeType", "employeeNumber: [mail]\n      employeeType", "second account"),
    ("department: {expression: [department], mode: shadow}", "department: [department]", "who administers"),
    ("    on_exit: disable\n    path: {constant: Admins}", "    path: {constant: Admins}", "without the entitlement"),
]  # fmt: skip
GROUPS = [
    ('[stage] = "active" && [employeeType] = "Employee"\'}\n  - name: sg-all-c', '[stage] = "active"\'}\n  - name: sg-all-c'),
    ('([department] = "Engineering" || [department] = "Platform")', '[department] = "Platform"'),
    ('Contains([entitlements], "vpn") > 0', 'Contains([entitlements], "vpn") = 0'),
    ("    members:                             # add-only", "    members:\n      mode: exact  # add-only"),
    ('InStr([title], "Head of ") = 1', 'InStr([title], "Head of ") <> 1'),
    ('ToLower([country])', 'ToUpper([country]), "x"'),
]  # fmt: skip
START = [
    ("surname: Trim([LastName])", "surname: [Email]"),
    ('DateAdd("d", -14, [startDate])', 'DateAdd("d", -13, [startDate])'),
    ('DateAdd("d", -14, [startDate])', 'DateAdd("d", -15, [startDate])'),
    ("{name: leaver, after: [endDate]}", "{name: leaver, after: 'DateAdd(\"d\", 1, [endDate])'}"),
    ("missing: {stage: leaver, grace: PT48H", "missing: {stage: leaver, grace: PT72H"),
    ("kept_in: [corp.sAMAccountName]", "kept_in: [corp.description]"),
    ("enabled: '[stage] = \"active\"'", "enabled: '[stage] <> \"active\"'"),
    ("manager: [Manager]", "manager: [EmployeeID]"),
    ("startDate: [HireDate]", "startDate: {constant: 2020-01-01}"),
]


@pytest.mark.parametrize("example", ["start", "contoso"])
def test_they_pass(example: str, request: pytest.FixtureRequest) -> None:
    tested: Trial = request.getfixturevalue(example)
    assert tested.differences() == []
    assert tested.validate() == []


@pytest.mark.parametrize(("old", "new", "name"), CONTOSO)
def test_those_of_contoso_notice_a_broken_rule(old: str, new: str, name: str | None, contoso: Trial) -> None:
    contoso.change("rules/people.yaml", old, new)
    _notices(contoso, name)


@pytest.mark.parametrize(("old", "new"), GROUPS)
def test_those_of_contoso_notice_a_broken_group(old: str, new: str, contoso: Trial) -> None:
    contoso.change("objects/groups.yaml", old, new)
    _notices(contoso, None)


@pytest.mark.parametrize(("old", "new"), START)
def test_those_of_the_start_notice_a_broken_rule(old: str, new: str, start: Trial) -> None:
    start.change("rules/people.yaml", old, new)
    _notices(start, None)


def _notices(tested: Trial, name: str | None) -> None:
    failed = [test["name"] for test in tested.report()["tests"] if test["status"] == "failed"]
    assert failed
    assert name is None or any(name in one for one in failed), failed

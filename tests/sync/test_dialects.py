"""Rules of Entra Connect and MIM in a plan: parameters, lists of directories, bare names."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sync.cases import Case
from tests.sync.company import people, project

HR = "EmployeeID;Name\nE1;Ada\nE2;Berit\n"
PRIMARY = 'IIF(Contains([object.proxyAddresses], "SMTP:") > 0, Mid(Item([object.proxyAddresses], 1), 6), NULL)'

CASES = [
    Case(
        "a rule of Entra Connect uses the parameters of the project",
        {
            "idcode.yaml": project(more="parameters: {Domain.FQDN: contoso.example}"),
            "rules/people.yaml": people(
                account="dialect: connect", flow="mail: '[employeeId] & \"@\" & %Domain.FQDN%'"
            ),
            "hr.csv": "EmployeeID;Name\nE1;Ada\n",
        },
        live="user People/Ada | employeeID=E1 | sAMAccountName=E1 | mail=old@contoso.example",
        plan="update person:E1@corp/account: mail: old@contoso.example → E1@contoso.example",
    ),
    Case(
        "an attribute that can hold several values is a list there, even if it holds one",
        {"rules/people.yaml": people(account="dialect: connect", flow=f"description: '{PRIMARY}'"), "hr.csv": HR},
        live="""
            user People/Ada | employeeID=E1 | sAMAccountName=E1 | proxyAddresses=SMTP:ada@contoso.example
            user People/Berit | employeeID=E2 | sAMAccountName=E2 | description=none
        """,
        plan="""
            update person:E1@corp/account: description=ada@contoso.example
            update person:E2@corp/account: description: none → nothing
        """,
    ),
    Case(
        "a rule of MIM writes attributes without brackets",
        {
            "rules/people.yaml": people(account="dialect: mim", flow="description: '\"hr \" + employeeId'"),
            "hr.csv": "EmployeeID;Name\nE1;Ada\n",
        },
        live="user People/Ada | employeeID=E1 | sAMAccountName=E1",
        plan="update person:E1@corp/account: description=hr E1",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_plan(case: Case, tmp_path: Path) -> None:
    case.check(tmp_path)

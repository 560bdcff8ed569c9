"""Guests and members of one tenant: the same address never makes one the other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from idcode.cli.main import run_main

FILES = {
    "idcode.yaml": """\
version: 1
project: contoso
directories:
  cloud: {type: sandbox-tenant, domains: [contoso.com]}
sources:
  hr: {type: csv, path: hr.csv, delimiter: ";", encoding: utf-8, key: id, proof: {min_rows: 1}}
""",
    "rules/people.yaml": """\
identity: person
key: id
inbound:
  - {name: hr, source: hr, flow: {id: [id], mail: [mail], kind: [kind], company: [company]}}
outbound:
  - name: member
    primary: true
    directory: cloud
    scope: '[kind] = "staff"'
    creates: false
    join: [{mail: [mail]}]
    flow: {mail: [mail], companyName: [company]}
  - name: guest
    directory: cloud
    object: guest
    scope: '[kind] = "partner"'
    join: [{mail: [mail]}]
    on_exit: delete
    flow: {mail: [mail], companyName: [company]}
""",
    "hr.csv": """\
id;mail;kind;company
E1;ada@contoso.com;staff;Contoso
P1;greta@partner.example;partner;Partner
P2;finn@partner.example;former;Partner
""",
}
TENANT = {
    "users": [
        {"userPrincipalName": "ada@contoso.com", "mail": "ada@contoso.com"},
        *(
            {"userPrincipalName": f"{name}_partner.example#EXT#@contoso.onmicrosoft.com", "userType": "Guest"}
            | {"mail": f"{name}@partner.example"}
            for name in ("greta", "finn")
        ),
    ]
}


def test_a_rule_for_guests_leaves_members_with_such_an_address_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, text in {**FILES, "tenant.json": json.dumps(TENANT)}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    assert run_main(["sandbox", "reset", "--from", str(tmp_path / "tenant.json"), "-C", str(tmp_path)]) == 0
    capsys.readouterr()
    assert run_main(["plan", "--format", "json", "--as-of", "2026-12-01", "--strict", "-C", str(tmp_path)]) == 0
    plan: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert {change["address"]: change["op"] for change in plan["changes"]} == {
        "person:E1@cloud/member": "update",
        "person:P1@cloud/guest": "update",
        "person:P2@cloud/guest": "delete",
    }

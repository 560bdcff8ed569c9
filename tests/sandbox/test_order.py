"""Whoever takes which name: the order of a plan is one in which the directory never refuses."""

from __future__ import annotations

import itertools
import json
import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idcode.cli.main import run_main
from idcode.directories.sandbox.directory import open_practice
from idcode.directories.sandbox.session import EmbeddedSession
from idcode.directories.sandbox.settings import SandboxSettings
from idcode.model import dn

PROJECT = """
version: 1
project: order
directories:
  corp: {type: sandbox, base_dn: "DC=corp,DC=contoso,DC=com"}
sources:
  hr: {type: csv, path: hr.csv, delimiter: ";", encoding: utf-8, key: Id, proof: {min_rows: 1}}
guards: {min_population: 1000}
"""
RULES = """
identity: person
key: employeeId
attributes: {manager: ref(person)}
inbound:
  - name: hr
    source: hr
    flow: {employeeId: [Id], name: [Name], logon: [Logon], upn: [Upn], unit: [Unit], manager: [Manager]}
outbound:
  - name: account
    directory: corp
    object: user
    join: [{employeeID: [employeeId]}]
    manages: {base: People, filter: (employeeID=*)}
    initial_password: none
    path: Join("/", "People", [unit])
    flow: {cn: [name], employeeID: [employeeId], sAMAccountName: [logon], userPrincipalName: [upn], manager: [manager]}
"""
BASE = "DC=corp,DC=contoso,DC=com"
PEOPLE = 6
UNITS = ("Here", "There")
NAMES = [f"Name {letter}" for letter in "ABC"]
LOGONS = [f"logon-{letter}" for letter in "abcdef"]
UPNS = [f"{letter}@contoso.com" for letter in "abcdefg"]


@st.composite
def companies(draw: st.DrawFn) -> list[tuple[str, ...]]:
    """Return a row for everybody, no two with the same logon name, UPN, or name in a unit."""
    places = draw(st.permutations(list(itertools.product(NAMES, UNITS))))
    logons, upns = draw(st.permutations(LOGONS)), draw(st.permutations(UPNS))
    return [
        (f"E{person}", name, logon, upn, unit, draw(st.sampled_from(["", *(f"E{other}" for other in range(PEOPLE))])))
        for person, ((name, unit), logon, upn) in enumerate(zip(places[:PEOPLE], logons, upns, strict=False))
    ]


def found(root: Path) -> set[tuple[str, ...]]:
    """Return who has which number, name, logon name and UPN in the domain."""
    domain = open_practice("corp", SandboxSettings(type="sandbox", base_dn=BASE), root)
    names = ["employeeID", "cn", "sAMAccountName", "userPrincipalName"]
    answer = EmbeddedSession(domain).search(BASE, filter="(employeeID=*)", attributes=names)
    return {
        (*((entry.first(name) or b"").decode() for name in names), dn.parse(entry.dn)[1].value)
        for entry in answer.entries
    }


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(before=companies(), after=companies())
def test_people_who_exchange_names_in_any_way_all_get_theirs(
    before: list[tuple[str, ...]], after: list[tuple[str, ...]]
) -> None:
    root = Path(tempfile.mkdtemp())
    try:
        units = [{"path": path} for path in ("People", *(f"People/{name}" for name in UNITS))]
        objects = json.dumps({"directory": "corp", "organizational_units": units})
        for name, text in (("idcode.yaml", PROJECT), ("rules/people.yaml", RULES), ("objects/ou.yaml", objects)):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text, "utf-8")
        for rows in (before, after):
            lines = ["Id;Name;Logon;Upn;Unit;Manager", *(";".join(row) for row in rows)]
            (root / "hr.csv").write_text("\n".join(lines) + "\n", "utf-8")
            assert run_main(["apply", "--yes", "--dir", str(root)]) == 0
            assert found(root) == {row[:5] for row in rows}
            assert run_main(["plan", "--detailed-exitcode", "--no-prove", "--dir", str(root)]) == 0
    finally:
        shutil.rmtree(root)

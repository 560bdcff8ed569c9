"""A small repository on a real domain, driven through the command line as its users drive it."""

from __future__ import annotations

import json
import os
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from idcode.cli.main import run_main
from tests.lab import Domain

AS_OF = "2026-12-01T08:00:00Z"
HEADER = "EmployeeID;FirstName;LastName;Department;Email;ManagerID;HireDate;TerminationDate"

PROJECT = """\
version: 1
project: contoso
directories:
  corp:
    type: ad
    servers: ["{server}"]
    base_dn: "{base}"
    bind: {{method: simple, user: "${{env:LAB_USER}}", password: "${{env:LAB_PASSWORD}}"}}
    tls: {{ca_file: "{ca}", server_name: "{name}"}}
sources:
  hr:
    type: csv
    path: data/hr.csv
    delimiter: ";"
    encoding: utf-8
    key: EmployeeID
    proof: {{trailer: '^TOTAL;(?P<rows>\\d+)$'}}
{source_extra}
credentials: {{command: [./sink.sh]}}
guards:
{guards}
"""

RULES = """\
identity: person
key: employeeId
attributes:
  startDate: date
  endDate: date
  manager: ref(person)
inbound:
  - name: hr
    source: hr
    flow:
      employeeId: [EmployeeID]
      givenName: Trim([FirstName])
      surname: Trim([LastName])
      displayName: Join(" ", Trim([FirstName]), Trim([LastName]))
      department: [Department]
      mail: [Email]
      manager: [ManagerID]
      startDate: [HireDate]
      endDate: [TerminationDate]
generate:
  accountName:
    kept_in: [corp.sAMAccountName]
    unique_in: [corp.sAMAccountName]
    value: SelectUniqueValue(
      ToLower(Left(NormalizeDiacritics(Join("", Left([givenName], 1), [surname])), 18)),
      ToLower(Left(NormalizeDiacritics(Join("", Left([givenName], 2), [surname])), 18)),
      ToLower(Left(NormalizeDiacritics(Join("", [givenName], [surname])), 18)),
      ToLower(Join("", "u", [employeeId])))
lifecycle:
  timezone: {constant: Europe/Stockholm}
  stages:
    - {name: future}
    - {name: prehire, from: 'DateAdd("d", -14, [startDate])'}
    - {name: active, from: [startDate]}
    - {name: leaver, after: [endDate]}
    - {name: retired, after: 'DateAdd("d", 90, [endDate])'}
  missing: {stage: leaver, grace: PT48H, since_in: corp.info}
outbound:
  - name: account
    primary: true
    directory: corp
    object: user
    stages: [prehire, active, leaver]
    join: [{employeeID: [employeeId]}, {mail: [mail]}]
    manages: {base: People, filter: (employeeID=*)}
    on_exit: disable
    path: Switch([stage], "People/Staff", "leaver", "People/Leavers")
    enabled: {expression: '[stage] = "active"', enforce: disable-only}
    flow:
      cn: SelectUniqueValue([displayName], Join(" ", [displayName], [employeeId]))
      employeeID: [employeeId]
      sAMAccountName: [accountName]
      userPrincipalName: Join("@", [accountName], "contoso.com")
      givenName: [givenName]
      sn: [surname]
      displayName: [displayName]
      department: [department]
      mail: [mail]
      manager: [manager]
      description: {expression: 'Join(" ", "hired", CStr([startDate]))', apply: once}
      proxyAddresses: {mail: {primary: [mail], on_change: demote}}
"""

OUS = """\
directory: corp
organizational_units:
  - {path: People, description: Everyone}
  - {path: People/Staff}
  - {path: People/Leavers}
  - {path: Groups}
  - {path: Groups/Departments}
"""

GROUPS = """\
directory: corp
manages: {base: Groups}
groups:
  - name: sg-engineering
    path: Groups
    members: {mode: exact, match: '[department] = "Engineering" && [stage] = "active"'}
  - name: sg-sales
    path: Groups
    members: {mode: exact, match: '[department] = "Sales" && [stage] = "active"'}
  - name: sg-all
    path: Groups
    scope: universal
    members: {mode: exact, include: [group:sg-engineering, group:sg-sales]}
"""


@dataclass
class Result:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


class Repository:
    """Files in a folder, a domain, and the command line between them."""

    def __init__(self, root: Path, domain: Domain, capsys: pytest.CaptureFixture[str]) -> None:
        self.root, self.domain, self._capsys = root, domain, capsys
        self.settings(guards="  min_population: 10", source_extra="")
        self.write("rules/people.yaml", RULES)
        self.write("objects/ou.yaml", OUS)
        self.write("objects/groups.yaml", GROUPS)
        self.write("sink.sh", "#!/bin/sh\ncat >> sink.log\n")
        (root / "sink.sh").chmod(0o755)
        self.people: dict[str, list[str]] = {}

    def settings(self, *, guards: str = "  min_population: 10", source_extra: str = "") -> None:
        """Write idcode.yaml."""
        self.write(
            "idcode.yaml",
            PROJECT.format(
                server=self.domain.servers[0],
                base=self.domain.base_dn,
                ca=self.domain.ca_file,
                name=self.domain.server_name,
                guards=guards,
                source_extra=source_extra,
            ),
        )

    def write(self, name: str, text: str) -> None:
        """Write a file of the repository."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace a text that is there in a file."""
        text = (self.root / name).read_text("utf-8")
        assert old in text, f"{old!r} is not in {name}"
        self.write(name, text.replace(old, new))

    def person(self, key: str, first: str, last: str, department: str = "", **more: str) -> None:
        """Put a person into the HR file, or change them."""
        cells = [first, last, department, more.get("mail", ""), more.get("manager", "")]
        self.people[key] = [*cells, more.get("start", "2020-01-01"), more.get("end", "")]
        self.write_hr()

    def leave(self, key: str) -> None:
        """Take a person out of the HR file."""
        del self.people[key]
        self.write_hr()

    def write_hr(self, trailer: str | None = None) -> None:
        """Write the HR file with a right trailer, or another one."""
        rows = [";".join(f'"{cell}"' if ";" in cell else cell for cell in (key, *p)) for key, p in self.people.items()]
        last = f"TOTAL;{len(rows)}" if trailer is None else trailer
        self.write("data/hr.csv", "\n".join([HEADER, *rows, last]) + "\n")

    def run(self, *arguments: str) -> Result:
        """Run a command in the repository's folder."""
        before = Path.cwd()
        os.chdir(self.root)
        try:
            self._capsys.readouterr()
            code = run_main(list(arguments))
            out, err = self._capsys.readouterr()
        finally:
            os.chdir(before)
        assert "Traceback" not in out + err
        return Result(code, out, err)

    def plan(self, *arguments: str, as_of: str = AS_OF, code: int = 0) -> dict[str, Any]:
        """Plan, and return the plan as JSON."""
        result = self.run("plan", "--format", "json", "--as-of", as_of, "--out", "plan.json", *arguments)
        assert result.code == code, result.out[-3000:] + result.err
        plan: dict[str, Any] = json.loads(result.out)
        return plan

    def apply(self, as_of: str = AS_OF, *, again: bool = True, settled: Sequence[str] = ()) -> dict[str, Any]:
        """Plan and apply all of it; the second plan has to be empty (law 9). Returns the applied plan."""
        plan = self.plan(as_of=as_of)
        result = self.run("apply", "plan.json")
        assert result.code == 0, result.out + result.err
        if again:
            second = self.plan(as_of=as_of)
            assert second["changes"] == [], json.dumps(second["changes"], indent=1)[:4000]
        return plan

    def last_run(self) -> str:
        """Return the id of the newest run."""
        runs: list[dict[str, Any]] = json.loads(self.run("runs", "--format", "json").out)
        return str(runs[0]["run_id"])


def changes(plan: dict[str, Any], address: str = "", op: str = "") -> list[dict[str, Any]]:
    """Return the changes whose address begins with ``address`` and whose op is ``op``."""
    found = [c for c in plan["changes"] if c["address"].startswith(address)]
    return [c for c in found if not op or c["op"] == op]


def codes(plan: dict[str, Any]) -> set[str]:
    """Return the codes of a plan's diagnostics."""
    return {d["code"] for d in plan["diagnostics"]}

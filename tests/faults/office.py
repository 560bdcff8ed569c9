"""A small company in a practice tenant, and one day of it."""

from __future__ import annotations

from pathlib import Path

PROJECT = """\
version: 1
project: faults
directories:
  cloud: {type: sandbox-tenant, domains: [contoso.example], patience: PT1S}
sources:
  hr: {type: csv, path: hr.csv, delimiter: ";", encoding: utf-8, key: Id, proof: {min_rows: 1}}
credentials: {command: ["true"]}
guards: {min_population: 1000}
"""
RULES = """\
identity: person
key: employeeId
attributes: {manager: ref(person)}
inbound:
  - name: hr
    source: hr
    flow: {employeeId: [Id], department: [Department], manager: [Manager], state: [State], country: {constant: SE}}
outbound:
  - name: user
    directory: cloud
    object: user
    scope: '[state] <> "gone"'
    on_exit: delete
    join: [{employeeId: [employeeId]}]
    enabled: {expression: '[state] = "in"', enforce: disable-only}
    flow:
      employeeId: [employeeId]
      displayName: [employeeId]
      mailNickname: [employeeId]
      userPrincipalName: Join("", [employeeId], "@contoso.example")
      department: [department]
      usageLocation: [country]
      manager: [manager]
"""
GROUPS = """\
directory: cloud
groups:
  - for_each: {key: [department], kept_in: description}
    name: {expression: '[department]'}
    members: {mode: exact, match: '[state] = "in"'}
  - name: everybody
    members: {mode: exact, match: '[state] = "in"'}
"""
Row = tuple[str, str, str, str]


def _rows(prefix: str, count: int, department: str, state: str, manager: str = "") -> list[Row]:
    return [(f"{prefix}{n}", department, manager, state) for n in range(1, count + 1)]


def _write(root: Path, rows: list[Row]) -> None:
    text = "\n".join(["Id;Department;Manager;State", *(";".join(row) for row in rows)]) + "\n"
    (root / "hr.csv").write_text(text, "utf-8")


def write_yesterday(root: Path) -> None:
    """Write the company's files as they were before the day."""
    for name, text in (("idcode.yaml", PROJECT), ("rules/people.yaml", RULES), ("objects/groups.yaml", GROUPS)):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, "utf-8")
    _write(
        root,
        [*_rows("Stay", 3, "Sales", "in"), *_rows("Edit", 6, "Sales", "in"), *_rows("Leave", 4, "Sales", "in"),
         *_rows("Gone", 4, "Legal", "in"), *_rows("Back", 3, "Legal", "out")],
    )  # fmt: skip


def write_today(root: Path) -> None:
    """Write what the day brings: people who come, change, leave, go for good, and come back to work."""
    _write(
        root,
        [*_rows("Stay", 3, "Sales", "in"), *_rows("Edit", 6, "Legal", "in", "New1"), *_rows("Leave", 4, "Sales", "out"),
         *_rows("Gone", 4, "Legal", "gone"), *_rows("Back", 3, "Legal", "in"), *_rows("New", 8, "Research", "in", "Stay1")],
    )  # fmt: skip

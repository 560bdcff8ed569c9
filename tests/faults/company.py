"""A company, and one day of it with changes of every kind: more than sixty, in every phase and by every operation."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.lab import Domain

YESTERDAY, TODAY = "2026-12-01T08:00:00Z", "2026-12-02T08:00:00Z"
LONG_AGO = "2026-01-15T08:00:00Z"
PROJECT = """\
version: 1
project: faults
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
    path: hr.csv
    delimiter: ";"
    encoding: utf-8
    key: Id
    proof: {{trailer: '^TOTAL;(?P<rows>\\d+)$'}}
credentials: {{command: ["true"]}}
apply: {{batch_size: 20}}
guards: {{min_population: 1000}}
"""
RULES = """\
identity: person
key: employeeId
attributes: {startDate: date, endDate: date, manager: ref(person)}
inbound:
  - name: hr
    source: hr
    flow:
      employeeId: [Id]
      givenName: [First]
      surname: [Last]
      displayName: Join(" ", [First], [Last])
      login: [Login]
      department: [Department]
      unit: [Unit]
      manager: [Manager]
      startDate: [Start]
      endDate: [End]
lifecycle:
  timezone: {constant: Europe/Stockholm}
  stages:
    - {name: future}
    - {name: prehire, from: 'DateAdd("d", -14, [startDate])'}
    - {name: active, from: [startDate]}
    - {name: leaver, after: [endDate]}
    - {name: retired, after: 'DateAdd("d", 90, [endDate])'}
outbound:
  - name: account
    primary: true
    directory: corp
    object: user
    stages: [prehire, active, leaver]
    join: [{employeeID: [employeeId]}, {sAMAccountName: [login]}]
    manages: {base: People, filter: (employeeID=*)}
    on_exit: delete
    path: Switch([stage], Join("/", "People/Units", [unit]), "leaver", "People/Leavers")
    enabled: {expression: '[stage] = "active"', enforce: disable-only}
    flow:
      cn: [displayName]
      employeeID: [employeeId]
      sAMAccountName: [login]
      userPrincipalName: Join("@", [login], "contoso.com")
      givenName: [givenName]
      sn: [surname]
      displayName: [displayName]
      department: [department]
      manager: [manager]
      proxyAddresses: {mail: {primary: 'Join("@", [employeeId], "contoso.com")', on_change: demote}}
"""
GROUP = """\
  - name: {name}
    path: Groups
    scope: {scope}
    members: {{mode: exact, match: '[department] = "{department}" && [stage] = "active"'}}
"""
UNITS_BEFORE = """\
directory: corp
organizational_units:
  - {path: People, protected: true}
  - {path: People/Units}
  - {path: People/Units/North, description: the north}
  - {path: People/Units/South}
  - {path: People/Units/Old}
  - {path: People/Leavers}
  - {path: Groups}
"""
UNITS_AFTER = """\
directory: corp
absent: [ou:People/Units/Old]
organizational_units:
  - {path: People, protected: true}
  - {path: People/Units}
  - {path: People/Units/Nord, previously: [People/Units/North], description: ""}
  - {path: People/Units/South, description: the south, protected: true}
  - {path: People/Units/West, description: the west, protected: true}
  - {path: People/Leavers}
  - {path: Groups}
"""


@dataclass(frozen=True)
class Person:
    """A row of the HR file."""

    key: str
    first: str
    last: str
    login: str
    department: str
    unit: str
    manager: str = ""
    start: str = "2020-01-01"
    end: str = ""


def _people(prefix: str, count: int, department: str, unit: str, **more: str) -> list[Person]:
    return [
        Person(f"{prefix}{n}", f"{prefix}{n}", "Brisling", f"{prefix.lower()}{n}", department, unit, **more)
        for n in range(1, count + 1)
    ]


def _before() -> list[Person]:
    return [
        *_people("Stay", 6, "Sales", "North"),
        *_people("Edit", 8, "Sales", "South"),
        *_people("Move", 6, "Legal", "Old"),
        *_people("Leave", 5, "Legal", "South", end="2026-12-01"),
        *_people("Gone", 3, "Sales", "South", end="2026-09-02"),
        *_people("Start", 5, "Legal", "South", start="2026-12-02"),
        *_people("Back", 2, "Sales", "South", end="2026-02-01"),
        *_people("Swap", 5, "Sales", "North"),
        *_people("Name", 2, "Sales", "South"),
    ]


def _after() -> list[Person]:
    people = {person.key: person for person in _before()}

    def change(key: str, **values: str) -> None:
        people[key] = Person(**{**{name: getattr(people[key], name) for name in Person.__annotations__}, **values})

    for person in _before():
        if person.unit == "North":
            change(person.key, unit="Nord")
    for n in range(1, 9):
        change(f"Edit{n}", department=("Legal", "Research")[n % 2], manager="New1")
    for n in range(1, 7):
        change(f"Move{n}", unit="West", first=f"Moved{n}")
    for n in (1, 2):
        change(f"Back{n}", end="")
    # Logon names in a circle of two and one of three, and two who exchange their names in one unit.
    for key, login in (
        ("Swap1", "swap2"),
        ("Swap2", "swap1"),
        ("Swap3", "swap4"),
        ("Swap4", "swap5"),
        ("Swap5", "swap3"),
    ):
        change(key, login=login)
    change("Name1", first="Name2")
    change("Name2", first="Name1")
    new = _people("New", 6, "Research", "West", manager="New1")
    return [*people.values(), *new]


def _write(root: Path, name: str, text: str) -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text, "utf-8")


def _write_people(root: Path, people: list[Person]) -> None:
    rows = [
        ";".join((p.key, p.first, p.last, p.login, p.department, p.unit, p.manager, p.start, p.end)) for p in people
    ]
    header = "Id;First;Last;Login;Department;Unit;Manager;Start;End"
    _write(root, "hr.csv", "\n".join([header, *rows, f"TOTAL;{len(rows)}"]) + "\n")


def _groups(**departments: str) -> str:
    groups = (
        GROUP.format(name=name, department=department, scope="global") for name, department in departments.items()
    )
    return "directory: corp\ngroups:\n" + "".join(groups)


def write_yesterday(root: Path, domain: Domain) -> None:
    """Write the company's files as they were before the day."""
    settings = (domain.servers[0], domain.base_dn, domain.ca_file, domain.server_name)
    server, base, ca, name = settings
    _write(root, "idcode.yaml", PROJECT.format(server=server, base=base, ca=ca, name=name))
    _write(root, "rules/people.yaml", RULES)
    _write(root, "objects/units.yaml", UNITS_BEFORE)
    _write(root, "objects/groups.yaml", _groups(sales="Sales", legal="Legal", old="Legal"))
    _write_people(root, _before())


def write_today(root: Path) -> None:
    """Write what the day brings."""
    _write(root, "objects/units.yaml", UNITS_AFTER)
    groups = _groups(sales="Sales", research="Research").replace("scope: global", "scope: universal", 1)
    renamed = GROUP.format(name="law", department="Legal", scope="global") + "    previously: [legal]\n"
    _write(root, "objects/groups.yaml", groups.replace("groups:", "absent: [group:old]\ngroups:") + renamed)
    _write_people(root, _after())

"""How much the engine costs beside a script that somebody would write by hand; run it with ``make bench``.

10,000 generated people go from a CSV file to a plan against a directory in memory, so that no network and no server is
measured: once into an empty directory, and once into one that has everything already, which is every night's case. The
script does the same mapping (account names, mail, manager, department groups) and nothing else: no provenance,
no guards, no journal, no proof that a read was complete. Both must come to the same result, or the figures are void.
"""

from __future__ import annotations

import argparse
import csv
import sys
import tempfile
import time
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from idcode.cli import wiring
from idcode.config.project import Repository
from idcode.model import dn
from idcode.model.plans import Change, Plan, Project
from idcode.model.records import Fingerprint, LiveObject, ObjectType, Proof, Query, Reading
from idcode.model.schema import AttributeType, DirectorySchema, Kind
from idcode.model.values import Ref, Scalar
from idcode.model.writes import Write
from idcode.plan.build import Options, build_plan
from idcode.sync.engine import compute
from idcode.sync.gather import gather
from idcode.sync.programs import compile_rules
from idcode.sync.provenance import Explainer

BASE = "DC=bench,DC=example"
NOW = datetime(2026, 12, 1, tzinfo=UTC)
DEPARTMENTS = [f"Department {number:02}" for number in range(40)]
COLUMNS = ("EmployeeID", "FirstName", "LastName", "Title", "Department", "City", "ManagerID", "HireDate")
COPIED = {"givenName": "FirstName", "sn": "LastName", "title": "Title", "department": "Department", "l": "City"}

PROJECT = f"""\
version: 1
project: bench
directories:
  corp: {{type: ad, servers: [ldaps://unused.example], base_dn: "{BASE}", bind: {{method: kerberos}}}}
sources:
  hr: {{type: csv, path: hr.csv, delimiter: ";", encoding: utf-8, key: EmployeeID, proof: {{min_rows: 1}}}}
"""
RULES = """\
identity: person
key: employeeId
attributes: {startDate: date, manager: ref(person)}
inbound:
  - name: hr
    source: hr
    flow:
      employeeId: [EmployeeID]
      givenName: Trim([FirstName])
      surname: Trim([LastName])
      displayName: Join(" ", Trim([FirstName]), Trim([LastName]))
      title: [Title]
      department: [Department]
      city: [City]
      manager: [ManagerID]
      startDate: [HireDate]
generate:
  accountName:
    kept_in: [corp.sAMAccountName]
    value: SelectUniqueValue(
      ToLower(Left(NormalizeDiacritics(Join(".", [givenName], [surname])), 20)), ToLower([employeeId]))
lifecycle:
  stages: [{name: future}, {name: active, from: '[startDate]'}]
outbound:
  - name: account
    directory: corp
    stages: [active]
    join: [{employeeID: [employeeId]}]
    manages: {base: People, filter: (employeeID=*)}
    path: {constant: People}
    initial_password: none
    flow:
      cn: Join(" ", [displayName], [employeeId])
      employeeID: [employeeId]
      sAMAccountName: [accountName]
      givenName: [givenName]
      sn: [surname]
      displayName: [displayName]
      title: [title]
      department: [department]
      l: [city]
      mail: Join("@", [accountName], "bench.example")
      manager: [manager]
"""
GROUPS = "directory: corp\nmanages: {base: Groups}\ngroups:\n" + "".join(
    f"  - {{name: sg-{number:02}, path: Groups, members: {{mode: exact, match: '[department] = \"{name}\"'}}}}\n"
    for number, name in enumerate(DEPARTMENTS)
)

ACCOUNT = ("employeeID", "givenName", "sn", "displayName", "title", "department", "l", "mail")
SCHEMA = DirectorySchema(
    [
        *(AttributeType(name) for name in (*ACCOUNT, "ou", "description", "category", "scope")),
        AttributeType("cn", unique="container"),
        AttributeType("sAMAccountName", unique="domain"),
        AttributeType("userPrincipalName", unique="forest"),
        AttributeType("manager", Kind.REFERENCE),
        AttributeType("member", Kind.REFERENCE, single=False),
    ]
)


class MemoryDirectory:
    """As much of a directory as planning needs."""

    name = "corp"

    def __init__(self, objects: list[LiveObject]) -> None:
        self._objects = objects

    def fingerprint(self) -> Fingerprint:
        return Fingerprint("memory", "bench", "memory")

    def schema(self) -> DirectorySchema:
        return SCHEMA

    def read(self, query: Query) -> Reading[LiveObject]:
        yield from self._objects
        return Proof(True, "memory", len(self._objects))

    def reject(self, change: Change) -> list[Any]:
        return []

    def review(self, changes: Sequence[Change]) -> list[Any]:
        return []

    def unseen(self, anchors: Collection[str]) -> frozenset[str]:
        return frozenset()

    def remember(self, write: Write, live: LiveObject | None, anchor: str | None, at: Any) -> None:
        """Nothing to remember: it shows at once what it has taken."""

    def lower(self, change: Change, anchors: Mapping[str, str]) -> list[Write]:
        return [Write(f"{change.id}.1", change.id, change.op, {})]


def write_people(path: Path, count: int) -> None:
    """Generate the export; every thousandth name is another's too."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(COLUMNS)
        for number in range(count):
            first, last = f"Åsa{chr(97 + number % 26)}", f"Øberg{number // 26 if number % 1000 else 0}"
            manager = f"E{number // 10:06}" if number else ""
            department, city = DEPARTMENTS[number % len(DEPARTMENTS)], f"City {number % 60}"
            row = (f"E{number:06}", first, last, f"Title {number % 200}", department, city, manager, "2020-01-01")
            writer.writerow(row)


def by_hand(path: Path, live: Mapping[str, Mapping[str, Any]]) -> tuple[dict[str, dict[str, Any]], list[Any]]:
    """Map and compare as a script would; returns what should be there, by DN, and the differences."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = {row["EmployeeID"]: row for row in csv.DictReader(file, delimiter=";")}
    people = {}
    for key, row in rows.items():
        display = f"{row['FirstName'].strip()} {row['LastName'].strip()}"
        people[key] = f"CN={display} {key},OU=People,{BASE}"
    taken: set[str] = set()
    wanted: dict[str, dict[str, Any]] = {}
    groups: dict[str, list[str]] = defaultdict(list)
    for key in sorted(rows):
        row = rows[key]
        full = plain(f"{row['FirstName'].strip()}.{row['LastName'].strip()}")[:20].lower()
        account = full if full not in taken else key.lower()
        taken.add(account)
        name = {"displayName": f"{row['FirstName'].strip()} {row['LastName'].strip()}", "employeeID": key}
        mail = {"sAMAccountName": account, "mail": f"{account}@bench.example"}
        entry = {**name, **mail, **{attribute: row[column].strip() for attribute, column in COPIED.items()}}
        if row["ManagerID"]:
            entry["manager"] = people[row["ManagerID"]]
        wanted[people[key]] = entry
        groups[row["Department"]].append(people[key])
    for number, department in enumerate(DEPARTMENTS):
        wanted[f"CN=sg-{number:02},OU=Groups,{BASE}"] = {"member": sorted(groups[department])}
    differences: list[Any] = []
    for place, entry in wanted.items():
        have = live.get(place)
        if have is None:
            differences.append(("create", place, entry))
        elif have != entry:
            differences.append(("update", place, {n: v for n, v in entry.items() if have.get(n) != v}))
    return wanted, differences


def plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text.replace("Ø", "OE").replace("ø", "oe"))
    return "".join(character for character in decomposed if unicodedata.category(character) != "Mn")


def containers() -> list[LiveObject]:
    return [LiveObject(f"ou-{name}", f"OU={name},{BASE}", "ou", {"ou": (name,)}) for name in ("People", "Groups")]


def filled(wanted: Mapping[str, Mapping[str, Any]]) -> list[LiveObject]:
    """Return the directory that holds what the script wants."""
    objects = containers()
    for number, (place, entry) in enumerate(wanted.items()):
        values: dict[str, tuple[Scalar, ...]] = {"cn": (dn.parse(place)[0].value,)}
        for name, value in entry.items():
            if name in ("manager", "member"):
                values[name] = tuple(Ref(item) for item in (value if isinstance(value, list) else [value]))
            else:
                values[name] = (value,)
        is_group = "member" in entry
        kind: ObjectType = "group" if is_group else "user"
        if is_group:
            values |= {"category": ("security",), "scope": ("global",), "sAMAccountName": values["cn"]}
        scopes = frozenset({"corp/objects/0" if is_group else "corp/account"})
        enabled = None if is_group else True
        objects.append(LiveObject(f"{number:08}", place, kind, values, enabled=enabled, scopes=scopes))
    return objects


def by_idcode(repository: Repository, directory: MemoryDirectory, spent: dict[str, float]) -> Plan:
    """Plan with the real engine; ``spent`` gets the seconds per stage."""
    rules = compile_rules(repository)
    directories: dict[str, Any] = {"corp": directory}
    started = time.perf_counter()
    gathered = gather(repository, rules, wiring.build_sources(repository), directories, NOW, lambda *_: None)
    read = time.perf_counter()
    context = compute(repository, rules, gathered, NOW)
    computed = time.perf_counter()
    options = Options(NOW, NOW, "bench", timedelta(days=1), batch_size=200, canary=5, min_population=10)
    views = {name: reading.view for name, reading in gathered.directories.items()}
    project = Project("bench", None, repository.digest, ())
    why = Explainer(context).why
    plan = build_plan(context.state, views, directories, {"corp": "corp"}, why, project, {}, {}, options)
    spent |= {"read": read - started, "compute": computed - read, "plan": time.perf_counter() - computed}
    if any(found.severity == "error" for found in plan.diagnostics):
        sys.exit(f"the engine found errors: {plan.diagnostics[:3]}")
    return plan


def best(rounds: int, run: Callable[[], Any]) -> tuple[float, Any]:
    """Return the shortest time of several rounds, and the last result."""
    times, result = [], None
    for _ in range(rounds):
        started = time.perf_counter()
        result = run()
        times.append(time.perf_counter() - started)
    return min(times), result


def measure(root: Path, people: int, rounds: int) -> None:
    """Print the two cases as a table."""
    (root / "rules").mkdir()
    (root / "objects").mkdir()
    (root / "idcode.yaml").write_text(PROJECT, "utf-8")
    (root / "rules" / "people.yaml").write_text(RULES, "utf-8")
    (root / "objects" / "groups.yaml").write_text(GROUPS, "utf-8")
    export = root / "hr.csv"
    write_people(export, people)
    loading, (repository, _) = best(rounds, lambda: wiring.load(root))
    wanted, _ = by_hand(export, {})
    print(f"{people:,} people, {len(DEPARTMENTS)} groups; best of {rounds}. Loading the rules: {loading:.2f} s\n")
    print("| directory | by hand | idcode | read, compute, plan | ratio | changes |")
    print("|---|---:|---:|---:|---:|---:|")
    for title, live, objects in (
        ("empty", {}, containers()),
        ("nothing to do", wanted, filled(wanted)),
    ):
        spent: dict[str, float] = {}
        script, (_, differences) = best(rounds, lambda live=live: by_hand(export, live))
        engine, plan = best(rounds, lambda o=objects, s=spent: by_idcode(repository, MemoryDirectory(o), s))
        created = len({change.address for change in plan.changes})
        if created != len(differences):
            sys.exit(f"{title}: the script has {len(differences)} differences, idcode {created}")
        stages = ", ".join(f"{seconds:.2f}" for seconds in spent.values())
        figures = f"{script:.2f} s | {engine:.2f} s | {stages} s | {engine / script:.0f} | {len(plan.changes):,}"
        print(f"| {title} | {figures} |")


def main() -> None:
    parser = argparse.ArgumentParser(description="The engine beside a script written by hand.")
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="idcode-bench-") as scratch:
        measure(Path(scratch), options.people, options.rounds)


if __name__ == "__main__":
    main()

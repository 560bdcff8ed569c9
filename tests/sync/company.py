"""A small company for engine tests: files and live objects in, a plan out.

Loading, sources, engine and planning are the real ones; only the directory is in memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from textwrap import indent
from unittest.mock import patch

from idcode.cli import wiring
from idcode.cli.planning import make_plan
from idcode.config.loader import load_repository
from idcode.model.plans import Plan
from idcode.model.records import LiveObject
from idcode.model.values import iso
from tests.sync.lines import lines
from tests.sync.memory import BASE, MemoryDirectory, read_objects

TODAY = datetime(2026, 12, 1, 12, tzinfo=UTC)
UNITS = "ou People\nou Groups\n"
HR = 'hr: {type: csv, path: hr.csv, delimiter: ";", encoding: utf-8, key: EmployeeID, proof: {min_rows: 1}}'
CUT_HR = HR.replace("min_rows: 1", "min_rows: 1000")
"""The source ``hr`` without a proof that it is whole."""


def project(sources: str = HR, more: str = "") -> str:
    """Return ``idcode.yaml`` with the directory ``corp``; ``more`` is added at its end."""
    return f"""\
version: 1
project: contoso
directories:
  corp: {{type: ad, servers: [ldaps://unused.example], base_dn: "{BASE}", bind: {{method: kerberos}}}}
sources:
{indent(sources, "  ")}
{more}
"""


def people(
    *,
    identity: str = "person",
    hr: str = "",
    read: str = "",
    inbound: str = "",
    more: str = "",
    join: str = "[{employeeID: [employeeId]}]",
    account: str = "",
    cn: str = "[name]",
    logon: str = "{expression: '[employeeId]', apply: once}",
    flow: str = "",
    outbound: str = "",
) -> str:
    """Return ``rules/people.yaml`` with the rules ``hr`` and ``account``.

    New accounts get their key as logon name. ``hr`` and ``account`` add keys to these rules, ``read`` and ``flow`` add flows to them, ``inbound`` and ``outbound``
    add rules, and ``more`` adds sections.
    """
    return f"""\
identity: {identity}
key: employeeId
{more}
inbound:
  - name: hr
    source: hr
{indent(hr, "    ")}
    flow:
      employeeId: [EmployeeID]
      name: [Name]
{indent(read, "      ")}
{indent(inbound, "  ")}
outbound:
  - name: account
    primary: true
    directory: corp
    join: {join}
    manages: {{base: People, filter: (employeeID=*)}}
    initial_password: none
{indent(account, "    ")}
    flow:
      cn: {cn}
      employeeID: [employeeId]
      sAMAccountName: {logon}
{indent(flow, "      ")}
{indent(outbound, "  ")}
"""


class Company:
    """One repository and its directory ``corp``; ``files`` maps names in the repository to their text.

    ``live`` is read by :func:`tests.sync.memory.read_objects`; the units ``People`` and ``Groups`` are always there.
    """

    def __init__(self, root: Path, files: Mapping[str, str], live: str | Iterable[LiveObject] = "") -> None:
        self.root = root
        for name, text in {"idcode.yaml": project(), "rules/people.yaml": people(), **files}.items():
            self.write(name, text)
        objects = read_objects(UNITS + live) if isinstance(live, str) else live
        self.corp = MemoryDirectory(objects)
        self.load()

    def write(self, name: str, text: str) -> None:
        """Put a file into the repository."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def load(self) -> None:
        """Read the files as ``validate`` does; they must be free of errors."""
        repository, found = load_repository(self.root, wiring.registry())
        assert repository is not None, "\n".join(f"{d.span}: {d.message}" for d in found)
        self.repository = repository

    def plan(
        self, as_of: datetime = TODAY, only: tuple[str, ...] = (), allowed: Mapping[str, int] | None = None
    ) -> Plan:
        """Compute the plan, as ``idcode plan`` does."""
        with patch.object(wiring, "build_directories", lambda repository: {"corp": self.corp}):
            planned = make_plan(
                self.repository, [], as_of=iso(as_of), only=only, allowed=allowed, progress=lambda *_: None
            )
        return planned.plan

    def lines(self, as_of: datetime = TODAY) -> list[str]:
        """Return the plan as text."""
        return lines(self.plan(as_of))

    def apply(self, as_of: datetime = TODAY) -> list[str]:
        """Carry the plan out, see that the next one is empty (law 9), and return the first one as text."""
        plan = self.plan(as_of)
        self.corp.apply(plan)
        again = self.plan(as_of)
        assert not again.changes, lines(again)
        return lines(plan)

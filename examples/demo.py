"""A walk through idcode: ``make demo`` on practice directories, ``make demo-ad`` on a private domain controller.

It copies ``examples/contoso`` to a temporary folder and runs the real ``idcode`` command there: what you see is what
you would type. After every step it checks the exit code, and asks the domain and the tenant whether they hold what
idcode says. It ends with 1 at the first surprise.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stages import EXAMPLES, IDCODE, DemoFailed, Stage, controller, practice, read_ldif

DAY_1, DAY_2, DAY_5 = "2026-12-01", "2026-12-08", "2026-12-11"
WATCHED = (
    "cn", "sAMAccountName", "userPrincipalName", "givenName", "sn", "displayName", "mail", "proxyAddresses",
    "title", "department", "manager", "l", "telephoneNumber", "mobile", "description", "info",
    "adminDescription", "userAccountControl", "groupType", "member",
)  # fmt: skip
NOT_SETTABLE = 0x800000  # UF_PASSWORD_EXPIRED (MS-SAMR 2.2.1.13): computed by the controller
PEOPLE = (
    "id", "userPrincipalName", "displayName", "mail", "department", "jobTitle", "accountEnabled", "usageLocation",
)  # fmt: skip
ON_A_DIRECTORY = ("plan", "apply", "rollback", "runs", "explain")


Held = tuple[dict[str, Any], dict[str, Any]]
"""What the domain and the tenant hold, by name of the object."""


@dataclass
class Walk:
    """One walk: the repository's copy, and the stage."""

    root: Path
    stage: Stage

    def run(self, command: list[str], *, as_on_a_terminal: bool = False) -> subprocess.CompletedProcess[str]:
        """Run a command in the repository; as on a terminal, its remarks stand among its results."""
        kept = {name: value for name, value in os.environ.items() if name != "CI"}  # the history may die with us
        return subprocess.run(
            command,
            cwd=self.root,
            env={**kept, **self.stage.environment, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if as_on_a_terminal else subprocess.PIPE,
            encoding="utf-8",
            check=False,
        )

    def idcode(self, command: str, expect: int = 0, head: int = 12, tail: int = 8, quiet: bool = False) -> str:
        """Run ``idcode COMMAND``, show it with the beginning and end of what it says, and return its output.

        Raises :class:`DemoFailed` where the exit code is not ``expect``.
        """
        verb, _, rest = command.partition(" ")
        command = " ".join(filter(None, (verb, self.stage.option if verb in ON_A_DIRECTORY else "", rest)))
        if not quiet:
            print(f"\n  $ idcode {command}", flush=True)
        done = self.run([*IDCODE, *shlex.split(command)], as_on_a_terminal=not quiet)
        if done.returncode != expect:
            said = f"{done.stdout}\n{done.stderr or ''}"
            raise DemoFailed(f"idcode {command} ended with {done.returncode}, expected {expect}:\n{said}")
        if not quiet:
            show(done.stdout, head, tail)
            print(f"  [exit code {done.returncode}]")
        return done.stdout

    def search(self, filter_: str, *attributes: str) -> list[dict[str, list[str]]]:
        """Ask the domain itself; one mapping of attribute to values per entry, ``dn`` among them."""
        done = self.run(self.stage.question(filter_, attributes or ("1.1",)))
        if done.returncode:
            raise DemoFailed(f"{self.stage.witness} {filter_} failed: {done.stderr.strip()}")
        return read_ldif(done.stdout)

    def count(self, what: str, filter_: str, expect: int | None = None) -> int:
        """Count and say how many entries there are; raise :class:`DemoFailed` where it is not ``expect``."""
        found = len(self.search(filter_))
        print(f"  {self.stage.witness} '{filter_}': {found} {what}")
        if expect is not None and found != expect:
            raise DemoFailed(f"expected {expect} {what}, the domain has {found}")
        return found

    def graph(self, path: str) -> list[dict[str, Any]]:
        """Ask the tenant itself for what is at a path of Graph."""
        done = self.run([*IDCODE, "sandbox", "show", path])
        if done.returncode:
            raise DemoFailed(f"idcode sandbox show '{path}' failed: {done.stderr.strip()}")
        found: list[dict[str, Any]] = json.loads(done.stdout)
        return found

    def names(self, path: str, expect: set[str]) -> None:
        """Say what is at a path of Graph, by name; raise :class:`DemoFailed` where it is not ``expect``."""
        self._check(path, without_rules(self.graph(path)), expect)

    def _check(self, path: str, found: list[str], expect: set[str]) -> None:
        print(f'  idcode sandbox show "{path}": {", ".join(found) or "nothing"}')
        if set(found) != expect:
            raise DemoFailed(f"expected {', '.join(sorted(expect)) or 'nothing'}")

    def of_group(self, name: str, link: str, expect: set[str]) -> None:
        """Say who the members or owners of a group of the tenant are, as :meth:`names` does."""
        path = f"/groups?$select=displayName&$expand={link}($select=displayName)&$filter=displayName eq '{name}'"
        (group,) = self.graph(path)
        self._check(path, without_rules(group[link]), expect)

    def of_person(self, employee: str, expect: set[str]) -> None:
        """Say which groups and units of the tenant somebody is in, as :meth:`names` does."""
        path = f"/users?$select=displayName&$expand=memberOf($select=displayName)&$filter=employeeId eq '{employee}'"
        (person,) = self.graph(path)
        self._check(path, without_rules(person["memberOf"]), expect)

    def licences(self, expect: Mapping[str, int]) -> None:
        """Say how many units of each product are in use, once Entra has handed them out to the groups' members.

        Raises :class:`DemoFailed` where that is not ``expect`` after a minute.
        """
        for _ in range(20):
            found = {sku["skuPartNumber"]: sku["consumedUnits"] for sku in self.graph("/subscribedSkus")}
            if found == expect:
                break
            time.sleep(3)
        print(f"  idcode sandbox show /subscribedSkus: {found}")
        if found != expect:
            raise DemoFailed(f"expected {expect} units in use")

    def sync(self) -> None:
        """Let the time pass in which Entra Connect does its work."""
        for command in self.stage.on_the_way():
            self.idcode(command)

    def tenant(self) -> dict[str, Any]:
        """Return people with what they have, groups and units, as the tenant tells it."""
        people = self.graph(f"/users?$select={','.join(PEOPLE)}&$expand=memberOf($select=displayName)")
        groups = self.graph("/groups?$select=id,displayName,description,assignedLicenses,membershipRule")
        for person in people:
            person["memberOf"] = without_rules(person["memberOf"])
        return {one["id"]: one for one in (*people, *groups)}

    def snapshot(self) -> dict[str, dict[str, list[str]]]:
        """Return everything that idcode manages, as the domain tells it."""
        found = self.search("(|(objectClass=user)(objectClass=group)(objectClass=organizationalUnit))", *WATCHED)
        entries = {}
        for entry in found:
            control = int(entry.get("userAccountControl", ["0"])[0]) & ~NOT_SETTABLE
            entries[entry.pop("dn")[0]] = {**entry, "userAccountControl": [str(control)]}
        return entries

    def overlay(self) -> None:
        """Put the files of ``examples/day2`` over the repository's own, and say which."""
        for path in sorted((EXAMPLES / "day2").rglob("*")):
            if path.is_file() and path.suffix in (".csv", ".yaml"):
                place = path.relative_to(EXAMPLES / "day2")
                shutil.copyfile(path, self.root / place)
                print(f"  changed: {place}")


def without_rules(found: list[dict[str, Any]]) -> list[str]:
    """Return the names of objects, without dynamic groups, to which their rules bring people in their own time."""
    return sorted(name for name in (str(one["displayName"]) for one in found) if not name.startswith("dyn-"))


def show(text: str, head: int, tail: int) -> None:
    """Print a text indented; of a long one only the beginning and the end."""
    lines = text.rstrip("\n").split("\n") if text.strip() else []
    if len(lines) > head + tail + 1:
        lines = [*lines[:head], f"… {len(lines) - head - tail} more lines …", *lines[len(lines) - tail :]]
    for line in lines:
        print(f"  | {line}".rstrip())


def say(title: str, text: str) -> None:
    """Print a heading and a paragraph."""
    print(f"\n== {title} " + "=" * (96 - len(title)))
    print(textwrap.fill(" ".join(text.split()), 100))


def first_day(walk: Walk) -> None:
    """An empty domain becomes the company."""
    say(
        "1. Check the files",
        "Every problem in every file at once, with line and column. Needs no network and no passwords.",
    )
    walk.idcode("validate")
    say(
        "2. Plan",
        "The domain is empty, so everything is to be created. The tenant has a past (practice/tenant.json), which no "
        "rule names and nobody touches. One plan covers both. People come to the tenant from the domain, by Entra "
        "Connect: until it has brought them they are awaited. The plan is a file: what a reviewer approves is what is "
        "applied. Exit code 2 says that there are changes.",
    )
    walk.idcode(f"plan --as-of {DAY_1} --out plan.json --detailed-exitcode", expect=2, head=24, tail=24)
    summary = json.loads((walk.root / "plan.json").read_text("utf-8"))["summary"]
    walk.idcode("show plan.json --format markdown", head=16, tail=4)
    how = (
        "that goes to deliver-password.sh and nowhere else"
        if walk.stage.passwords_delivered
        else "that is thrown away, since this is practice"
    )
    say(
        "3. Apply",
        "Batch by batch, a canary of five first, every write journalled before it is sent. Accounts are created "
        f"disabled, get a random password {how}, and are then enabled. Guests are invited: they sign in where they "
        "come from.",
    )
    walk.idcode("apply plan.json", head=4, tail=6)
    people = walk.count("everyday accounts", "(&(objectClass=user)(employeeID=*))")
    admins = walk.count("admin accounts", "(&(objectClass=user)(employeeNumber=*))")
    walk.count("department groups", "(&(objectClass=group)(adminDescription=department:*))")
    if summary["create"] <= people + admins:
        raise DemoFailed("there should be groups and organizational units, too")
    count_passwords(walk, people + admins if walk.stage.passwords_delivered else 0)
    walk.of_group("project-aurora", "members", {"Hilde Tenkt", "Rasmus Påfund"})
    say("4. Plan again", "The directories are the state. Nothing is left to do, and the exit code says so.")
    walk.idcode(f"plan --as-of {DAY_1} --detailed-exitcode", expect=0, head=6, tail=6)
    into_the_cloud(walk, people)


def into_the_cloud(walk: Walk, people: int) -> None:
    """The sync brings everybody to the tenant, and the rest of the files' wishes can come true."""
    say(
        "5. Meanwhile, Entra Connect",
        "It brings every account below People to the tenant; the second accounts of administrators are not among them. "
        "Somebody tried the tenant out in 2024 and has an account there: it is taken over.",
    )
    walk.sync()
    say(
        "6. What the tenant adds",
        "Now they have a place in the tenant: where they work (no licence without it), a licence by the group they "
        "belong to, a unit that the help desk of the northern offices looks after, a role in there, the payroll "
        "application. Everybody at once is more than the 20 % that idcode.yaml allows for a day. Exit code 3: stopped "
        "by a guard, nothing is done until somebody says that it is meant.",
    )
    walk.idcode(f"plan --as-of {DAY_1} --out cloud.json", expect=3, head=24, tail=16)
    walk.idcode(f"apply cloud.json --allow update={people}", head=4, tail=6)
    walk.of_person("E1087", {"lic-m365-e5", "nordics"})
    walk.of_group("project-aurora", "owners", {"Tove Stenvåg", "Siv Sjöfjäll"})
    (assignment,) = walk.graph("/roleManagement/directory/roleAssignments?$expand=principal")
    holder, scope = assignment["principal"]["displayName"], assignment["directoryScopeId"]
    print(f"  idcode sandbox show /roleManagement/directory/roleAssignments: {holder} at {scope}")
    if holder != "helpdesk-nordics" or not scope.startswith("/administrativeUnits/"):
        raise DemoFailed("expected a role of helpdesk-nordics in one unit")
    walk.of_group("Conditional Access Exceptions", "members", {"Break Glass 1", "Break Glass 2"})
    walk.idcode(f"plan --as-of {DAY_1} --detailed-exitcode", expect=0, head=6, tail=6)


def count_passwords(walk: Walk, expect: int) -> None:
    """Say how many passwords were handed over; raise :class:`DemoFailed` where it is not ``expect``."""
    notes = walk.root / ".demo" / "delivered.txt"
    delivered = notes.read_text("utf-8").split() if notes.exists() else []
    print(f"  .demo/delivered.txt: {len(delivered)} passwords handed over")
    if len(delivered) != expect:
        raise DemoFailed(f"expected {expect} passwords")


def broken_export(walk: Walk) -> None:
    """A cut file takes nobody's account away."""
    say(
        "7. A bad night",
        "The HR export breaks off in the middle, and 150 people are not in it. A file without its last line proves "
        "nothing: nobody is created, nobody is missing, and what HR masters stays as it is.",
    )
    path = walk.root / "data" / "hr.csv"
    whole = path.read_bytes()
    path.write_bytes(b"".join(whole.splitlines(keepends=True)[:130]))
    walk.idcode(f"plan --as-of {DAY_1} --detailed-exitcode", expect=0, head=6, tail=14)
    path.write_bytes(whole)
    walk.licences({"SPE_E5": 71, "SPE_E3": 193, "POWER_BI_PRO": 0})


def second_day(walk: Walk) -> Held:
    """A week of life in one plan; returns what the directories held before."""
    before = walk.snapshot(), walk.tenant()
    say(
        "8. A week later",
        "A new colleague, two people who change departments and with them their licence, a marriage, a leaver, another "
        "leaver on legal hold, somebody who vanished from HR without a date, a department with a new name, a new "
        "project group, a new telephone number. And time: three of those who were announced start work, somebody's "
        "last day is over, one guest's invitation ends and another one's begins.",
    )
    walk.overlay()
    walk.idcode(f"plan --as-of {DAY_2} --out week.json --detailed-exitcode", expect=2, head=90, tail=30)
    walk.idcode("apply week.json", head=4, tail=6)
    walk.count("account of the new colleague", "(&(objectClass=user)(employeeID=E1278))", 1)
    walk.count("group under the department's old name", "(sAMAccountName=dept-customer-support)", 0)
    walk.count("group under its new name", "(sAMAccountName=dept-customer-experience)", 1)
    walk.count("person with the new and the old address", MARRIED, 1)
    walk.names(GUESTS, {"Hilde Tenkt", "Noor Verzonneman", "Liv Forsvunnet"})
    walk.sync()
    walk.of_person("E1087", {"lic-m365-e3", "nordics"})  # moved to Marketing
    walk.of_person("E1076", {"nordics"})  # left, and has no licence any more
    say(
        "9. Why?",
        "Every value knows where it comes from: source, record and column, rule and line, and what it beat. HR has "
        "only the switchboard for E1096, so the phonebook's number counts.",
    )
    walk.idcode(f"explain person:E1096 --attribute telephoneNumber --as-of {DAY_2}", head=30, tail=10)
    walk.licences({"SPE_E5": 69, "SPE_E3": 195, "POWER_BI_PRO": 0})
    say(
        "10. Three days on",
        "The sync has brought the new colleague, who gets a licence now. The person who vanished has been gone for "
        "longer than the grace period of 48 hours: the account is disabled and moved to the leavers, and its licence "
        "is free again. This is only a look ahead.",
    )
    walk.idcode(f"plan --as-of {DAY_5} --detailed-exitcode", expect=2, head=50, tail=12)
    return before


GUESTS = "/users?$select=displayName&$filter=userType eq 'Guest'"
MARRIED = (
    "(&(employeeID=E1096)(proxyAddresses=SMTP:linnea.vintersoloyfjell@contoso.com)"
    "(proxyAddresses=smtp:linnea.asnas@contoso.com))"
)


def roll_back(walk: Walk, before: Held) -> None:
    """The week is undone through the same door, and the directories are compared object by object."""
    say(
        "11. Take it back",
        "The journal holds what every write replaced. A rollback is a plan like any other and goes through the same "
        "guards: it would delete the new project group, and one of 34 groups is more than the 2 % that idcode.yaml "
        "allows. Whoever means it says so. The guest whose invitation had ended is restored, the other one goes. What "
        "the domain masters follows in the tenant by the sync.",
    )
    walk.idcode("runs")
    last = json.loads(walk.idcode("runs --format json", quiet=True))[0]["run_id"]
    walk.idcode(f"rollback {last} --yes", expect=3, head=16, tail=9)
    walk.idcode(f"rollback {last} --yes --allow delete=1", head=30, tail=14)
    walk.sync()
    for witness, then, now in (
        (walk.stage.witness, before[0], walk.snapshot()),
        ("idcode sandbox show", before[1], walk.tenant()),
    ):
        differences = sorted(
            f"{name}: {key}: {then.get(name, {}).get(key)} became {now.get(name, {}).get(key)}"
            for name in then.keys() | now.keys()
            for key in then.get(name, {}).keys() | now.get(name, {}).keys()
            if then.get(name, {}).get(key) != now.get(name, {}).get(key)
        )
        if differences:
            raise DemoFailed("the rollback left something behind:\n" + "\n".join(differences))
        print(f"  {witness}: all {len(now)} objects hold what they held before the week")
    say(
        "12. And now?",
        "The files still ask for the week's changes. What was rolled back waits until somebody changes the files or "
        "says --reapply, so that tonight's pipeline does not do it all again.",
    )
    walk.idcode(f"plan --as-of {DAY_2} --detailed-exitcode", expect=0, head=6, tail=12)


def main() -> int:
    """Make the walk; 1 where something is missing or not as expected."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--ad", action="store_true", help="on a private Samba AD domain controller; needs root")
    begin = controller if parser.parse_args().ad else practice
    with tempfile.TemporaryDirectory(prefix="idcode-demo-") as scratch:
        root = Path(scratch) / "contoso"
        shutil.copytree(EXAMPLES / "contoso", root, ignore=shutil.ignore_patterns(".idcode", ".demo"))
        try:
            with begin(Path(scratch), root) as stage:
                walk = Walk(root, stage)
                first_day(walk)
                broken_export(walk)
                before = second_day(walk)
                roll_back(walk, before)
        except DemoFailed as error:
            print(f"\nThe demo failed: {error}", file=sys.stderr)
            return 1
    say("Done", "Everything was as expected. The repository to play with is examples/contoso; start with its README.")
    return 0


if __name__ == "__main__":
    sys.exit(main())

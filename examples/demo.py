"""A walk through idcode: ``make demo`` on a practice domain, ``make demo-ad`` on a private domain controller.

It copies ``examples/contoso`` to a temporary folder and runs the real ``idcode`` command there: what you see is what
you would type. After every step it checks the exit code, and asks the domain whether it holds what idcode says. It ends
with 1 at the first surprise.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from tests.lab import Domain

EXAMPLES = Path(__file__).resolve().parent
DAY_1, DAY_2, DAY_5 = "2026-12-01", "2026-12-08", "2026-12-11"
WATCHED = (
    "cn", "sAMAccountName", "userPrincipalName", "givenName", "sn", "displayName", "mail", "proxyAddresses",
    "title", "department", "manager", "l", "telephoneNumber", "mobile", "description", "info",
    "adminDescription", "userAccountControl", "groupType", "member",
)  # fmt: skip
NOT_SETTABLE = 0x800000  # UF_PASSWORD_EXPIRED (MS-SAMR 2.2.1.13): computed by the controller
IDCODE = (sys.executable, "-m", "idcode.cli.main")
ON_A_DIRECTORY = ("plan", "apply", "rollback", "runs", "explain")


class DemoFailed(Exception):
    """Something was not as this walk expects; the text says what."""


class Stage(Protocol):
    """Where the walk takes place: what idcode is told, and who else can be asked about the domain."""

    option: str
    witness: str
    passwords_delivered: bool
    environment: Mapping[str, str]

    def question(self, filter_: str, attributes: tuple[str, ...]) -> list[str]:
        """Return the command that answers with LDIF."""


@dataclass(frozen=True)
class Practice:
    """A practice domain, which idcode keeps in a file of the repository."""

    option: str = "--sandbox"
    witness: str = "idcode sandbox show"
    passwords_delivered: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)

    def question(self, filter_: str, attributes: tuple[str, ...]) -> list[str]:
        """Ask idcode, which prints what is in the file."""
        return [*IDCODE, "sandbox", "show", filter_, *attributes]


class Controller:
    """A domain controller, which ``ldapsearch`` asks behind idcode's back."""

    option = ""
    witness = "ldapsearch"
    passwords_delivered = True

    def __init__(self, domain: Domain, scratch: Path) -> None:
        self._domain, self._password_file = domain, scratch / "password"
        self._password_file.touch(mode=0o600)
        self._password_file.write_text(domain.password, "utf-8")
        self.environment = {
            "IDCODE_AD_SERVER": domain.servers[0],
            "IDCODE_AD_USER": domain.user,
            "IDCODE_AD_PASSWORD": domain.password,
            "IDCODE_AD_CA": domain.ca_file,
            "IDCODE_AD_SERVER_NAME": domain.server_name,
            # The authority is checked; the certificate names the controller, and we call it by its address.
            "LDAPTLS_CACERT": domain.ca_file,
            "LDAPTLS_REQSAN": "never",
        }

    def question(self, filter_: str, attributes: tuple[str, ...]) -> list[str]:
        """Ask the controller itself, with a program that knows nothing of idcode."""
        return [
            *("ldapsearch", "-LLL", "-x", "-o", "ldif-wrap=no", "-E", "pr=500/noprompt"),
            *("-H", self._domain.servers[0], "-D", self._domain.user, "-y", str(self._password_file)),
            *("-b", self._domain.base_dn, filter_, *attributes),
        ]


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


def read_ldif(text: str) -> list[dict[str, list[str]]]:
    """Read entries of LDIF (RFC 2849); values sorted, since a directory keeps no order."""
    entries = []
    for block in text.replace("\n ", "").split("\n\n"):
        entry: dict[str, list[str]] = {}
        for line in block.splitlines():
            name, colon, value = line.partition(":")
            if not colon or line.startswith(("#", "ref")):
                continue
            if value.startswith(":"):
                value = base64.b64decode(value[1:]).decode("utf-8", "replace")
            entry.setdefault(name, []).append(value.strip(" "))
        if "dn" in entry:
            entries.append({name: sorted(values) for name, values in entry.items()})
    return entries


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
        "The domain is empty, so everything is to be created. The plan is a file: what a reviewer approves is what is "
        "applied. Exit code 2 says that there are changes.",
    )
    walk.idcode(f"plan --as-of {DAY_1} --out plan.json --detailed-exitcode", expect=2, head=24, tail=14)
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
        f"disabled, get a random password {how}, and are then enabled.",
    )
    walk.idcode("apply plan.json", head=4, tail=6)
    people = walk.count("everyday accounts", "(&(objectClass=user)(employeeID=*))")
    admins = walk.count("admin accounts", "(&(objectClass=user)(employeeNumber=*))")
    walk.count("department groups", "(&(objectClass=group)(adminDescription=department:*))")
    if summary["create"] <= people + admins:
        raise DemoFailed("there should be groups and organizational units, too")
    count_passwords(walk, people + admins if walk.stage.passwords_delivered else 0)
    say("4. Plan again", "The directory is the state. Nothing is left to do, and the exit code says so.")
    walk.idcode(f"plan --as-of {DAY_1} --detailed-exitcode", expect=0)


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
        "5. A bad night",
        "The HR export breaks off in the middle, and 150 people are not in it. A file without its last line proves "
        "nothing: nobody is created, nobody is missing, and what HR masters stays as it is.",
    )
    path = walk.root / "data" / "hr.csv"
    whole = path.read_bytes()
    path.write_bytes(b"".join(whole.splitlines(keepends=True)[:130]))
    walk.idcode(f"plan --as-of {DAY_1} --detailed-exitcode", expect=0, head=6, tail=14)
    path.write_bytes(whole)


def second_day(walk: Walk) -> dict[str, dict[str, list[str]]]:
    """A week of life in one plan; returns what the directory held before."""
    before = walk.snapshot()
    say(
        "6. A week later",
        "A new colleague, two people who change departments, a marriage, a leaver, another leaver on legal hold, "
        "somebody who vanished from HR without a date, a department with a new name, a new project group, a new "
        "telephone number. And time: three of those who were announced start work, and somebody's last day is over.",
    )
    walk.overlay()
    walk.idcode(f"plan --as-of {DAY_2} --out week.json --detailed-exitcode", expect=2, head=90, tail=30)
    walk.idcode("apply week.json", head=4, tail=6)
    walk.count("account of the new colleague", "(&(objectClass=user)(employeeID=E1278))", 1)
    walk.count("group under the department's old name", "(sAMAccountName=dept-customer-support)", 0)
    walk.count("group under its new name", "(sAMAccountName=dept-customer-experience)", 1)
    walk.count("person with the new and the old address", MARRIED, 1)
    walk.idcode(f"plan --as-of {DAY_2} --detailed-exitcode", expect=0, head=6, tail=12)
    say(
        "7. Why?",
        "Every value knows where it comes from: source, record and column, rule and line, and what it beat. HR has "
        "only the switchboard for E1096, so the phonebook's number counts.",
    )
    walk.idcode(f"explain person:E1096 --attribute telephoneNumber --as-of {DAY_2}", head=30, tail=10)
    say(
        "8. Three days on",
        "The person who vanished has been gone for longer than the grace period of 48 hours: the next plan disables "
        "the account and moves it to the leavers. This is only a look ahead.",
    )
    walk.idcode(f"plan --as-of {DAY_5} --detailed-exitcode", expect=2, head=30, tail=12)
    return before


MARRIED = (
    "(&(employeeID=E1096)(proxyAddresses=SMTP:linnea.vintersoloyfjell@contoso.com)"
    "(proxyAddresses=smtp:linnea.asnas@contoso.com))"
)


def roll_back(walk: Walk, before: dict[str, dict[str, list[str]]]) -> None:
    """The week is undone through the same door, and the directory is compared entry by entry."""
    say(
        "9. Take it back",
        "The journal holds what every write replaced. A rollback is a plan like any other and goes through the same "
        "guards: it would delete the new project group, and one of 34 groups is more than the 2 % that idcode.yaml "
        "allows. Exit code 3: stopped by a guard, nothing was done. Whoever means it says so.",
    )
    walk.idcode("runs")
    last = json.loads(walk.idcode("runs --format json", quiet=True))[0]["run_id"]
    walk.idcode(f"rollback {last} --yes", expect=3, head=16, tail=9)
    walk.idcode(f"rollback {last} --yes --allow delete=1", head=30, tail=14)
    after = walk.snapshot()
    differences = sorted(
        f"{dn}: {name}: {before.get(dn, {}).get(name)} became {after.get(dn, {}).get(name)}"
        for dn in before.keys() | after.keys()
        for name in before.get(dn, {}).keys() | after.get(dn, {}).keys()
        if before.get(dn, {}).get(name) != after.get(dn, {}).get(name)
    )
    if differences:
        raise DemoFailed("the rollback left something behind:\n" + "\n".join(differences))
    print(f"  {walk.stage.witness}: all {len(after)} entries hold what they held before the week")
    say(
        "10. And now?",
        "The files still ask for the week's changes. What was rolled back waits until somebody changes the files or "
        "says --reapply, so that tonight's pipeline does not do it all again.",
    )
    walk.idcode(f"plan --as-of {DAY_2} --detailed-exitcode", expect=0, head=6, tail=12)


@contextmanager
def controller(scratch: Path) -> Iterator[Controller]:
    """Start a private domain controller for the time of a walk. Raises :class:`DemoFailed` where none can run."""
    sys.path.insert(0, str(EXAMPLES.parent))  # the lab belongs to the tests, which are not installed
    from tests.lab import SambaLab, available
    from tests.lab.golden import LabError

    reason = available()
    if reason is None and shutil.which("ldapsearch") is None:
        reason = "not installed: ldapsearch (apt-get install ldap-utils)"
    if reason:
        raise DemoFailed(f"it needs a Samba AD domain of its own, which cannot run here: {reason}")
    lab = SambaLab(scratch / "dc", first_ip=10)
    try:
        print("Starting a private domain controller …", flush=True)
        domain = lab.start()
        print(f"corp.contoso.com at {domain.servers[0]}; the repository is a copy of examples/contoso.")
        yield Controller(domain, scratch)
    except LabError as error:
        raise DemoFailed(str(error)) from error
    finally:
        lab.discard()


@contextmanager
def practice(_: Path) -> Iterator[Practice]:
    """Practise: nothing to start, nothing to stop."""
    print("A practice domain in a file; the repository is a copy of examples/contoso.")
    yield Practice()


def main() -> int:
    """Make the walk; 1 where something is missing or not as expected."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--ad", action="store_true", help="on a private Samba AD domain controller; needs root")
    begin = controller if parser.parse_args().ad else practice
    with tempfile.TemporaryDirectory(prefix="idcode-demo-") as scratch:
        root = Path(scratch) / "contoso"
        shutil.copytree(EXAMPLES / "contoso", root, ignore=shutil.ignore_patterns(".idcode", ".demo"))
        try:
            with begin(Path(scratch)) as stage:
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

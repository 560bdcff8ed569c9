"""What the proof of a plan costs, against planning without it; ``make bench`` runs it.

Planning is all of ``idcode plan --no-prove``: start, files, connection, schema, reading a real Samba AD domain over
LDAPS, engine. The same with ``--prove`` adds the copy, the rehearsal and the second plan. Both run as a user runs
them, in turn, and the best of several rounds counts. Needs root, as the private domain controller does.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.acceptance.repository import GROUPS, HEADER, OUS, PROJECT, RULES  # noqa: E402
from tests.lab import Domain, SambaLab, available  # noqa: E402

ROUNDS = 5
SIZES = ((60, 5), (120, 10), (120, 25), (250, 20), (1000, 40))
"""People in the directory, and how many of them change."""


class Company:
    """A repository of made-up people in front of a domain controller."""

    def __init__(self, root: Path, domain: Domain, people: int) -> None:
        self.root, self.people = root, people
        self.environment = {**os.environ, "LAB_USER": domain.user, "LAB_PASSWORD": domain.password}
        self.environment.pop("CI", None)
        server = {"server": domain.servers[0], "base": domain.base_dn, "ca": domain.ca_file, "name": domain.server_name}
        files = {
            "idcode.yaml": PROJECT.format(**server, guards="  min_population: 10", source_extra=""),
            "rules/people.yaml": RULES,
            "objects/ou.yaml": OUS,
            "objects/groups.yaml": GROUPS,
            "sink.sh": "#!/bin/sh\ncat > /dev/null\n",
        }
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text, "utf-8")
        (root / "sink.sh").chmod(0o755)
        (root / "data").mkdir(exist_ok=True)

    def write(self, changed: int) -> None:
        """Write the HR file; the first ``changed`` people work elsewhere than at the beginning."""
        rows = []
        for number in range(self.people):
            department = "Moved" if number < changed else f"Department {number % 20}"
            rows.append(f"E{number:05};First{number};Last{number};{department};p{number}@contoso.com;;2020-01-01;")
        (self.root / "data/hr.csv").write_text("\n".join([HEADER, *rows, f"TOTAL;{len(rows)}"]) + "\n", "utf-8")

    def idcode(self, *arguments: str) -> float:
        """Run a command and return the seconds it took."""
        begun = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "idcode.cli.main", *arguments],
            cwd=self.root, env=self.environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        return time.perf_counter() - begun


def main() -> None:
    """Print one row for each size."""
    reason = available()
    if reason:
        sys.exit(f"no Samba AD domain here: {reason}")
    print("| people | objects changed | plan | with proof | proof / plan |\n|---:|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        lab = SambaLab(Path(folder) / "dc", first_ip=240)
        domain = lab.start()
        try:
            for number, (people, changed) in enumerate(SIZES):
                if number:
                    lab.reset(domain)
                row(Company(Path(folder) / f"company{number}", domain, people), people, changed)
        finally:
            lab.discard()


def row(company: Company, people: int, changed: int) -> None:
    """Measure and print one size."""
    company.write(0)
    company.idcode("apply", "--yes")
    company.write(changed)
    plain, proved = [], []
    for _ in range(ROUNDS):
        plain.append(company.idcode("plan", "--no-prove"))
        proved.append(company.idcode("plan", "--prove"))
    cost = min(proved) - min(plain)
    print(f"| {people} | {changed} | {min(plain):.2f} s | {min(proved):.2f} s | {cost / min(plain):.2f} |", flush=True)


if __name__ == "__main__":
    main()

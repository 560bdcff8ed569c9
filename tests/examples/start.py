"""The small example, ``examples/start``, for tests that take it to a real domain."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.lab import Domain


def connect(root: Path, domain: Domain) -> None:
    """Change the lines that say where the domain is; each has to be one that says CHANGE."""
    shutil.copy(domain.ca_file, root / "corp-ca.pem")
    # The lab's controller is called by its address, which is not the name in its certificate.
    settings = {
        "ldaps://dc1.corp.example.com": domain.servers[0],
        "DC=corp,DC=example,DC=com": domain.base_dn,
        "svc-idcode@corp.example.com": domain.user,
        "corp-ca.pem": f"corp-ca.pem, server_name: {domain.server_name}",
    }
    file = root / "idcode.yaml"
    lines = file.read_text("utf-8").splitlines()
    for told, real in settings.items():
        (number,) = [number for number, line in enumerate(lines) if told in line and "CHANGE" in line]
        lines[number] = lines[number].replace(told, real)
    file.write_text("\n".join(lines) + "\n", "utf-8")

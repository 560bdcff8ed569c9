"""``python -m tests.lab start DIR | stop DIR``: a private AD domain from a script.

``start`` prints the settings as ``export`` lines for a shell (``eval "$(python -m tests.lab start DIR)"``),
with ``--json`` as one JSON object.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from pathlib import Path

from tests.lab.golden import LabError
from tests.lab.samba import REALM, Domain, SambaLab, available


def main() -> int:
    """Carry out one command; 1 if there can be no lab here."""
    parser = argparse.ArgumentParser(prog="python -m tests.lab", description="A private Samba AD domain.")
    parser.add_argument("command", choices=["start", "stop"])
    parser.add_argument("directory", type=Path)
    parser.add_argument("--realm", default=REALM)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    lab = SambaLab(options.directory, options.realm, first_ip=10, tied=False)
    if options.command == "stop":
        lab.discard()
        return 0
    reason = available()
    if reason:
        print(f"no lab: {reason}", file=sys.stderr)
        return 1
    try:
        settings = _settings(lab.start())
    except LabError as error:
        print(f"no lab: {error}", file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps(settings, indent=2))
    else:
        print("\n".join(f"export {name}={shlex.quote(value)}" for name, value in settings.items()))
    return 0


def _settings(domain: Domain) -> dict[str, str]:
    return {
        "LAB_IP": domain.ip,
        "LAB_URL": domain.servers[0],
        "LAB_BASE_DN": domain.base_dn,
        "LAB_CA_FILE": domain.ca_file,
        "LAB_SERVER_NAME": domain.server_name,
        "LAB_USER": domain.user,
        "LAB_PASSWORD": domain.password,
        "LAB_CONF": str(domain.conf),
    }


if __name__ == "__main__":
    sys.exit(main())

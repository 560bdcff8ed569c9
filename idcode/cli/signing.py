"""Signing plans, and insisting on signatures, as the files say under ``signing``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from idcode.cli import console, wiring
from idcode.config.findings import Findings
from idcode.config.plan_keys import private_key, public_keys
from idcode.config.project import Repository
from idcode.model.errors import PlanRefused
from idcode.model.plans import Plan
from idcode.plan.file import read_plan, write_plan
from idcode.plan.signing import signed

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey


def signing_key(repository: Repository) -> Ed25519PrivateKey | None:
    """Return the key that signs plans; ``None`` where there is none here. Raises ``ConfigError`` for a bad one."""
    signing = repository.project.signing
    return private_key(repository.root, signing, os.environ) if signing else None


def trusted_keys(repository: Repository) -> dict[str, Ed25519PublicKey] | None:
    """Return the public keys by fingerprint; ``None`` where the files do not ask for signatures."""
    signing = repository.project.signing
    return public_keys(repository.root, signing, Findings()) if signing else None


def save(plan: Plan, path: Path, repository: Repository, key: Ed25519PrivateKey | None) -> bool:
    """Write ``plan``, signed with ``key``, and return whether apply will have it; say so where it will not."""
    write_plan(path, signed(plan, key) if key else plan)
    if key is not None or repository.project.signing is None:
        return True
    console.note(f"{path} is not signed, because the private key is not here; apply refuses it")
    return False


def read_trusted(path: Path, repository: Repository) -> Plan:
    """Read a plan to apply. Raises ``PlanRefused`` where it is damaged, or not signed as the files ask."""
    return read_plan(path, strict=True, keys=trusted_keys(repository))


def insist_on_key(repository: Repository) -> None:
    """Raise ``PlanRefused`` where a plan would be made and applied at once by somebody who may not sign it.

    On practice directories anybody may.
    """
    if repository.project.signing is None or wiring.is_practice(repository) or signing_key(repository):
        return
    raise PlanRefused(
        "plans have to be signed here (signing), and the private key is not here to make one and apply it at once",
        "Apply a signed plan: idcode apply PLAN; or what is left of it: idcode apply --approved PLAN.",
    )

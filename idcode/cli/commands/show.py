"""``idcode show``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from idcode.cli import console
from idcode.cli.commands.common import PLAN_FORMATS, check_format, render, render_document
from idcode.cli.signing import trusted_keys
from idcode.config.files import find_root
from idcode.config.project import Repository
from idcode.model.errors import IdcodeError
from idcode.model.signatures import short
from idcode.plan.decoding import decode, verify
from idcode.plan.file import read_document
from idcode.plan.signing import distrust, signature_of
from idcode.report.visible import visible


def run(plan_file: Path, output: str, full: bool) -> int:
    """Render a saved plan, a damaged one with a warning, and say whether it is signed and by whom."""
    check_format(output, PLAN_FORMATS)
    document = read_document(plan_file, strict=False)
    repository = _repository(plan_file)
    damage = verify(document)
    if damage:
        console.note(f"warning: {plan_file}: {damage}; apply refuses it")
    else:
        console.note(f"{plan_file}: {_signature(document, repository)}")
    redact = repository.project.redact if repository else []
    if output == "json":
        console.say(render_document(document, redact))
    else:
        console.say(render(decode(document, strict=False), output, redact, full))
    return 0


def _signature(document: Mapping[str, Any], repository: Repository | None) -> str:
    """Say whether the plan is signed, by which key, and whether it is one that apply accepts."""
    signature = signature_of(document)
    by = f"signed by the key {visible(short(signature.key))}" if signature else "not signed"
    keys = trusted_keys(repository) if repository else None
    if keys is None:
        return f"{by}, which nothing here can check" if signature else by
    problem = distrust(document, keys)
    return f"warning: {visible(problem)}; apply refuses it" if problem else f"{by}, one of the public keys"


def _repository(plan_file: Path) -> Repository | None:
    """Return the repository that the command runs in, or that the plan lies in: what it hides, and whom it trusts."""
    from idcode.cli import wiring
    from idcode.config.loader import load_repository

    for start in (Path.cwd(), plan_file.resolve().parent):
        try:
            repository, _ = load_repository(find_root(start), wiring.registry())
        except IdcodeError:
            continue
        if repository is not None:
            return repository
    return None

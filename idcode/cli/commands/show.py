"""``idcode show``."""

from __future__ import annotations

from pathlib import Path

from idcode.cli import console
from idcode.cli.commands.common import PLAN_FORMATS, check_format, render, render_document
from idcode.config.files import find_root
from idcode.model.errors import IdcodeError
from idcode.plan.decoding import decode, verify
from idcode.plan.file import read_document


def run(plan_file: Path, output: str, full: bool) -> int:
    """Render a saved plan, a damaged one with a warning."""
    check_format(output, PLAN_FORMATS)
    document = read_document(plan_file, strict=False)
    damage = verify(document)
    if damage:
        console.note(f"warning: {plan_file}: {damage}; apply refuses it")
    if output == "json":
        console.say(render_document(document, _redact(plan_file)))
    else:
        console.say(render(decode(document, strict=False), output, _redact(plan_file), full))
    return 0


def _redact(plan_file: Path) -> list[str]:
    """Return the attributes to hide, where the plan lies in (or the command runs in) a repository that says so."""
    from idcode.cli import wiring
    from idcode.config.loader import load_repository

    for start in (Path.cwd(), plan_file.resolve().parent):
        try:
            repository, _ = load_repository(find_root(start), wiring.registry())
        except IdcodeError:
            continue
        if repository is not None:
            return list(repository.project.redact)
    return []

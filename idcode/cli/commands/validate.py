"""``idcode validate``."""

from __future__ import annotations

from pathlib import Path

from idcode.cli import console, wiring
from idcode.cli.commands.common import check_format, has_errors
from idcode.config.files import find_root
from idcode.config.loader import load_repository
from idcode.config.rule_tests import load_rule_tests
from idcode.report import diagnostics as report


def run(directory: Path | None, output: str) -> int:
    """Check the files; 1 where there are errors."""
    check_format(output, ("text", "json", "github"))
    root = find_root(directory or Path.cwd())
    columns = wiring.columns_in(root)
    repository, found = load_repository(root, wiring.registry(), columns_of=columns)
    found = [*found, *load_rule_tests(root, repository, columns_of=columns)[1]]
    if output == "json":
        console.say(report.render_json(found))
    elif output == "github":
        console.say(report.render_github(found))
    else:
        console.say(report.render_text(found, color=console.color()))
    return 1 if has_errors(found) else 0

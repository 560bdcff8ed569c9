"""``idcode test``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from idcode.cli import console, wiring
from idcode.cli.commands.common import check_format, has_errors
from idcode.cli.testing import Bench, choose
from idcode.config.files import find_root
from idcode.config.rule_tests import load_rule_tests
from idcode.model.errors import ConfigError, UsageError
from idcode.model.testing import RuleTestResult
from idcode.report import testing as report

FORMATS = ("text", "junit", "json")


def run(directory: Path | None, patterns: Sequence[str], output: str, out: Path | None) -> int:
    """Run the rule tests and show what came of them; 1 where one fails or cannot be run."""
    check_format(output, FORMATS)
    root = find_root(directory or Path.cwd())
    repository, warnings = wiring.load(root)
    files, found = load_rule_tests(root, repository)
    if has_errors(found):
        raise ConfigError(f"the rule tests have {report.errors(found)}", found)
    console.tell(found)
    tests = choose(files, patterns)
    if patterns and not tests:
        raise UsageError(
            f"no test is called {' or '.join(patterns)}", "A pattern is part of a test's name or of its file's path."
        )
    if not tests:
        console.note("there are no rule tests: write rules/people.test.yaml (docs/testing-rules.md says how)")
    progress, bench = console.Progress(), Bench(repository, warnings)
    results = []
    for number, test in enumerate(tests, 1):
        results.append(bench.run(test))
        progress("tests", number)
    progress.clear()
    if out is not None:
        _write(out, _render(results, output, False))
    console.say(_render(results, "text" if out is not None else output, console.color()))
    return 0 if all(result.status == "passed" for result in results) else 1


def _render(results: Sequence[RuleTestResult], output: str, color: bool) -> str:
    if output == "junit":
        return report.render_junit(results)
    if output == "json":
        return report.render_json(results)
    return report.render_text(results, color=color, width=console.width())


def _write(out: Path, text: str) -> None:
    try:
        out.write_text(text, "utf-8")
    except OSError as error:
        raise UsageError(f"{out} cannot be written: {error.strerror}") from error

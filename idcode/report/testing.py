"""What came of rule tests: on a terminal, as JUnit XML, as ``idcode.tests/1``."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from xml.etree import ElementTree

from idcode.model.diagnostics import Diagnostic
from idcode.model.testing import Mismatch, RuleTestResult, Said
from idcode.report.cells import width as cells_of
from idcode.report.layout import Page
from idcode.report.visible import quoted, visible, visible_json
from idcode.report.wording import plural, reason

FORMAT = "idcode.tests/1"
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML 1.0 document may hold (section 2.2), not even escaped."""


def render_text(results: Sequence[RuleTestResult], *, color: bool, width: int) -> str:
    """Return the tests that failed, each with what was expected, what came and why, and a count at the end."""
    page = Page(width, color)
    for file, found in _by_file(results).items():
        good = all(result.status == "passed" for result in found)
        page.labelled(visible(file), _counts(found), "good" if good else "danger", indent=0, column=cells_of(file) + 2)
        for result in found:
            if result.status != "passed":
                page.blank()
                _failed(page, result)
        if not good:
            page.blank()
    if len(_by_file(results)) != 1:
        page.write(_counts(results) if results else "no tests", "bold")
    return page.text()


def _failed(page: Page, result: RuleTestResult) -> None:
    page.write(f"FAILED {visible(result.name)}", "danger", indent=2, hanging=2)
    page.write(f"at {visible(str(result.at))}", "dim", indent=4, hanging=2)
    if result.problem:
        page.write(f"it cannot be run: {visible(result.problem)}", indent=4, hanging=2)
    for mismatch in result.mismatches:
        page.blank()
        page.write(f"{visible(mismatch.subject)} {visible(mismatch.what)}", "bold", indent=4, hanging=2)
        page.labelled("expected", _said(mismatch.expected), "good", indent=6, column=15, hanging=2)
        page.labelled("got", _said(mismatch.got), "danger", indent=6, column=15, hanging=2)
        page.write(f"# expected at {visible(str(mismatch.at))}", "dim", indent=6, hanging=2)
        why = reason(mismatch.why)
        if why:
            page.write(f"# got from {why}", "dim", indent=6, hanging=2)
    if result.diagnostics:
        page.blank()
        for diagnostic in result.diagnostics:
            text = f"{diagnostic.severity} {visible(diagnostic.code)}: {visible(diagnostic.message)}"
            page.write(text, "change", indent=4, hanging=2)


def _said(said: Said) -> str:
    return visible(said.word) if said.word is not None else ", ".join(quoted(value) for value in said.values)


def _by_file(results: Iterable[RuleTestResult]) -> Mapping[str, list[RuleTestResult]]:
    found: dict[str, list[RuleTestResult]] = {}
    for result in results:
        found.setdefault(result.at.file, []).append(result)
    return found


def _counts(results: Sequence[RuleTestResult]) -> str:
    by_status = {status: sum(result.status == status for result in results) for status in ("failed", "error", "passed")}
    words = {"failed": "failed", "error": "cannot be run", "passed": "passed"}
    parts = [f"{count} {words[status]}" for status, count in by_status.items() if count]
    return f"{plural(len(results), 'test')}: {', '.join(parts)}"


def errors(diagnostics: Iterable[Diagnostic]) -> str:
    """Count the errors: ``2 errors``."""
    return plural(sum(diagnostic.severity == "error" for diagnostic in diagnostics), "error")


def render_junit(results: Sequence[RuleTestResult]) -> str:
    """Return JUnit XML as GitLab, Azure Pipelines and the readers of GitHub take it: a suite for each file."""
    root = ElementTree.Element("testsuites", {"name": "idcode test", **_numbers(results)})
    for file, found in _by_file(results).items():
        suite = ElementTree.SubElement(root, "testsuite", {"name": _xml(file), **_numbers(found)})
        for result in found:
            place = {"file": _xml(result.at.file), "line": str(result.at.line)}
            case = ElementTree.SubElement(
                suite,
                "testcase",
                {"classname": _xml(file), "name": _xml(result.name), "time": f"{result.seconds:.3f}", **place},
            )
            if result.status != "passed":
                _junit_failure(case, result)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=False).join(
        ('<?xml version="1.0" encoding="UTF-8"?>\n', "\n")
    )


def _junit_failure(case: ElementTree.Element, result: RuleTestResult) -> None:
    tag = "error" if result.problem else "failure"
    first = result.problem or "; ".join(_line(mismatch) for mismatch in result.mismatches[:3])
    element = ElementTree.SubElement(case, tag, {"message": _xml(first), "type": tag})
    page = Page(100, False)
    _failed(page, result)
    element.text = _xml(page.text())


def _line(mismatch: Mismatch) -> str:
    return f"{mismatch.subject} {mismatch.what}: expected {_said(mismatch.expected)}, got {_said(mismatch.got)}"


def _numbers(results: Sequence[RuleTestResult]) -> dict[str, str]:
    return {
        "tests": str(len(results)),
        "failures": str(sum(result.status == "failed" for result in results)),
        "errors": str(sum(result.status == "error" for result in results)),
        "skipped": "0",
        "time": f"{sum(result.seconds for result in results):.3f}",
    }


def _xml(text: str) -> str:
    return _NOT_IN_XML.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def render_json(results: Sequence[RuleTestResult]) -> str:
    """Return ``idcode.tests/1`` as readable JSON, ending in a newline; the same for the same results."""
    document = {
        "format": FORMAT,
        "counts": {
            status: sum(result.status == status for result in results) for status in ("passed", "failed", "error")
        },
        "tests": [_json(result) for result in results],
    }
    return visible_json(json.dumps(document, indent=2, ensure_ascii=False)) + "\n"


def _json(result: RuleTestResult) -> dict[str, object]:
    return {
        "name": result.name,
        "file": result.at.file,
        "line": result.at.line,
        "status": result.status,
        "problem": result.problem,
        "mismatches": [
            {
                "subject": mismatch.subject,
                "what": mismatch.what,
                "line": mismatch.at.line,
                "column": mismatch.at.column,
                "expected": _either(mismatch.expected),
                "got": _either(mismatch.got),
                "why": reason(mismatch.why) or None,
            }
            for mismatch in result.mismatches
        ],
        "diagnostics": [diagnostic.to_json() for diagnostic in result.diagnostics],
    }


def _either(said: Said) -> dict[str, object]:
    return {"values": list(said.values)} if said.word is None else {"word": said.word}

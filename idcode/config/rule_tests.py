"""The rule tests of a repository: ``rules/*.test.yaml``, or wherever ``include`` looks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from idcode.config.checks.context import Columns
from idcode.config.checks.rule_tests import check_rule_tests
from idcode.config.files import read_file, rule_test_files
from idcode.config.findings import Findings
from idcode.config.loader import any_column
from idcode.config.models.project import Project
from idcode.config.models.tests import RuleTestFile
from idcode.config.project import Repository
from idcode.config.validation import validate
from idcode.model.diagnostics import Diagnostic, Span


@dataclass(frozen=True, slots=True)
class LoadedTests:
    """One file of rule tests; ``name`` is relative to the root with ``/``."""

    name: str
    content: RuleTestFile


def load_rule_tests(
    root: Path, repository: Repository | None, *, columns_of: Columns = any_column
) -> tuple[list[LoadedTests], list[Diagnostic]]:
    """Read all files of rule tests and report every problem of every file at once, warnings included.

    ``repository`` is what they test; without it (it has errors itself) only their form is checked. ``columns_of`` is
    that of :func:`~idcode.config.loader.load_repository`. Nothing that the files hold raises.
    """
    findings = Findings()
    project = repository.project if repository else Project(version="1", project="-")
    loaded = []
    for name in rule_test_files(root, project):
        content = _load(root, name, findings)
        if content is not None:
            loaded.append(LoadedTests(name, content))
    if repository is not None:
        check_rule_tests([file.content for file in loaded], repository, columns_of, findings)
    return loaded, findings.sorted()


def _load(root: Path, name: str, findings: Findings) -> RuleTestFile | None:
    file = read_file(root, name, findings)
    if file is None or not file.yaml.complete:
        return None
    documents = [document for document in file.yaml.documents if document is not None]
    if not documents:
        findings.warning("empty-file", f"{name} holds nothing", Span(name), "remove it, or fill it")
        return None
    if len(documents) > 1:
        span = getattr(documents[1], "span", Span(name))
        message = "only object files may hold several documents"
        findings.error("several-documents", message, span, "put all tests into one list")
    if not isinstance(documents[0], dict):
        span = getattr(documents[0], "span", Span(name))
        findings.error(
            "wrong-type", "expected a mapping (key: value) at the top of the file", span, "begin with tests:"
        )
        return None
    content, problems = validate(RuleTestFile, documents[0], name)
    findings.extend(problems)
    return content

"""A repository's files to one validated :class:`~idcode.config.project.Repository`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from idcode.config.checks.context import Columns, Context
from idcode.config.files import PROJECT_FILE, ReadFile, config_digest, included, read_file
from idcode.config.findings import Findings
from idcode.config.kinds import kind_of
from idcode.config.located import LocatedDict
from idcode.config.models.base import Node
from idcode.config.models.decisions import DecisionFile
from idcode.config.models.objects import ObjectFile
from idcode.config.models.project import Project
from idcode.config.models.rules import RuleFile
from idcode.config.plan_keys import check_keys
from idcode.config.project import IdentityType, Repository
from idcode.config.redaction import marked_attributes
from idcode.config.registry import Registry, load_settings
from idcode.config.validation import validate
from idcode.model.diagnostics import Diagnostic, Span


def any_column(name: str, settings: Node) -> None:
    """Stand for sources whose columns are not looked at: every name may be one."""


@dataclass(slots=True)
class _Files:
    """The models of all files; ``broken`` are the kinds of file of which one could not be used."""

    rules: list[RuleFile] = field(default_factory=list)
    objects: list[ObjectFile] = field(default_factory=list)
    decisions: list[DecisionFile] = field(default_factory=list)
    used: list[ReadFile] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)


def load_repository(
    root: Path, registry: Registry, *, columns_of: Columns = any_column
) -> tuple[Repository | None, list[Diagnostic]]:
    """Load and validate the repository at ``root``; report every problem of every file at once.

    ``columns_of`` is asked for the columns of a source by name and settings (``None``: any name may be one). The
    repository is ``None`` where any diagnostic is an error. Environment variables are not needed: settings keep
    their ``${env:NAME}`` until :func:`~idcode.config.environment.resolve_environment` replaces them. Nothing that the
    files hold raises.
    """
    findings = Findings()
    files = _Files()
    project, directories, sources = _load_project(root, registry, files, findings)
    if project is not None and project.signing is not None:
        check_keys(root, project.signing, findings)
    skip = frozenset(Path(path).as_posix() for path in (getattr(s, "path", None) for s in sources.values()) if path)
    for file in included(root, project or Project(version="1", project="-"), skip, findings):
        files.used.append(file)
        _load_file(file, files, findings)
    if project is None:
        return None, findings.sorted()
    context = Context(project, directories, sources, findings, columns_of)
    types = _check(context, files)
    if findings.failed:
        return None, findings.sorted()
    diagnostics = findings.sorted()
    decisions = DecisionFile(
        same=[entry for file in files.decisions for entry in file.same],
        distinct=[entry for file in files.decisions for entry in file.distinct],
        pins=[entry for file in files.decisions for entry in file.pins],
        holds=[entry for file in files.decisions for entry in file.holds],
        allowances=[entry for file in files.decisions for entry in file.allowances],
    )
    repository = Repository(
        root=root,
        project=project.model_copy(update={"redact": [*project.redact, *marked_attributes(types.values())]}),
        directories=directories,
        sources=sources,
        identities=types,
        objects=tuple(files.objects),
        decisions=decisions,
        digest=config_digest(files.used),
        diagnostics=tuple(diagnostics),
    )
    return repository, diagnostics


def _load_project(
    root: Path, registry: Registry, files: _Files, findings: Findings
) -> tuple[Project | None, dict[str, Node], dict[str, Node]]:
    file = read_file(root, PROJECT_FILE, findings)
    if file is None or not file.yaml.complete:
        return None, {}, {}
    files.used.append(file)
    documents = file.yaml.documents
    if len(documents) != 1 or not isinstance(documents[0], LocatedDict):
        message = f"{PROJECT_FILE} must be one mapping (key: value)"
        findings.error("wrong-type", message, Span(PROJECT_FILE), "begin with: version: 1")
        return None, {}, {}
    data = documents[0]
    project, problems = validate(Project, data, PROJECT_FILE)
    findings.extend(problems)
    settings = []
    for section, known in (("directories", registry.directories), ("sources", registry.sources)):
        entries = data.get(section)
        entries = entries if isinstance(entries, dict) else {}
        settings.append(load_settings(section, entries, known, PROJECT_FILE, findings))
    if project is None:
        files.broken.add("project")
        project = _usable_part(data)
    return project, settings[0], settings[1]


def _usable_part(data: LocatedDict) -> Project | None:
    """Return the project without the keys that are wrong, for checking the other files against the rest of it."""
    part = LocatedDict({"version": "1", "project": "-"})
    part.span, part.keys_at = data.span, data.keys_at
    for key in data:
        alone = LocatedDict({"version": "1", "project": "-", key: data[key]})
        alone.span, alone.keys_at = data.span, data.keys_at
        if not validate(Project, alone, PROJECT_FILE)[1]:
            part[key] = data[key]
    return validate(Project, part, PROJECT_FILE)[0]


def _load_file(file: ReadFile, files: _Files, findings: Findings) -> None:
    if not file.yaml.complete:
        files.broken |= _guess(file.yaml.text.text)
        return
    documents = [document for document in file.yaml.documents if document is not None]
    if not documents:
        findings.warning("empty-file", f"{file.name} holds nothing", Span(file.name), "remove it, or fill it")
    for position, document in enumerate(documents):
        kind = kind_of(document, file.name, findings)
        if kind is not ObjectFile and position:
            span = getattr(document, "span", Span(file.name))
            message = "only object files may hold several documents"
            findings.error("several-documents", message, span, "put this document into a file of its own")
        model: Any = None
        if kind is not None:
            model, problems = validate(kind, document, file.name)
            findings.extend(problems)
        if isinstance(model, RuleFile):
            files.rules.append(model)
        elif isinstance(model, ObjectFile):
            files.objects.append(model)
        elif isinstance(model, DecisionFile):
            files.decisions.append(model)
        else:
            files.broken |= {_KINDS[kind]} if kind else {"rules", "objects"}


_KINDS: dict[type[Node], str] = {RuleFile: "rules", ObjectFile: "objects", DecisionFile: "decisions"}


def _guess(text: str) -> set[str]:
    """Tell the kind of a file whose YAML is broken by how its lines begin."""
    found = {kind for key, kind in (("identity:", "rules"), ("directory:", "objects")) if f"\n{key}" in f"\n{text}"}
    return found or {"rules", "objects"}


def _check(context: Context, files: _Files) -> dict[str, IdentityType]:
    """Run all checks across files.

    Where a file could not be used, findings that something is not there would be wrong as often as right; they are
    kept only where the missing thing could not have been in such a file.
    """
    from idcode.config.checks import (
        decisions,
        graph,
        guards,
        inbound,
        lifecycle,
        objects,
        outbound,
        project,
        rulesets,
        units,
    )

    heard = context.findings
    context.findings = Findings()
    project.check_project(context)
    sets = rulesets.merge(files.rules, context)
    for rules in sets.values():
        inbound.check_inbound(rules, sets, context)
        lifecycle.check_lifecycle(rules, context)
        outbound.check_outbound(rules, context)
    declared = objects.check_objects(files.objects, sets, context)
    units.check_units(files.objects, sets, declared, context)
    decisions.check_decisions(files.decisions, sets, context)
    guards.check_guards(files.decisions, sets, context)
    outbound.check_primary(sets, context)
    types = {
        name: IdentityType(
            name=name,
            key=rules.key,
            dialect=rules.dialect,
            attributes=rules.kinds(),
            inbound=tuple(rules.inbound),
            precedence=inbound.precedence_of(rules),
            generate=dict(rules.generate),
            lifecycle=rules.lifecycle,
            outbound=tuple(rules.outbound),
            order=graph.evaluation_order(rules, context),
        )
        for name, rules in sets.items()
    }
    heard.extend(finding for finding in context.findings.sorted() if _certain(finding, files.broken))
    context.findings = heard
    return types


_DECLARED = ("unknown-group", "unknown-organizational-unit", "unknown-administrative-unit")
_PROJECT = ("guard-counts-nothing", "no-credentials-sink", "unknown-directory", "unknown-source")
_RULES = (
    "unknown-attribute", "unknown-identity-type", "unknown-rule", "unknown-stage", "no-join", "no-primary",
    "no-precedence", "key-not-flowed", "join-not-flowed", "attribute-never-written", "kept-in-nowhere",
)  # fmt: skip


def _certain(finding: Diagnostic, broken: set[str]) -> bool:
    uncertain = {"objects": _DECLARED, "project": _PROJECT, "rules": _RULES}
    return not any(finding.code in codes for kind, codes in uncertain.items() if kind in broken)

"""Organizational units that paths lead to: declared, in every directory for which files declare any."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from idcode.config.checks.addresses import Declared
from idcode.config.checks.context import Context, literal_text
from idcode.config.checks.rulesets import RuleSet
from idcode.config.models.objects import ObjectFile
from idcode.config.models.rules import Manages, OutboundRule
from idcode.config.nearest import nearest
from idcode.model.addresses import join_path, split_path
from idcode.model.diagnostics import Severity, Span

_ADVICE = "declare it under organizational_units: one that exists is recognised, not created twice"
Path = tuple[str, ...]


def check_units(files: Sequence[ObjectFile], sets: Mapping[str, RuleSet], declared: Declared, context: Context) -> None:
    """Report paths that are written out and lead to an organizational unit that no file declares.

    Where objects are to be put, that is an error; in a tree of which no file declares anything, a warning. What only
    says where to look (``manages``) and the parents of declared units are warnings too, because such a unit may exist
    without being anybody's to change. A parent counts as known to everything else, since the unit below it could not
    be without it. Of a directory for which no file declares units, nothing is known and nothing said.
    """
    there = [name for name in context.directories if context.directory_type(name) == "ad"]
    known = {name: _Units(name, files, declared, context) for name in there}
    for file in files:
        if (units := known.get(file.directory)) is not None:
            _check_file(file, units)
    for rules in sets.values():
        for rule in rules.outbound:
            if (units := known.get(rule.directory)) is not None:
                _check_rule(rule, rules, units)


class _Units:
    """The units that files declare in one directory, and those that must be there because something is in them."""

    def __init__(self, directory: str, files: Sequence[ObjectFile], declared: Declared, context: Context) -> None:
        self.directory, self.context = directory, context
        self.names = declared.names("ou", directory)
        self.declared = {_folded(path) for name in self.names if (path := _split(name))}
        self.known = {path[:depth] for path in self.declared for depth in range(len(path) + 1)}
        self.renamed = {
            _folded(path): unit.path
            for file in files
            if file.directory == directory
            for unit in file.organizational_units
            for previous in unit.previously
            if (path := _split(previous))
        }

    def check(self, severity: Severity, path: Path | None, span: Span, why: str) -> None:
        """Report a path (``None``: one that cannot be read) that leads to no unit; ``why`` ends the message."""
        if path is None or not self.declared or _folded(path) in self.known:
            return
        if severity == "error" and not self.looks_wrong(path):
            severity, why = "warning", f"{why}; it must exist"
        self.report(severity, path, span, why)

    def looks_wrong(self, path: Path) -> bool:
        """Whether a path is likely a mistake: in a tree that files declare, or spelled nearly like one of theirs.

        A tree of which files declare nothing at all may well be there and not be theirs to change.
        """
        tops = {known[:1] for known in self.known if known}
        top = _folded(path)[:1]
        return top in tops or nearest(join_path(top), [join_path(known) for known in tops]) is not None

    def report(self, severity: Severity, path: Path, span: Span, why: str) -> None:
        """Report a path that leads to no declared unit."""
        name = join_path(path)
        others = [other for other in self.names if _folded(_split(other) or ())[: len(path)] != _folded(path)]
        now, meant = self.renamed.get(_folded(path)), nearest(name, others)
        hint = f"it is {now!r} now" if now else f"did you mean {meant!r}? Otherwise {_ADVICE}" if meant else _ADVICE
        message = f"no file declares the organizational unit {name!r} in {self.directory!r}{why}"
        self.context.findings.add(severity, "unknown-organizational-unit", message, span, hint)


def _split(path: str) -> Path | None:
    try:
        return split_path(path)
    except ValueError:
        return None  # reported where the path is checked


def _folded(path: Path) -> Path:
    """Return what all spellings of one path have in common: directories do not tell case apart."""
    return tuple(name.lower() for name in path)


def _check_file(file: ObjectFile, units: _Units) -> None:
    for position, unit in enumerate(file.organizational_units):
        parent = (_split(unit.path) or ())[:-1]
        if parent and _folded(parent) not in units.declared:
            span = file.place("organizational_units", position, "path")
            units.report("warning", parent, span, f", in which {unit.path!r} is")
    for group in file.groups:
        units.check("error", _split(group.path), group.place("path"), "")
    _check_manages(file.manages, units)


def _check_rule(rule: OutboundRule, rules: RuleSet, units: _Units) -> None:
    _check_manages(rule.manages, units)
    if rule.missing_ou == "create":
        return
    dialect = rule.dialect or rules.dialect
    if rule.path:
        path = literal_text(rule.path, dialect)
        units.check("error", _split(path) if path is not None else None, rule.path.span, "")
    elif rule.segments:
        names = [literal_text(segment, dialect) for segment in rule.segments]
        whole = tuple(name for name in names if name)
        units.check("error", whole if len(whole) == len(names) else None, rule.place("segments"), "")


def _check_manages(manages: Manages | None, units: _Units) -> None:
    if manages:
        units.check(
            "warning", _split(manages.base), manages.place("base"), "; unless it exists, nothing is managed here"
        )

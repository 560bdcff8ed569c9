"""Rule tests name what there is: sources and their columns, directories, attributes, stages, rules, groups."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from idcode.config.checks.addresses import Declared, check_address
from idcode.config.checks.context import Columns, Context
from idcode.config.checks.outbound import check_path
from idcode.config.columns import columns_read
from idcode.config.findings import Findings
from idcode.config.models.objects import NameExpression
from idcode.config.models.rules import OutboundRule
from idcode.config.models.tests import Expectation, Given, ObjectExpectation, RuleTest, RuleTestFile
from idcode.config.nearest import suggestion
from idcode.config.project import IdentityType, Repository
from idcode.model.diagnostics import Span


def check_rule_tests(
    files: Sequence[RuleTestFile], repository: Repository, columns_of: Columns, findings: Findings
) -> None:
    """Check all tests against the repository whose rules they test."""
    context = Context(repository.project, repository.directories, repository.sources, findings, columns_of)
    columns = columns_read(repository)
    declared = _declared(repository, context)
    for file in files:
        _given(file.given, columns, context)
        names: dict[str, Span] = {}
        for test in file.tests:
            _name(test, names, context)
            if test.as_of is None and file.as_of is None:
                message = f"the test {test.name!r} has no moment; with another one every day it would not stay true"
                findings.error("no-moment", message, test.at, "write as_of: 2026-12-01 here, or once for the file")
            _given(test.given, columns, context)
            for address, expected in test.expect.items():
                _expected(address, expected, test, repository.identities, declared, context)


def _declared(repository: Repository, context: Context) -> Declared:
    declared = Declared()
    for file in repository.objects:
        for group in file.groups:
            if isinstance(group.name, NameExpression):
                declared.computed.add(file.directory)
            else:
                declared.add("group", file.directory, group.name, group.at, context)
    return declared


def _name(test: RuleTest, names: dict[str, Span], context: Context) -> None:
    span = test.place("name")
    first = names.setdefault(test.name, span)
    if first != span:
        message = f"the test {test.name!r} is there already, in {first}"
        context.findings.error("test-twice", message, span, "give each test of a file a name of its own")


def _given(given: Given, columns: Mapping[str, Collection[str]], context: Context) -> None:
    for name, records in given.sources.items():
        if context.known("source", name, columns, given.place_of_key("sources", name)):
            _records(given, name, records, columns[name], context)
    for name, objects in given.objects.items():
        span = given.place_of_key("objects", name)
        if not context.known_directory(name, span):
            continue
        if context.directory_type(name) != "ad":
            message = f"directory {name!r} ({context.directory_type(name)}) is not read by this version"
            context.findings.error("directory-not-tested", message, span, "objects can be given for AD domains only")
        for position, found in enumerate(objects):
            check_path(found.path, given.place("objects", name, position, "path"), context)


def _records(
    given: Given, name: str, records: Iterable[Mapping[str, object]], columns: Collection[str], context: Context
) -> None:
    key = str(getattr(context.sources[name], "key", ""))
    lists = getattr(context.sources[name], "type", "") != "csv"
    seen: dict[object, Span] = {}
    for position, record in enumerate(records):
        span = given.place("sources", name, position)
        if not record.get(key) or not isinstance(record[key], str):
            message = f"a record of {name!r} needs its key, {key}"
            context.findings.error("source-key-empty", message, span)
            continue
        place = given.place("sources", name, position, key)
        first = seen.setdefault(record[key], place)
        if first != place:
            message = f"{record[key]!r} is given already, in {first}"
            context.findings.error("given-twice", message, place, "a source has one record of a key")
        for column, value in record.items():
            at = given.place_of_key("sources", name, position, column)
            if column not in columns:
                _unread(name, column, columns, at, context)
            elif isinstance(value, tuple) and not lists:
                message = f"a column of {name!r} holds one text, and this is a list"
                context.findings.error("wrong-type", message, given.place("sources", name, position, column))


def _unread(name: str, column: str, columns: Collection[str], at: Span, context: Context) -> None:
    """Report a column that no rule reads: as an error only where it is known that the source has no such column."""
    known = context.columns(name, context.sources[name])
    if known is not None and column not in known:
        message = f"the source {name!r} has no column {column!r}"
        context.findings.error("unknown-column", message, at, suggestion(column, known, f"columns of {name}"))
        return
    message = f"no rule reads the column {column!r} of {name!r}, so that it makes no difference"
    context.findings.warning("column-not-read", message, at, suggestion(column, columns, "columns that rules read"))


def _expected(
    address: str,
    expected: Expectation,
    test: RuleTest,
    identities: Mapping[str, IdentityType],
    declared: Declared,
    context: Context,
) -> None:
    span = test.place_of_key("expect", address)
    parsed = check_address(address, span, context)
    if parsed is None or not context.known("identity type", parsed.type, identities, span):
        return
    if parsed.directory is not None:
        message = f"{address!r} is an object, not a person"
        context.findings.error("bad-address", message, span, f"write {parsed.identity}, and objects: below it")
        return
    kind = identities[parsed.type]
    for key in ("attributes", "absent", "unknown"):
        for position, name in enumerate(getattr(expected, key)):
            place = expected.place_of_key(key, name) if key == "attributes" else expected.place(key, position)
            if name == "stage":
                context.findings.error("unknown-attribute", "the stage is no attribute here", place, "write stage: …")
                continue
            context.known("attribute", name, kind.attributes, place)
    if expected.stage is not None:
        stages = [stage.name for stage in kind.lifecycle.stages] if kind.lifecycle else []
        context.known("stage", expected.stage, stages, expected.place("stage"))
    rules = {rule.name: rule for rule in kind.outbound}
    for name, wanted in expected.objects.items():
        if context.known("rule", name, rules, expected.place_of_key("objects", name)):
            _object(wanted, rules[name], declared, context)


def _object(wanted: ObjectExpectation, rule: OutboundRule, declared: Declared, context: Context) -> None:
    if context.directory_type(rule.directory) != "ad":
        message = f"the rule {rule.name!r} writes to {rule.directory!r}, and rule tests know AD domains only"
        context.findings.error("directory-not-tested", message, wanted.at, "leave its object out")
    if wanted.path is not None:
        check_path(wanted.path, wanted.place("path"), context)
    for key, groups in (("in", wanted.in_), ("not_in", wanted.not_in)):
        for position, text in enumerate(groups):
            place = wanted.place(key, position)
            address = check_address(text, place, context)
            if address is None:
                continue
            if address.type != "group" or address.directory not in (None, rule.directory):
                message = f"{text!r} is no group in {rule.directory!r}"
                context.findings.error("bad-address", message, place, "for instance group:sg-staff")
                continue
            declared.check(address, place, rule.directory, context)

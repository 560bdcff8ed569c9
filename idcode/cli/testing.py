"""Rule tests, carried out: the plan of a few given records on a practice domain in memory."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from idcode.cli.planning import Inputs, plan_from
from idcode.cli.wiring import practice
from idcode.config.models.project import GUARDS
from idcode.config.models.tests import Given, GivenObject, RuleTest, RuleTestFile
from idcode.config.project import Repository
from idcode.config.rule_tests import LoadedTests
from idcode.directories.ad.domain import AdDomain
from idcode.directories.ad.schema import AdSchema
from idcode.directories.sandbox.directory import domain_of, make_base
from idcode.directories.sandbox.domain import new_domain
from idcode.directories.sandbox.schema import bundled_schema
from idcode.directories.sandbox.seeding import load, seed_of
from idcode.directories.sandbox.session import EmbeddedSession
from idcode.directories.sandbox.settings import SandboxSettings
from idcode.directories.sandbox.view import back_links
from idcode.model.diagnostics import Diagnostic
from idcode.model.errors import DirectoryError, IdcodeError
from idcode.model.records import ObjectType, Query
from idcode.model.testing import RuleTestResult
from idcode.sync.gather import DirectoryReading, Gathered, read_directory
from idcode.sync.programs import IdentityRules, compile_rules
from idcode.sync.queries import queries
from idcode.testing.compare import about, compare
from idcode.testing.given import Realm, live_objects, merged, source_readings
from idcode.testing.outcome import Outcome

_NO_GUARD = dict.fromkeys(GUARDS, 10**9)
"""Guards count what changes at once, and a test has a handful of people of whom all may change."""
_BASE_DN = "DC=corp,DC=example,DC=com"
"""Where paths begin if the files leave that to an environment variable: tests need none."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A test to run, and the file whose ``as_of`` and ``given`` it shares."""

    file: RuleTestFile
    test: RuleTest


def choose(files: Iterable[LoadedTests], patterns: Sequence[str]) -> list[Chosen]:
    """Return the tests whose name, or whose file's, holds one of ``patterns`` in any letter case; all without any."""
    folded = [pattern.lower() for pattern in patterns]
    return [
        Chosen(file.content, test)
        for file in files
        for test in file.content.tests
        if not folded or any(part in name.lower() for part in folded for name in (file.name, test.name))
    ]


class Bench:
    """Runs tests of one repository; rules are compiled and schemas read once. ``repository`` needs no variable set."""

    def __init__(self, repository: Repository, warnings: Sequence[Diagnostic]) -> None:
        self._repository = _without_variables(practice(repository))
        self._warnings = tuple(warnings)
        self._rules: Mapping[str, IdentityRules] = compile_rules(self._repository)
        self._queries: Mapping[str, Query] = queries(self._repository, self._rules)
        self._schema: AdSchema = bundled_schema(exchange=True)
        self._empty: dict[str, tuple[AdDomain, DirectoryReading]] = {}

    def run(self, chosen: Chosen) -> RuleTestResult:
        """Run one test; what keeps it from being run is part of its result."""
        began = time.perf_counter()
        try:
            result = self._run(chosen)
        except IdcodeError as error:
            problem = f"{error}. {error.hint}" if error.hint else str(error)
            result = RuleTestResult(chosen.test.name, chosen.test.place("name"), problem=problem)
        return replace(result, seconds=time.perf_counter() - began)

    def _run(self, chosen: Chosen) -> RuleTestResult:
        test = chosen.test
        moment = test.as_of or chosen.file.as_of
        assert moment is not None, "validate asks for one"
        planned = plan_from(self._inputs(merged(chosen.file.given, test.given), moment, _compared(test)))
        outcome = Outcome(planned.context, planned.plan)
        mismatches = compare(test, outcome, planned.explainer)
        told = [found for address in test.expect for found in about(outcome, address)]
        rules = {
            f"{rule.directory}/{rule.name}" for kind in self._repository.identities.values() for rule in kind.outbound
        }
        told += [found for found in planned.plan.diagnostics if found.subject in rules]
        return RuleTestResult(
            test.name, test.place("name"), tuple(mismatches), diagnostics=tuple(told) if mismatches else ()
        )

    def _inputs(self, given: Given, moment: datetime, compared: frozenset[str]) -> Inputs:
        domains = {
            name: self._domain(name, node, given.objects.get(name, ()), compared)
            for name, node in self._repository.directories.items()
            if isinstance(node, SandboxSettings)
        }
        readings = {name: reading for name, (_, reading) in domains.items() if reading is not None}
        gathered = Gathered(source_readings(self._repository, given), readings, ())
        directories = {name: domain for name, (domain, _) in domains.items()}
        return Inputs(
            self._repository,
            self._rules,
            gathered,
            directories,
            self._warnings,
            moment,
            moment,
            (),
            _NO_GUARD,
            frozenset(),
        )

    def _domain(
        self, name: str, settings: SandboxSettings, objects: Sequence[GivenObject], compared: frozenset[str]
    ) -> tuple[AdDomain, DirectoryReading]:
        """Return a directory with the given objects, and as it is read; an empty one is made once for all tests.

        Beside what rules use, the attributes ``compared`` are read.
        """
        if objects or name not in self._empty:
            domain = self._filled(name, settings, objects)
            query = _asking_for(self._queries.get(name, Query({})), compared)
            made = domain, read_directory(self._repository, domain, query, lambda _what, _count: None)
            if objects:
                return made
            self._empty[name] = made
        return self._empty[name]

    def _filled(self, name: str, settings: SandboxSettings, objects: Sequence[GivenObject]) -> AdDomain:
        schema, base_dn, mark_in = self._schema, settings.base_dn, settings.disable_mark_in
        domain = new_domain(domain_of(name, base_dn), schema, recycle_bin=True)
        make_base(name, domain, base_dn)
        realm = Realm(name, base_dn, domain.root_dn, schema.attributes, back_links(schema))
        if load(domain, [seed_of(live, schema, mark_in) for live in live_objects(realm, objects)]):
            raise DirectoryError("a given object refers to a DN at which nothing is", "Give that object, too.")
        session = EmbeddedSession(domain, f"the practice domain of {name}")
        return AdDomain(name, session, base_dn, mark_in, type="sandbox", schema=schema)


def _compared(test: RuleTest) -> frozenset[str]:
    """Return the attributes of objects that a test names."""
    objects = [wanted for expected in test.expect.values() for wanted in expected.objects.values()]
    return frozenset(name for wanted in objects for name in (*wanted.attributes, *wanted.shadow))


def _asking_for(query: Query, names: frozenset[str]) -> Query:
    people: tuple[ObjectType, ...] = ("user", "contact")
    more = {kind: query.attributes.get(kind, frozenset()) | names for kind in people}
    return replace(query, attributes={**query.attributes, **more})


def _without_variables(repository: Repository) -> Repository:
    directories = {
        name: node.model_copy(update={"base_dn": _BASE_DN})
        if isinstance(node, SandboxSettings) and "${env:" in node.base_dn
        else node
        for name, node in repository.directories.items()
    }
    return replace(repository, directories=directories)

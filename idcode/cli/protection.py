"""What the files forbid, and what they and the command let pass: for plans, for rollbacks, and again at apply."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime

from idcode.apply.restraint import Restraints
from idcode.config.models.decisions import Allowance
from idcode.config.models.project import GUARDS, ScopeGuards
from idcode.config.project import Repository
from idcode.expressions import Environment, EvaluationError
from idcode.model.desired import GuardLimit
from idcode.model.diagnostics import Diagnostic
from idcode.model.plans import Override
from idcode.model.records import LiveObject
from idcode.model.schema import DirectorySchema
from idcode.model.values import Result, Special
from idcode.plan.guards import PROTECTED
from idcode.sync.attributes import object_values
from idcode.sync.holding import read_holds
from idcode.sync.identities import evaluate, is_true
from idcode.sync.programs import program


class Protected:
    """Evaluates the ``protect`` expressions of a repository on single objects, without the people they belong to.

    A rollback reads no source. An expression that asks an account for an attribute which people have and the
    directory has not is unknown there, and what is unknown is not touched.
    """

    def __init__(self, repository: Repository, now: datetime) -> None:
        project = repository.project
        self._now = now
        language = (project.dialect, project.parameters)
        self._tests = [program(expression, *language) for expression in project.guards.protect]
        self._personal = {name for kind in repository.identities.values() for name in kind.attributes}

    @property
    def attributes(self) -> frozenset[str]:
        """The attributes that the expressions read."""
        return frozenset(name for test in self._tests for name in test.attributes)

    def reason(self, live: LiveObject, schema: DirectorySchema) -> str | None:
        """Return why nothing may touch ``live``; ``None`` where no expression says so."""
        for test in self._tests:
            values: dict[str, Result] = object_values(live, test.attributes, schema)
            if live.object_type in ("user", "contact"):
                unknown = {name for name in test.attributes if schema.find(name) is None} & self._personal
                values |= dict.fromkeys(unknown, Special.UNKNOWN)
            result = evaluate(test, Environment(values=values, now=self._now))
            if isinstance(result, EvaluationError):
                return f"it may be protected, {test.text} cannot be answered: {result}"
            if is_true(result):
                return f"it is protected: {test.text}"
        return None


def restraints(repository: Repository, allowed: Mapping[str, int], now: datetime) -> Restraints:
    """Return what the files say now, with what the command names in ``--allow GUARD=N``."""
    guards = repository.project.guards
    return Restraints(
        limits=guard_limits(repository),
        min_population=guards.min_population,
        overrides=overrides(repository, allowed, now.date()),
        holds=read_holds(repository),
        protection=Protected(repository, now) if guards.protect else None,
    )


def guard_limits(repository: Repository) -> tuple[GuardLimit, ...]:
    """Return the guards, in the order of the documentation; what is not configured is there only for ``protected``."""
    guards = repository.project.guards
    found = list(_limits(guards, None))
    if guards.protected is None:
        found.append(PROTECTED)
    for scope, own in guards.scopes.items():
        found += _limits(own, scope)
    return tuple(found)


def _limits(guards: ScopeGuards, scope: str | None) -> Iterator[GuardLimit]:
    for name in GUARDS:
        guard = getattr(guards, name)
        if guard is not None:
            yield GuardLimit(name, guard.max, guard.max_percent, guard.on_trip, scope)


def overrides(repository: Repository, allowed: Mapping[str, int], today: date) -> tuple[Override, ...]:
    """Return what the command and the allowances of the files let pass today, by the clock and not by ``--as-of``."""
    named = tuple(Override(name, number) for name, number in allowed.items())
    return named + tuple(
        Override(item.guard, item.max, item.scope, item.until.isoformat(), item.reason)
        for item in repository.decisions.allowances
        if not _is_over(item, today)
    )


def expired_allowances(repository: Repository, today: date) -> list[Diagnostic]:
    """Return a warning for each allowance that has ended, and lets nothing pass any more."""
    return [
        Diagnostic(
            "warning",
            "allowance-expired",
            f"the allowance of {item.max} for {item.guard} ended after {item.until.isoformat()} ({item.reason}); "
            "it lets nothing pass",
            "Take it out, or give it another day.",
            item.at,
        )
        for item in repository.decisions.allowances
        if _is_over(item, today)
    ]


def _is_over(allowance: Allowance, today: date) -> bool:
    return today > allowance.until

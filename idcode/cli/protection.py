"""``guards.protect`` for objects as they are, without the people they belong to: what a rollback goes by."""

from __future__ import annotations

from datetime import datetime

from idcode.config.project import Repository
from idcode.expressions import Environment, EvaluationError
from idcode.model.records import LiveObject
from idcode.model.schema import DirectorySchema
from idcode.model.values import Result, Special
from idcode.sync.attributes import object_values
from idcode.sync.identities import evaluate, is_true
from idcode.sync.programs import program


class Protected:
    """Evaluates the ``protect`` expressions of a repository on single objects.

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

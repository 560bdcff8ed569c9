"""The columns of each source that rules read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from idcode.config.models.base import Expression
from idcode.config.models.rules import InboundRule
from idcode.config.project import Repository
from idcode.expressions import compile_expression


def columns_read(repository: Repository) -> dict[str, frozenset[str]]:
    """Return, for every source, its key column and the columns that the inbound rules read."""
    found: dict[str, set[str]] = defaultdict(set)
    for name, settings in repository.sources.items():
        found[name].add(str(getattr(settings, "key", "")))
    for kind in repository.identities.values():
        for rule in kind.inbound:
            if rule.source is not None:
                dialect = rule.dialect or kind.dialect
                for expression in _expressions(rule):
                    found[rule.source] |= compile_expression(expression.text, dialect=dialect).attributes
    return {name: frozenset(columns) for name, columns in found.items()}


def _expressions(rule: InboundRule) -> Iterator[Expression]:
    every = [rule.scope, *(flow.value for flow in rule.flow.values())]
    every += [expression for join in rule.join for expression in join.values()]
    yield from (expression for expression in every if expression is not None and not expression.is_constant)

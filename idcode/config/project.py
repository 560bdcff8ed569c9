"""A loaded repository: what the other rooms get to see of the files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from idcode.config.models.base import Dialect, Node
from idcode.config.models.decisions import DecisionFile
from idcode.config.models.objects import ObjectFile
from idcode.config.models.project import Project
from idcode.config.models.rules import Generate, InboundRule, Lifecycle, OutboundRule
from idcode.model.diagnostics import Diagnostic


@dataclass(frozen=True, slots=True)
class IdentityType:
    """All that the rule files say of one identity type, merged in file order.

    ``attributes`` maps every attribute that is declared or written to its kind (``string`` where undeclared);
    ``stage`` is one of them where there is a lifecycle. ``precedence`` lists for every attribute the inbound
    rules that write it, strongest first. ``order`` is the evaluation order of the dependency graph: nodes
    ``records:RULE``, ``attribute:NAME``, ``link:RULE`` and ``generate:NAME``.
    """

    name: str
    key: str
    dialect: Dialect
    attributes: Mapping[str, str]
    inbound: tuple[InboundRule, ...]
    precedence: Mapping[str, tuple[str, ...]]
    generate: Mapping[str, Generate]
    lifecycle: Lifecycle | None
    outbound: tuple[OutboundRule, ...]
    order: tuple[str, ...]

    def primary_rule(self, directory: str) -> OutboundRule | None:
        """Return the rule that a bare ``type:key`` means in ``directory``: the one marked primary, or the only one."""
        rules = [rule for rule in self.outbound if rule.directory == directory]
        return next((rule for rule in rules if rule.primary), rules[0] if len(rules) == 1 else None)


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository that passed ``validate``, warnings aside.

    ``directories`` and ``sources`` hold each adapter's own settings model. ``digest`` is ``config_digest``
    of the plan format: paths and hashes of all files used, before ``${env:…}`` is resolved.
    """

    root: Path
    project: Project
    directories: Mapping[str, Node]
    sources: Mapping[str, Node]
    identities: Mapping[str, IdentityType]
    objects: tuple[ObjectFile, ...]
    decisions: DecisionFile
    digest: str
    diagnostics: tuple[Diagnostic, ...] = field(default=())

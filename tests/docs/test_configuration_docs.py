"""docs/configuration.md names every key of every file, with its default, and no other."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from idcode.config.models import decisions, objects, project, rules, tests
from idcode.config.models.base import Expression, Node
from idcode.config.validation import key_of
from idcode.directories.ad.settings import AdBind, AdSettings, AdTls
from idcode.directories.entra.settings import EntraSettings, SyncedFrom
from idcode.directories.sandbox.settings import SandboxSettings
from idcode.directories.sandbox.tenant.settings import TenantSettings
from idcode.sources.csv.settings import CsvProof, CsvRows, CsvSettings
from idcode.sources.yaml.settings import YamlSettings
from tests.docs.pages import DOCS, section

PAGE = DOCS / "configuration.md"
SECTIONS: dict[str, type[Node]] = {
    "idcode.yaml": project.Project,
    "type ad": AdSettings,
    "bind": AdBind,
    "tls": AdTls,
    "type sandbox": SandboxSettings,
    "type sandbox-tenant": TenantSettings,
    "type entra": EntraSettings,
    "synced_from": SyncedFrom,
    "type csv": CsvSettings,
    "rows": CsvRows,
    "proof": CsvProof,
    "type yaml": YamlSettings,
    "guards": project.Guards,
    "guard": project.Guard,
    "apply": project.ApplySettings,
    "credentials": project.Credentials,
    "signing": project.Signing,
    "Rule files": rules.RuleFile,
    "inbound rule": rules.InboundRule,
    "generate": rules.Generate,
    "lifecycle": rules.Lifecycle,
    "stage": rules.Stage,
    "missing": rules.Missing,
    "outbound rule": rules.OutboundRule,
    "manages": rules.Manages,
    "enabled": rules.Enabled,
    "flow": rules.Flow,
    "mail": rules.MailFlow,
    "Object files": objects.ObjectFile,
    "organizational unit": objects.OrganizationalUnit,
    "group": objects.Group,
    "members": objects.Members,
    "for_each": objects.ForEach,
    "licence": objects.Licence,
    "administrative unit": objects.AdministrativeUnit,
    "role assignment": objects.RoleAssignment,
    "app role assignment": objects.AppRoleAssignment,
    "Decision files": decisions.DecisionFile,
    "same": decisions.Same,
    "pin": decisions.Pin,
    "hold": decisions.Hold,
    "allowance": decisions.Allowance,
    "Rule tests": tests.RuleTestFile,
    "test": tests.RuleTest,
    "given": tests.Given,
    "given object": tests.GivenObject,
    "expected person": tests.Expectation,
    "expected object": tests.ObjectExpectation,
}
NOT_TABLES = {objects.NameExpression, project.ScopeGuards}
"""Models that the page describes in the row of the key that holds them."""


def _rows(heading: str) -> dict[str, str]:
    """Return the keys of a section's table with what their column `default` says."""
    return dict(re.findall(r"^\| `([^`]+)` \| [^|]* \| ([^|]*) \|", section(PAGE, heading), re.MULTILINE))


def _default(field: FieldInfo) -> str:
    value: Any = field.default
    if value is PydanticUndefined:
        return "required"
    if isinstance(value, Expression):
        return f"`{value.constant}`"
    if value is None or value in ([], {}) or isinstance(value, Node):
        return "–"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, list):
        return ", ".join(f"`{item}`" for item in value)
    assert not isinstance(value, timedelta)
    return f"`{value}`" if value != "" else '`""`'


@pytest.mark.parametrize("heading", SECTIONS)
def test_a_section_lists_the_keys_of_its_part_with_their_defaults(heading: str) -> None:
    fields = SECTIONS[heading].model_fields
    assert _rows(heading) == {key_of(name, field): _default(field) for name, field in fields.items()}


def test_every_part_of_the_files_has_a_section() -> None:
    def below(model: type[Node]) -> set[type[Node]]:
        children = {child for child in model.__subclasses__() if child.__module__.startswith("idcode.")}
        return children | {found for child in children for found in below(child)}

    written = {model for model in below(Node) if model is not project.SourceLimits}
    assert written - NOT_TABLES == set(SECTIONS.values())

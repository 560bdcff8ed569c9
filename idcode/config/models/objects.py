"""``objects/**/*.yaml``: declared organizational units, groups, administrative units and assignments of roles."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from idcode.config.models.base import ExpressionField, Node, YesNo
from idcode.config.models.rules import FlowField, Manages


class OrganizationalUnit(Node):
    """An OU; ``previously`` names the paths it had before."""

    path: str = Field(min_length=1)
    description: str | None = None
    protected: YesNo | None = None
    previously: list[str] = []


class Members(Node):
    """Who is in a group: whom ``match`` finds, plus ``include``, minus ``exclude``."""

    mode: Literal["add-only", "exact"] = "add-only"
    match: ExpressionField | None = None
    include: list[str] = []
    exclude: list[str] = []


def _read_owners(value: Any) -> Any:
    """Let a list of addresses stand for members of that name, to which others may be added by hand."""
    return {"include": value} if isinstance(value, list) else value


OwnersField = Annotated[Members, BeforeValidator(_read_owners, json_schema_input_type=list[str] | Members)]


class ForEach(Node):
    """One group per value of ``key`` among the identities that ``where`` finds.

    ``kept_in`` is the group's attribute that holds the key, so that a new name is a rename; ``label`` is put in
    front of the key there (``label:key``) where several blocks share the attribute.
    """

    key: ExpressionField
    where: ExpressionField | None = None
    kept_in: str
    label: str | None = None
    identity: str | None = None
    on_empty: Literal["keep", "delete"] = "keep"


class NameExpression(Node):
    """A name computed for each group of a ``for_each``."""

    expression: ExpressionField


class Licence(Node):
    """A licence by SKU part number."""

    sku: str
    disabled_plans: list[str] = []


class Group(Node):
    """A group. ``name`` is its sAMAccountName and cn in AD, its mailNickname and displayName in Entra."""

    name: str | NameExpression
    for_each: ForEach | None = None
    previously: list[str] = []
    path: str = ""
    category: Literal["security", "distribution", "microsoft365"] = "security"
    scope: Literal["global", "universal", "domain_local"] = "global"
    description: str | None = None
    members: Members | None = None
    flow: dict[str, FlowField] = {}
    membership_rule: str | None = None
    licences: list[Licence] = []
    owners: OwnersField | None = None
    role_assignable: YesNo = False


class AdministrativeUnit(Node):
    """An Entra administrative unit; ``previously`` names what it was called before."""

    name: str
    previously: list[str] = []
    description: str | None = None
    members: Members | None = None
    membership_rule: str | None = None


class RoleAssignment(Node):
    """An Entra directory role held by principals, tenant-wide or within an administrative unit."""

    role: str
    scope: str | None = None
    mode: Literal["add-only", "exact"] = "add-only"
    principals: Annotated[list[str], Field(min_length=1)]


class AppRoleAssignment(Node):
    """A role of an enterprise application held by principals; ``app`` is its name or appId.

    Without ``role`` it is the access that an application without roles gives.
    """

    app: str
    role: str | None = None
    mode: Literal["add-only", "exact"] = "add-only"
    principals: Annotated[list[str], Field(min_length=1)]


class ObjectFile(Node):
    """One document of ``objects/**/*.yaml``."""

    directory: str
    dialect: Literal["entra", "connect", "mim"] | None = None
    manages: Manages | None = None
    orphans: Literal["report", "delete"] = "report"
    absent: list[str] = []
    organizational_units: list[OrganizationalUnit] = []
    groups: list[Group] = []
    administrative_units: list[AdministrativeUnit] = []
    role_assignments: list[RoleAssignment] = []
    app_role_assignments: list[AppRoleAssignment] = []

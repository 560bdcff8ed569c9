"""What only provisioning from Entra knows: roles of applications, the tenant's domain, values kept out of logs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from idcode.expressions.conversions import describe, text
from idcode.expressions.errors import EvaluationError
from idcode.expressions.functions.registry import function
from idcode.model.values import Complex, Result, Scalar, Value

if TYPE_CHECKING:
    from idcode.expressions.program import Environment

_ROLE_TYPE = "WindowsAzureActiveDirectoryRole"
_ADMIN = Complex.of(id="06b07648-ecfe-589f-9d2f-6325724a46ee", displayName="Admin", value="Admin")
_INPUTS: dict[str, Result] = {"appRoleAssignments": (_ADMIN,)}


@function(
    "SingleAppRoleAssignment(roles: list) -> text",
    "The display name of the role that the user has in the application: of the first where there are several, null "
    "where there is none.",
    example="SingleAppRoleAssignment([appRoleAssignments])",
    inputs=_INPUTS,
    result="Admin",
)
def _single_role(roles: tuple[Scalar, ...]) -> str | None:
    for role in roles:
        return text(_part(role, "displayName", "SingleAppRoleAssignment"), "SingleAppRoleAssignment")
    return None


@function(
    "AppRoleAssignmentsComplex(roles: list) -> list",
    "The user's roles in the application as SCIM objects, none of them primary.",
    example="AppRoleAssignmentsComplex([appRoleAssignments])",
    inputs=_INPUTS,
    result=(Complex.of(primary=False, type=_ROLE_TYPE, displayName="Admin", value="Admin"),),
)
def _roles(roles: tuple[Scalar, ...]) -> tuple[Scalar, ...]:
    return _scim_roles(roles, "displayName", "AppRoleAssignmentsComplex")


@function(
    "AssertiveAppRoleAssignmentsComplex(roles: list) -> list",
    "The user's roles in the application as SCIM objects that replace those the target has.",
    example="AssertiveAppRoleAssignmentsComplex([appRoleAssignments])",
    inputs=_INPUTS,
    result=(Complex.of(primary=False, type=_ROLE_TYPE, display="Admin", value="Admin"),),
)
def _asserted_roles(roles: tuple[Scalar, ...]) -> tuple[Scalar, ...]:
    return _scim_roles(roles, "display", "AssertiveAppRoleAssignmentsComplex")


def _scim_roles(roles: tuple[Scalar, ...], display: str, use: str) -> tuple[Scalar, ...]:
    return tuple(
        Complex.of(
            primary=False,
            type=_ROLE_TYPE,
            **{display: _part(role, "displayName", use), "value": _part(role, "value", use)},
        )
        for role in roles
    )


def _part(role: Scalar, name: str, use: str) -> Scalar:
    """Return a field of a role assignment; name and value stand in for each other."""
    if not isinstance(role, Complex):
        raise EvaluationError(f"{use}: a role assignment is needed, not {describe(role)}")
    fields = dict(role.fields)
    found = fields.get(name, fields.get("value", fields.get("displayName")))
    if found is None:
        raise EvaluationError(f"{use}: a role has neither displayName nor value")
    return found


@function(
    "DefaultDomain() -> text",
    "The default domain of the tenant; an error where it has none.",
    example="IIF(IsNull([mail]), DefaultDomain(), [mail])",
    inputs={"mail": "ada@contoso.com"},
    result="ada@contoso.com",
    environment=True,
)
def _default_domain(environment: Environment) -> str:
    if not environment.default_domain:
        raise EvaluationError("DefaultDomain: the tenant's default domain is not known")
    return environment.default_domain


@function(
    "Redact(value: result) -> result",
    "The value as it is; plans and reports show (redacted) for the attribute that it flows to.",
    example='Redact("E1001")',
    result="E1001",
)
def _redact(value: Value) -> Value:
    return value

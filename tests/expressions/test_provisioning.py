"""Roles of applications, the tenant's domain, redacted values."""

from __future__ import annotations

import pytest

from idcode.expressions import Environment, EvaluationError, compile_expression
from idcode.model.values import Complex, Special, from_json, to_json

from .running import NOW, fails, refused, run

ROLES = from_json(
    [
        {"id": "1", "displayName": "Help desk", "value": "helpdesk"},
        {"id": "2", "displayName": "Admin", "value": "admin"},
    ]
)


def test_a_single_role_is_told_by_its_name() -> None:
    assert run("SingleAppRoleAssignment([roles])", roles=ROLES) == "Help desk"
    assert run("SingleAppRoleAssignment([roles])", roles=Complex.of(value="admin")) == "admin"
    assert run('Switch(SingleAppRoleAssignment([roles]), "none", "Help desk", "support")', roles=ROLES) == "support"


def test_without_a_role_there_is_nothing() -> None:
    for none in (None, ()):
        assert run("SingleAppRoleAssignment([roles])", roles=none) is None
        assert run("AppRoleAssignmentsComplex([roles])", roles=none) == ()
        assert run("AssertiveAppRoleAssignmentsComplex([roles])", roles=none) == ()


@pytest.mark.parametrize(
    ("function", "display"),
    [("AppRoleAssignmentsComplex", "displayName"), ("AssertiveAppRoleAssignmentsComplex", "display")],
)
def test_roles_become_scim_objects(function: str, display: str) -> None:
    kind = "WindowsAzureActiveDirectoryRole"
    found = run(f"{function}([roles])", roles=ROLES)
    assert not isinstance(found, Special)
    assert to_json(found) == [
        {"primary": False, "type": kind, display: "Help desk", "value": "helpdesk"},
        {"primary": False, "type": kind, display: "Admin", "value": "admin"},
    ]
    assert from_json(to_json(found)) == found


@pytest.mark.parametrize(
    "function", ["SingleAppRoleAssignment", "AppRoleAssignmentsComplex", "AssertiveAppRoleAssignmentsComplex"]
)
def test_what_is_no_role_is_an_error(function: str) -> None:
    assert "role assignment is needed" in fails(f"{function}([roles])", roles="Admin").message
    assert "neither displayName nor value" in fails(f"{function}([roles])", roles=Complex.of(id="1")).message


def test_a_role_has_no_text_form() -> None:
    assert "the parts id, displayName, value" in fails("Trim(Item([roles], 1))", roles=ROLES).message


def test_the_default_domain_is_the_tenants() -> None:
    program = compile_expression('Join("@", [alias], DefaultDomain())')
    assert program(Environment({"alias": "ada"}, now=NOW, default_domain="contoso.com")) == "ada@contoso.com"
    for none in (None, ""):
        with pytest.raises(EvaluationError, match="DefaultDomain"):
            program(Environment({"alias": "ada"}, now=NOW, default_domain=none))
    assert "does not take 1 argument" in refused('DefaultDomain("x")').message


@pytest.mark.parametrize("value", ["s3cret", "", None, 5, b"\x00", ("a", "b")])
def test_a_redacted_value_stays_what_it_is(value: str | int | bytes | tuple[str, ...] | None) -> None:
    assert run("Redact([a])", a=value) == value
    assert run("Redact([a])", "connect", a=value) == value


def test_words_about_the_flow_pass_through() -> None:
    assert run("Redact(IgnoreAttributeFlow)") is Special.ABSENT

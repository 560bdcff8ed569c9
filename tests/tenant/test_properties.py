"""The table of properties agrees with Microsoft's published metadata."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from idcode.directories.sandbox.tenant.properties import find, properties

SLICE = Path(__file__).parents[3] / "shared" / "graph" / "entra-v1-slice.json"
TYPES = ("user", "group", "administrativeUnit", "servicePrincipal", "device", "organization", "domain", "subscribedSku")


@pytest.fixture(scope="module")
def published() -> dict[str, Any]:
    if not SLICE.exists():
        pytest.skip("the published metadata is not beside the project")
    types: dict[str, Any] = json.loads(SLICE.read_text("utf-8"))["types"]
    return types


def _of(published: dict[str, Any], name: str) -> dict[str, Any]:
    base = published[name].get("base")
    return {**(_of(published, base) if base in published else {}), **published[name].get("properties", {})}


@pytest.mark.parametrize("name", TYPES)
def test_names_types_and_nullability_are_the_published_ones(published: dict[str, Any], name: str) -> None:
    wanted = {
        each: (facts["type"], facts.get("collection", False), facts.get("nullable", True), facts.get("maxLength"))
        for each, facts in _of(published, name).items()
    }
    found = {each.name: (each.kind, each.collection, each.nullable, each.longest) for each in properties(name).values()}
    assert found == wanted


def test_defaults_are_what_a_request_without_select_shows() -> None:
    shown = {each.name for each in properties("user").values() if each.shown == "default"}
    assert shown == {
        *("businessPhones", "displayName", "givenName", "id", "jobTitle", "mail", "mobilePhone", "officeLocation"),
        *("preferredLanguage", "securityIdentifier", "surname", "userPrincipalName"),
    }
    for name in ("assignedLicenses", "licenseProcessingState", "hideFromAddressLists"):
        found = find("group", name)
        assert found is not None
        assert found.shown == "select"

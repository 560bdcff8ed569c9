"""The permissions that idcode asks administrators for are the least that its requests need."""

from __future__ import annotations

from typing import Any

import pytest

from idcode.directories.entra.permissions import USES, Operation, find, operations
from tests.graph.permissions_page import PAGE, render
from tests.graph.routes import Route
from tests.graph.routes import find as find_route
from tests.graph.schema import ABSENT, AVAILABLE, schema

published = pytest.mark.skipif(not AVAILABLE, reason=ABSENT)

ID = "87d349ed-44d7-43e1-9a83-5f2406dee5bd"
OPERATIONS = list(operations())
# The published file has one table for a path, where the pages have one for each form of the request.
ELSEWHERE = {
    ("PATCH /groups(uniqueName='{id}')", "Group.ReadWrite.All"): ("PATCH", "/groups/{group-id}"),
    ("GET /groups(uniqueName='{id}')", "Group.Read.All"): ("GET", "/groups/{group-id}"),
    ("PATCH /groups/{id}", "GroupMember.ReadWrite.All"): (
        "DELETE",
        "/groups/{group-id}/members/{directoryObject-id}/$ref",
    ),
}


def _title(operation: Operation) -> str:
    return f"{operation.method} {operation.path}"


def _route(operation: Operation) -> Route:
    route = find_route(operation.method, operation.path.replace("{id}", ID))
    assert isinstance(route, Route), route
    return route


def _published(operation: Operation) -> dict[str, Any]:
    place = operation.method, _route(operation).template
    method, template = ELSEWHERE.get((_title(operation), operation.permission), place)
    found = schema().paths[template][method].get("perm") or {}
    application: dict[str, Any] = found.get("Application", {})
    return application


@published
@pytest.mark.parametrize("operation", OPERATIONS, ids=_title)
def test_a_permission_is_the_least_that_is_published_or_says_why_not(operation: Operation) -> None:
    table = _published(operation)
    least, enough = set(table.get("least", [])), set(table.get("all", []))
    if not enough:
        assert operation.why, "nothing is published for it"
        return
    assert operation.permission in enough
    # Where the least is not marked, it is the one without which no other is granted either.
    least = least or {min(enough, key=lambda name: (name.startswith("Directory."), "Write" in name, name))}
    if operation.permission not in least:
        assert operation.why, f"{', '.join(sorted(least))} would do"


@published
@pytest.mark.parametrize("operation", OPERATIONS, ids=_title)
def test_no_permission_to_write_is_asked_for_what_reads(operation: Operation) -> None:
    only_written = {"User-OnPremisesSyncBehavior.ReadWrite.All", "Group-OnPremisesSyncBehavior.ReadWrite.All"}
    if operation.method == "GET" and operation.permission not in only_written:
        assert "Write" not in operation.permission


def test_every_request_stands_there_once() -> None:
    rows = [(_title(operation), operation.permission) for operation in OPERATIONS]
    assert sorted(set(rows)) == sorted(rows)


def test_a_request_is_found_by_its_path() -> None:
    for operation in OPERATIONS:
        found = find(operation.method, operation.path.replace("{id}", ID))
        assert found is not None
        assert _title(found) == _title(operation)


def test_a_plan_needs_no_permission_to_write() -> None:
    assert not [name for name in USES[0].permissions if "Write" in name]


def test_the_page_is_what_the_table_says() -> None:
    assert PAGE.read_text("utf-8") == render(), "make permissions"

"""Reads that are some seconds behind writes, as in a directory of many replicas."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from idcode.directories.sandbox.tenant.entities import Entity
from idcode.directories.sandbox.tenant.state import Draft, State
from idcode.directories.sandbox.tenant.switches import Switches
from idcode.directories.sandbox.tenant.view import View
from tests.tenant.office import Office
from tests.tenant.practice import DOMAIN, NOW, PASSWORD, ref

LAG = 30


def late() -> Office:
    return Office(Switches(lag=LAG))


def test_a_new_object_is_not_found_at_first_by_any_operation() -> None:
    office = late()
    crew = office.group("crew")
    office.wait(LAG)
    ada = office.user("ada")
    for method, path in (("GET", f"/users/{ada}"), ("PATCH", f"/users/{ada}"), ("DELETE", f"/users/{ada}")):
        assert office.refused(method, path, {"jobTitle": "Captain"})[:2] == (404, "Request_ResourceNotFound")
    status, _, message = office.refused("POST", f"/groups/{crew}/members/$ref", ref(ada))
    assert (status, ada in message) == (404, True)
    bound = {"members@odata.bind": [ref(ada)["@odata.id"]]}
    assert ada in office.refused("PATCH", f"/groups/{crew}", bound)[2]
    assert office.values("/users") == []
    office.wait(LAG)
    office.patch(f"/users/{ada}", {"jobTitle": "Captain"})
    office.join(crew, ada)


def test_names_are_taken_at_once() -> None:
    office = late()
    office.user("ada")
    body = {
        "accountEnabled": True,
        "displayName": "Ada",
        "mailNickname": "ada",
        "userPrincipalName": f"ada@{DOMAIN}",
        "passwordProfile": {"password": PASSWORD},
    }
    assert office.refused("POST", "/users", body)[0] == 400
    assert office.send("PATCH", "/groups(uniqueName='x')", _group(), prefer="create-if-missing").status == 201
    assert office.send("PATCH", "/groups(uniqueName='x')", _group(), prefer="create-if-missing").status == 204


def _group() -> dict[str, object]:
    return {"displayName": "x", "mailEnabled": False, "mailNickname": "x", "securityEnabled": True}


def test_lists_show_old_values_and_old_members_until_the_lag_is_over() -> None:
    office = late()
    ada, crew = office.user("ada", department="Works"), office.group("crew")
    office.wait(LAG)
    office.join(crew, ada)
    office.patch(f"/users/{ada}", {"department": "Sales"})
    office.wait(LAG - 1)
    assert office.members(crew) == set()
    assert office.get(f"/users/{ada}?$select=department")["department"] == "Works"
    assert "already exist" in office.refused("POST", f"/groups/{crew}/members/$ref", ref(ada))[2]
    assert office.refused("DELETE", f"/groups/{crew}/members/{ada}/$ref")[0] == 404
    office.wait(1)
    assert office.members(crew) == {ada}
    assert office.get(f"/users/{ada}?$select=department")["department"] == "Sales"


def test_what_is_deleted_is_still_shown_for_a_while() -> None:
    office = late()
    ada = office.user("ada")
    office.wait(LAG)
    office.delete(f"/users/{ada}")
    assert office.get(f"/users/{ada}")["id"] == ada
    assert office.refused("PATCH", f"/users/{ada}", {"jobTitle": "x"})[0] == 404
    office.wait(LAG)
    assert office.refused("GET", f"/users/{ada}")[0] == 404


def test_writes_build_on_the_newest_state() -> None:
    office = late()
    ada = office.user("ada")
    office.wait(LAG)
    office.patch(f"/users/{ada}", {"department": "Sales"})
    office.patch(f"/users/{ada}", {"jobTitle": "Captain"})
    office.wait(LAG)
    found = office.get(f"/users/{ada}?$select=department,jobTitle")
    assert (found["department"], found["jobTitle"]) == ("Sales", "Captain")


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 20)), max_size=30), st.integers(1, 40))
def test_a_late_view_is_the_tenant_as_it_was(steps: list[tuple[int, int, int]], lag: int) -> None:
    """However writes come: what is shown is what was there so many seconds before, followed or built anew."""
    state, time = State(), 0
    was = [(0, _contents(state.newest))]
    for source, target, wait in steps:
        with state.writing(NOW + timedelta(seconds=time)) as draft:
            _write(draft, f"o{source}", f"o{target}")
        was.append((time, _contents(state.newest)))
        time += wait
        before = [contents for moment, contents in was if moment <= time - lag]
        expected = before[-1] if before else was[0][1]
        now = NOW + timedelta(seconds=time)
        assert _contents(state.reading(now, lag)) == expected
        assert _contents(State(state.newest.copy(), state.log).reading(now, lag)) == expected


def _write(draft: Draft, one: str, other: str) -> None:
    entity = draft.view.get(one)
    if one == other and entity is not None:
        draft.remove(one)
    elif not draft.unlink("members", one, other):
        draft.put(Entity(one, "group", {"displayName": "at first"}))
        draft.put(Entity(one, "group", {"displayName": f"{one} {len(draft.view)}", "mail": f"{other}@contoso.com"}))
        if draft.view.get(other) is not None:
            draft.link("members", one, other)


def _contents(view: View) -> object:
    ids = {each: list(view.targets("members", each)) for each in view.ids("group")}
    entities = {each.id: each for each in view.of_type("group")}
    found = [each.id for number in range(4) for each in view.find("mail", f"o{number}@contoso.com")]
    return entities, ids, sorted(view.links()), found

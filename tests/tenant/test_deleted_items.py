"""Objects that were deleted: kept for thirty days, restored, or gone for good."""

from __future__ import annotations

import pytest

from tests.tenant.office import Office
from tests.tenant.practice import DOMAIN, NOBODY, ref

USERS, GROUPS = "/directory/deletedItems/microsoft.graph.user", "/directory/deletedItems/microsoft.graph.group"
DAY = 24 * 3600


@pytest.fixture
def office() -> Office:
    return Office()


def test_a_deleted_user_is_nowhere_but_among_the_deleted(office: Office) -> None:
    ada, crew, boss = office.user("ada"), office.group("crew"), office.user("boss")
    office.join(crew, ada)
    office.send("PUT", f"/users/{ada}/manager/$ref", ref(boss))
    office.delete(f"/users/{ada}")
    for path in (f"/users/{ada}", f"/directoryObjects/{ada}", f"/users/ada@{DOMAIN}"):
        assert office.refused("GET", path)[:2] == (404, "Request_ResourceNotFound")
    for method in ("PATCH", "DELETE"):
        assert office.refused(method, f"/users/{ada}", {})[0] == 404
    assert office.refused("POST", f"/groups/{crew}/members/$ref", ref(ada))[0] == 404
    assert office.members(crew) == set()
    assert office.ids(f"/users/{boss}/directReports") == set()
    assert office.ids("/users") == {boss}
    (found,) = office.values(f"{USERS}?$select=id,userPrincipalName,deletedDateTime")
    assert found == {
        "id": ada,
        "userPrincipalName": f"{ada.replace('-', '')}ada@{DOMAIN}",
        "deletedDateTime": "2027-03-01T08:00:00Z",
    }
    assert office.get(f"/directory/deletedItems/{ada}")["@odata.type"] == "#microsoft.graph.user"
    assert office.values(GROUPS) == []


def test_a_restored_user_has_its_name_groups_and_manager_again(office: Office) -> None:
    ada, crew, boss = office.user("ada"), office.group("crew"), office.user("boss")
    office.join(crew, ada)
    office.send("PUT", f"/users/{ada}/manager/$ref", ref(boss))
    office.delete(f"/users/{ada}")
    restored = office.post(f"/directory/deletedItems/{ada}/restore", None, 200)
    assert (restored["id"], restored["userPrincipalName"]) == (ada, f"ada@{DOMAIN}")
    assert office.members(crew) == {ada}
    assert office.get(f"/users/{ada}/manager")["id"] == boss
    assert office.values(USERS) == []
    assert office.refused("POST", f"/directory/deletedItems/{ada}/restore")[0] == 404


def test_a_name_taken_meanwhile_is_in_the_way_of_a_restore(office: Office) -> None:
    ada = office.user("ada")
    office.delete(f"/users/{ada}")
    office.user("ada")
    path = f"/directory/deletedItems/{ada}/restore"
    assert office.refused("POST", path)[:2] == (409, "Request_MultipleObjectsWithSameKeyValue")
    restored = office.post(path, {"newUserPrincipalName": f"ada2@{DOMAIN}"}, 200)
    assert restored["userPrincipalName"] == f"ada2@{DOMAIN}"


def test_an_address_taken_meanwhile_is_left_out_where_that_is_asked_for(office: Office) -> None:
    ada = office.user("ada", mail=f"sales@{DOMAIN}")
    office.delete(f"/users/{ada}")
    office.user("greta", mail=f"sales@{DOMAIN}")
    path = f"/directory/deletedItems/{ada}/restore"
    assert office.refused("POST", path)[0] == 409
    office.post(path, {"autoReconcileProxyConflict": True}, 200)
    assert office.get(f"/users/{ada}?$select=proxyAddresses")["proxyAddresses"] == []


def test_an_immutable_id_can_be_used_again_until_its_first_holder_is_restored(office: Office) -> None:
    ada = office.user("ada", onPremisesImmutableId="q83vEjRWeJA=")
    office.delete(f"/users/{ada}")
    greta = office.user("greta", onPremisesImmutableId="q83vEjRWeJA=")
    assert office.refused("POST", f"/directory/deletedItems/{ada}/restore")[0] == 409
    office.delete(f"/users/{greta}")
    office.post(f"/directory/deletedItems/{ada}/restore", None, 200)


def test_groups_are_restored_with_their_members(office: Office) -> None:
    ada, crew = office.user("ada"), office.group("crew")
    office.join(crew, ada)
    office.delete(f"/groups/{crew}")
    assert office.ids(f"/users/{ada}/memberOf") == set()
    assert office.ids(GROUPS) == {crew}
    office.post(f"/directory/deletedItems/{crew}/restore", None, 200)
    assert office.members(crew) == {ada}


def test_what_is_deleted_for_good_leaves_nothing(office: Office) -> None:
    ada, crew = office.user("ada"), office.group("crew")
    office.join(crew, ada)
    assert office.refused("DELETE", f"/directory/deletedItems/{ada}")[0] == 404
    office.delete(f"/users/{ada}")
    office.delete(f"/directory/deletedItems/{ada}")
    assert office.refused("POST", f"/directory/deletedItems/{ada}/restore")[0] == 404
    assert office.tenant.state.newest.get(ada) is None
    assert list(office.tenant.state.newest.links()) == []


def test_a_deleted_object_is_gone_after_thirty_days(office: Office) -> None:
    ada, greta = office.user("ada"), office.user("greta")
    for each in (ada, greta):
        office.delete(f"/users/{each}")
    office.wait(10 * DAY)
    office.post(f"/directory/deletedItems/{greta}/restore", None, 200)
    office.delete(f"/users/{greta}")
    office.wait(20 * DAY - 1)
    assert office.ids(USERS) == {ada, greta}
    office.wait(1)
    assert office.ids(USERS) == {greta}
    office.wait(10 * DAY)
    assert office.ids(USERS) == set()


def test_the_deleted_are_listed_in_order_and_counted(office: Office) -> None:
    users = [office.user(name) for name in ("ada", "greta", "cid")]
    for each in users:
        office.delete(f"/users/{each}")
        office.wait(60)
    path = f"{USERS}?$count=true&$orderby=deletedDateTime desc&$select=id,displayName,deletedDateTime"
    page = office.get(path, consistencylevel="eventual")
    assert page["@odata.count"] == 3
    assert [each["displayName"] for each in page["value"]] == ["Cid", "Greta", "Ada"]
    assert office.refused("GET", f"/directory/deletedItems/{NOBODY}")[0] == 404

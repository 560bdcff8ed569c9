"""Deleted objects: what stays of them, what goes with them, and how they come back."""

from __future__ import annotations

import pytest

from idcode.directories.ad.operations import Result
from tests.sandbox.practice import PASSWORD, PEOPLE, ROOT, SHOW_DELETED, Practice, plus

ADA, BO, TEAM = f"CN=Ada,{PEOPLE}", f"CN=Bo,{PEOPLE}", f"CN=team,{PEOPLE}"


@pytest.fixture(params=[False, True], ids=["tombstones", "recycle bin"])
def corp(request: pytest.FixtureRequest) -> Practice:
    corp = Practice(recycle_bin=request.param)
    corp.user(
        "Ada", title=b"Engineer", userPrincipalName=b"ada@contoso.com", unicodePwd=PASSWORD, userAccountControl=b"512"
    )
    corp.user("Bo", manager=ADA.encode(), secretary=ADA.encode())
    corp.group("team", member=ADA.encode())
    return corp


def restore(corp: Practice, guid: str, to: str, shown: bool = True) -> Result:
    controls = [SHOW_DELETED] if shown else []
    where = [("replace", [to.encode()])]
    return corp.session.modify(f"<GUID={guid}>", {"isDeleted": [("delete", [])], "distinguishedName": where}, controls)  # type: ignore[dict-item]


def test_a_deleted_object_is_found_by_those_who_ask_for_deleted_ones(corp: Practice) -> None:
    guid = corp.guid(ADA)
    assert corp.session.delete(ADA).ok
    assert corp.found("(sAMAccountName=ada)") == []
    assert corp.session.search(f"<GUID={guid}>", scope="base").result.code == 32
    tombstone = corp.entry(f"<GUID={guid}>", "*", controls=[SHOW_DELETED])
    assert tombstone is not None
    assert tombstone.dn == f"CN=Ada\\0ADEL:{guid},CN=Deleted Objects,{ROOT}"
    kept = {"isDeleted", "lastKnownParent", "objectSid", "sAMAccountName", "userAccountControl", "objectClass"}
    assert kept <= set(tombstone.values)
    assert ("title" in tombstone.values) is corp.domain.recycle_bin
    assert ("isRecycled" in tombstone.values) is not corp.domain.recycle_bin
    assert "unicodePwd" not in tombstone.values
    assert list(tombstone.values["lastKnownParent"]) == [PEOPLE.encode()]


def test_links_vanish_and_other_references_point_to_what_is_left(corp: Practice) -> None:
    guid = corp.guid(ADA)
    assert corp.session.delete(ADA).ok
    assert corp.get(TEAM, "member") == []
    assert corp.get(BO, "manager") == []
    assert corp.get(BO, "secretary") == [f"CN=Ada\\0ADEL:{guid},CN=Deleted Objects,{ROOT}".encode()]


def test_a_deleted_group_shows_no_members(corp: Practice) -> None:
    guid = corp.guid(TEAM)
    assert corp.session.delete(TEAM).ok
    assert corp.get(f"<GUID={guid}>", "member", controls=[SHOW_DELETED]) == []
    assert corp.get(ADA, "memberOf") == []
    assert restore(corp, guid, TEAM).ok
    assert corp.get(TEAM, "member") == ([ADA.encode()] if corp.domain.recycle_bin else [])


def test_an_object_comes_back_where_it_is_wanted(corp: Practice) -> None:
    guid, sid = corp.guid(ADA), corp.get(ADA, "objectSid")
    assert corp.session.delete(ADA).ok
    assert restore(corp, guid, f"CN=Ada again,{PEOPLE}").ok
    back = f"CN=Ada again,{PEOPLE}"
    assert (corp.guid(back), corp.get(back, "objectSid")) == (guid, sid)
    assert corp.get(back, "isDeleted") == []
    assert corp.get(back, "lastKnownParent") == []
    whole = corp.domain.recycle_bin
    assert corp.get(back, "title") == ([b"Engineer"] if whole else [])
    assert corp.get(back, "userAccountControl") == ([b"512"] if whole else [b"546"])
    assert corp.get(TEAM, "member") == ([back.encode()] if whole else [])
    assert corp.get(BO, "manager") == ([back.encode()] if whole else [])
    assert corp.get(back, "primaryGroupID") == [b"513"]


def test_an_account_brought_back_from_a_tombstone_has_no_password() -> None:
    corp = Practice()
    corp.user("Ada", unicodePwd=PASSWORD, userAccountControl=b"512")
    guid = corp.guid(ADA)
    assert corp.session.delete(ADA).ok
    assert restore(corp, guid, ADA).ok
    assert corp.modify(ADA, "userAccountControl", ("replace", [b"512"])).code == 53
    corp.set(ADA, unicodePwd=PASSWORD)
    corp.set(ADA, userAccountControl=b"512")


def test_what_was_taken_meanwhile_stays_with_who_has_it(corp: Practice) -> None:
    guid = corp.guid(ADA)
    assert corp.session.delete(ADA).ok
    corp.user("Ada", sAMAccountName=b"other")
    taken = restore(corp, guid, ADA)
    assert (taken.code, taken.message[:8]) == (68, "00002071")
    corp.user("Third", sAMAccountName=b"ADA")
    taken = restore(corp, guid, f"CN=Free,{PEOPLE}")
    assert (taken.code, taken.message[:8]) == (68, "00000524")
    assert corp.session.delete(f"CN=Third,{PEOPLE}").ok
    corp.set(ADA, userPrincipalName=b"ada@contoso.com")
    # The user principal name is kept by the recycle bin only.
    assert restore(corp, guid, f"CN=Free,{PEOPLE}").code == (19 if corp.domain.recycle_bin else 0)


def test_bringing_back_takes_the_control_and_a_container(corp: Practice) -> None:
    guid = corp.guid(ADA)
    assert corp.session.delete(ADA).ok
    assert restore(corp, guid, ADA, shown=False).code == 32
    assert restore(corp, guid, f"CN=Ada,OU=Nowhere,{ROOT}").code == 1
    assert restore(corp, guid, f"OU=Ada,{PEOPLE}").code == 64
    assert restore(corp, corp.guid(BO), f"CN=Bo2,{PEOPLE}").code == 53


def test_a_deleted_object_cannot_be_changed_otherwise(corp: Practice) -> None:
    guid = corp.guid(ADA)
    assert corp.session.delete(ADA).ok
    where = f"<GUID={guid}>"
    assert corp.modify(where, "title", ("replace", [b"x"]), controls=[SHOW_DELETED]).code == 53
    assert corp.session.delete(where).code == 32
    assert corp.modify(TEAM, "member", ("add", [where.encode()])).code == 32


def test_names_of_deleted_objects_are_free(corp: Practice) -> None:
    for _ in range(3):
        assert corp.session.delete(ADA).ok
        corp.user("Ada", userPrincipalName=b"ada@contoso.com")
    shown = corp.session.search(f"CN=Deleted Objects,{ROOT}", scope="level", controls=[SHOW_DELETED])
    assert len(shown.entries) == 3


def test_an_emptied_ou_can_be_deleted_and_its_people_know_where_they_were(corp: Practice) -> None:
    guids = [corp.guid(where) for where in (ADA, BO, TEAM)]
    for where in (ADA, BO, TEAM, PEOPLE):
        assert corp.session.delete(where).ok
    parents = {corp.get(f"<GUID={guid}>", "lastKnownParent", controls=[SHOW_DELETED])[0] for guid in guids}
    assert len(parents) == 1
    assert parents.pop().startswith(b"OU=People\\0ADEL:")


def test_links_to_deleted_objects_outlive_changes_of_the_others() -> None:
    corp = Practice(recycle_bin=True)
    corp.user("Ada")
    corp.user("Bo")
    corp.group("team", member=ADA.encode())
    guid = corp.guid(ADA)
    assert corp.session.delete(ADA).ok
    corp.set(TEAM, member=BO.encode())
    assert restore(corp, guid, ADA).ok
    assert set(corp.get(TEAM, "member")) == {ADA.encode(), BO.encode()}


def test_who_had_a_deleted_manager_can_be_given_another() -> None:
    corp = Practice(recycle_bin=True)
    ada, bo, cid = (corp.user(name) for name in ("Ada", "Bo", "Cid"))
    corp.set(ada, manager=bo.encode())
    assert corp.session.delete(bo).ok
    assert corp.get(ada, "manager") == []
    assert corp.modify(ada, "manager", plus(cid.encode())).ok
    assert corp.get(ada, "manager") == [cid.encode()]

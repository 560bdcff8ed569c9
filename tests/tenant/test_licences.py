"""Licences: what a user or group is given, what is refused, what members inherit, which units are taken."""

from __future__ import annotations

from typing import Any

import pytest

from tests.tenant.practice import NOBODY, TENANT, Practice, licences, plan, sku


@pytest.fixture
def tenant() -> Practice:
    return Practice({"SPE_E5": 2, "ENTERPRISEPACK": 5, "STANDARDPACK": 5, "MCOEV": 5, "POWER_BI_PRO": 5})


def taken(tenant: Practice, part_number: str) -> int:
    number: int = tenant.get(f"/subscribedSkus/{TENANT}_{sku(part_number)}")["consumedUnits"]
    return number


def held(tenant: Practice, user: str) -> dict[str, list[str]]:
    """What the user has in the end: disabled plans by SKU."""
    found = tenant.get(f"/users/{user}?$select=assignedLicenses")["assignedLicenses"]
    return {each["skuId"]: each["disabledPlans"] for each in found}


def states(tenant: Practice, user: str) -> set[tuple[str, str | None, str, str]]:
    """How the user has it: SKU, group (or none), state, error."""
    found = tenant.get(f"/users/{user}?$select=licenseAssignmentStates")["licenseAssignmentStates"]
    return {(each["skuId"], each["assignedByGroup"], each["state"], each["error"]) for each in found}


def processing(tenant: Practice, group: str) -> Any:
    return tenant.get(f"/groups/{group}?$select=licenseProcessingState")["licenseProcessingState"]["state"]


def licensed_group(tenant: Practice, *part_numbers: str, members: tuple[str, ...] = ()) -> str:
    group = tenant.group("lic-" + "-".join(part_numbers).lower())
    tenant.join(group, *members)
    tenant.post(f"/groups/{group}/assignLicense", licences(*part_numbers), 202)
    tenant.wait()
    return group


# Subscriptions


def test_a_subscription_is_known_by_tenant_and_product(tenant: Practice) -> None:
    found = next(each for each in tenant.values("/subscribedSkus") if each["skuPartNumber"] == "SPE_E5")
    assert found["id"] == f"{TENANT}_06ebc4ee-1bb5-47dd-8120-11324bc54e06"
    assert found["prepaidUnits"] == {"enabled": 2, "suspended": 0, "warning": 0, "lockedOut": 0}
    assert found["consumedUnits"] == 0
    assert found["appliesTo"] == "User"
    names = {each["servicePlanName"]: each["servicePlanId"] for each in found["servicePlans"]}
    assert names["EXCHANGE_S_ENTERPRISE"] == "efb87545-963c-4e0d-99df-69c6916d9eb0"


def test_a_subscription_is_not_found_by_its_product_alone(tenant: Practice) -> None:
    status, code, message = tenant.refused("GET", f"/subscribedSkus/{sku('SPE_E5')}")
    assert (status, code) == (400, "Request_BadRequest")
    assert "[Guid]_[Guid]" in message


# Users


def test_a_licence_takes_a_unit_and_its_removal_frees_it(tenant: Practice) -> None:
    ada = tenant.user("ada")
    reply = tenant.post(f"/users/{ada}/assignLicense", licences("SPE_E5", without={"SPE_E5": "SWAY"}), 200)
    assert reply["id"] == ada
    assert held(tenant, ada) == {sku("SPE_E5"): [plan("SPE_E5", "SWAY")]}
    assert states(tenant, ada) == {(sku("SPE_E5"), None, "Active", "None")}
    assert taken(tenant, "SPE_E5") == 1
    tenant.post(f"/users/{ada}/assignLicense", licences(remove=("SPE_E5",)), 200)
    assert held(tenant, ada) == {}
    assert taken(tenant, "SPE_E5") == 0


def test_assigning_again_replaces_the_disabled_plans(tenant: Practice) -> None:
    ada = tenant.user("ada")
    for without in ("SWAY", "YAMMER_ENTERPRISE"):
        tenant.post(f"/users/{ada}/assignLicense", licences("SPE_E5", without={"SPE_E5": without}), 200)
    assert held(tenant, ada) == {sku("SPE_E5"): [plan("SPE_E5", "YAMMER_ENTERPRISE")]}
    assert taken(tenant, "SPE_E5") == 1


@pytest.mark.parametrize("missing", ["addLicenses", "removeLicenses"])
def test_both_arrays_have_to_be_there(tenant: Practice, missing: str) -> None:
    ada = tenant.user("ada")
    body = {name: value for name, value in licences("SPE_E5").items() if name != missing}
    status, code, message = tenant.refused("POST", f"/users/{ada}/assignLicense", body)
    assert (status, code) == (400, "Request_BadRequest")
    assert message.endswith(f"The missing parameters are: {missing}.")


def test_a_user_needs_a_usage_location_first(tenant: Practice) -> None:
    ada = tenant.user("ada", usageLocation=None)
    _, _, message = tenant.refused("POST", f"/users/{ada}/assignLicense", licences("SPE_E5"))
    assert message == "License assignment cannot be done for user with invalid usage location."
    tenant.patch(f"/users/{ada}", {"usageLocation": "SE"})
    tenant.post(f"/users/{ada}/assignLicense", licences("SPE_E5"), 200)


def test_nobody_gets_more_units_than_were_bought(tenant: Practice) -> None:
    people = [tenant.user(name) for name in ("ada", "cid", "greta")]
    for person in people[:2]:
        tenant.post(f"/users/{person}/assignLicense", licences("SPE_E5"), 200)
    _, _, message = tenant.refused("POST", f"/users/{people[2]}/assignLicense", licences("SPE_E5"))
    assert message == f"Subscription with SKU {sku('SPE_E5')} does not have any available licenses."
    assert held(tenant, people[2]) == {}
    tenant.delete(f"/users/{people[0]}")
    assert taken(tenant, "SPE_E5") == 1
    tenant.post(f"/users/{people[2]}/assignLicense", licences("SPE_E5"), 200)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"addLicenses": [{"skuId": "E5"}], "removeLicenses": []}, "Edm.Guid"),
        ({"addLicenses": [], "removeLicenses": ["E5"]}, "Edm.Guid"),
        ({"addLicenses": [{"skuId": NOBODY}], "removeLicenses": []}, f"License {NOBODY} does not correspond"),
        (licences("EMS"), "does not correspond to a valid company License."),
        (
            {"addLicenses": [{"skuId": sku("SPE_E5"), "disabledPlans": [NOBODY]}], "removeLicenses": []},
            f"Service plan {NOBODY} does not belong",
        ),
        (
            {"addLicenses": [{"skuId": sku("SPE_E5"), "disabledPlans": 7}], "removeLicenses": []},
            "'disabledPlans' must be a collection",
        ),
        (licences(remove=("SPE_E5",)), "User does not have a corresponding license."),
        (licences("MCOEV"), f"{plan('MCOEV', 'MCOEV')} depends on the service plan(s)"),
        (licences("SPE_E5", without={"SPE_E5": "SHAREPOINTENTERPRISE"}), "depends on the service plan(s)"),
        (licences("STANDARDPACK", "ENTERPRISEPACK"), "are mutually exclusive."),
    ],
)
def test_what_cannot_be_assigned_is_refused_as_a_whole(tenant: Practice, body: dict[str, Any], text: str) -> None:
    ada = tenant.user("ada")
    tenant.post(f"/users/{ada}/assignLicense", licences("POWER_BI_PRO"), 200)
    status, code, message = tenant.refused("POST", f"/users/{ada}/assignLicense", body)
    assert (status, code) == (400, "Request_BadRequest")
    assert text in message
    assert held(tenant, ada) == {sku("POWER_BI_PRO"): []}


def test_one_call_can_change_one_product_for_another_that_excludes_it(tenant: Practice) -> None:
    ada = tenant.user("ada")
    tenant.post(f"/users/{ada}/assignLicense", licences("STANDARDPACK"), 200)
    tenant.post(f"/users/{ada}/assignLicense", licences("ENTERPRISEPACK", remove=("STANDARDPACK",)), 200)
    assert held(tenant, ada) == {sku("ENTERPRISEPACK"): []}


def test_licence_details_name_the_plans_and_which_are_off(tenant: Practice) -> None:
    ada = tenant.user("ada")
    tenant.post(f"/users/{ada}/assignLicense", licences("SPE_E5", without={"SPE_E5": "SWAY"}), 200)
    (details,) = tenant.values(f"/users/{ada}/licenseDetails")
    assert details["skuPartNumber"] == "SPE_E5"
    status = {each["servicePlanName"]: each["provisioningStatus"] for each in details["servicePlans"]}
    assert status["SWAY"] == "Disabled"
    assert status["TEAMS1"] == "Success"


def test_a_restored_user_has_direct_licences_as_far_as_units_are_left(tenant: Practice) -> None:
    ada, cid, greta = (tenant.user(name) for name in ("ada", "cid", "greta"))
    tenant.post(f"/users/{ada}/assignLicense", licences("SPE_E5", "POWER_BI_PRO"), 200)
    tenant.delete(f"/users/{ada}")
    for other in (cid, greta):
        tenant.post(f"/users/{other}/assignLicense", licences("SPE_E5"), 200)
    tenant.post(f"/directory/deletedItems/{ada}/restore", {}, 200)
    assert held(tenant, ada) == {sku("POWER_BI_PRO"): []}
    assert (taken(tenant, "SPE_E5"), taken(tenant, "POWER_BI_PRO")) == (2, 1)


# Groups


def test_members_have_the_licences_of_their_group_after_a_while(tenant: Practice) -> None:
    ada = tenant.user("ada")
    group = tenant.group("lic-e5")
    tenant.join(group, ada)
    tenant.post(f"/groups/{group}/assignLicense", licences("SPE_E5"), 202)
    assert processing(tenant, group) == "QueuedForProcessing"
    assert held(tenant, ada) == {}
    tenant.wait(15)
    assert processing(tenant, group) == "ProcessingInProgress"
    assert held(tenant, ada) == {}
    tenant.wait(10)
    assert processing(tenant, group) == "ProcessingComplete"
    assert held(tenant, ada) == {sku("SPE_E5"): []}
    assert states(tenant, ada) == {(sku("SPE_E5"), group, "Active", "None")}
    assert taken(tenant, "SPE_E5") == 1


def test_who_joins_and_who_leaves_later_is_seen_to(tenant: Practice) -> None:
    ada, cid = tenant.user("ada"), tenant.user("cid")
    group = licensed_group(tenant, "SPE_E5", members=(ada,))
    tenant.join(group, cid)
    tenant.delete(f"/groups/{group}/members/{ada}/$ref")
    tenant.wait()
    assert held(tenant, ada) == {}
    assert held(tenant, cid) == {sku("SPE_E5"): []}
    assert taken(tenant, "SPE_E5") == 1


def test_a_leaver_frees_the_unit_that_a_joiner_needs(tenant: Practice) -> None:
    first = sorted(tenant.user(name) for name in ("ada", "cid", "greta"))
    group = licensed_group(tenant, "SPE_E5", members=tuple(first[1:]))
    tenant.join(group, first[0])
    tenant.delete(f"/groups/{group}/members/{first[2]}/$ref")
    tenant.wait()
    assert held(tenant, first[0]) == {sku("SPE_E5"): []}
    assert held(tenant, first[2]) == {}


def test_members_of_a_group_in_the_group_inherit_nothing(tenant: Practice) -> None:
    ada = tenant.user("ada")
    inner = tenant.group("inner")
    tenant.join(inner, ada)
    licensed_group(tenant, "SPE_E5", members=(inner,))
    assert held(tenant, ada) == {}
    assert taken(tenant, "SPE_E5") == 0


def test_the_same_product_twice_takes_one_unit_and_a_plan_is_off_only_if_it_is_twice(tenant: Practice) -> None:
    ada = tenant.user("ada")
    tenant.post(f"/users/{ada}/assignLicense", licences("SPE_E5", without={"SPE_E5": "SWAY"}), 200)
    group = licensed_group(tenant, "SPE_E5", members=(ada,))
    assert held(tenant, ada) == {sku("SPE_E5"): []}
    assert states(tenant, ada) == {(sku("SPE_E5"), None, "Active", "None"), (sku("SPE_E5"), group, "Active", "None")}
    assert taken(tenant, "SPE_E5") == 1
    tenant.post(f"/users/{ada}/assignLicense", licences(remove=("SPE_E5",)), 200)
    assert states(tenant, ada) == {(sku("SPE_E5"), group, "Active", "None")}
    assert taken(tenant, "SPE_E5") == 1


def test_what_is_inherited_cannot_be_removed_from_the_user(tenant: Practice) -> None:
    ada = tenant.user("ada")
    licensed_group(tenant, "SPE_E5", members=(ada,))
    _, _, message = tenant.refused("POST", f"/users/{ada}/assignLicense", licences(remove=("SPE_E5",)))
    assert message.startswith("User license is inherited from a group membership")


def test_who_comes_too_late_has_an_error_until_it_is_processed_again(tenant: Practice) -> None:
    people = sorted(tenant.user(name) for name in ("ada", "cid", "greta"))
    group = licensed_group(tenant, "SPE_E5", members=tuple(people))
    assert states(tenant, people[2]) == {(sku("SPE_E5"), group, "Error", "CountViolation")}
    assert held(tenant, people[2]) == {}
    assert tenant.ids(f"/groups/{group}/membersWithLicenseErrors") == {people[2]}
    tenant.delete(f"/users/{people[0]}")
    tenant.post(f"/users/{people[2]}/reprocessLicenseAssignment", None, 200)
    assert held(tenant, people[2]) == {sku("SPE_E5"): []}
    assert tenant.ids(f"/groups/{group}/membersWithLicenseErrors") == set()


@pytest.mark.parametrize(
    ("already", "product", "location", "error"),
    [
        ("STANDARDPACK", "ENTERPRISEPACK", "SE", "MutuallyExclusiveViolation"),
        (None, "MCOEV", "SE", "DependencyViolation"),
        (None, "SPE_E5", "KP", "ProhibitedInUsageLocationViolation"),
        (None, "SPE_E5", None, "ProhibitedInUsageLocationViolation"),
    ],
)
def test_why_a_member_cannot_have_it_is_on_the_member(
    tenant: Practice, already: str | None, product: str, location: str | None, error: str
) -> None:
    ada = tenant.user("ada", usageLocation=location)
    if already:
        tenant.post(f"/users/{ada}/assignLicense", licences(already), 200)
    group = licensed_group(tenant, product, members=(ada,))
    assert (sku(product), group, "Error", error) in states(tenant, ada)
    assert sku(product) not in held(tenant, ada)
    assert taken(tenant, product) == 0


def test_what_a_group_no_longer_has_its_members_lose(tenant: Practice) -> None:
    ada = tenant.user("ada")
    group = licensed_group(tenant, "SPE_E5", "POWER_BI_PRO", members=(ada,))
    tenant.post(f"/groups/{group}/assignLicense", licences(remove=("SPE_E5",)), 202)
    tenant.wait()
    assert held(tenant, ada) == {sku("POWER_BI_PRO"): []}
    assert taken(tenant, "SPE_E5") == 0
    _, _, message = tenant.refused("POST", f"/groups/{group}/assignLicense", licences(remove=("SPE_E5",)))
    assert message == "Group does not have a corresponding license."


def test_a_group_with_licences_cannot_be_deleted(tenant: Practice) -> None:
    group = licensed_group(tenant, "SPE_E5")
    status, _, _ = tenant.refused("DELETE", f"/groups/{group}")
    assert status == 400
    tenant.post(f"/groups/{group}/assignLicense", licences(remove=("SPE_E5",)), 202)
    tenant.delete(f"/groups/{group}")


def test_a_restored_member_inherits_again(tenant: Practice) -> None:
    ada = tenant.user("ada")
    licensed_group(tenant, "SPE_E5", members=(ada,))
    tenant.delete(f"/users/{ada}")
    assert taken(tenant, "SPE_E5") == 0
    tenant.post(f"/directory/deletedItems/{ada}/restore", {}, 200)
    tenant.wait()
    assert held(tenant, ada) == {sku("SPE_E5"): []}
    assert taken(tenant, "SPE_E5") == 1

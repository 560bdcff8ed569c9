"""A saved plan that is within all limits when it is made is still within them when it is applied, or refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from idcode.apply.executor import apply_plan
from idcode.apply.restraint import Restraints
from idcode.apply.results import RunResult
from idcode.model.desired import EVERYTHING, GuardLimit, Hold
from idcode.model.errors import GuardStopped, PlanRefused
from idcode.model.plans import Change, Override, Plan, Population, Reference
from idcode.model.privileges import Privileges
from idcode.model.values import Ref
from idcode.plan.guards import PROTECTED
from idcode.store.store import Store
from tests.apply.builders import BASE, change, delta, plan, single
from tests.apply.conftest import Listener, Sink
from tests.apply.memory import MemoryDirectory
from tests.apply.test_executor import ADA_DN, ADA_ID, BOB_DN, BOB_ID, GROUP_ID, OPTIONS, estate
from tests.apply.test_restraint import Clerks

Apply = Callable[..., RunResult]


@pytest.fixture
def directory() -> MemoryDirectory:
    return estate()


@pytest.fixture
def apply(store: Store, sink: Sink, listener: Listener, directory: MemoryDirectory) -> Apply:
    def run(wanted: Plan, **restraints: Any) -> RunResult:
        options = replace(OPTIONS, restraints=Restraints(**restraints))
        return apply_plan(wanted, {"corp": directory}, store, sink, options, listener)

    return run


def disable(id_: str = "c1", anchor: str = ADA_ID, dn: str = ADA_DN, key: str = "E1") -> Change:
    enabled = {"enabled": single(True, False)}
    return change(id_, "disable", f"person:{key}@corp/account", enabled, anchor=anchor, dn=dn, scope="corp/account")


def both() -> Plan:
    return plan([[disable(), disable("c2", BOB_ID, BOB_DN, "E2")]], populations={"corp/account": Population(2)})


def release(**fields: Any) -> Plan:
    """Take Bob out of the group."""
    out = change("c1", "update", "group:sg@corp", {"member": delta((), (Ref(BOB_ID),))}, anchor=GROUP_ID,
                 dn=f"CN=sg,{BASE}", object_type="group", phase="release", scope="corp/groups")  # fmt: skip
    known = {BOB_ID: Reference("person:E2@corp/account", BOB_DN, "Bob")}
    return plan([[out]], references=known, **fields)


def hold(subject: str, *words: str, until: date | None = None) -> Hold:
    return Hold(subject, frozenset(words or EVERYTHING), until, "litigation")


def untouched(directory: MemoryDirectory, store: Store) -> bool:
    return not directory.log and not store.runs()


@pytest.mark.parametrize("on_trip", ["stop", "hold"])
def test_a_plan_with_more_than_a_guard_allows_is_not_applied_whatever_it_says_of_itself(
    on_trip: Any, apply: Apply, directory: MemoryDirectory, store: Store
) -> None:
    with pytest.raises(GuardStopped) as stopped:
        apply(both(), limits=(GuardLimit("disable", 1, None, on_trip),))

    assert "2 of 2, the limit is 1" in str(stopped.value)
    assert "--allow disable=2" in str(stopped.value.hint)
    assert untouched(directory, store)


def test_percentages_are_of_what_the_plan_counted(apply: Apply) -> None:
    limits = (GuardLimit("disable", None, 50, "stop"),)
    with pytest.raises(GuardStopped):
        apply(both(), limits=limits, min_population=2)
    assert apply(replace(both(), populations={"corp/account": Population(4)}), limits=limits, min_population=2)


def test_what_was_let_through_when_the_plan_was_made_is_let_through_now_and_no_more(apply: Apply) -> None:
    limits = (GuardLimit("disable", 0, None, "stop"),)
    with pytest.raises(GuardStopped):
        apply(replace(both(), overrides=(Override("disable", 1),)), limits=limits)
    assert apply(replace(both(), overrides=(Override("disable", 2),)), limits=limits).status == "done"


def test_an_allowance_that_ended_since_lets_nothing_pass(apply: Apply) -> None:
    limits = (GuardLimit("disable", 0, None, "stop"),)
    ended = Override("disable", 2, None, "2026-11-22", "the office closes")
    with pytest.raises(GuardStopped):
        apply(replace(both(), overrides=(ended,)), limits=limits)
    assert apply(replace(both(), overrides=(ended,)), limits=limits, overrides=(ended,)).status == "done"


def test_the_history_keeps_what_the_command_named(apply: Apply, store: Store) -> None:
    result = apply(both(), limits=(GuardLimit("disable", 0, None, "stop"),), overrides=(Override("disable", 2),))
    assert store.run(result.run_id).overrides == {"disable": 2}


@pytest.mark.parametrize("subject", ["person:E1", "person:E1@corp/account", f"corp/{ADA_ID}"])
def test_a_hold_counts_on_the_day_of_the_apply(
    subject: str, apply: Apply, directory: MemoryDirectory, store: Store
) -> None:
    with pytest.raises(PlanRefused, match="on hold"):
        apply(both(), holds=(hold(subject),))
    assert untouched(directory, store)
    assert apply(both(), holds=(hold(subject, until=date(2026, 11, 22)),)).status == "done"


@pytest.mark.parametrize("subject", ["person:E2", f"corp/{BOB_ID}", "corp/bob@contoso.com"])
def test_nobody_on_hold_loses_a_membership(subject: str, apply: Apply, directory: MemoryDirectory) -> None:
    bob = directory.objects[BOB_ID]
    named = {**bob.attributes, "userPrincipalName": ("Bob@contoso.com",)}
    directory.objects[BOB_ID] = replace(bob, attributes=named)
    with pytest.raises(PlanRefused, match=r"sg.*must not be touched.*litigation"):
        apply(release(), holds=(hold(subject),))
    assert not directory.log


def test_a_break_glass_account_is_found_by_what_its_owner_signs_in_with(
    apply: Apply, directory: MemoryDirectory
) -> None:
    ada = directory.objects[ADA_ID]
    directory.objects[ADA_ID] = replace(ada, attributes={**ada.attributes, "sAMAccountName": ("Glass1",)})
    with pytest.raises(PlanRefused, match=r"person:E1.*must not be touched"):
        apply(both(), holds=(hold("corp/glass1"),))


def test_what_an_expression_protects_by_now_is_not_touched(apply: Apply, directory: MemoryDirectory) -> None:
    bob = directory.objects[BOB_ID]
    directory.objects[BOB_ID] = replace(bob, attributes={**bob.attributes, "title": ("Clerk",)})
    with pytest.raises(PlanRefused, match="it is protected: a clerk"):
        apply(both(), protection=Clerks())
    assert not directory.log


def test_who_became_an_administrator_since_the_plan_was_made_is_not_disabled(
    apply: Apply, directory: MemoryDirectory, store: Store
) -> None:
    directory.power = Privileges({ADA_ID: "in Domain Admins"})
    with pytest.raises(GuardStopped) as stopped:
        apply(both(), limits=(PROTECTED,))
    assert "--allow protected=1" in str(stopped.value.hint)
    assert untouched(directory, store)
    assert apply(both(), limits=(PROTECTED,), overrides=(Override("protected", 1),)).status == "done"


def test_a_group_that_came_to_power_since_loses_nobody_but_what_a_run_gave_may_be_taken_back(
    apply: Apply, directory: MemoryDirectory
) -> None:
    directory.power = Privileges({GROUP_ID: "in Domain Admins"})
    with pytest.raises(GuardStopped):
        apply(release(), limits=(PROTECTED,))
    assert apply(release(kind="rollback", rolls_back="r0"), limits=(PROTECTED,)).status == "done"


def test_a_rollback_does_not_delete_who_became_an_administrator_since(apply: Apply, directory: MemoryDirectory) -> None:
    directory.power = Privileges({ADA_ID: "in Domain Admins"})
    gone = change("c1", "delete", "person:E1@corp/account", anchor=ADA_ID, dn=ADA_DN, scope="corp/account")
    with pytest.raises(GuardStopped):
        apply(plan([[gone]], kind="rollback", rolls_back="r0"), limits=(PROTECTED,))


def test_who_has_power_is_asked_only_where_a_plan_may_take_it(apply: Apply, directory: MemoryDirectory) -> None:
    directory.power = None  # type: ignore[assignment]
    title = change("c1", "update", "person:E1@corp/account", {"title": single("Engineer", "Lead")},
                   anchor=ADA_ID, dn=ADA_DN, scope="corp/account")  # fmt: skip
    assert apply(plan([[title]]), limits=(PROTECTED,)).status == "done"

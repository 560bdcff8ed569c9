"""Administrators, what gives power over the directory, and break-glass accounts: protected without any configuration."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from idcode.model.plans import Plan
from idcode.model.privileges import Privileges
from idcode.model.values import Ref
from tests.plan.test_guards import company, guard, row
from tests.sync.company import Company
from tests.sync.lines import lines

NOT_EVEN = "{min_population: 1000}"
ADMIN = "in Domain Admins"


def anchor_of(made: Company, name: str) -> str:
    """Return the anchor of the object whose CN is ``name``."""
    (found,) = (live.anchor for live in made.corp.objects.values() if live.dn.startswith(f"CN={name},"))
    return found


def protect(made: Company, *names: str, reason: str = ADMIN) -> None:
    """Give these people and groups power over the directory."""
    made.corp.power = Privileges({**made.corp.power.holders, **{anchor_of(made, name): reason for name in names}})


def held(plan: Plan) -> dict[str, str]:
    return {str(item.address): item.reason for item in plan.held}


HARM: Mapping[str, tuple[str, dict[int, str]]] = {
    "disabled": ("disable", {1: row(1, state="off")}),
    "deleted": ("delete", {1: row(1, state="gone")}),
    "moved": ("move", {1: row(1, state="moved")}),
    "given another logon name": ("update", {1: row(1, logon="other")}),
}


@pytest.mark.parametrize("what", HARM)
def test_an_administrator_is_not(what: str, tmp_path: Path) -> None:
    op, rows = HARM[what]
    made = company(tmp_path, NOT_EVEN, rows | {2: row(2, title="Chief")})
    assert [change.op for change in made.plan().changes if change.address == "person:E01@corp/account"] == [op]

    protect(made, "P01")
    plan = made.plan()

    assert held(plan) == {
        "person:E01@corp/account": f"{op}: it is protected: {ADMIN}; if this is meant: --allow protected=1"
    }
    assert [change.address for change in plan.changes] == ["person:E02@corp/account"]
    found = guard(plan, "protected")
    assert (found.status, found.count, found.limit) == ("held", 1, 0)


@pytest.mark.parametrize("what", HARM)
def test_whoever_says_so_may(what: str, tmp_path: Path) -> None:
    op, rows = HARM[what]
    made = company(tmp_path, NOT_EVEN, rows)
    protect(made, "P01")

    plan = made.plan(allowed={"protected": 1})

    assert [change.op for change in plan.changes] == [op]
    assert guard(plan, "protected").status == "overridden"


def test_what_the_rule_says_of_an_administrator_is_done_as_of_anybody(tmp_path: Path) -> None:
    made = company(tmp_path, NOT_EVEN, {1: row(1, title="Chief", mail="chief@x.example")})
    protect(made, "P01")

    plan = made.plan()

    assert [change.op for change in plan.changes] == ["update"]
    assert not plan.held


def test_the_account_that_idcode_is_signed_in_as_is_protected_like_them(tmp_path: Path) -> None:
    made = company(tmp_path, NOT_EVEN, {1: row(1, state="off")})
    made.corp.power = Privileges({}, frozenset({anchor_of(made, "P01")}))

    assert "it is the account of idcode" in held(made.plan())["person:E01@corp/account"]


def bosses(tmp_path: Path, guards: str = NOT_EVEN) -> Company:
    """Return a company in which P01 and P02 are bosses, and members of the group of bosses."""
    made = company(tmp_path, guards, {1: row(1, title="Boss"), 2: row(2, title="Boss")})
    made.apply()
    return made


def no_boss(made: Company, *numbers: int) -> None:
    text = (made.root / "hr.csv").read_text("utf-8")
    for number in numbers:
        text = text.replace(f"P{number:02};Boss", f"P{number:02};Clerk")
    made.write("hr.csv", text)


def test_nobody_is_taken_out_of_a_group_that_gives_power(tmp_path: Path) -> None:
    made = bosses(tmp_path)
    no_boss(made, 1, 2)
    protect(made, "staff")

    plan = made.plan()

    assert "--allow protected=2" in held(plan)["group:staff@corp"]
    assert {change.address for change in plan.changes} == {"person:E01@corp/account", "person:E02@corp/account"}
    assert made.plan(allowed={"protected": 1}).held
    assert not made.plan(allowed={"protected": 2}).held


def test_the_account_of_idcode_is_taken_out_of_no_group_at_all(tmp_path: Path) -> None:
    made = bosses(tmp_path)
    no_boss(made, 1)
    made.corp.power = Privileges({}, frozenset({anchor_of(made, "P01")}))

    assert "the account of idcode is a member of it" in held(made.plan())["group:staff@corp"]


def test_who_would_get_power_is_counted_apart(tmp_path: Path) -> None:
    guards = "{privileged_gain: {max: 0, on_trip: hold}}"
    made = company(tmp_path, guards, {1: row(1, title="Boss")})
    assert not made.plan().held

    protect(made, "staff")
    plan = made.plan()

    assert set(held(plan)) == {"group:staff@corp"}
    assert (guard(plan, "privileged_gain").count, guard(plan, "privileged_gain").status) == (1, "held")


def test_members_of_a_group_that_comes_into_a_powerful_one_in_the_same_plan_count_too(tmp_path: Path) -> None:
    made = company(tmp_path, "{privileged_gain: {max: 1}}", {1: row(1, title="Boss")})
    made.write(
        "objects/groups.yaml",
        "directory: corp\ngroups:\n"
        "  - {name: staff, path: Groups, members: {include: [group:outer]}}\n"
        "  - name: outer\n    path: Groups\n    members: {mode: exact, match: '[title] = \"Boss\"'}\n",
    )
    made.load()
    protect(made, "staff")

    found = guard(made.plan(), "privileged_gain")

    assert (found.status, found.count) == ("stopped", 2)


def test_without_a_limit_nobody_asks_who_has_power_for_what_cannot_take_it(tmp_path: Path) -> None:
    made = company(tmp_path, NOT_EVEN, {1: row(1, title="Boss"), 11: row(11)})
    made.corp.power = None  # type: ignore[assignment]

    assert {change.op for change in made.plan().changes} == {"create", "update"}


def test_a_limit_of_its_own_gives_room(tmp_path: Path) -> None:
    made = company(tmp_path, "{protected: {max: 1, on_trip: hold}}", {1: row(1, state="off")})
    protect(made, "P01", "P02")
    assert not made.plan().held

    made.write("hr.csv", (tmp_path / "hr.csv").read_text("utf-8").replace("p2@x.example;p2;", "p2@x.example;p2;off"))

    assert len(made.plan().held) == 2


@pytest.mark.parametrize("name", ["person:E01", "person:e01", "person:E01@corp/account", "corp/{anchor}", "corp/P1"])
@pytest.mark.parametrize("what", [*HARM, "changed"])
def test_nothing_touches_a_break_glass_account(what: str, name: str, tmp_path: Path) -> None:
    op, rows = HARM.get(what, ("update", {1: row(1, title="Boss")}))
    made = company(tmp_path, NOT_EVEN, rows)
    made.write(
        "idcode.yaml",
        (tmp_path / "idcode.yaml")
        .read_text("utf-8")
        .replace(NOT_EVEN, f"{{break_glass: ['{name.format(anchor=anchor_of(made, 'P01'))}']}}"),
    )
    made.load()

    plan = made.plan(allowed={"protected": 9})

    assert held(plan)["person:E01@corp/account"] == f"{op} is on hold: a break-glass account (guards.break_glass)"
    assert "person:E01@corp/account" not in {change.address for change in plan.changes}


def test_a_break_glass_account_stays_in_its_groups_while_others_leave(tmp_path: Path) -> None:
    made = bosses(tmp_path, "{break_glass: [corp/p1]}")
    no_boss(made, 1, 2)

    (change,) = (change for change in made.plan().changes if change.address == "group:staff@corp")

    assert change.attributes["member"].remove == (Ref(anchor_of(made, "P02")),)


def test_a_break_glass_account_that_is_not_there_is_said(tmp_path: Path) -> None:
    assert "error break-glass-unknown corp/nobody" in lines(
        company(tmp_path, "{break_glass: [corp/nobody]}", {}).plan()
    )

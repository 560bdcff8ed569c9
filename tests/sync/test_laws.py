"""The laws of DESIGN.md, section 2, over companies made at random: each of them is as odd as small ones can be."""

from __future__ import annotations

import random
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idcode.model.plans import Plan
from tests.sync.company import CUT_HR, Company, people, project
from tests.sync.lines import lines
from tests.sync.memory import MemoryDirectory, read_objects

RULES = people(
    read="""\
title: [Title]
department: [Department]
manager: [Manager]
start: [Start]
end: [End]""",
    more="""\
attributes: {manager: ref(person), start: date, end: date}
generate:
  accountName:
    kept_in: [corp.sAMAccountName]
    value: SelectUniqueValue(ToLower([name]), Join("", ToLower([name]), ToLower([employeeId])))
lifecycle:
  stages:
    - {name: future}
    - {name: active, from: '[start]'}
    - {name: leaver, after: '[end]'}
  missing: {stage: leaver, grace: P2D, since_in: corp.info}
""",
    account="""\
stages: [active, leaver]
enabled: '[stage] = "active"'
path: Switch([stage], "People", "leaver", "People/Left")
on_exit: disable""",
    cn='SelectUniqueValue([name], Join(" ", [name], [employeeId]))',
    logon="[accountName]",
    flow="title: [title]\ndepartment: [department]\nmanager: [manager]",
)
GROUPS = """\
directory: corp
manages: {base: Groups}
groups:
  - name: sales
    path: Groups
    members: {mode: exact, match: '[department] = "Sales" && [stage] = "active"', exclude: [person:E3]}
  - for_each: {key: "[department]", where: '[stage] = "active"', kept_in: adminDescription}
    name: {expression: 'Join("-", "dept", ToLower([department]))'}
    path: Groups
    members: {mode: exact}
"""
HEAD = "EmployeeID;Name;Title;Department;Manager;Start;End\n"
KEYS = [f"E{number}" for number in range(1, 7)]
DAYS = ("2020-01-01", "2026-12-01", "2027-05-01", "")


@dataclass(frozen=True, slots=True)
class World:
    """Rows of HR and lines of live objects, in an order that must not matter."""

    rows: tuple[str, ...]
    live: tuple[str, ...]

    def shuffled(self, seed: int) -> World:
        shuffle = random.Random(seed)
        return World(tuple(shuffle.sample(self.rows, len(self.rows))), tuple(shuffle.sample(self.live, len(self.live))))


def rows() -> st.SearchStrategy[tuple[str, ...]]:
    row = st.tuples(
        st.sampled_from(KEYS),
        st.sampled_from(["Ada", "Berit", "Cid"]),
        st.sampled_from(["Boss", "Clerk", ""]),
        st.sampled_from(["Sales", "IT", ""]),
        st.sampled_from([*KEYS, "E99", ""]),
        st.sampled_from([*DAYS, "soon"]),
        st.sampled_from(DAYS),
    )
    return st.lists(row, unique_by=lambda values: values[0], min_size=1).map(
        lambda found: tuple(";".join(values) for values in found)
    )


@st.composite
def worlds(draw: st.DrawFn, places: tuple[str, ...] = ("People", "People/Left", "Elsewhere")) -> World:
    owners = draw(st.lists(st.sampled_from([*KEYS, "E1", "E8", ""]), max_size=7))
    logons = draw(st.permutations(["ada", "berit", "cid", "ada" + "e2", "x1", "x2", "x3"]))
    names = draw(st.permutations(["Ada", "Berit", "Cid", "Ada E1", "Dan", "Eve", "Fay"]))
    paths = [f"{draw(st.sampled_from(places))}/{name}" for name in names]
    live = ["ou People", "ou People/Left", "ou Groups", "ou Elsewhere"]
    for owner, logon, path in zip(owners, logons, paths, strict=False):
        earlier = [line.partition(" | ")[0].removeprefix("user ") for line in live[4:] if not line.endswith("deleted")]
        words = [f"user {path}", f"sAMAccountName={logon}", f"employeeID={owner}" if owner else ""]
        state = draw(st.sampled_from(["", "", "disabled", "disabled-by-idcode", "new | no-password", "deleted"]))
        if state != "deleted":  # a directory keeps little of what it deletes
            words += draw(st.lists(st.sampled_from(["title=Boss", "department=IT", "carLicense=X"]), unique=True))
            words += (
                [f"manager={draw(st.sampled_from(earlier))}"]
                if earlier and draw(st.sampled_from([True, False]))
                else []
            )
            words.append(draw(st.sampled_from(["", "info=idcode:missing-since=2026-11-01T00:00:00Z", "info=hello"])))
        words.append(state)
        live.append(" | ".join(word for word in words if word))
    held = [path for path, line in zip(paths, live[4:], strict=False) if not line.endswith("deleted")]
    for name, kept in draw(
        st.sampled_from([[], [("sales", "")], [("sales", ""), ("dept-hr", "HR"), ("old-it", "IT")]])
    ):
        members = draw(st.lists(st.sampled_from(held), unique=True)) if held else []
        words = [f"group Groups/{name}", f"sAMAccountName={name}", "category=security", "scope=global"]
        words += [f"adminDescription={kept}"] if kept else []
        live.append(" | ".join([*words, *(f"member={member}" for member in members)]))
    return World(draw(rows()), tuple(live))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """A company whose source proves that it was read to the end."""
    return Company(tmp_path_factory.mktemp("whole"), {"rules/people.yaml": RULES, "objects/groups.yaml": GROUPS})


@pytest.fixture(scope="module")
def cut(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """The same company, whose source may have been cut off."""
    files = {"idcode.yaml": project(CUT_HR), "rules/people.yaml": RULES, "objects/groups.yaml": GROUPS}
    return Company(tmp_path_factory.mktemp("cut"), files)


def settle(company: Company, world: World) -> Company:
    """Let the company have these people and objects."""
    company.write("hr.csv", HEAD + "".join(f"{row}\n" for row in world.rows))
    company.corp = MemoryDirectory(read_objects("\n".join(world.live)))
    return company


@given(world=worlds())
@settings(max_examples=60, deadline=None)
def test_a_plan_can_be_carried_out_and_then_there_is_nothing_left_to_do(whole: Company, world: World) -> None:
    settle(whole, world).apply()


@given(world=worlds(), seed=st.integers(0, 1000))
@settings(max_examples=40, deadline=None)
def test_the_order_of_rows_and_objects_does_not_change_the_plan(whole: Company, world: World, seed: int) -> None:
    first = settle(whole, world).lines()

    assert settle(whole, world.shuffled(seed)).lines() == first


@given(world=worlds(places=("People", "People/Left")))
@settings(max_examples=40, deadline=None)
def test_an_incomplete_source_creates_and_takes_away_nothing(cut: Company, world: World) -> None:
    plan = settle(cut, world).plan()

    of_people = [change for change in plan.changes if change.object_type == "user"]
    assert {change.op for change in of_people} <= {"update", "move"}, lines(plan)
    assert not [change for change in plan.changes if change.op in ("disable", "delete")]
    assert not plan.missing
    # Who has no key cannot be one of those whom the source may have lost.
    keyed = {live.anchor for live in cut.corp.objects.values() if live.get("employeeID")}
    lost = {str(value) for change in plan.changes for item in change.attributes.values() for value in item.remove}
    assert not lost & keyed, lines(plan)


@given(world=worlds())
@settings(max_examples=40, deadline=None)
def test_nothing_that_is_frozen_is_changed(whole: Company, world: World) -> None:
    plan = settle(whole, world).plan()

    assert not frozen(plan) & touched(plan), lines(plan)


def frozen(plan: Plan) -> set[str]:
    """Addresses and anchors of frozen objects, without those of whom one value alone is frozen, since it is taken."""
    partly = {found.subject for found in plan.diagnostics if found.code == "value-taken"}
    whole = [item for item in plan.frozen if (item.address or "").partition("@")[0] not in partly]
    return {word for item in whole for word in (item.address, item.anchor) if word}


def touched(plan: Plan) -> set[str]:
    """Addresses and anchors of what changes, members that groups lose included."""
    lost = {str(value) for change in plan.changes for item in change.attributes.values() for value in item.remove}
    return {word for change in plan.changes for word in (change.address, change.object.anchor) if word} | lost

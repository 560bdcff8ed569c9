"""Guards: what each of them counts, where its limit lies, and what tripping it does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from idcode.model.plans import GuardResult, Plan
from tests.sync.company import Company, people, project
from tests.sync.lines import lines

RULES = people(
    read="title: [Title]\nmail: [Mail]\nlogon: [Logon]\nstate: [State]",
    logon="[logon]",
    account="""\
scope: '[state] <> "gone"'
on_exit: delete
enabled: '[state] <> "off"'
path: Switch([state], "People", "moved", "People/Away")""",
    flow="title: [title]\nmail: [mail]",
)
GROUP = """\
directory: corp
groups:
  - name: staff
    path: Groups
    members: {mode: exact, match: '[title] = "Boss"'}
"""


def company(root: Path, guards: str, rows: Mapping[int, str], size: int = 10) -> Company:
    """``size`` people who are as HR says; ``rows`` replaces the HR row of some, by number (``""``: no row)."""
    hr = {n: f"E{n:02};P{n:02};Clerk;p{n}@x.example;p{n};" for n in range(1, size + 1)} | dict(rows)
    live = "".join(
        f"user People/P{n:02} | employeeID=E{n:02} | title=Clerk | mail=p{n}@x.example | sAMAccountName=p{n}\n"
        for n in range(1, size + 1)
    )
    files = {
        "idcode.yaml": project(more=f"guards: {guards}"),
        "rules/people.yaml": RULES,
        "objects/groups.yaml": GROUP,
        "hr.csv": "EmployeeID;Name;Title;Mail;Logon;State\n" + "".join(f"{row}\n" for row in hr.values() if row),
    }
    away = "ou People/Away\ngroup Groups/staff | sAMAccountName=staff | category=security | scope=global\n"
    return Company(root, files, away + live)


def guard(plan: Plan, name: str) -> GuardResult:
    (found,) = (result for result in plan.guards if result.name == name)
    return found


def row(number: int, title: str = "Clerk", mail: str = "", logon: str = "", state: str = "") -> str:
    person = f"p{number}"
    return f"E{number:02};P{number:02};{title};{mail or f'{person}@x.example'};{logon or person};{state}"


def rows(count: int, **values: str) -> dict[int, str]:
    return {number: row(number, **values) for number in range(1, count + 1)}


COUNTED = {
    "create": lambda n: {n + 100: row(n + 100) for n in range(n)},
    "update": lambda n: rows(n, title="Chief"),
    "clear": lambda n: rows(n, title=""),
    "move": lambda n: rows(n, state="moved"),
    "logon_name": lambda n: {i: row(i, logon=f"new{i}") for i in range(1, n + 1)},
    "mail_address": lambda n: {i: row(i, mail=f"new{i}@x.example") for i in range(1, n + 1)},
    "disable": lambda n: rows(n, state="off"),
    "delete": lambda n: rows(n, state="gone"),
    "membership_gain": lambda n: rows(n, title="Boss"),
}


@pytest.mark.parametrize("name", COUNTED)
def test_as_many_as_the_limit_pass_and_one_more_stops_the_plan(name: str, tmp_path: Path) -> None:
    guards = f"{{{name}: {{max: 3}}}}"

    at_limit = company(tmp_path / "at", guards, COUNTED[name](3)).plan()
    above = company(tmp_path / "above", guards, COUNTED[name](4)).plan()

    assert (guard(at_limit, name).status, guard(at_limit, name).count, at_limit.stopped) == ("ok", 3, False)
    assert (guard(above, name).status, guard(above, name).count, above.stopped) == ("stopped", 4, True)
    assert guard(above, name).limit == 3


@pytest.mark.parametrize("name", sorted({"create", "update", "move", "disable", "delete"}))
def test_a_guard_counts_nothing_but_its_own_changes(name: str, tmp_path: Path) -> None:
    others = {"create": "update", "update": "move", "move": "disable", "disable": "delete", "delete": "create"}

    plan = company(tmp_path, f"{{{name}: {{max: 0}}}}", COUNTED[others[name]](3)).plan()

    assert plan.changes
    assert not plan.guards


def test_enabling_is_counted(tmp_path: Path) -> None:
    made = company(tmp_path, "{enable: {max: 1}}", rows(2, state="off"))
    made.apply()
    made.write("hr.csv", (tmp_path / "hr.csv").read_text("utf-8").replace(";off", ";"))

    plan = made.plan()

    assert (guard(plan, "enable").status, guard(plan, "enable").count) == ("stopped", 2)


def test_a_lost_membership_is_counted_by_members_and_not_by_groups(tmp_path: Path) -> None:
    made = company(tmp_path, "{membership_loss: {max_percent: 25}, min_population: 8}", rows(8, title="Boss"))
    made.apply()

    made.write(
        "hr.csv", (tmp_path / "hr.csv").read_text("utf-8").replace("P01;Boss", "P01;X").replace("P02;Boss", "P02;X")
    )
    two = guard(made.plan(), "membership_loss")
    made.write("hr.csv", (tmp_path / "hr.csv").read_text("utf-8").replace("P03;Boss", "P03;X"))
    three = guard(made.plan(), "membership_loss")

    assert (two.status, two.count, two.population, two.limit) == ("ok", 2, 8, 2)
    assert (three.status, three.count, three.population, three.limit) == ("stopped", 3, 8, 2)


@pytest.mark.parametrize(
    ("percent", "size", "limit"),
    [("10", 10, 1), ("9.9", 10, 0), ("19.9", 10, 1), ("10", 19, 1), ("10", 20, 2), ("0", 10, 0), ("100", 10, 10)],
)
def test_percentages_are_of_what_the_rule_manages_and_never_rounded_up(
    percent: str, size: int, limit: int, tmp_path: Path
) -> None:
    guards = f"{{update: {{max_percent: {percent}}}}}"

    at_limit = company(tmp_path / "at", guards, rows(limit, title="Chief"), size).plan()
    assert not at_limit.stopped
    if limit == size:
        return
    found = guard(company(tmp_path / "above", guards, rows(limit + 1, title="Chief"), size).plan(), "update")

    assert (found.status, found.limit, found.population) == ("stopped", limit, size)


@pytest.mark.parametrize(("size", "stopped"), [(9, False), (10, True)])
def test_percentages_count_from_min_population_on(size: int, stopped: bool, tmp_path: Path) -> None:
    guards = "{update: {max_percent: 10}, min_population: 10}"

    assert company(tmp_path, guards, rows(size, title="Chief"), size).plan().stopped is stopped


@pytest.mark.parametrize("count", [2, 3])
def test_of_a_number_and_a_percentage_the_smaller_counts(count: int, tmp_path: Path) -> None:
    number_first = company(tmp_path / "a", "{update: {max: 2, max_percent: 50}}", rows(count, title="Chief")).plan()
    share_first = company(tmp_path / "b", "{update: {max: 5, max_percent: 20}}", rows(count, title="Chief")).plan()

    assert number_first.stopped is share_first.stopped is (count > 2)


def test_on_trip_hold_leaves_out_the_counted_changes_and_lets_the_rest_proceed(tmp_path: Path) -> None:
    guards = "{delete: {max: 1, on_trip: hold}}"

    plan = company(tmp_path, guards, rows(2, state="gone") | {5: row(5, title="Chief")}).plan()

    assert not plan.stopped
    assert lines(plan) == [
        "update person:E05@corp/account: title: Clerk → Chief",
        "held person:E01@corp/account: delete: held back by a guard",
        "held person:E02@corp/account: delete: held back by a guard",
        "guard delete corp/account held: 2 of 10, limit 1",
    ]


def test_what_needs_a_held_change_waits_with_it(tmp_path: Path) -> None:
    guards = "{create: {max: 0, on_trip: hold}}"

    plan = company(tmp_path, guards, {11: row(11, title="Boss")}).plan()

    assert [line for line in lines(plan) if not line.startswith("guard")] == [
        "held group:staff@corp: update: waits for what a guard holds back",
        "held person:E11@corp/account: create: held back by a guard",
    ]


@pytest.mark.parametrize(("allowed", "status"), [(3, "stopped"), (4, "overridden"), (5, "overridden")])
def test_allow_lets_pass_up_to_its_number(allowed: int, status: str, tmp_path: Path) -> None:
    made = company(tmp_path, "{delete: {max: 1}}", rows(4, state="gone"))

    plan = made.plan(allowed={"delete": allowed})

    assert guard(plan, "delete").status == status
    assert plan.stopped is (status == "stopped")


def test_allow_names_one_guard_and_lifts_no_other(tmp_path: Path) -> None:
    made = company(tmp_path, "{delete: {max: 0}, update: {max: 0}}", rows(1, state="gone") | {2: row(2, title="Chief")})

    plan = made.plan(allowed={"delete": 9})

    assert {result.name: result.status for result in plan.guards} == {"delete": "overridden", "update": "stopped"}


def test_the_message_names_some_and_says_how_to_override(tmp_path: Path) -> None:
    plan = company(tmp_path, "{delete: {max: 1}}", rows(7, state="gone")).plan()

    message = guard(plan, "delete").message or ""

    assert "P01, P02, P03, P04, P05 and 2 more" in message
    assert "--allow delete=7" in message

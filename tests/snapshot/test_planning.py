"""``idcode plan --snapshot`` as its users meet it: what it needs, what it says, and what it refuses."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from idcode.cli.main import run_main
from idcode.directories.sandbox.snapshot import Snapshot, write_snapshot
from idcode.report.wording import age
from tests.snapshot.saved import Repository, snapshot
from tests.sync.company import people, project

FILES = {"hr.csv": "EmployeeID;Name\nE1;Ada\nE2;Berit\n"}
LIVE = "user People/Ada | employeeID=E1 | sAMAccountName=E1\n"


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    monkeypatch.chdir(tmp_path)
    return Repository(tmp_path, FILES, LIVE)


def plan(saved: Snapshot, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    write_snapshot(Path("saved.jsonl.gz"), saved)
    capsys.readouterr()
    code = run_main(["plan", "--snapshot", "saved.jsonl.gz", *arguments])
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    return code, out, err


def test_it_needs_no_server_no_password_and_no_store(
    repo: Repository, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = snapshot(repo.objects, repo.query)
    for name in ("SERVER", "USER", "PASSWORD", "STORE"):
        monkeypatch.delenv(name, raising=False)
    text = project(more='store: "postgresql+psycopg://${env:STORE}/idcode"')
    bind = 'bind: {method: simple, user: "${env:USER}", password: "${env:PASSWORD}"}'
    text = text.replace("ldaps://unused.example", '"${env:SERVER}"').replace("bind: {method: kerberos}", bind)
    Path("idcode.yaml").write_text(text)
    code, out, err = plan(saved, capsys, "--detailed-exitcode")
    assert code == 2, err
    assert "person:E2  Berit" in out
    assert "history-not-asked" in out


def test_it_says_first_how_old_what_it_rests_on_is(repo: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    saved = replace(snapshot(repo.objects, repo.query), taken_at="2020-02-29T18:00:00Z")
    for output in ("text", "markdown", "html"):
        _, out, _ = plan(saved, capsys, "--format", output)
        assert "from a snapshot taken 2020-02-29 18:00 UTC, 2" in out
        assert " old" in out
        assert out.index("from a snapshot") < out.index("Berit")
    document = json.loads(plan(saved, capsys, "--format", "json")[1])
    assert document["directories"]["corp"]["snapshot"] == "2020-02-29T18:00:00Z"
    assert document["directories"]["corp"]["server"] == "dc1.corp.example"


@pytest.mark.parametrize(
    ("now", "words"),
    [
        ("2026-11-23T21:05:59Z", "1 day 3 hours old"),
        ("2026-11-22T18:00:59Z", "less than a minute old"),
        ("2026-11-22T18:01:00Z", "1 minute old"),
        ("2026-11-22T19:02:00Z", "1 hour 2 minutes old"),
        ("2026-11-24T18:59:00Z", "2 days old"),
        ("2027-11-22T19:00:00Z", "365 days 1 hour old"),
        ("2026-11-22T17:00:00Z", "less than a minute old"),
        ("some day", "of unknown age"),
    ],
)
def test_an_age_is_told_by_its_two_largest_units(now: str, words: str) -> None:
    assert age("2026-11-22T18:00:00Z", now) == words


def test_a_snapshot_and_a_sandbox_exclude_each_other(repo: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = plan(snapshot(repo.objects, repo.query), capsys, "--sandbox")
    assert code == 1
    assert "--snapshot and --sandbox exclude each other" in err


def test_a_snapshot_of_another_directory_base_or_mark_is_refused(
    repo: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    for saved, words in (
        (snapshot(repo.objects, repo.query, name="branch"), "does not hold directory corp, only: branch"),
        (snapshot(repo.objects, repo.query, base_dn="DC=other,DC=example"), "taken with base_dn DC=other,DC=example"),
        (snapshot(repo.objects, repo.query, mark_in="info"), "taken with disable_mark_in info"),
    ):
        code, out, err = plan(saved, capsys)
        assert (code, out) == (1, "")
        assert words in err
        assert "hint: Take a new snapshot" in err


def test_a_base_in_another_spelling_is_the_same(repo: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    assert plan(snapshot(repo.objects, repo.query, base_dn="dc=CORP, dc=Example"), capsys)[0] == 0


def test_a_damaged_snapshot_gives_an_error_and_no_plan(repo: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    saved = snapshot(repo.objects, repo.query)
    write_snapshot(Path("whole.jsonl"), saved)
    Path("cut.jsonl").write_bytes(Path("whole.jsonl").read_bytes()[:-200])
    capsys.readouterr()
    assert run_main(["plan", "--snapshot", "cut.jsonl"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "is cut off" in err
    assert "hint: Take a new one where the directories can be reached: idcode snapshot" in err


def test_a_managed_scope_that_cannot_be_known_stops_the_plan(
    repo: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    saved = snapshot(repo.objects, repo.query)
    rules = people().replace("filter: (employeeID=*)", "filter: (&(employeeID=*)(department=Deck))")
    Path("rules/people.yaml").write_text(rules)
    code, out, err = plan(saved, capsys)
    assert (code, out) == (1, "")
    assert "asks for department, which is not in the snapshot of corp" in err
    assert "idcode snapshot --attribute department" in err


@pytest.mark.parametrize("filter_text", ["(employeeid=E1)", "(objectGUID=*)", "sAMAccountName=e*"])
def test_a_managed_scope_that_was_changed_since_is_found_among_the_objects(
    repo: Repository, capsys: pytest.CaptureFixture[str], filter_text: str
) -> None:
    saved = snapshot(repo.objects, repo.query)
    Path("hr.csv").write_text("EmployeeID;Name\nE2;Berit\n")
    Path("rules/people.yaml").write_text(people().replace("(employeeID=*)", f"'{filter_text}'"))
    assert "no source has it any more" in plan(saved, capsys)[1]
    Path("rules/people.yaml").write_text(people().replace("(employeeID=*)", "(employeeID=E2)"))
    assert "no source has it any more" not in plan(saved, capsys)[1]


@pytest.mark.parametrize("live", ["user Elsewhere/Cid | employeeID=E9", "user People/Cid | employeeID=E9 | deleted"])
def test_what_is_elsewhere_or_deleted_is_in_no_managed_scope(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], live: str
) -> None:
    monkeypatch.chdir(tmp_path)
    repo = Repository(tmp_path, FILES, f"ou Elsewhere\n{live}\n")
    saved = snapshot(repo.objects, repo.query)
    Path("rules/people.yaml").write_text(people().replace("(employeeID=*)", "(employeeID=E*)"))
    assert "no source has it any more" not in plan(saved, capsys)[1]


@pytest.mark.parametrize("filter_text", ["(employeeID=*", "(nonsense=1)"])
def test_a_filter_that_is_none_is_refused_as_the_domain_refuses_it(
    repo: Repository, capsys: pytest.CaptureFixture[str], filter_text: str
) -> None:
    saved = snapshot(repo.objects, repo.query)
    Path("rules/people.yaml").write_text(people().replace("(employeeID=*)", f"'{filter_text}'"))
    code, _, err = plan(saved, capsys)
    assert code == 1
    assert "the filter of corp/account cannot be used" in err


def test_a_plan_that_knows_less_is_proved_all_the_same(repo: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    rules = people(read="title: [Name]", flow="title: [title]\ndescription: [object.info]")
    Path("rules/people.yaml").write_text(rules)
    code, out, err = plan(snapshot(repo.objects, repo.query, without=["title", "info"]), capsys, "--prove")
    assert code == 0, out + err
    assert "proved on a copy of what was read" in out


@pytest.mark.parametrize("hidden", ["member", "objectSid"])
def test_a_plan_that_cannot_know_who_is_an_administrator_is_not_proved(
    repo: Repository, capsys: pytest.CaptureFixture[str], hidden: str
) -> None:
    code, out, err = plan(snapshot(repo.objects, repo.query, without=[hidden]), capsys, "--prove")
    assert code == 1, out + err
    assert "proved on a copy of what was read: no batch" not in out
    assert f"{hidden} of the groups of corp were not read: who is an administrator is not known" in " ".join(
        out.split()
    )

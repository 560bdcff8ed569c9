"""Names that mean something to LDAP, to terminals, to spreadsheets or to shells are names and nothing else."""

from __future__ import annotations

import json
import re
import unicodedata

import pytest

from tests.acceptance.repository import RULES, Repository
from tests.acceptance.witness import Witness

pytestmark = pytest.mark.ad

HOSTILE = {
    "parentheses": "a*)(objectClass=*",
    "a filter": ")(|(cn=*",
    "backslashes": "b\\2a\\",
    "an escaped comma": "c\\,OU=Elsewhere",
    "a comma": "d,OU=Elsewhere,DC=corp",
    "a plus": "e+sn=evil",
    "an equals sign": "=f",
    "a number sign": "#g",
    "a semicolon": "h;i",
    "angle brackets": "<GUID=00>",
    "double quotes": '"j"',
    "single quotes": "k' OR '1'='1",
    "a slash": "l/m\\/n",
    "leading space": " o",
    "control characters": "p\x01\x02\x07\x08\x7f",
    "a terminal sequence": "q\x1b[2J\x1b]0;owned\x07",
    "an eight-bit sequence": "r\x9b31m",
    "right to left": "\u202es\u202d\u2066t",
    "Hebrew": "\u05e9\u05dc\u05d5\u05dd",
    "nothing to be seen": "u\u200b\ufeff\u00ad",
    "emoji": "v\U0001f469\u200d\U0001f4bb",
    "decomposed": "w\u0301e\u0301",
    "a formula": "=cmd|' /C calc'!A0",
    "another formula": "@SUM(1+1)",
    "a shell": "$(touch owned); `id` | x",
    "a template": "${env:LAB_PASSWORD}",
    "a line of a pipeline": "::error::y",
    "Markdown": "[z](javascript:alert(1)) <script>",
    "as long as it may be": "\u00e9" * 60,
}
KEYS = ["E", "*)(cn=*", "a,b=c+d", "\\2a", "x@y/z", "#<;>\"'", "=1+1", "\x1b[2J", "\u202e", "\U0001f469", "å e"]
"""What begins the employee numbers: people are found again by them."""
SHOWN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def key(number: int) -> str:
    return f"{KEYS[number % len(KEYS)]}{number:02}"


def full(name: str, number: int) -> str:
    return f"{name} {number:02}"


@pytest.fixture
def repo(on_a_domain_controller: Repository) -> Repository:
    """People are called by what HR says as it stands; only their account names come from elsewhere."""
    repo = on_a_domain_controller
    rules = re.sub(r"value: SelectUniqueValue\(.*?\]\)\)\)", "value: Left([mail], 3)", RULES, flags=re.DOTALL)
    rules = rules.replace("Trim([FirstName])", "[FirstName]").replace("Trim([LastName])", "[LastName]")
    repo.write("rules/people.yaml", rules.replace('Join("", "u", [employeeId])', "[mail]"))
    return repo


def people(repo: Repository, shift: int = 0) -> list[str]:
    """Let HR employ everybody; with a ``shift`` everybody has somebody else's name. Return the full names."""
    names = list(HOSTILE.values())
    for number in range(len(names)):
        first = names[(number + shift) % len(names)]
        manager = quoted(key((number + 1) % len(names)))
        mail = f"p{number:02}@contoso.com"
        repo.person(quoted(key(number)), quoted(first), f"{number:02}", "Engineering", mail=mail, manager=manager)
    return [full(names[(number + shift) % len(names)], number) for number in range(len(names))]


def quoted(cell: str) -> str:
    """Return a cell as the HR file has it; one with a semicolon in it the repository quotes itself."""
    doubled = cell.replace('"', '""')
    return f'"{doubled}"' if '"' in cell and ";" not in cell else doubled


def account(witness: Witness, number: int) -> dict[str, list[str]]:
    (found,) = witness.find(f"(mail=p{number:02}@contoso.com)")
    return found


def test_hostile_names_go_through_everything_as_they_are(repo: Repository, witness: Witness) -> None:
    printed = []

    def run(*arguments: str, code: int = 0) -> str:
        result = repo.run(*arguments)
        assert result.code == code, result.out[-3000:] + result.err
        printed.append(result.out + result.err)
        return result.out

    for shift in (0, 1):  # first everybody is hired, then everybody gets somebody else's name
        names = people(repo, shift)
        run("plan", "--as-of", "2026-12-01", "--out", "plan.json", "--full")
        for output in ("text", "markdown", "html", "json"):
            run("show", "plan.json", "--format", output, "--full")
        shown = json.loads(run("show", "plan.json", "--format", "json"))
        assert shown == json.loads((repo.root / "plan.json").read_text("utf-8"))
        assert "<script>" not in run("show", "plan.json", "--format", "html")
        run("apply", "plan.json")
        for number, name in enumerate(names):
            found = account(witness, number)
            assert (found["displayName"], found["name"], found["employeeID"]) == ([name], [name], [key(number)])
            assert found["manager"] == account(witness, (number + 1) % len(names))["dn"]
        assert len(witness.members("sg-engineering")) == len(names)
        plan = json.loads(run("plan", "--as-of", "2026-12-01", "--format", "json"))
        assert plan["changes"] == []
        assert len(plan["frozen"]) == 0
        run("runs", repo.last_run())
        for number in range(len(KEYS)):
            run("explain", f"person:{key(number)}")
            run("plan", "--as-of", "2026-12-01", "--only", f"person:{key(number)}")
    run("rollback", repo.last_run(), "--yes")
    for number, name in enumerate(full(name, number) for number, name in enumerate(HOSTILE.values())):
        assert account(witness, number)["name"] == [name]
    bad = {unicodedata.name(c, repr(c)) for text in printed for c in SHOWN.findall(text)}
    assert bad == set()

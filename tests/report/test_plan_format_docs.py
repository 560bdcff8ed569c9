"""``docs/plan-format.md`` against what it describes."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from idcode.plan.encoding import encode
from idcode.report.marks import ATTENTION, MARKS
from tests.report.plans import leaver, new_colleague

PAGE = (Path(__file__).parents[2] / "docs" / "plan-format.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
EXPECTED = {
    ".summary.delete == 0": "false",
    "all(.complete)": "true",
    'test("admin|tier0"': "true",
    '"irreversible"': "group:sg-old@corp\tdelete\tthe recycle bin of this domain is off",
    '"disable" or': "disable\tperson:E400@corp/account\tFinn Öst\tstage is leaver since 2026-11-22",
    '.record == "E400"': "person:E400@corp/account",
    "$names": "sg-engineering\tFinn Öst",
    '.status != "ok"': "",
}


def test_every_sign_is_in_the_legend() -> None:
    for op, mark in MARKS.items():
        assert f"| `{mark.sign}` | `{op}` |" in PAGE
    assert f"| `{ATTENTION}` |" in PAGE


def test_every_field_of_a_plan_is_described() -> None:
    document = encode(new_colleague())
    change = document["changes"][0]
    fields = {
        *document,
        *change,
        *change["object"],
        *change["reversibility"],
        *document["summary"],
        *document["project"],
    }
    undocumented = {name for name in fields if f"`{name}`" not in PAGE} - set(MARKS)
    assert undocumented == set()


@pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not installed")
@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_for_jq_give_what_they_promise(example: str, tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(json.dumps(encode(leaver())), encoding="utf-8")
    done = subprocess.run(["sh", "-c", example], cwd=tmp_path, capture_output=True, text=True, check=False)
    expected = next(text for part, text in EXPECTED.items() if part in example)
    assert done.stderr == ""
    assert next(iter(done.stdout.splitlines()), "") == expected
    assert bool(done.returncode) == (expected == "false")

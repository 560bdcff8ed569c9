"""Whatever happens to the file of a plan on its way: it is refused, or it is the plan that was written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idcode.model.errors import PlanRefused
from idcode.model.plans import Plan
from idcode.model.signatures import fingerprint
from idcode.plan.file import read_plan, write_plan
from idcode.plan.signing import signed
from tests.apply.builders import rich_plan

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
TRUSTED = {fingerprint(KEY.public_key()): KEY.public_key()}
PLAN = signed(rich_plan(), KEY)

damage = st.lists(
    st.tuples(
        st.sampled_from(["replace", "insert", "delete", "cut", "repeat", "swap"]),
        st.integers(0, 1_000_000),
        st.sampled_from([b"0", b"9", b'"', b",", b"}", b" ", b"\n", b"a", b"\xff", b"\\", b"null", b"-1", b'"x": 1, ', b"\xef\xbb\xbf"]),
    ),
    min_size=1,
    max_size=3,
)  # fmt: skip


def damaged(data: bytes, steps: list[tuple[str, int, bytes]]) -> bytes:
    for kind, place, what in steps:
        at = place % (len(data) + 1)
        line = data[data.rfind(b"\n", 0, at) + 1 : data.find(b"\n", at) + 1]
        data = {
            "replace": data[:at] + what + data[at + len(what) :],
            "insert": data[:at] + what + data[at:],
            "delete": data[:at] + data[at + 1 :],
            "cut": data[:at],
            "repeat": data.replace(line, line + line, 1) if line else data,
            "swap": data[:at] + data[at + 1 : at + 2] + data[at : at + 1] + data[at + 2 :],
        }[kind]
    return data


@given(damage, st.booleans())
@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_file_is_refused_or_means_the_same(
    tmp_path: Path, steps: list[tuple[str, int, bytes]], sign: bool
) -> None:
    path = tmp_path / "plan.json"
    plan: Plan = PLAN if sign else rich_plan()
    write_plan(path, plan)
    path.write_bytes(damaged(path.read_bytes(), steps))
    try:
        found = read_plan(path, strict=True, keys=TRUSTED if sign else None)
    except PlanRefused:
        return
    assert replace(found, signature=None) == replace(plan, signature=None)


def test_every_single_byte_of_a_signed_plan_counts(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    write_plan(path, PLAN)
    whole = path.read_bytes()
    refused = 0
    for at in range(len(whole)):
        other = b"1" if whole[at : at + 1] != b"1" else b"2"
        path.write_bytes(whole[:at] + other + whole[at + 1 :])
        try:
            found = read_plan(path, strict=True, keys=TRUSTED)
        except PlanRefused:
            refused += 1
        else:  # the last digit of Base64 has bits that say nothing
            assert replace(found, signature=None) == replace(PLAN, signature=None)
    assert refused >= len(whole) - 1 > 3000

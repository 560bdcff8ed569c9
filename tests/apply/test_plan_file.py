"""The plan file: what is reviewed is what is applied."""

from __future__ import annotations

import contextlib
import copy
import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idcode.model import canonical
from idcode.model.errors import PlanRefused, UsageError
from idcode.model.plans import AttributeChange, Plan
from idcode.model.values import Ref
from idcode.plan import decoding, encoding, file
from tests.apply import builders
from tests.apply.strategies import plans, scalars


@given(plans)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_plan_read_back_from_its_file_is_the_plan_that_was_written(plan: Plan) -> None:
    text = file.to_text(encoding.encode(plan))
    document = json.loads(text)
    assert decoding.verify(document) is None
    assert decoding.decode(document, strict=True) == plan
    assert file.to_text(encoding.encode(decoding.decode(document, strict=False))) == text


def _paths(document: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = []
    items = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for key, item in items:
        found += [(*path, key), *_paths(item, (*path, key))]
    return found


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_a_plan_altered_anywhere_is_refused_by_apply(data: st.DataObject) -> None:
    document = encoding.encode(builders.rich_plan())
    *parents, last = data.draw(st.sampled_from([path for path in _paths(document) if path != ("signature",)]))
    altered = copy.deepcopy(document)
    holder: Any = altered
    for key in parents:
        holder = holder[key]
    holder[last] = data.draw(
        st.sampled_from(["evil", 7, None, [], {}, 1.5, True]).filter(lambda new: new != holder[last])
    )
    with pytest.raises(PlanRefused):
        decoding.decode(altered, strict=True)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_apply_never_meets_a_traceback_in_a_plan_with_a_fitting_digest_but_wrong_fields(data: st.DataObject) -> None:
    document = encoding.encode(builders.rich_plan())
    *parents, last = data.draw(st.sampled_from(_paths(document)))
    holder: Any = document
    for key in parents:
        holder = holder[key]
    holder[last] = data.draw(st.sampled_from(["evil", 7, None, [], {}, [3], {"$ref": 1}, True]))
    document["digest"] = encoding.digest_of(document)
    with contextlib.suppress(PlanRefused):
        decoding.decode(document, strict=True)


def test_fields_of_a_later_version_are_shown_around_and_never_applied() -> None:
    document = encoding.encode(builders.rich_plan())
    document["changes"][0]["blast_radius"] = "high"
    document["digest"] = encoding.digest_of(document)
    assert decoding.decode(document, strict=False) == builders.rich_plan()
    with pytest.raises(PlanRefused, match=r"changes\[0\]\.blast_radius"):
        decoding.decode(document, strict=True)


def test_single_values_are_scalars_many_are_lists_and_before_is_left_out_where_there_was_nothing() -> None:
    encoded = encoding.encode_attribute
    assert encoded(AttributeChange(("Engineer",), ("Lead",))) == {"before": "Engineer", "after": "Lead"}
    assert encoded(AttributeChange((), ("Lead",))) == {"after": "Lead"}
    assert encoded(AttributeChange(("Lead",), ())) == {"before": "Lead", "after": None}
    assert encoded(AttributeChange(("a",), ("a", "b"), single=False)) == {"before": ["a"], "after": ["a", "b"]}
    assert encoded(AttributeChange(add=(Ref("x"),), delta=True)) == {"add": [{"$ref": "x"}], "remove": []}


def test_the_digest_is_that_of_the_canonical_json_without_digest_and_signature() -> None:
    document = encoding.encode(builders.rich_plan())
    assert document["signature"] is None
    rest = {name: value for name, value in document.items() if name not in ("digest", "signature")}
    assert document["digest"] == canonical.digest(rest)
    document["signature"] = "ed25519:abc"
    assert decoding.verify(document) is None


def test_the_file_is_for_its_owner_only_and_replaces_an_older_one_whole(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text("an older one")
    path.chmod(0o644)
    file.write_plan(path, builders.rich_plan())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert file.read_plan(path, strict=True) == builders.rich_plan()
    assert [item.name for item in tmp_path.iterdir()] == ["plan.json"]


def test_a_plan_that_cannot_be_written_is_a_plain_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot write the plan"):
        file.write_plan(tmp_path / "nowhere" / "plan.json", builders.rich_plan())


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\xff\xfe", b"null", b"[]", b"{", b'{"format": "idcode.plan/2"}', b'{"format": "idcode.plan/1"}',
        b'{"format": "idcode.plan/1", "format": "idcode.plan/1"}', b'{"format": NaN}', b"[" * 100_000, b"people: []",
    ],
)  # fmt: skip
def test_files_that_are_no_plans_are_said_to_be_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "plan.json"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"plan\.json") as shown:
        file.read_plan(path, strict=False)
    assert shown.value.hint
    with pytest.raises(PlanRefused, match=r"plan\.json"):
        file.read_plan(path, strict=True)


def test_a_missing_plan_file_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read the plan"):
        file.read_plan(tmp_path / "plan.json", strict=True)


@given(st.lists(scalars, min_size=1, max_size=4), st.randoms())
def test_the_key_of_a_change_depends_on_what_it_does_and_on_nothing_else(values: list[Any], random: Any) -> None:
    shuffled = values.copy()
    random.shuffle(shuffled)

    def key(op: str, item: AttributeChange) -> str:
        return encoding.change_key("corp", "person:E1@corp/account", op, {"title": item})

    one = key("create", AttributeChange(("old",), tuple(values), single=False))
    assert one == key("restore", AttributeChange((), tuple(shuffled), single=False))
    assert one != key("update", AttributeChange(("old",), tuple(values), single=False))
    assert one != key("create", AttributeChange(("old",), (*values, "more"), single=False))
    assert one != key("create", AttributeChange(add=tuple(values), delta=True))


def test_integers_that_other_json_readers_round_survive() -> None:
    never = AttributeChange((0,), (2**63 - 1,))
    assert encoding.encode_attribute(never)["after"] == {"$int": "9223372036854775807"}


def test_a_link_to_a_plan_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "plan.json").symlink_to(tmp_path / "real.json")
    file.write_plan(tmp_path / "plan.json", builders.rich_plan())
    assert (tmp_path / "plan.json").is_symlink()
    assert file.read_plan(tmp_path / "real.json", strict=True) == builders.rich_plan()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["plan.json", "real.json"]


def test_what_is_no_file_is_not_replaced_by_the_plan(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, Path("/dev/null"), tmp_path, Path(), tmp_path / "missing" / "plan.json", tmp_path / "a\0b"):
        with pytest.raises(UsageError, match="cannot write the plan"):
            file.write_plan(path, builders.rich_plan())
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert Path("/dev/null").is_char_device()
    assert list(tmp_path.iterdir()) == [pipe]

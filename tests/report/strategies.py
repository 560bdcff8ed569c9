"""Plans of any content, for laws that hold for all of them."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import strategies as st

from idcode.model.diagnostics import Diagnostic, Span
from idcode.model.plans import (
    PHASES,
    AttributeChange,
    Change,
    Expect,
    GuardResult,
    Origin,
    Plan,
    Reference,
    Reported,
    Reversibility,
    Target,
    Why,
)
from idcode.model.values import Ref
from tests.report.plans import HOSTILE, plan

texts = st.text(max_size=60) | st.sampled_from(HOSTILE)
names = st.sampled_from(["mail", "proxyAddresses", "member", "sAMAccountName", "enabled", "accountExpires"]) | texts
scalars = st.one_of(
    texts,
    st.integers(),
    st.booleans(),
    st.binary(max_size=40),
    st.builds(Ref, texts),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.datetimes(timezones=st.just(UTC), min_value=datetime(1900, 1, 1)),
    st.dates(),
)
values = st.lists(scalars, max_size=4).map(tuple)
whys = st.none() | st.builds(
    Why,
    st.none() | texts,
    st.none() | texts,
    st.lists(st.builds(Origin, texts, texts, texts), max_size=2).map(tuple),
    st.lists(texts, max_size=2).map(tuple),
    st.none() | texts,
)
attributes = st.dictionaries(
    names,
    st.builds(AttributeChange, values, values, why=whys)
    | st.builds(AttributeChange, add=values, remove=values, delta=st.just(True), single=st.just(False), why=whys),
    max_size=4,
)
addresses = (
    texts | st.builds(lambda key: f"person:{key}@corp/account", texts) | st.builds(lambda k: f"ou:{k}@corp", texts)
)
changes = st.builds(
    Change,
    id=st.uuids().map(str),
    key=st.just("sha256:0"),
    directory=st.sampled_from(["corp", "cloud"]),
    object_type=st.sampled_from(["user", "group", "ou", "contact", "computer", "other"]),
    address=addresses,
    object=st.builds(Target, st.none(), texts, texts),
    op=st.sampled_from(["create", "update", "move", "enable", "disable", "delete", "restore"]),
    phase=st.sampled_from(PHASES),
    attributes=attributes,
    expect=st.just(Expect()),
    why=whys,
    new_dn=st.none() | texts,
    password=st.booleans(),
    reversibility=st.builds(
        Reversibility,
        st.sampled_from(["reversible", "restorable", "irreversible"]),
        st.none() | texts,
        st.none() | texts,
    ),
)
reported = st.lists(
    st.builds(Reported, st.none() | texts, st.none() | texts, texts, texts, attributes=attributes), max_size=3
).map(tuple)
diagnostics = st.lists(
    st.builds(
        Diagnostic,
        st.sampled_from(["error", "warning", "info"]),
        texts,
        texts,
        st.none() | texts,
        st.none() | st.builds(Span, texts, st.integers(1, 99), st.integers(1, 99), st.integers(0, 99)),
        st.none() | texts,
        st.none() | texts,
    ),
    max_size=6,
).map(tuple)
guards = st.lists(
    st.builds(
        GuardResult,
        st.sampled_from(["create", "delete", "disable", "membership_loss", "clear", "protect"]),
        st.sampled_from(["corp", "corp/account"]) | texts,
        st.sampled_from(["ok", "held", "stopped", "overridden"]),
        st.integers(0, 9999),
        st.none() | st.integers(0, 9999),
        st.integers(0, 9999),
        st.none() | texts,
    ),
    max_size=3,
).map(tuple)
plans: st.SearchStrategy[Plan] = st.builds(
    plan,
    st.lists(changes, max_size=4),
    frozen=reported,
    held=reported,
    missing=reported,
    orphans=reported,
    shadow=reported,
    guards=guards,
    diagnostics=diagnostics,
    references=st.dictionaries(texts, st.builds(Reference, st.none() | texts, texts, texts), max_size=3),
)

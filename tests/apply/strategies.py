"""Plans made by hypothesis: every field filled, values of every type."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import get_args

from hypothesis import strategies as st

from idcode.model.diagnostics import Diagnostic, Span
from idcode.model.plans import (
    PHASES,
    SUMMARY_KEYS,
    AttributeChange,
    Batch,
    Change,
    DirectoryState,
    Expect,
    GuardResult,
    Op,
    Origin,
    Override,
    Plan,
    Population,
    Project,
    Reference,
    Reported,
    Reversibility,
    SourceState,
    Target,
    Why,
)
from idcode.model.records import ObjectType
from idcode.model.values import Ref

text = st.text(max_size=8)
maybe_text = st.none() | text
scalars = st.one_of(
    text,
    st.integers(),
    st.booleans(),
    st.dates(),
    st.datetimes(min_value=datetime(1601, 1, 1), timezones=st.just(UTC)),
    st.binary(max_size=8),
    st.builds(Ref, text),
    st.sampled_from([2**63 - 1, date(1, 1, 1), "", "NO", "0012"]),
)
some = st.lists(scalars, max_size=3).map(tuple)
at_most_one = st.lists(scalars, max_size=1).map(tuple)
texts = st.lists(text, max_size=2).map(tuple)
whys = st.none() | st.builds(
    Why, maybe_text, maybe_text, st.lists(st.builds(Origin, text, text, text), max_size=2).map(tuple), texts, maybe_text
)
attribute_changes = st.one_of(
    st.builds(AttributeChange, before=at_most_one, after=at_most_one, single=st.just(True), why=whys),
    st.builds(AttributeChange, before=some, after=some, single=st.just(False), why=whys),
    st.builds(AttributeChange, add=some, remove=some, delta=st.just(True), single=st.just(False), why=whys),
)
attributes = st.dictionaries(text, attribute_changes, max_size=3)
changes = st.builds(
    Change,
    id=text,
    key=text,
    directory=text,
    object_type=st.sampled_from(get_args(ObjectType)),
    address=text,
    object=st.builds(Target, maybe_text, text, text),
    op=st.sampled_from(get_args(Op)),
    phase=st.sampled_from(PHASES),
    attributes=attributes,
    expect=st.builds(Expect, maybe_text, st.none() | st.booleans(), st.dictionaries(text, some, max_size=2)),
    why=whys,
    scope=maybe_text,
    new_dn=maybe_text,
    password=st.booleans(),
    batch=st.integers(0, 9),
    depends_on=texts,
    writes=st.integers(0, 9),
    reversibility=st.builds(
        Reversibility, st.sampled_from(["reversible", "restorable", "irreversible"]), maybe_text, maybe_text
    ),
)
reported = st.lists(st.builds(Reported, maybe_text, maybe_text, text, text, maybe_text, attributes), max_size=1).map(
    tuple
)
number = st.integers(0, 10**9)
plans = st.builds(
    Plan,
    plan_id=text,
    created_at=text,
    expires_at=text,
    as_of=text,
    idcode_version=text,
    project=st.builds(Project, text, maybe_text, text, texts),
    directories=st.dictionaries(
        text,
        st.builds(DirectoryState, text, text, text, maybe_text, st.none() | number, st.booleans(), number),
        max_size=2,
    ),
    sources=st.dictionaries(text, st.builds(SourceState, text, number, st.booleans(), text, maybe_text), max_size=1),
    summary=st.fixed_dictionaries(dict.fromkeys(SUMMARY_KEYS, number)),
    changes=st.lists(changes, max_size=3).map(tuple),
    batches=st.lists(st.builds(Batch, number, text, st.sampled_from(PHASES), texts), max_size=2).map(tuple),
    guards=st.lists(
        st.builds(
            GuardResult,
            text,
            text,
            st.sampled_from(["ok", "held", "stopped", "overridden"]),
            number,
            st.none() | number,
            number,
            maybe_text,
        ),
        max_size=1,
    ).map(tuple),
    overrides=st.lists(st.builds(Override, text, number, maybe_text, maybe_text, maybe_text), max_size=2).map(tuple),
    shadow=reported,
    orphans=reported,
    frozen=reported,
    missing=reported,
    held=reported,
    diagnostics=st.lists(
        st.builds(
            Diagnostic,
            st.sampled_from(["error", "warning", "info"]),
            text,
            text,
            maybe_text,
            st.none() | st.builds(Span, text, number, number, number),
            maybe_text,
            maybe_text,
        ),
        max_size=2,
    ).map(tuple),
    references=st.dictionaries(text, st.builds(Reference, maybe_text, text, text), max_size=2),
    populations=st.dictionaries(text, st.builds(Population, number, number), max_size=2),
    kind=st.sampled_from(["apply", "rollback"]),
    rolls_back=maybe_text,
    proof=st.sampled_from(["proved", "failed", None]),
)

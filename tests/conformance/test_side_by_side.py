"""Random operations over a few names, sent to a Samba domain controller and to the sandbox side by side."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idcode.directories.ad.operations import Session
from idcode.directories.ad.session import LdapSession
from idcode.directories.sandbox.domain import new_domain
from idcode.directories.sandbox.schema import bundled_schema
from idcode.directories.sandbox.session import EmbeddedSession
from tests.ad import support
from tests.conformance import state
from tests.conformance.steps import Operator
from tests.lab import Domain

pytestmark = pytest.mark.ad

ROOT = "DC=corp,DC=contoso,DC=com"
SCHEMA = bundled_schema()
NUMBER = count(1)
PEOPLE = [f"{container}{name}" for container in ("", "A/", "B/", "A/C/") for name in "xXyz"]
UNITS = ["A", "B", "A/C", "B/D"]
REFERENCES = ["member", "manager"]
LENIENT = [
    (r"^modify", 65),  # an attribute that the object cannot have, as long as it does not have it afterwards
    (r"(carLicense|url)=[aA]", 20),  # two values that differ only by letter case
    (r" -(member|manager)( |$)", 16),  # the links of an object that had some once
]
"""What Samba lets pass: a pattern of the step, and the code of Microsoft's refusal."""
_MADE_UP = re.compile(r"sAMAccountName=\$\S+")

START = [
    "add ou A",
    "add ou B",
    "add user A/x | sAMAccountName=#1 | title=a | userPrincipalName=#1@x.example",
    "add user A/y | sAMAccountName=#2 | carLicense=a | manager=A/x",
    "add group A/z | sAMAccountName=#3 | member=A/x",
    "add group B/z | sAMAccountName=#4 | member=A/z | member=A/y",
    "add contact B/x | description=a",
]

people, units = st.sampled_from(PEOPLE), st.sampled_from(UNITS)
kinds = st.sampled_from(["user", "user", "group", "contact"])
objects = st.one_of(st.builds("{} {}".format, kinds, people), st.builds("ou {}".format, units))
paths = st.one_of(people, units)
# Several sequences share one domain: "#" becomes the number of the sequence, for what is unique in the whole domain.
pairs = st.one_of(
    st.builds(
        "{}={}".format,
        st.sampled_from(["title", "department", "description", "carLicense", "url"]),
        st.sampled_from(["a", "A", "b", "c", ""]),
    ),
    st.builds("sAMAccountName=#{}".format, st.integers(1, 4)),
    st.builds("userPrincipalName=#{}@x.example".format, st.integers(1, 4)),
    st.builds("{}={}".format, st.sampled_from(REFERENCES), people),
)
changes = st.one_of(
    st.builds("{}{}".format, st.sampled_from(["", "+", "-"]), pairs),
    st.builds("-{}".format, st.sampled_from(["title", "description", "carLicense", "userPrincipalName", *REFERENCES])),
)
steps = st.one_of(
    st.builds("add {} {} | {}".format, kinds, people, pairs),
    st.builds("add {} {} | sAMAccountName=#{}".format, kinds, people, st.integers(5, 9)),
    st.builds("add ou {}".format, units),
    st.builds("modify {} | {}".format, objects, changes),
    st.builds("modify {} | {} | {}".format, objects, changes, changes),
    st.builds("rename {} to {}".format, objects, st.sampled_from(["x", "Y", "D", "Ø, 1"])),
    st.builds("move {} to {}".format, objects, paths),
    st.builds("delete {}".format, objects),
    st.builds("restore {} to {}".format, objects, paths),
)


@pytest.fixture
def samba(domain: Domain) -> Iterator[Session]:
    session = LdapSession(support.settings(domain), Path("/"))
    yield session
    session.close()


@given(sequence=st.lists(steps, min_size=5, max_size=40))
@settings(max_examples=150, derandomize=True, suppress_health_check=list(HealthCheck))
def test_both_answer_alike_and_hold_the_same_afterwards(samba: Session, sequence: list[str]) -> None:
    number = next(NUMBER)
    base = f"OU=Case {number},{ROOT}"
    sandbox = EmbeddedSession(new_domain(ROOT, SCHEMA))
    for session in (sandbox, samba):
        assert session.add(base, ["organizationalUnit"], {}).ok
    here, there = Operator(sandbox, base), Operator(samba, base)
    told = []
    for step in [*START, *sequence]:
        line = step.replace("#", f"{number}-")
        ours, theirs = here.run(line), there.run(line)
        told.append(f"{line} → {ours.code}, on samba {theirs.code}")
        # Which of several faults is named first is nobody's to rely on; single ones are in operations/*.md.
        if ours.ok != theirs.ok:
            assert is_declared(step, ours.code, theirs.code), "\n".join([*told, ours.message, theirs.message])
            return
    assert contents(sandbox, base) == contents(samba, base), "\n".join(told)


def is_declared(step: str, ours: int, theirs: int) -> bool:
    """Whether Microsoft's and Samba's controllers are known to differ there (operations/*.md say where it is told)."""
    return theirs == 0 and any(ours == code and re.search(pattern, step) for pattern, code in LENIENT)


def contents(session: Session, base: str) -> list[str]:
    """Return what lies below ``base`` as text."""
    answer = session.search(base, "(!(objectClass=domain))", ["*"])
    assert answer.result.ok, answer.result
    lines = state.describe([(entry.dn, entry.values) for entry in answer.entries], ROOT).values()
    return [_MADE_UP.sub("sAMAccountName=made up", line) for line in lines]

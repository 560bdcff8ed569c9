"""LDAP operations one by one: the sandbox answers as a domain controller does.

``operations/`` holds sequences of operations with their result codes and the domain after them.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance import state
from tests.conformance.book import Case, all_cases
from tests.conformance.expectation import Expectation
from tests.conformance.servers import Server
from tests.conformance.steps import Operator

CASES = all_cases(Path(__file__).with_name("operations"))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_operations(case: Case, server: Server) -> None:
    born = state.describe(server.hands.objects(), server.root_dn)
    operator = Operator(server.session, server.root_dn)
    told = []
    for line in case.text("operations", server.name) or ():
        step = line.partition(" → ")[0]
        told.append(f"{step} → {operator.run(step).code}")
    expect = Expectation(case, server.name)
    expect.text("operations", told)
    found = state.describe(server.hands.objects(), server.root_dn)
    expect.text("after", [line for guid, line in found.items() if line != born.get(guid)])


@pytest.mark.parametrize("case", CASES, ids=str)
def test_where_servers_differ_the_page_says_by_what_right(case: Case) -> None:
    if any(" on " in block.title for block in case.blocks):
        assert "MS-" in case.prose
        assert "Samba" in case.prose

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
    lines = case.text("operations", server.name) or ()
    expect = Expectation(case, server.name)
    expect.text("operations", [answered(line, operator, server.name) for line in lines])
    found = state.describe(server.hands.objects(), server.root_dn)
    expect.text("after", [line for guid, line in found.items() if line != born.get(guid)])


def answered(line: str, operator: Operator, server: str) -> str:
    """Carry out the operation of a line, ``STEP → CODE[, on samba CODE]``, and return the line with the answer in it."""
    step, _, codes = line.partition(" → ")
    common, _, samba = codes.partition(", on samba ")
    code = str(operator.run(step).code)
    if server == "samba":
        common, samba = common or code, code
    else:
        common, samba = code, samba or code
    return f"{step} → {common}" + (f", on samba {samba}" if samba != common else "")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_where_servers_differ_the_page_says_by_what_right(case: Case) -> None:
    if any("on samba" in text for block in case.blocks for text in (block.title, *block.lines)):
        assert "MS-" in case.prose
        assert "Samba" in case.prose

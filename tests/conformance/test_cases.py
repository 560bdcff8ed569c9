"""One suite for directories: files and a domain in, the plan, the domain after it, and the way back.

Every case of ``cases/`` goes through the command line: plan, apply, a second plan that must be empty, rollback, after
which the domain must be as it was. ``CONFORMANCE_UPDATE=1`` writes what was found into the pages, to be reviewed as a
difference.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from idcode.model import dn
from tests.conformance import servers, state
from tests.conformance.book import Case, all_cases
from tests.conformance.company import Company, play
from tests.conformance.expectation import Expectation
from tests.conformance.servers import Server

CASES = all_cases()
_GUID_OF = re.compile(r"<guid of ([^>]+)>")


class DomainCompany(Company):
    """A case on one domain controller."""

    def __init__(self, case: Case, server: Server, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        super().__init__(case, server.name, root, capsys)
        self._domain = server
        self.base_dn = dn.under(server.root_dn, tuple(filter(None, case.settings.get("base", "").split("/"))))
        self._born = state.describe(server.hands.objects(), server.root_dn)
        state.seed(server.hands, case.text("start", server.name) or (), server.root_dn)
        self.start = self.state()
        self.write_files()

    def state(self) -> dict[str, str]:
        """Return the objects that no domain is born with, as text, by ``objectGUID``."""
        found = state.describe(self._domain.hands.objects(), self._domain.root_dn)
        return {guid: line for guid, line in found.items() if line != self._born.get(guid)}

    def names(self) -> dict[str, str]:
        """Return the places of objects at the start."""
        return {guid: state.place_of(line) for guid, line in (self._born | self.start).items()}

    def completed(self, text: str) -> str:
        """Put the domain's settings and the ids of objects into a file."""
        guids = {state.place_of(line): guid for guid, line in self.start.items()}
        text = _GUID_OF.sub(lambda match: guids[match[1]], text)
        return text.replace("<corp>", servers.yaml_of(self._domain.settings(self.base_dn)))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_case(
    case: Case, server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI", raising=False)
    play(DomainCompany(case, server, tmp_path / "repository", capsys), Expectation(case, server.name))


def test_the_cases_are_many_and_each_has_a_name_of_its_own() -> None:
    names = [str(case) for case in CASES]
    assert len(set(names)) == len(names) >= 60

"""Cases as data: a company before, and the plan it must get."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from textwrap import dedent

from tests.sync.company import TODAY, Company


@dataclass(frozen=True, slots=True)
class Case:
    """Files and live objects, and the plan as text, line for line, in the order in which it is shown."""

    name: str
    files: Mapping[str, str]
    plan: str
    live: str = ""
    as_of: datetime = TODAY

    def __str__(self) -> str:
        return self.name

    def check(self, root: Path) -> None:
        """See that the plan is the expected one, that it can be carried out, and that the next one is empty."""
        company = Company(root, self.files, self.live)
        found = company.apply(self.as_of)
        assert found == dedent(self.plan).strip().splitlines(), "\n" + "\n".join(found)

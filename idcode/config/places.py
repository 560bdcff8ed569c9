"""Where a value is kept: ``directory[/rule].attribute``."""

from __future__ import annotations

import re
from dataclasses import dataclass

_PLACE = re.compile(r"(?P<directory>[\w-]+)(?:/(?P<rule>[\w-]+))?\.(?P<attribute>[A-Za-z][\w-]*)")


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """An attribute of the objects of one directory, or (with ``rule``) of one outbound rule's objects only."""

    directory: str
    rule: str | None
    attribute: str

    def __str__(self) -> str:
        return f"{self.directory}{f'/{self.rule}' if self.rule else ''}.{self.attribute}"


def parse_place(text: str) -> Place:
    """Read ``directory.attribute`` or ``directory/rule.attribute``. Raises ``ValueError`` for anything else."""
    match = _PLACE.fullmatch(text)
    if not match:
        raise ValueError(f"expected directory.attribute or directory/rule.attribute, found {text!r}")
    return Place(match["directory"], match["rule"], match["attribute"])

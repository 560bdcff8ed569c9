"""Addresses: how people and objects are named in files, plans and on the command line.

``person:E1001`` is an identity, ``person:E1001@corp/account`` its object under rule ``account`` in directory
``corp``; ``group:sg-engineering@corp`` and ``ou:People/Staff@corp`` are declared objects.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

_ADDRESS = re.compile(
    r"(?P<type>[A-Za-z_][\w-]*):(?P<key>.+?)(?:@(?P<directory>[\w-]+)(?:/(?P<rule>[\w-]+))?)?", re.DOTALL
)


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """``type:key[@directory[/rule]]``; ``key`` is kept as written and may hold any character."""

    type: str
    key: str
    directory: str | None = None
    rule: str | None = None

    @classmethod
    def parse(cls, text: str, directories: Collection[str] | None = None) -> Address:
        """Read an address.

        With ``directories`` given, an ``@`` whose right side names none of them belongs to the key
        (``person:anna@partners``). Raises ``ValueError`` where ``text`` has no ``type:key``.
        """
        match = _ADDRESS.fullmatch(text)
        if not match:
            raise ValueError(
                f"{text!r} is not an address: expected type:key, type:key@directory or type:key@directory/rule"
            )
        address = cls(match["type"], match["key"], match["directory"], match["rule"])
        if directories is not None and address.directory is not None and address.directory not in directories:
            return cls(address.type, text.split(":", 1)[1])
        return address

    @property
    def identity(self) -> Address:
        """The address without directory and rule."""
        return Address(self.type, self.key)

    def at(self, directory: str, rule: str | None = None) -> Address:
        """The address of this identity's object in ``directory`` under ``rule``."""
        return Address(self.type, self.key, directory, rule)

    def __str__(self) -> str:
        place = f"@{self.directory}" + (f"/{self.rule}" if self.rule else "") if self.directory else ""
        return f"{self.type}:{self.key}{place}"


def split_path(path: str) -> tuple[str, ...]:
    r"""Split ``People/Staff`` into OU names, outside first; ``\/`` is a slash and ``\\`` a backslash in a name.

    Raises ``ValueError`` for an empty name.
    """
    if not path:
        return ()
    names = [""]
    characters = iter(path)
    for character in characters:
        if character == "/":
            names.append("")
        else:
            names[-1] += next(characters, "\\") if character == "\\" else character
    if not all(name.strip() for name in names):
        raise ValueError(f"{path!r} has an empty name between slashes")
    return tuple(names)


def join_path(names: tuple[str, ...]) -> str:
    """Write OU names as a path; the inverse of :func:`split_path`."""
    return "/".join(name.replace("\\", "\\\\").replace("/", "\\/") for name in names)

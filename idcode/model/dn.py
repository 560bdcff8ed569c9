"""Distinguished names: parse, build and compare (RFC 4514).

A DN is handled as a tuple of :class:`Rdn`, innermost first, never by joining or cutting strings. Servers
re-escape and fold case, so two spellings are compared by :func:`key`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

_TYPE = re.compile(r"\s*((?:[A-Za-z][A-Za-z0-9-]*)|(?:\d+(?:\.\d+)+))\s*=")
_ESCAPED = frozenset('"+,;<>\\=')
_SPECIAL = re.compile(r"""[\x00-\x1f\x7f"+,;<>\\=]|\A[# ]| \Z""")
"""What most names have nothing of."""


class Rdn(NamedTuple):
    """One component: attribute type as written, value unescaped. Multi-valued RDNs are not used by AD."""

    type: str
    value: str


Dn = tuple[Rdn, ...]


@lru_cache(maxsize=65536)
def parse(text: str) -> Dn:
    r"""Read the string form, ``\,``, ``\2C`` and surrounding spaces included; the empty text is ``()``.

    Raises ``ValueError`` for anything that is not a DN (RFC 4514, section 3), and for multi-valued RDNs.
    """
    parts: list[Rdn] = []
    position = 0
    while position < len(text) or (parts and text.endswith(",") and not text.endswith("\\,")):
        match = _TYPE.match(text, position)
        if not match:
            raise ValueError(f"not a distinguished name: {text!r}, at character {position + 1}")
        value, position = _read_value(text, match.end())
        parts.append(Rdn(match[1], value))
    return tuple(parts)


def _read_value(text: str, position: int) -> tuple[str, int]:
    """Read one attribute value from ``position``; return it and where the next RDN begins."""
    out = bytearray()
    while position < len(text) and text[position] == " ":
        position += 1
    significant = 0  # up to here trailing spaces belong to the value
    while position < len(text):
        char = text[position]
        if char == "\\":
            pair = text[position + 1 : position + 3]
            if re.fullmatch(r"[0-9A-Fa-f]{2}", pair):
                out.append(int(pair, 16))
                position += 3
            elif pair:
                out += pair[0].encode()
                position += 2
            else:
                raise ValueError(f"not a distinguished name: {text!r} ends in a lone backslash")
            significant = len(out)
            continue
        if char in ",;":
            position += 1
            break
        if char == "+":
            raise ValueError(f"multi-valued names are not supported: {text!r}")
        out += char.encode("utf-8", "surrogatepass")
        position += 1
        if char != " ":
            significant = len(out)
    return out[:significant].decode("utf-8", "replace"), position


def escape(value: str) -> str:
    """Escape an attribute value for the string form (RFC 4514, section 2.4)."""
    if not _SPECIAL.search(value):
        return value
    out = []
    for index, char in enumerate(value):
        if char in _ESCAPED or (char == "#" and index == 0) or (char == " " and index in (0, len(value) - 1)):
            out.append("\\" + char)
        elif ord(char) < 32 or ord(char) == 127:
            out.append(f"\\{ord(char):02X}")
        else:
            out.append(char)
    return "".join(out)


def build(dn: Dn) -> str:
    """Write a DN in the string form."""
    return ",".join(f"{rdn.type}={escape(rdn.value)}" for rdn in dn)


def child(parent: str, rdn_type: str, value: str) -> str:
    """Return the DN of ``rdn_type=value`` under ``parent``."""
    own = f"{rdn_type}={escape(value)}"
    return f"{own},{parent}" if parent else own


def parent(text: str) -> str:
    """Return the DN one level up, in the string form."""
    return build(parse(text)[1:])


def name_of(text: str) -> str:
    """Return the name of an object: the value of its own RDN; a text that is no DN is a name itself."""
    try:
        return parse(text)[0].value
    except (ValueError, IndexError):
        return text


def under(base: str, names: tuple[str, ...]) -> str:
    """Return the DN of the organizational units ``names`` (outside first) below ``base``."""
    for name in names:
        base = child(base, "OU", name)
    return base


@lru_cache(maxsize=65536)
def key(text: str) -> tuple[tuple[str, str], ...]:
    """Return what two spellings of one DN have in common: types and values in lower case, unescaped."""
    return tuple((rdn.type.lower(), rdn.value.lower()) for rdn in parse(text))


def is_under(text: str, base: str) -> bool:
    """Whether ``text`` is ``base`` or below it."""
    inner, outer = key(text), key(base)
    return len(inner) >= len(outer) and inner[len(inner) - len(outer) :] == outer


class Relocation:
    """Where objects will be once containers are renamed or moved; renames are added outside first."""

    def __init__(self) -> None:
        self._renames: list[tuple[tuple[tuple[str, str], ...], Dn]] = []

    def __len__(self) -> int:
        return len(self._renames)

    def add(self, old: str, new: str) -> None:
        """Note that the container at ``old`` (in the coordinates left by the earlier renames) becomes ``new``."""
        self._renames.append((key(old), parse(new)))

    def after(self, text: str) -> str:
        """Return where the object at ``text`` will be; the same text where nothing above it (or itself) moves."""
        if not self._renames:
            return text
        parsed = None
        folded = key(text)
        for old, new in self._renames:
            if len(folded) >= len(old) and folded[len(folded) - len(old) :] == old:
                parsed = (parsed or parse(text))[: len(folded) - len(old)] + new
                folded = key(build(parsed))
        return text if parsed is None else build(parsed)

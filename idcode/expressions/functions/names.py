r"""Distinguished names: taking them apart, and escaping what goes into one.

A component is returned as it is written, escapes included: rules look for ``\0ACNF:`` in it, which marks the
loser of a replication conflict.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from idcode.expressions.conversions import check_length
from idcode.expressions.errors import EvaluationError
from idcode.expressions.functions.registry import Problem, function
from idcode.model.values import Ref

_RDN = re.compile(r"\s*(?P<type>[A-Za-z0-9.-]+)\s*=\s*(?P<value>(?:[^\\,;\"]|\\.|\"(?:[^\\\"]|\\.)*\")*)", re.S)
_TRAILING = re.compile(r"(?<!\\)\s+\Z")
_DN: str = "CN=Ada Brisling,OU=Sales,OU=Oslo,DC=contoso,DC=com"


@function(
    "CRef(text: text) -> reference",
    "A reference to the object with that distinguished name; null stays null.",
    example='CRef("CN=Ada Brisling,DC=contoso,DC=com")',
    result=Ref("CN=Ada Brisling,DC=contoso,DC=com"),
)
def _to_reference(target: str | None) -> Ref | None:
    return None if target is None else Ref(target)


def _check_number(arguments: Sequence[object]) -> Problem | None:
    number = arguments[1]
    return Problem("components count from 1", 1) if isinstance(number, int) and number < 1 else None


@function(
    "DNComponent(name: reference, number: integer) -> text",
    "The value of the component with that number from the left, from 1; null where there is none.",
    example="DNComponent(CRef([dn]), 2)",
    inputs={"dn": _DN},
    result="Sales",
    check=_check_number,
)
def _component(name: Ref | None, number: int) -> str | None:
    return _numbered([value for _, value in _components(name, "DNComponent")], number, "DNComponent")


def _check_option(arguments: Sequence[object]) -> Problem | None:
    if len(arguments) > 2 and isinstance(arguments[2], str) and arguments[2] != "DC":
        return Problem("the only option is DC", 2)
    return _check_number(arguments)


@function(
    "DNComponentRev(name: reference, number: integer, option?: word) -> text",
    "The value of the component with that number from the right, from 1; null where there is none. With DC, those of "
    "the domain do not count.",
    example="DNComponentRev(CRef([dn]), 1, DC)",
    inputs={"dn": _DN},
    result="Oslo",
    check=_check_option,
)
def _component_from_right(name: Ref | None, number: int, option: str | None = None) -> str | None:
    if option not in (None, "DC"):
        raise EvaluationError("DNComponentRev: the only option is DC")
    found = reversed(_components(name, "DNComponentRev"))
    values = [value for kind, value in found if option is None or kind.upper() != "DC"]
    return _numbered(values, number, "DNComponentRev")


def _numbered(values: Sequence[str], number: int, name: str) -> str | None:
    if number < 1:
        raise EvaluationError(f"{name}: components count from 1")
    return values[number - 1] if number <= len(values) else None


def _components(name: Ref | None, use: str) -> list[tuple[str, str]]:
    """Split a name into types and values as they are written."""
    if name is None:
        return []
    parts: list[tuple[str, str]] = []
    text, at = name.target, 0
    while at <= len(text):
        match = _RDN.match(text, at)
        if not match or text[match.end() : match.end() + 1] not in (",", ";", ""):
            raise EvaluationError(f"{use}: {name} is not a distinguished name")
        parts.append((match["type"], _TRAILING.sub("", match["value"])))
        at = match.end() + 1
    return parts


_PART = re.compile(r"\s*(?P<type>[A-Za-z0-9.-]+)\s*=(?P<value>.*)", re.S)
_SPECIAL = re.compile(r'[,=+<>#;\\"]| \Z|[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]')


@function(
    "EscapeDNComponent(component: text) -> text",
    "The component with everything in its value escaped that means something in a distinguished name; null stays null.",
    example='EscapeDNComponent("CN=Brisling, Ada")',
    result="CN=Brisling\\, Ada",
)
def _escape(component: str | None) -> str | None:
    if component is None:
        return None
    match = _PART.fullmatch(component)
    if not match:
        raise EvaluationError(f'EscapeDNComponent: "{component}" does not have the form name=value')
    escaped = f"{match['type']}={_SPECIAL.sub(_escaped, match['value'])}"
    check_length(len(escaped), "EscapeDNComponent")
    return escaped


def _escaped(match: re.Match[str]) -> str:
    character = match[0]
    # Characters that XML cannot hold are written by their bytes; the rest is marked by a backslash (RFC 4514, 2.4).
    if character in ',=+<>#;\\" ':
        return "\\" + character
    return "".join(f"\\{byte:02X}" for byte in character.encode("utf-8", "surrogatepass"))

"""Search filters (RFC 4515): those idcode sends, and checks of those that people write."""

from __future__ import annotations

import re

from idcode.directories.ad.schema import AdSchema
from idcode.model.errors import DirectoryError
from idcode.model.records import ObjectType

_BY_TYPE: dict[ObjectType, str] = {
    # By class, so that every account is exactly one of them: computers and service accounts are users to the schema.
    "user": "(&(objectClass=user)(!(objectClass=computer)))",
    "computer": "(objectClass=computer)",
    "group": "(objectClass=group)",
    "contact": "(&(objectClass=contact)(!(objectClass=user)))",
    "ou": "(objectClass=organizationalUnit)",
    "other": "(|(objectClass=container)(objectClass=builtinDomain)(objectClass=lostAndFound))",
}
DELETED = "(objectClass=user)(objectClass=group)(objectClass=contact)(objectClass=organizationalUnit)"
"""The alternatives under which deleted objects are read."""

_ITEM = re.compile(r"\(\s*([A-Za-z][A-Za-z0-9-]*)(?:;[^=:<>~]*)?\s*(?::[^=]*)?(?:[<>~]?=)")


def of_type(object_type: ObjectType) -> str:
    """Return the filter for all objects of one type."""
    return _BY_TYPE[object_type]


def parenthesised(text: str) -> str:
    """Return a filter with its outer parentheses, which people leave out of simple ones."""
    text = text.strip()
    return text if text.startswith("(") else f"({text})"


def names(text: str) -> list[str]:
    """Return the attributes that a filter asks for, as it spells them."""
    return _ITEM.findall(text)


def check(scope: str, text: str, schema: AdSchema) -> None:
    """Raise ``DirectoryError`` for a filter over an attribute that the schema does not have.

    The server takes such a part for undefined and silently finds nothing, so that no orphan would ever be seen.
    """
    for name in names(text):
        if schema.attributes.find(name) is None:
            raise bad(scope, text, f"the directory has no attribute {name}")
    if not _is_balanced(text):
        raise bad(scope, text, "the parentheses do not match")


def _is_balanced(text: str) -> bool:
    """Whether every parenthesis has its partner; ldap3 loses its way in a filter where one has not."""
    depth = 0
    for char in text:
        depth += {"(": 1, ")": -1}.get(char, 0)
        if depth < 0:
            return False
    return depth == 0


def bad(scope: str, text: str, why: str) -> DirectoryError:
    """Return the error for a filter of a managed scope."""
    return DirectoryError(
        f"the filter of {scope} cannot be used: {text!r}: {why}",
        "Write an LDAP filter such as (employeeID=*) in manages.filter.",
    )

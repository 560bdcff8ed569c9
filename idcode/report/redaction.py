"""Plans as JSON for reading: the values of some attributes hidden, and nothing that ``apply`` would take."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from idcode.report.wording import REDACTED, SECRETS

_VALUES = ("before", "after", "add", "remove")


def redacted(document: Mapping[str, Any], redact: Collection[str]) -> dict[str, Any]:
    """Return a plan document without the values of the attributes ``redact`` (in any case).

    Its digest is ``null``, so that it does not pass for the plan; so is the ``key`` of each change that hides a value,
    because a telephone number could be guessed from its hash. An attribute that is cleared still shows it.
    """
    names = SECRETS | {name.lower() for name in redact}
    hidden: dict[str, Any] = _walk(document, names)
    return {**hidden, "digest": None, "signature": None}


def _walk(item: Any, names: Collection[str]) -> Any:
    """Hide values wherever the document holds attributes, in parts of later versions too."""
    if isinstance(item, list):
        return [_walk(part, names) for part in item]
    if not isinstance(item, dict):
        return item
    found = {name: _walk(part, names) for name, part in item.items()}
    attributes = item.get("attributes")
    if isinstance(attributes, dict):
        found["attributes"] = {
            name: _hide(part) if name.lower() in names else _walk(part, names) for name, part in attributes.items()
        }
        if "key" in item and any(name.lower() in names for name in attributes):
            found["key"] = None
    return found


def _hide(part: Any) -> Any:
    """Return an attribute of a change, or (in what a change relies on) its values, with every value hidden."""
    if isinstance(part, dict) and any(name in part for name in _VALUES):
        return {name: _hide(value) if name in _VALUES else value for name, value in part.items()}
    if isinstance(part, list):
        return [REDACTED for _ in part]
    return None if part is None else REDACTED

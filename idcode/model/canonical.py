"""Canonical JSON (RFC 8785) and digests of it."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def dumps(value: Any) -> bytes:
    """Return the RFC 8785 form of JSON data made of objects, arrays, strings, integers, booleans and null.

    Floating-point numbers have no place in plans and raise ``ValueError``. Keys are sorted by UTF-16 units.
    """
    return json.dumps(_ordered(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8")


def digest(value: Any) -> str:
    """Return ``sha256:…`` of the canonical form."""
    return "sha256:" + hashlib.sha256(dumps(value)).hexdigest()


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _ordered(value[name]) for name in sorted(value, key=lambda name: name.encode("utf-16-be"))}
    if isinstance(value, list | tuple):
        return [_ordered(item) for item in value]
    if isinstance(value, float):
        raise ValueError("floating-point numbers are not part of the plan format")
    return value

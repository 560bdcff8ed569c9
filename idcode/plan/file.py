"""Plan files: written whole and for their owner only, read with distrust."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from idcode.model.errors import IdcodeError, PlanRefused, UsageError
from idcode.model.plans import Plan
from idcode.plan.decoding import decode
from idcode.plan.encoding import encode
from idcode.plan.signing import distrust

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def to_text(document: Mapping[str, Any]) -> str:
    """Return the text of a plan file: the keys in canonical order, indented, ending in a line feed."""
    return json.dumps(document, ensure_ascii=False, sort_keys=True, indent=2) + "\n"


def write_plan(path: Path, plan: Plan) -> None:
    """Write ``plan`` to ``path`` with mode 0600: it holds personal data.

    The file appears whole or not at all; a symbolic link stays one. Raises :class:`UsageError` where it cannot be
    written, and where something else than a file has that name: a device or pipe would be replaced by the file.
    """
    try:
        target = path.resolve()
        if path.exists() and not target.is_file():
            what = "a folder" if target.is_dir() else "not an ordinary file"
            raise UsageError(f"cannot write the plan to {path}: it is {what}", "name a file, such as plan.json")
        partial = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
                file.write(to_text(encode(plan)))
                file.flush()
                os.fsync(file.fileno())
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)
    except (OSError, ValueError, RuntimeError) as error:  # a zero byte in the name, a circle of links
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"cannot write the plan to {path}: {reason}", "name a file in a folder that exists") from None


def read_plan(path: Path, *, strict: bool, keys: Mapping[str, Ed25519PublicKey] | None = None) -> Plan:
    """Read a plan file; ``strict`` for applying it, see :func:`idcode.plan.decoding.decode`.

    With ``keys`` one of them (by fingerprint) must have signed it. Raises :class:`UsageError` for a file that cannot
    be read, :class:`PlanRefused` for a plan that must not be applied; a file that is no plan is the one or the other,
    by ``strict``.
    """
    return plan_in(read_document(path, strict=strict), path, strict=strict, keys=keys)


def plan_in(
    document: Mapping[str, Any], path: Path, *, strict: bool, keys: Mapping[str, Ed25519PublicKey] | None = None
) -> Plan:
    """Return the plan in what :func:`read_document` read from ``path``. Raises as :func:`read_plan` does."""
    try:
        plan = decode(document, strict=strict)
    except PlanRefused as refused:
        raise _refusal(strict, f"{path}: {refused}", refused.hint) from None
    if keys is not None and (problem := distrust(document, keys)):
        raise PlanRefused(f"{path}: {problem}", _SIGN)
    return plan


def read_document(path: Path, *, strict: bool) -> dict[str, Any]:
    """Read a plan file as the JSON object it is, unchecked. Raises as :func:`read_plan` does."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read the plan {path}: {error.strerror or error}") from None
    try:
        document = json.loads(raw.decode("utf-8"), object_pairs_hook=_no_duplicates, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        where = f", line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise _refusal(strict, f"{path} is not a plan: it is not valid JSON{where}", _HINT) from None
    if not isinstance(document, dict):
        raise _refusal(strict, f"{path} is not a plan", _HINT)
    return document


_SIGN = "only plans that the owner of one of signing.public_keys signed are applied: idcode plan --out FILE, there"
_HINT = "plans are made by: idcode plan --out FILE"


def _refusal(strict: bool, message: str, hint: str | None) -> IdcodeError:
    return PlanRefused(message, hint) if strict else UsageError(message, hint)


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Two readers may each take another one of two equal keys: what was reviewed would not be what is applied.
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return document


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")

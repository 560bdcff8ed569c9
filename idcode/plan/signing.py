"""Plans that are signed, and whose signatures are accepted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from idcode.model.plans import Plan
from idcode.model.signatures import Signature, fits, short, sign
from idcode.plan.encoding import FORMAT, digest_of, encode

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey


def signed(plan: Plan, key: Ed25519PrivateKey) -> Plan:
    """Return ``plan`` with the signature of ``key`` over its digest."""
    return replace(plan, signature=sign(digest_of(encode(plan)), FORMAT, key))


def signature_of(document: Mapping[str, Any]) -> Signature | None:
    """Return the signature of a plan in its JSON form; ``None`` where it has none."""
    match document.get("signature"):
        case {"key": str(key), "value": str(value)}:
            return Signature(key, value)
    return None


def distrust(document: Mapping[str, Any], keys: Mapping[str, Ed25519PublicKey]) -> str | None:
    """Return why a plan in its JSON form is not one that the owner of one of ``keys`` signed; ``None`` where it is.

    Whether its digest fits its content is another question, and has to be asked first.
    """
    signature = signature_of(document)
    if signature is None:
        return "the plan is not signed"
    if signature.key not in keys:
        return f"the plan is signed by the key {short(signature.key)}, which is none of the public keys"
    if not fits(signature, document["digest"], FORMAT, keys):
        return "the plan was altered after it was signed: its signature does not fit"
    return None

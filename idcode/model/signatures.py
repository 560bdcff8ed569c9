"""Ed25519 signatures (RFC 8032) over the digests of plans: who has the private key has seen this very plan.

The library is loaded with the first key, because most commands need none.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from idcode.model import canonical

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

PEM = "-----BEGIN"
"""How every key begins that is a text and not the name of a file (RFC 7468)."""


@dataclass(frozen=True, slots=True)
class Signature:
    """``key`` is the fingerprint of the public key that fits, ``value`` the 64 bytes of the signature in Base64."""

    key: str
    value: str


class KeyProblem(ValueError):
    """Why a text is not the key that it should be; says nothing of the text itself."""


def read_private(text: str) -> Ed25519PrivateKey:
    """Read an Ed25519 private key without a passphrase from PEM (PKCS #8). Raises :class:`KeyProblem`."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(text.encode("utf-8"), password=None)
    except TypeError:
        raise KeyProblem("it is locked with a passphrase, which nobody could type in a pipeline") from None
    except (ValueError, UnsupportedAlgorithm):
        raise KeyProblem("it is not a private key in PEM") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyProblem("it is not an Ed25519 key")
    return key


def read_public(text: str) -> Ed25519PublicKey:
    """Read an Ed25519 public key from PEM (RFC 8410). Raises :class:`KeyProblem`."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    if "PRIVATE KEY" in text:
        raise KeyProblem("it is a private key, which does not belong here")
    try:
        key = load_pem_public_key(text.encode("utf-8"))
    except (ValueError, UnsupportedAlgorithm):
        raise KeyProblem("it is not a public key in PEM") from None
    if not isinstance(key, Ed25519PublicKey):
        raise KeyProblem("it is not an Ed25519 key")
    return key


def fingerprint(key: Ed25519PublicKey) -> str:
    """Return ``sha256:…`` of the public key in DER, as ``openssl pkey -pubin -outform DER | sha256sum`` has it."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return "sha256:" + hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def short(key: str) -> str:
    """Return the beginning of a fingerprint, for people."""
    return key.removeprefix("sha256:")[:16]


def signed_text(digest: str, form: str) -> bytes:
    """Return what is signed: the digest with the form of its document, in canonical JSON.

    The form keeps a signature from meaning anything else that the same key may sign one day.
    """
    return canonical.dumps({"digest": digest, "format": form})


def sign(digest: str, form: str, key: Ed25519PrivateKey) -> Signature:
    """Return the signature of a document of the form ``form`` with this digest."""
    value = key.sign(signed_text(digest, form))
    return Signature(fingerprint(key.public_key()), base64.b64encode(value).decode("ascii"))


def fits(signature: Signature, digest: str, form: str, keys: Mapping[str, Ed25519PublicKey]) -> bool:
    """Whether one of ``keys``, by fingerprint, made ``signature`` for this digest."""
    from cryptography.exceptions import InvalidSignature

    key = keys.get(signature.key)
    if key is None:
        return False
    try:
        key.verify(base64.b64decode(signature.value, validate=True), signed_text(digest, form))
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True

"""The keys under ``signing``: public ones are files of the repository, the private one comes from where idcode runs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from idcode.config.environment import resolve_environment
from idcode.config.findings import Findings
from idcode.config.models.project import Signing
from idcode.model.diagnostics import Diagnostic, Span
from idcode.model.errors import ConfigError
from idcode.model.signatures import PEM, KeyProblem, fingerprint, read_private, read_public

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_MAKE = "the documentation of signing says how to make a pair of keys with openssl"


def check_keys(root: Path, signing: Signing, findings: Findings) -> None:
    """Report public keys that cannot be used, and a private key that stands in the files themselves."""
    if PEM in (signing.private_key or ""):
        findings.error(
            "key-in-files",
            "a private key stands in the files: everybody who can read them could sign plans",
            signing.key_at("private_key"),
            'make new keys, and write private_key: "${env:IDCODE_PLAN_KEY}"',
        )
    public_keys(root, signing, findings)


def public_keys(root: Path, signing: Signing, findings: Findings) -> dict[str, Ed25519PublicKey]:
    """Return the public keys by fingerprint; those that cannot be used are errors among ``findings``."""
    found = {}
    for index, name in enumerate(signing.public_keys):
        try:
            key = read_public(_read(root / name))
        except KeyProblem as problem:
            span = signing.place("public_keys", index)
            findings.error("bad-key", f"the public key {name} cannot be used: {problem}", span, _MAKE)
        else:
            found[fingerprint(key)] = key
    return found


def private_key(root: Path, signing: Signing, environ: Mapping[str, str]) -> Ed25519PrivateKey | None:
    """Return the private key; ``None`` where there is none here: not configured, or its variable not set or empty.

    Raises ``ConfigError`` where it cannot be used, and where its public half is not among the public keys, so that
    nothing it signs would be accepted. No error holds any part of it, nor the value of a variable.
    """
    if signing.private_key is None:
        return None
    try:
        text = resolve_environment(Signing(private_key=signing.private_key, public_keys=["-"]), environ).private_key
    except ConfigError:
        text = None
    if not text:
        return None
    span = signing.place("private_key")
    try:
        key = read_private(text if PEM in text else _read(root / text))
    except KeyProblem as problem:
        raise _problem("bad-key", f"the private key cannot be used: {problem}", span, _MAKE) from None
    if fingerprint(key.public_key()) not in public_keys(root, signing, Findings()):
        message = "the private key belongs to none of the public keys: apply would refuse what it signs"
        hint = "list its public half under public_keys: openssl pkey -in plan.key -pubout -out keys/plan.pub"
        raise _problem("key-not-listed", message, span, hint)
    return key


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, ValueError) as error:  # no UTF-8, a zero byte in the name
        raise KeyProblem(f"its file cannot be read ({getattr(error, 'strerror', None) or 'not a text'})") from None


def _problem(code: str, message: str, span: Span, hint: str) -> ConfigError:
    return ConfigError("plans cannot be signed", [Diagnostic("error", code, message, hint, span)])

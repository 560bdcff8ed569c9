"""A certificate for this machine alone: credentials of Entra insist on https."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from idcode.model.errors import DirectoryError

LIFETIME = timedelta(days=365)
_RENEWED_BEFORE = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Identity:
    """Files in PEM: what the server shows, and is trusted by (``ca_file``), and the key that goes with it."""

    certificate: Path
    key: Path


def identity(folder: Path) -> Identity:
    """Return the certificate for ``localhost`` that is kept in ``folder``, a new one where there is none or it ends.

    Only its owner can read the files. Raises ``DirectoryError`` where they cannot be written.
    """
    found = Identity(folder / "localhost.pem", folder / "localhost.key")
    try:
        if not _is_good(found):
            folder.mkdir(parents=True, exist_ok=True)
            certificate, key = _made()
            _write(found.key, key)
            _write(found.certificate, certificate)
    except OSError as error:
        raise DirectoryError(f"{error.filename or folder} cannot be written: {error.strerror or error}") from None
    return found


def _is_good(found: Identity) -> bool:
    from cryptography.x509 import load_pem_x509_certificate

    try:
        until = load_pem_x509_certificate(found.certificate.read_bytes()).not_valid_after_utc
    except (FileNotFoundError, ValueError):
        return False
    return found.key.exists() and until - _RENEWED_BEFORE > datetime.now(UTC)


def _made() -> tuple[bytes, bytes]:
    """Return a certificate that signs itself, and its key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    addresses = [x509.IPAddress(ipaddress.ip_address(text)) for text in ("127.0.0.1", "::1")]
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost"), *addresses]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM), key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, content: bytes) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)

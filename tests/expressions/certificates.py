"""Certificates made for tests: built by the library, so that what is read is compared with what was put in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

UPN = x509.ObjectIdentifier("1.3.6.1.4.1.311.20.2.3")


@cache
def elliptic() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@cache
def rivest() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def name(*parts: tuple[str, str] | list[tuple[str, str]]) -> x509.Name:
    """Make a name of (OID, value) parts, least specific first; a list is a relative name of several."""
    return x509.Name(
        [
            x509.RelativeDistinguishedName(
                [
                    x509.NameAttribute(x509.ObjectIdentifier(oid), value, _validate=False)
                    for oid, value in (part if isinstance(part, list) else [part])
                ]
            )
            for part in parts
        ]
    )


def certificate(
    subject: x509.Name,
    *,
    issuer: x509.Name | None = None,
    serial: int = 0x2A51,
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | None = None,
    extensions: Sequence[tuple[x509.ExtensionType, bool]] = (),
) -> bytes:
    """Return the DER form of a certificate of the years 2025 to 2027."""
    key = key or elliptic()
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer or name(("2.5.4.3", "Contoso Staff CA")))
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(datetime(2025, 1, 1))
        .not_valid_after(datetime(2028, 1, 1))
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def alternatives(*names: x509.GeneralName) -> tuple[x509.ExtensionType, bool]:
    return x509.SubjectAlternativeName(names), False


def upn(value: str) -> x509.OtherName:
    raw = value.encode()
    return x509.OtherName(UPN, b"\x0c" + bytes([len(raw)]) + raw)

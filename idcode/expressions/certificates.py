"""X.509 certificates, read as .NET's X509Certificate2 shows them (RFC 5280).

The library that reads them is loaded with the first certificate.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from idcode.expressions.conversions import describe, single
from idcode.expressions.errors import EvaluationError
from idcode.model.values import Value

if TYPE_CHECKING:
    from cryptography.x509 import Certificate, Extension, ExtensionType, Name

_COMMON_NAME = "2.5.4.3"
_ORGANIZATION = "2.5.4.10"
_UNIT = "2.5.4.11"
_EMAIL = "1.2.840.113549.1.9.1"
_UPN = "1.3.6.1.4.1.311.20.2.3"
_SHORT = {
    _COMMON_NAME: "CN",
    "2.5.4.4": "SN",
    "2.5.4.5": "SERIALNUMBER",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "S",
    "2.5.4.9": "STREET",
    _ORGANIZATION: "O",
    _UNIT: "OU",
    "2.5.4.12": "T",
    "2.5.4.13": "Description",
    "2.5.4.17": "PostalCode",
    "2.5.4.18": "POBox",
    "2.5.4.20": "Phone",
    "2.5.4.42": "G",
    "2.5.4.43": "I",
    "2.5.4.46": "dnQualifier",
    "0.9.2342.19200300.100.1.25": "DC",
    _EMAIL: "E",
}
"""How Windows abbreviates the types of a name; others are written OID.1.2.3 (CertNameToStr)."""
_QUOTED = re.compile(r'[,+="\n<>#;]|\A[ \t-\r]|[ \t-\r]\Z|\A\Z')
_ARMOUR = re.compile(rb"-----(?:BEGIN|END) CERTIFICATE-----")


def certificate(value: Value, use: str) -> Certificate | None:
    """Read a certificate from its DER or Base64 form, with or without PEM lines; null stays null.

    Raises :class:`EvaluationError` for anything else.
    """
    only = single(value, use)
    if only is None:
        return None
    if not isinstance(only, bytes | str):
        raise EvaluationError(f"{use}: a certificate is needed, not {describe(only)}")
    from cryptography.x509 import load_der_x509_certificate

    try:
        return load_der_x509_certificate(_der(only))
    except ValueError:
        raise EvaluationError(f"{use}: {describe(only)} is not a certificate") from None


def _der(value: bytes | str) -> bytes:
    raw = value if isinstance(value, bytes) else value.encode("ascii")
    if raw[:1] == b"\x30":  # a DER sequence; in Base64 it begins with M
        return raw
    return base64.b64decode(b"".join(_ARMOUR.sub(b"", raw).split()), validate=True)


def name_text(name: Name) -> str:
    """Return a name as Windows writes it: the most specific part first, values quoted where they need it."""
    parts = (" + ".join(f"{_type(oid)}={_quoted(value)}" for oid, value in part) for part in _parts(name))
    return ", ".join(parts)


def _parts(name: Name) -> list[list[tuple[str, str]]]:
    """Return types and values by relative name, the most specific first."""
    return [[(part.oid.dotted_string, _string(part.value)) for part in rdn] for rdn in reversed(name.rdns)]


def _string(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.hex().upper()


def _type(oid: str) -> str:
    return _SHORT.get(oid, f"OID.{oid}")


def _quoted(value: str) -> str:
    doubled = value.replace('"', '""')
    return f'"{doubled}"' if _QUOTED.search(value) else value


def critical_extensions(found: Certificate) -> tuple[str, ...]:
    """Return the OIDs of the extensions that are marked critical."""
    return tuple(extension.oid.dotted_string for extension in _extensions(found) if extension.critical)


def _extensions(found: Certificate) -> Iterable[Extension[ExtensionType]]:
    from cryptography.x509 import DuplicateExtension, UnsupportedGeneralNameType

    try:
        return found.extensions
    except (ValueError, DuplicateExtension, UnsupportedGeneralNameType) as problem:
        raise EvaluationError(f"the extensions of the certificate cannot be read: {problem}") from None


def key_parameters(found: Certificate) -> str:
    """Return the parameters of the public key's algorithm: hexadecimal digits of their DER form, or nothing."""
    # TBSCertificate (RFC 5280, section 4.1): the version is left out for version 1, the key is the sixth after it.
    fields = [content for tag, content in _elements(_content(found.tbs_certificate_bytes)) if tag != 0xA0]
    algorithm = _content(fields[5])
    return algorithm[2 + len(_content(algorithm)) :].hex().upper()


def _elements(der: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield tag and content of the DER elements that stand one after the other in ``der`` (X.690, section 8.1)."""
    at = 0
    while at < len(der):
        tag, length, begin = der[at], der[at + 1], at + 2
        if length & 0x80:
            begin += length & 0x7F
            length = int.from_bytes(der[at + 2 : begin], "big")
        at = begin + length
        yield tag, der[begin:at]


def thumbprint(found: Certificate) -> str:
    """Return the SHA-1 hash of the certificate as hexadecimal digits, by which Windows names it."""
    from cryptography.hazmat.primitives.hashes import SHA1

    return found.fingerprint(SHA1()).hex().upper()


def serial_number(found: Certificate) -> str:
    """Return the serial number as hexadecimal digits, with the leading 00 that its DER form has."""
    number = found.serial_number
    return number.to_bytes(number.bit_length() // 8 + 1, "big", signed=True).hex().upper()


def name_info(found: Certificate, kind: str, *, issuer: bool) -> str:
    """Return one name of the subject or issuer, as .NET's GetNameInfo does; empty where there is none.

    ``kind`` is one of :data:`NAME_KINDS`.
    """
    own: dict[str, str] = {}
    for part in _parts(found.issuer if issuer else found.subject):
        for oid, value in part:
            own.setdefault(oid, value)
    if kind == "SimpleName" and own:
        return next(own[oid] for oid in (_COMMON_NAME, _UNIT, _ORGANIZATION, _EMAIL, *own) if oid in own)
    alternatives = _alternatives(found, kind, issuer=issuer)
    return alternatives[0] if alternatives else own.get(_INSTEAD.get(kind, ""), "")


NAME_KINDS = ("SimpleName", "EmailName", "UpnName", "DnsName", "DnsFromAlternativeName", "UrlName")
"""What :func:`name_info` can look for (X509NameType)."""
_INSTEAD = {"EmailName": _EMAIL, "DnsName": _COMMON_NAME}
"""Which part of the name stands in where there is no alternative name of a kind."""


def _alternatives(found: Certificate, kind: str, *, issuer: bool) -> list[str]:
    from cryptography import x509

    wanted = x509.IssuerAlternativeName if issuer else x509.SubjectAlternativeName
    names = next((extension.value for extension in _extensions(found) if isinstance(extension.value, wanted)), None)
    if names is None:
        return []
    if kind == "UpnName":
        others = names.get_values_for_type(x509.OtherName)
        return [_content(other.value).decode() for other in others if other.type_id.dotted_string == _UPN]
    if kind == "UrlName":
        return names.get_values_for_type(x509.UniformResourceIdentifier)
    return names.get_values_for_type(x509.DNSName if kind.startswith("Dns") else x509.RFC822Name)


def _content(der: bytes) -> bytes:
    return next(_elements(der))[1]

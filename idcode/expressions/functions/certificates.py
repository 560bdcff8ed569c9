"""Certificates: what Entra Connect's rules read from userCertificate. All take DER or Base64; null stays null."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from idcode.expressions.certificates import (
    NAME_KINDS,
    certificate,
    critical_extensions,
    key_parameters,
    name_info,
    name_text,
    serial_number,
    thumbprint,
)
from idcode.expressions.errors import EvaluationError
from idcode.expressions.functions.registry import Problem, function
from idcode.model.values import Result, Value

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

_SAMPLE = base64.b64decode(
    "MIIBhDCCASmgAwIBAgICKlEwCgYIKoZIzj0EAwIwGzEZMBcGA1UEAwwQQ29udG9zbyBTdGFmZiBDQTAeFw0yNTAxMDEwMDAwMDBa"
    "Fw0yODAxMDEwMDAwMDBaMCkxEDAOBgNVBAoMB0NvbnRvc28xFTATBgNVBAMMDEFkYSBCcmlzbGluZzBZMBMGByqGSM49AgEGCCqG"
    "SM49AwEHA0IABIH90rVQS2z+ooPcFHFhh1sHmNq7And848+UZydshTFw3z+GZBac4+bNtjS0qA+1QFgaKF/BKdWULvlueQDlL2qj"
    "TzBNMA4GA1UdDwEB/wQEAwIHgDA7BgNVHREENDAygQ9hZGFAY29udG9zby5jb22gHwYKKwYBBAGCNxQCA6ARDA9hZGFAY29udG9z"
    "by5jb20wCgYIKoZIzj0EAwIDSQAwRgIhALpOAiy8+X67rURqohKlS+MvtnoNlVzZCGBxIpM+gf5VAiEAmBRrkpGUp5REYYUxncvm"
    "QFyX3ef28mfoXMO6+gZp1zU="
)
"""What the examples read: a certificate of Ada Brisling, elliptic curve, made for this page."""
_INPUTS: dict[str, Result] = {"userCertificate": _SAMPLE}
_SHA1 = "6DF93661F51D4E2BF90E560EE7301A7D84BC39CB"
_EC = "1.2.840.10045.2.1"
Read = Callable[["Certificate"], Value]


def _declare(name: str, returns: str, doc: str, result: Value, read: Read) -> None:
    """Enter a function of one certificate; ``result`` is that of the sample."""

    def run(given: Value) -> Value:
        found = certificate(given, name)
        return None if found is None else read(found)

    run.__module__ = __name__
    function(
        f"{name}(certificate: scalar) -> {returns}",
        doc,
        example=f"{name}([userCertificate])",
        inputs=_INPUTS,
        result=result,
    )(run)


_FUNCTIONS: tuple[tuple[str, str, str, Value, Read], ...] = (
    (
        "CertExtensionOids",
        "list",
        "The OIDs of the extensions that are marked critical.",
        ("2.5.29.15",),
        critical_extensions,
    ),
    ("CertFormat", "text", "The name of the certificate's format, which is always X509.", "X509", lambda _: "X509"),
    (
        "CertFriendlyName",
        "text",
        "The certificate's alias; one in an attribute never has any: the empty text.",
        "",
        lambda _: "",
    ),
    (
        "CertHashString",
        "text",
        "The SHA-1 hash of the certificate as hexadecimal digits, as CertThumbprint.",
        _SHA1,
        thumbprint,
    ),
    ("CertThumbprint", "text", "The SHA-1 hash of the certificate as hexadecimal digits.", _SHA1, thumbprint),
    (
        "CertIssuer",
        "text",
        "The issuer's name, the most specific part first.",
        "CN=Contoso Staff CA",
        lambda found: name_text(found.issuer),
    ),
    (
        "CertIssuerDN",
        "text",
        "The issuer's name, as CertIssuer.",
        "CN=Contoso Staff CA",
        lambda found: name_text(found.issuer),
    ),
    ("CertIssuerOid", "text", "Null: .NET keeps no OID of an issuer's name.", None, lambda _: None),
    (
        "CertKeyAlgorithm",
        "text",
        "The OID of the public key's algorithm.",
        _EC,
        lambda found: found.public_key_algorithm_oid.dotted_string,
    ),
    (
        "CertKeyAlgorithmParams",
        "text",
        "The parameters of that algorithm, DER as hexadecimal digits.",
        "06082A8648CE3D030107",
        key_parameters,
    ),
    (
        "CertPublicKeyOid",
        "text",
        "The OID of the public key's algorithm, as CertKeyAlgorithm.",
        _EC,
        lambda found: found.public_key_algorithm_oid.dotted_string,
    ),
    (
        "CertPublicKeyParametersOid",
        "text",
        "The OID that .NET gives the parameters of the public key: that of the algorithm.",
        _EC,
        lambda found: found.public_key_algorithm_oid.dotted_string,
    ),
    (
        "CertNotAfter",
        "moment",
        "The end of the certificate's validity.",
        datetime(2028, 1, 1, tzinfo=UTC),
        lambda found: found.not_valid_after_utc,
    ),
    (
        "CertNotBefore",
        "moment",
        "The beginning of the certificate's validity.",
        datetime(2025, 1, 1, tzinfo=UTC),
        lambda found: found.not_valid_before_utc,
    ),
    ("CertSerialNumber", "text", "The serial number as hexadecimal digits.", "2A51", serial_number),
    (
        "CertSignatureAlgorithmOid",
        "text",
        "The OID of the algorithm that signed the certificate.",
        "1.2.840.10045.4.3.2",
        lambda found: found.signature_algorithm_oid.dotted_string,
    ),
    (
        "CertSubject",
        "text",
        "The subject's name, the most specific part first.",
        "CN=Ada Brisling, O=Contoso",
        lambda found: name_text(found.subject),
    ),
    (
        "CertSubjectNameDN",
        "text",
        "The subject's name, as CertSubject.",
        "CN=Ada Brisling, O=Contoso",
        lambda found: name_text(found.subject),
    ),
    ("CertSubjectNameOid", "text", "Null: .NET keeps no OID of a subject's name.", None, lambda _: None),
    ("CertVersion", "integer", "The certificate's version, 1 to 3.", 3, lambda found: found.version.value + 1),
)
for _name, _returns, _doc, _result, _read in _FUNCTIONS:
    _declare(_name, _returns, _doc, _result, _read)


def _check_kind(arguments: Sequence[object]) -> Problem | None:
    kind = arguments[1]
    if not isinstance(kind, str) or kind in NAME_KINDS:
        return None
    return Problem(f"there is no name called {kind}; it is one of {', '.join(NAME_KINDS)}", 1)


@function(
    "CertNameInfo(certificate: scalar, kind: text, issuer: condition) -> text",
    "One name of the subject, or of the issuer where the last argument is True: SimpleName, EmailName, UpnName, "
    "DnsName, DnsFromAlternativeName or UrlName; empty where there is none.",
    example='CertNameInfo([userCertificate], "UpnName", False)',
    inputs=_INPUTS,
    result="ada@contoso.com",
    check=_check_kind,
)
def _name_info(given: Value, kind: str | None, issuer: bool) -> str | None:
    if kind not in NAME_KINDS:
        raise EvaluationError(f"CertNameInfo: there is no name called {kind}; it is one of {', '.join(NAME_KINDS)}")
    found = certificate(given, "CertNameInfo")
    return None if found is None else name_info(found, kind, issuer=issuer)


@function(
    "IsCert(value: scalar) -> condition",
    "Whether the value is a certificate.",
    example="IsCert([userCertificate])",
    inputs=_INPUTS,
    result=True,
)
def _is_certificate(value: Value) -> bool:
    try:
        return certificate(value, "IsCert") is not None
    except EvaluationError:
        return False

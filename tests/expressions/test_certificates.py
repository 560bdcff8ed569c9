"""What rules read from certificates, in the forms that Windows shows."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from idcode.expressions.functions.registry import TABLE

from .certificates import alternatives, certificate, name, rivest, upn
from .running import fails, marked, refused, run

CN, OU, ORG, C, S = "2.5.4.3", "2.5.4.11", "2.5.4.10", "2.5.4.6", "2.5.4.8"
EMAIL = "1.2.840.113549.1.9.1"
ADA = certificate(name((C, "SE"), (ORG, "Contoso"), (CN, "Ada Brisling")))
OF_ONE = sorted(
    name for name, dialect in TABLE if dialect == "connect" and name.startswith("Cert") and name != "CertNameInfo"
)


def test_a_name_begins_with_its_most_specific_part() -> None:
    assert run("CertSubject([c])", "connect", c=ADA) == "CN=Ada Brisling, O=Contoso, C=SE"
    assert run("CertSubjectNameDN([c])", "connect", c=ADA) == "CN=Ada Brisling, O=Contoso, C=SE"
    assert (
        run("CertIssuer([c])", "connect", c=ADA) == run("CertIssuerDN([c])", "connect", c=ADA) == "CN=Contoso Staff CA"
    )


@pytest.mark.parametrize(
    ("part", "written"),
    [
        ((CN, "Brisling, Ada"), 'CN="Brisling, Ada"'),
        ((CN, 'Ada "Ad" Brisling'), 'CN="Ada ""Ad"" Brisling"'),
        ((CN, " Ada"), 'CN=" Ada"'),
        ((CN, "Ada\t"), 'CN="Ada\t"'),
        ((CN, "a+b"), 'CN="a+b"'),
        ((CN, "C#"), 'CN="C#"'),
        ((CN, "Zoë Ångström"), "CN=Zoë Ångström"),
        ((S, "Skåne"), "S=Skåne"),
        ((EMAIL, "ada@contoso.com"), "E=ada@contoso.com"),
        (("1.3.6.1.4.1.311.60.2.1.3", "SE"), "OID.1.3.6.1.4.1.311.60.2.1.3=SE"),
        (("0.9.2342.19200300.100.1.25", "contoso"), "DC=contoso"),
    ],
)
def test_a_part_of_a_name_is_written_as_windows_does(part: tuple[str, str], written: str) -> None:
    assert run("CertSubject([c])", "connect", c=certificate(name(part))) == written


def test_a_relative_name_of_several_parts_is_joined_by_plus() -> None:
    both = certificate(name((ORG, "Contoso"), [(CN, "Ada"), (OU, "Sales")]))
    assert run("CertSubject([c])", "connect", c=both) in (
        "CN=Ada + OU=Sales, O=Contoso",
        "OU=Sales + CN=Ada, O=Contoso",
    )


@pytest.mark.parametrize("form", ["der", "base64", "wrapped", "bytes of base64", "pem"])
def test_a_certificate_comes_as_der_or_base64(form: str) -> None:
    encoded = base64.b64encode(ADA)
    pem = x509.load_der_x509_certificate(ADA).public_bytes(Encoding.PEM)
    given = {
        "der": ADA,
        "base64": encoded.decode(),
        "wrapped": base64.encodebytes(ADA).decode(),
        "bytes of base64": encoded,
        "pem": pem.decode(),
    }[form]
    assert run("CertThumbprint([c])", "connect", c=given) == hashlib.sha1(ADA).hexdigest().upper()
    assert run("CertHashString([c])", "connect", c=given) == hashlib.sha1(ADA).hexdigest().upper()
    assert run("IsCert([c])", "connect", c=given) is True


@pytest.mark.parametrize("given", [b"not a certificate", "bm90IGEgY2VydGlmaWNhdGU=", "ä", "", b"", ADA[:-1], 5, True])
def test_anything_else_is_an_error_and_no_certificate(given: str | bytes | int) -> None:
    for function in OF_ONE:
        assert "certificate" in fails(f"{function}([c])", "connect", c=given).message
    assert "certificate" in fails('CertNameInfo([c], "SimpleName", False)', "connect", c=given).message
    assert run("IsCert([c])", "connect", c=given) is False


@given(st.binary(max_size=60) | st.text(max_size=60))
def test_isCert_never_fails(given: str | bytes) -> None:
    assert run("IsCert([c])", "connect", c=given) is False


def test_null_stays_null() -> None:
    for function in OF_ONE:
        assert run(f"{function}([c])", "connect") is None
    assert run('CertNameInfo([c], "DnsName", False)', "connect") is None
    assert run("IsCert([c])", "connect") is False


def test_several_certificates_are_read_one_by_one_in_rules_of_entra_connect() -> None:
    other = certificate(name((CN, "Greta Hummer")))
    assert run("CertSubject([c])", "connect", c=(ADA, other)) == ("CN=Ada Brisling, O=Contoso, C=SE", "CN=Greta Hummer")
    assert run('CertNameInfo([c], "SimpleName", False)', "connect", c=(ADA, other)) == ("Ada Brisling", "Greta Hummer")
    assert run("Where($item, [c], CertNotAfter($item) > Now())", "connect", c=(ADA, other)) == (ADA, other)


def test_validity_is_a_moment_that_can_be_compared() -> None:
    assert run("CertNotBefore([c])", "connect", c=ADA) == datetime(2025, 1, 1, tzinfo=UTC)
    assert run("CertNotAfter([c])", "connect", c=ADA) == datetime(2028, 1, 1, tzinfo=UTC)
    assert run("CertNotAfter([c]) > Now()", "connect", c=ADA) is True


@pytest.mark.parametrize(("serial", "written"), [(0x77, "77"), (0x2468ACE0, "2468ACE0"), (0xFF01, "00FF01"), (1, "01")])
def test_a_serial_number_is_written_byte_by_byte(serial: int, written: str) -> None:
    assert run("CertSerialNumber([c])", "connect", c=certificate(name((CN, "Ada")), serial=serial)) == written


def test_algorithms_are_told_by_their_oids() -> None:
    rsa = certificate(name((CN, "Ada")), key=rivest())
    expected = {
        "CertKeyAlgorithm": ("1.2.840.113549.1.1.1", "1.2.840.10045.2.1"),
        "CertPublicKeyOid": ("1.2.840.113549.1.1.1", "1.2.840.10045.2.1"),
        "CertPublicKeyParametersOid": ("1.2.840.113549.1.1.1", "1.2.840.10045.2.1"),
        "CertKeyAlgorithmParams": ("0500", "06082A8648CE3D030107"),
        "CertSignatureAlgorithmOid": ("1.2.840.113549.1.1.11", "1.2.840.10045.4.3.2"),
    }
    for function, (of_rsa, of_curve) in expected.items():
        assert run(f"{function}([c])", "connect", c=rsa) == of_rsa
        assert run(f"{function}([c])", "connect", c=ADA) == of_curve


def test_only_critical_extensions_are_listed() -> None:
    constraints = x509.BasicConstraints(ca=False, path_length=None)
    listed = certificate(name((CN, "Ada")), extensions=[(constraints, True), alternatives(upn("ada@contoso.com"))])
    assert run("CertExtensionOids([c])", "connect", c=listed) == ("2.5.29.19",)
    assert run("CertExtensionOids([c])", "connect", c=ADA) == ()


def test_what_a_certificate_in_an_attribute_never_has() -> None:
    assert run("CertFormat([c])", "connect", c=ADA) == "X509"
    assert run("CertVersion([c])", "connect", c=ADA) == 3
    assert run("CertFriendlyName([c])", "connect", c=ADA) == ""
    assert run("CertIssuerOid([c])", "connect", c=ADA) is None
    assert run("CertSubjectNameOid([c])", "connect", c=ADA) is None


FULL = certificate(
    name((OU, "Sales"), (EMAIL, "name@contoso.com"), (CN, "Ada Brisling")),
    extensions=[
        alternatives(
            x509.RFC822Name("first@contoso.com"),
            x509.RFC822Name("second@contoso.com"),
            x509.OtherName(x509.ObjectIdentifier("1.2.3"), b"\x0c\x01x"),
            upn("ada@contoso.com"),
            x509.DNSName("pc1.contoso.com"),
            x509.UniformResourceIdentifier("https://contoso.com"),
        ),
        (x509.IssuerAlternativeName([x509.RFC822Name("ca@contoso.com")]), False),
    ],
)
PLAIN = certificate(name((OU, "Sales"), (EMAIL, "name@contoso.com"), (CN, "Ada Brisling")))


@pytest.mark.parametrize(
    ("kind", "full", "plain", "issuer"),
    [
        ("SimpleName", "Ada Brisling", "Ada Brisling", "Contoso Staff CA"),
        ("EmailName", "first@contoso.com", "name@contoso.com", "ca@contoso.com"),
        ("UpnName", "ada@contoso.com", "", ""),
        ("DnsName", "pc1.contoso.com", "Ada Brisling", "Contoso Staff CA"),
        ("DnsFromAlternativeName", "pc1.contoso.com", "", ""),
        ("UrlName", "https://contoso.com", "", ""),
    ],
)
def test_one_name_of_subject_or_issuer(kind: str, full: str, plain: str, issuer: str) -> None:
    assert run(f'CertNameInfo([c], "{kind}", False)', "connect", c=FULL) == full
    assert run(f'CertNameInfo([c], "{kind}", False)', "connect", c=PLAIN) == plain
    assert run(f'CertNameInfo([c], "{kind}", True)', "connect", c=FULL) == issuer


@pytest.mark.parametrize(
    ("parts", "simple"),
    [
        ([(ORG, "Contoso"), (OU, "Sales")], "Sales"),
        ([(C, "SE"), (ORG, "Contoso")], "Contoso"),
        ([(C, "SE"), (EMAIL, "ada@contoso.com")], "ada@contoso.com"),
        ([(C, "SE"), (S, "Skåne")], "Skåne"),
        ([(CN, "Ada"), (OU, "Sales")], "Ada"),
        ([(OU, "Sales"), (ORG, "Contoso")], "Sales"),
        ([(EMAIL, "ada@contoso.com"), (C, "SE")], "ada@contoso.com"),
        ([(CN, "Staff"), (CN, "Ada")], "Ada"),
    ],
)
def test_the_simple_name_is_the_first_of_common_name_unit_organization_and_mail(
    parts: list[tuple[str, str]], simple: str
) -> None:
    assert run('CertNameInfo([c], "SimpleName", False)', "connect", c=certificate(name(*parts))) == simple


def test_an_empty_subject_is_called_by_its_mail_address() -> None:
    unnamed = certificate(name(), extensions=[alternatives(x509.RFC822Name("ada@contoso.com"))])
    assert run('CertNameInfo([c], "SimpleName", False)', "connect", c=unnamed) == "ada@contoso.com"
    assert run("CertSubject([c])", "connect", c=unnamed) == ""


def test_an_unknown_kind_of_name_is_found_before_it_runs() -> None:
    expression = 'CertNameInfo([c], "simplename", False)'
    error = refused(expression, "connect")
    assert "SimpleName" in error.message
    assert marked(expression, error) == '"simplename"'
    assert "SimpleName" in fails("CertNameInfo([c], [kind], False)", "connect", c=ADA, kind="Name").message


def test_extensions_that_nobody_can_read_are_an_error_where_they_are_asked_for() -> None:
    # The last byte of an alternative name's list is cut off by a wrong length.
    broken = FULL.replace(b"first@contoso.com", b"f\xffrst@contoso.com")
    assert run("CertSubject([c])", "connect", c=broken) == "CN=Ada Brisling, E=name@contoso.com, OU=Sales"
    assert "extensions" in fails("CertExtensionOids([c])", "connect", c=broken).message

"""Connecting: what goes wrong is said with what to do, and nothing is trusted that is not proved."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from idcode.directories.ad.connection import parse_url
from idcode.directories.ad.directory import AdDirectory
from idcode.model.errors import DirectoryError
from tests.ad.support import directory, settings
from tests.lab import Domain, SambaLab

pytestmark = pytest.mark.ad


def _refusal(corp: AdDirectory) -> DirectoryError:
    with pytest.raises(DirectoryError) as caught:
        corp.fingerprint()
    corp.close()
    return caught.value


def test_the_fingerprint_names_the_domain_and_the_server(domain: Domain, admin: Any) -> None:
    corp = directory(domain)
    before = corp.fingerprint()
    assert before.type == "ad"
    assert before.identity.startswith("S-1-5-21-")
    assert before.server == domain.server_name
    assert before.invocation_id
    assert len(before.invocation_id) == 36
    assert admin.add(f"CN=Ada,CN=Users,{domain.base_dn}", "user", {"sAMAccountName": "ada"})
    after = corp.fingerprint()
    assert after.usn is not None
    assert before.usn is not None
    assert after.usn > before.usn
    corp.close()
    corp.close()


def test_start_tls_is_used_on_the_plain_port(domain: Domain) -> None:
    corp = directory(domain, servers=[f"ldap://{domain.ip}"])
    assert corp.fingerprint().server == domain.server_name
    corp.close()


def test_a_ca_file_is_relative_to_the_repository(domain: Domain, tmp_path: Path) -> None:
    (tmp_path / "corp-ca.pem").write_bytes(Path(domain.ca_file).read_bytes())
    tls = {"ca_file": "corp-ca.pem", "server_name": domain.server_name}
    corp = AdDirectory("corp", settings(domain, tls=tls), tmp_path)
    assert corp.fingerprint().server == domain.server_name
    corp.close()


def test_a_wrong_password_is_said_without_the_password(domain: Domain) -> None:
    bind = {"method": "simple", "user": domain.user, "password": "Not-this-one-9"}
    error = _refusal(directory(domain, bind=bind))
    assert "user name or the password is wrong" in str(error)
    assert "Not-this-one-9" not in str(error) + str(error.hint)


def test_a_wrong_password_is_not_tried_on_the_next_server(domain: Domain, admin: Any) -> None:
    """Five servers would be five failures, and the account locked."""
    admin.modify(domain.base_dn, {"lockoutThreshold": [("MODIFY_REPLACE", ["3"])]})
    assert admin.add(
        f"CN=svc,CN=Users,{domain.base_dn}", "user", {"sAMAccountName": "svc", "userAccountControl": "544"}
    )
    bind = {"method": "simple", "user": f"svc@{domain.realm.lower()}", "password": "Not-this-one-9"}
    _refusal(directory(domain, bind=bind, servers=domain.servers * 5))
    admin.search(domain.base_dn, "(sAMAccountName=svc)", attributes=["badPwdCount"])
    assert admin.response[0]["raw_attributes"]["badPwdCount"] == [b"1"]


@pytest.mark.parametrize(
    ("control", "reset", "said"), [("514", {}, "disabled"), ("512", {"pwdLastSet": ["0"]}, "must be changed first")]
)
def test_a_service_account_in_no_state_to_log_on_is_explained(
    domain: Domain, admin: Any, control: str, reset: dict[str, list[str]], said: str
) -> None:
    name = f"CN=svc,CN=Users,{domain.base_dn}"
    password = "Right-but-useless-7"
    given = {"sAMAccountName": "svc", "userAccountControl": control, "unicodePwd": f'"{password}"'.encode("utf-16-le")}
    assert admin.add(name, "user", given)
    if reset:
        assert admin.modify(name, {key: [("MODIFY_REPLACE", value)] for key, value in reset.items()})
    bind = {"method": "simple", "user": f"svc@{domain.realm.lower()}", "password": password}
    error = _refusal(directory(domain, bind=bind))
    assert said in str(error)
    assert password not in str(error)


def test_a_certificate_of_another_authority_is_refused(domain: Domain, tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=Other", "-keyout"]
    subprocess.run([*command, str(tmp_path / "key"), "-out", str(other)], check=True, capture_output=True)
    error = _refusal(directory(domain, tls={"ca_file": str(other), "server_name": domain.server_name}))
    assert "certificate is not valid" in str(error)
    assert error.hint
    assert "ca_file" in error.hint


def test_a_certificate_for_another_name_is_refused(domain: Domain) -> None:
    error = _refusal(directory(domain, tls={"ca_file": domain.ca_file, "server_name": "dc9.corp.contoso.com"}))
    assert "certificate is not valid" in str(error)
    assert error.hint
    assert "server_name" in error.hint


def test_the_url_must_match_the_certificate_where_no_name_is_given(domain: Domain) -> None:
    assert "certificate is not valid" in str(_refusal(directory(domain, tls={"ca_file": domain.ca_file})))


def test_a_missing_ca_file_is_said(domain: Domain) -> None:
    assert "no-such.pem" in str(_refusal(directory(domain, tls={"ca_file": "no-such.pem"})))


def test_a_dead_server_gives_way_to_the_next_one(domain: Domain) -> None:
    corp = directory(domain, servers=["ldaps://127.0.0.254", *domain.servers])
    assert corp.fingerprint().server == domain.server_name
    corp.close()


def test_where_no_server_answers_all_are_named(domain: Domain) -> None:
    error = _refusal(directory(domain, servers=["ldaps://127.0.0.254", "ldap://127.0.0.253"]))
    assert "127.0.0.254" in str(error)
    assert "127.0.0.253" in str(error)


def test_the_first_server_that_answered_stays_the_only_one(domain: Domain, samba: SambaLab) -> None:
    corp = directory(domain, servers=[*domain.servers, "ldaps://127.0.0.254"])
    corp.fingerprint()
    samba.stop()
    with pytest.raises(DirectoryError, match="broke"):
        corp.fingerprint()
    with pytest.raises(DirectoryError) as caught:
        corp.fingerprint()
    assert "127.0.0.254" not in str(caught.value)
    samba.restart(domain)
    assert corp.fingerprint().server == domain.server_name
    corp.close()


def test_a_base_outside_the_domain_is_refused(domain: Domain) -> None:
    error = _refusal(directory(domain, base_dn="DC=other,DC=example,DC=com"))
    assert "does not lie in the domain" in str(error)


def test_a_base_that_does_not_exist_is_refused(domain: Domain) -> None:
    error = _refusal(directory(domain, base_dn=f"OU=Poeple,{domain.base_dn}"))
    assert f"OU=Poeple,{domain.base_dn} does not exist" in str(error)
    assert error.hint


def test_a_mark_attribute_that_users_cannot_have_is_refused(domain: Domain) -> None:
    assert "disable_mark_in" in str(_refusal(directory(domain, disable_mark_in="noSuchAttribute")))


@pytest.mark.parametrize("url", ["https://dc1", "dc1.example.com", "ldaps://", "ldaps://dc1/o=x", "ldap://dc1:x"])
def test_what_is_no_ldap_url_is_refused(url: str) -> None:
    with pytest.raises(DirectoryError, match="not the URL of a domain controller"):
        parse_url(url)


def test_kerberos_binds_with_a_ticket(domain: Domain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("gssapi", reason="the extra kerberos is not installed")
    conf = tmp_path / "krb5.conf"
    conf.write_text(
        f"[libdefaults]\n default_realm = {domain.realm}\n dns_lookup_kdc = false\n rdns = false\n"
        f" dns_canonicalize_hostname = false\n[realms]\n {domain.realm} = {{\n  kdc = {domain.ip}\n }}\n"
        f"[domain_realm]\n .{domain.realm.lower()} = {domain.realm}\n"
    )
    monkeypatch.setenv("KRB5_CONFIG", str(conf))
    monkeypatch.setenv("KRB5CCNAME", f"FILE:{tmp_path / 'ccache'}")
    bind = {"method": "kerberos"}
    without = _refusal(directory(domain, bind=bind))
    assert "Kerberos" in str(without)
    subprocess.run(
        ["kinit", f"administrator@{domain.realm}"], input=domain.password, text=True, check=True, env=dict(os.environ)
    )
    for servers in (domain.servers, [f"ldap://{domain.ip}"]):
        corp = directory(domain, bind=bind, servers=servers)
        assert corp.fingerprint().server == domain.server_name
        corp.close()


def test_kerberos_without_its_package_says_what_to_install(domain: Domain, monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        import gssapi  # noqa: F401
    except ImportError:
        error = _refusal(directory(domain, bind={"method": "kerberos"}))
        assert error.hint
        assert "idcode[kerberos]" in error.hint
    else:
        pytest.skip("gssapi is installed here")

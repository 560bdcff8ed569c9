"""What servers say when something goes wrong, in words that tell what to do."""

from __future__ import annotations

import re
import ssl

_BIND_PROBLEMS = {
    "52e": ("the user name or the password is wrong", "Check bind.user and bind.password in idcode.yaml."),
    "525": ("there is no such user", "Check bind.user in idcode.yaml (user@domain)."),
    "530": ("the account may not log on at this time", "Check the logon hours of the service account."),
    "531": ("the account may not log on from here", "Check the workstations the service account may use."),
    "532": ("the password has expired", "Give the service account a new password, and one that does not expire."),
    "533": ("the account is disabled", "Enable the service account."),
    "568": ("the account is in too many groups", "Take the service account out of groups it does not need."),
    "701": ("the account has expired", "Extend accountExpires of the service account."),
    "773": ("the password must be changed first", "Set a password for it without 'must change at next logon'."),
    "775": ("the account is locked out", "Unlock the service account, and look for what tries wrong passwords."),
}
"""By the ``data`` code of the answer: Win32 error codes in hexadecimal (MS-ERREF 2.2)."""

_CERTIFICATE_HINTS = {
    10: "The server's certificate has expired: renew it.",
    18: "Name the certificate of the authority that issued it as tls.ca_file.",
    19: "Name the certificate of the authority that issued it as tls.ca_file.",
    20: "Name the certificate of the authority that issued it as tls.ca_file.",
    21: "Name the certificate of the authority that issued it as tls.ca_file.",
    62: "Use the host name of the certificate in the URL, or give it as tls.server_name.",
    64: "Give the host name of the certificate as tls.server_name.",
}
"""By OpenSSL's verification error (``X509_V_ERR_…``)."""

_RESULTS = {
    1: "the server could not do it",
    3: "the server's time limit was reached",
    4: "the server's size limit was reached",
    8: "the server wants a stronger authentication",
    10: "the server refers to another one; it may be read-only",
    11: "an administrative limit of the server was reached",
    16: "the value is not there",
    19: "the server does not allow this value",
    20: "the value is already there",
    21: "the value is malformed or too long",
    32: "there is no such object",
    34: "the distinguished name is malformed",
    50: "the service account has no right to do this",
    51: "the server is busy",
    52: "the server is unavailable",
    53: "the server refuses this",
    64: "an object of this class may not be there",
    65: "an object of this class may not have it",
    66: "the object has others below it",
    67: "the name can only be changed by a rename",
    68: "something with this name or value already exists",
    80: "the server reports an internal problem",
}

PASSWORD_POLICY = "the password does not satisfy the domain's password policy"


def bind_problem(message: str) -> tuple[str, str]:
    """Explain the diagnostic message of a refused bind: what is wrong, and a hint."""
    match = re.search(r"\bdata ([0-9a-fA-F]+)", message)
    known = _BIND_PROBLEMS.get(match[1].lower()) if match else None
    return known or (f"the server refused the bind: {clean(message)}", "Check bind in idcode.yaml.")


def certificate_hint(error: ssl.SSLError) -> str:
    """Return what to do about a TLS handshake that failed."""
    code = error.verify_code if isinstance(error, ssl.SSLCertVerificationError) else None
    return _CERTIFICATE_HINTS.get(code or 0, "Check the server's certificate and tls in idcode.yaml.")


def certificate_problem(error: ssl.SSLError) -> str:
    """Return what was wrong in a TLS handshake, without OpenSSL's source positions."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not valid: {error.verify_message}"
    return f"no TLS connection: {error.reason or error}"


def clean(message: str) -> str:
    """Return a server's diagnostic message without its terminator (a newline and NUL from Microsoft's AD)."""
    return message.replace("\0", "").strip()


def explain(code: int, message: str) -> str:
    """Return a result in words, the server's own text behind it."""
    words = _RESULTS.get(code, f"LDAP result {code}")
    said = clean(message)
    return f"{words} ({said})" if said else words


def is_password_policy(code: int, message: str) -> bool:
    """Whether a refused password write is about the policy: Win32 error 0x52D, result 19 (Samba) or 53 (Microsoft)."""
    return code in (19, 53) and clean(message).upper().startswith("0000052D")

"""Numbers and names of Active Directory's own, and idcode's marks, in one place.

The numbers come from MS-ADTS: userAccountControl 2.2.16, groupType 2.2.12, controls 3.1.1.3.4.1.
"""

from __future__ import annotations

from typing import Literal

Mark = Literal["new", "disabled"]
MARK_PREFIX = "idcode:"
MARK_NEW = "idcode:new"
"""Created by idcode, and nobody has been handed a password yet."""
MARK_DISABLED = "idcode:disabled"
"""Disabled by idcode, so that idcode may enable it again."""

UAC_DISABLED = 0x2
UAC_NORMAL_ACCOUNT = 0x200
UAC_ACCOUNT_TYPES = 0x200 | 0x100 | 0x800 | 0x1000 | 0x2000
UAC_NOT_STORED = {0x10: "LOCKOUT", 0x40: "PASSWD_CANT_CHANGE", 0x800000: "PASSWORD_EXPIRED"}
"""Bits that the server accepts and drops without a word."""

GROUP_SECURITY = 0x80000000
GROUP_SCOPES = {"global": 0x2, "domain_local": 0x4, "universal": 0x8}

CONTROL_PAGED = "1.2.840.113556.1.4.319"
CONTROL_SHOW_DELETED = "1.2.840.113556.1.4.417"
CONTROL_EXTENDED_DN = "1.2.840.113556.1.4.529"
CONTROL_DOMAIN_SCOPE = "1.2.840.113556.1.4.1339"
CONTROL_SD_FLAGS = "1.2.840.113556.1.4.801"

NO_SUCH_ATTRIBUTE, VALUE_EXISTS, NO_SUCH_OBJECT, NO_RIGHTS, ENTRY_EXISTS = 16, 20, 32, 50, 68
"""LDAP result codes that decide something (RFC 4511, appendix A)."""

PAGE_SIZE = 1000
LINKS_PER_MODIFY = 1000
REQUEST_BYTES = 4_000_000
"""Largest amount of values sent in one request; servers take 10 MB (MaxReceiveBuffer)."""

PSEUDO_ATTRIBUTES = frozenset({"path", "enabled", "mark", "protected", "category", "scope"})
"""What plans call attributes and AD keeps elsewhere: DN, account flags, security descriptor, groupType."""
NAMING_ATTRIBUTES = {"user": "CN", "group": "CN", "contact": "CN", "computer": "CN", "other": "CN", "ou": "OU"}

NEVER = 2**63 - 1
"""accountExpires of an account that never expires."""
SECRET_ATTRIBUTES = frozenset(
    {
        "userpassword",
        "unicodepwd",
        "unixuserpassword",
        "dbcspwd",
        "ntpwdhistory",
        "lmpwdhistory",
        "supplementalcredentials",
    }
)
"""Never read and never written as values (lower case); passwords have a write of their own."""

"""Refusals, in the words of Microsoft's servers: LDAP result code, Win32 error code, and the form of the message.

The forms are those of MS-ADTS 3.1.1.3.1.9 (``error code: class: DSID-…, problem … , data …``), the Win32 codes those
of MS-ERREF 2.2. What the DSID names is a place in Microsoft's sources; here it is always 0.
"""

from __future__ import annotations

_DSID = "DSID-00000000"
_END = "\n\0"
_UPDATE_PROBLEMS = {
    64: "6001 (NAMING_VIOLATION)",
    65: "6002 (OBJ_CLASS_VIOLATION)",
    66: "6003 (CANT_ON_NON_LEAF)",
    67: "6004 (CANT_ON_RDN)",
    68: "6005 (ENTRY_EXISTS)",
    80: "5012 (DIR_ERROR)",
}
_ATTRIBUTE_PROBLEMS = {
    16: "1001 (NO_ATTRIBUTE_OR_VAL)",
    19: "1005 (CONSTRAINT_ATT_TYPE)",
    20: "1006 (ATT_OR_VALUE_EXISTS)",
    21: "1002 (INVALID_ATT_SYNTAX)",
}

ACCESS_DENIED = 0x5
ATTRIBUTE_CONVERSION = 0x57
BAD_PASSWORD_FORM = 0x1F
BAD_ACCOUNT_NAME = 0x523
ACCOUNT_NAME_TAKEN = 0x524
NO_SUCH_MEMBER = 0x525
NOT_IN_GROUP = 0x529
PASSWORD_POLICY = 0x52D
NOT_A_MEMBER = 0x561
ALREADY_A_MEMBER = 0x562
INVALID_MEMBER = 0x56C
NO_RIDS = 0x2010
CLASS_VIOLATION = 0x2014
NON_LEAF = 0x2015
NOT_ON_RDN = 0x2016
NAME_TAKEN = 0x2071
RDN_TYPE = 0x2073
NO_SUCH_ATTRIBUTE = 0x2076
ILLEGAL_CHANGE = 0x2077
CLASS_REQUIRED = 0x207B
CLASS_LACKS_VALUE = 0x207C
CLASS_CANNOT_HOLD = 0x207D
SINGLE_VALUE = 0x2081
OUT_OF_RANGE = 0x2082
VALUE_EXISTS = 0x2083
NO_SUCH_VALUE = 0x2085
NO_PARENT = 0x2089
NO_OBJECT = 0x208D
BAD_NAME = 0x208F
ILLEGAL_PARENT = 0x2099
OWNED_BY_SAM = 0x209A
CANNOT_ADD_SYSTEM_ONLY = 0x20A6
SYSTEM_ONLY = 0x20B1
NO_SUCH_REFERENCE = 0x20B5
CANNOT_DELETE = 0x20CE
CONSTRUCTED = 0x211B
BAD_GROUP_TYPE = 0x2141
GLOBAL_WITH_LOCAL = 0x2144
GLOBAL_WITH_UNIVERSAL = 0x2145
UNIVERSAL_WITH_LOCAL = 0x2146
GLOBAL_WITH_FOREIGN = 0x2147
PRIMARY_MEMBERS = 0x2149
FLAGGED_UNMOVABLE = 0x2185
SYSTEM_CONTAINER = 0x21A7
SPN_TAKEN = 0x21C7
UPN_TAKEN = 0x21C8


class Refused(Exception):
    """The domain does not carry out an operation: LDAP result code (RFC 4511, 4.1.9) and diagnostic message."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def unwilling(error: int) -> Refused:
    """Return result 53."""
    return Refused(53, f"{error:08X}: SvcErr: {_DSID}, problem 5003 (WILL_NOT_PERFORM), data 0{_END}")


def update_error(code: int, error: int) -> Refused:
    """Return the refusal of an operation on a whole object."""
    return Refused(code, f"{error:08X}: UpdErr: {_DSID}, problem {_UPDATE_PROBLEMS[code]}, data 0{_END}")


def attribute_error(code: int, error: int, name: str, more: str = "") -> Refused:
    """Return the refusal of a value of the attribute ``name``."""
    problem = f"{error:08X}: {_DSID}, problem {_ATTRIBUTE_PROBLEMS[code]}, data 0, Att 0 ({name}){more}"
    return Refused(code, f"{error:08X}: AtrErr: {_DSID}, #1:\n\t0: {problem}{_END}")


def conversion_error(code: int) -> Refused:
    """Return the refusal of a value that is malformed (21), or of an attribute that does not exist (16)."""
    comment = "Error in attribute conversion operation"
    return Refused(code, f"{ATTRIBUTE_CONVERSION:08X}: LdapErr: {_DSID}, comment: {comment}, data 0, v0\0")


def no_object(best_match: str, error: int = NO_OBJECT) -> Refused:
    """Return result 32; ``best_match`` is the innermost container of the name that exists."""
    return Refused(
        32, f"{error:08X}: NameErr: {_DSID}, problem 2001 (NO_OBJECT), data 0, best match of:\n\t'{best_match}'{_END}"
    )


def bad_name(text: str) -> Refused:
    """Return result 34, for what is no distinguished name."""
    return Refused(
        34, f"{BAD_NAME:08X}: NameErr: {_DSID}, problem 2006 (BAD_NAME), data 8350, best match of:\n\t'{text}'{_END}"
    )


def naming_violation(error: int, best_match: str) -> Refused:
    """Return result 64, for an object that may not be there or may not be named so."""
    problem = "problem 2005 (NAMING_VIOLATION)"
    return Refused(64, f"{error:08X}: NameErr: {_DSID}, {problem}, data 0, best match of:\n\t'{best_match}'{_END}")


def no_rights() -> Refused:
    """Return result 50."""
    return Refused(50, f"{ACCESS_DENIED:08X}: SecErr: {_DSID}, problem 4003 (INSUFF_ACCESS_RIGHTS), data 0{_END}")


def operations_error(error: int) -> Refused:
    """Return result 1."""
    return Refused(1, f"{error:08X}: SvcErr: {_DSID}, problem 5012 (DIR_ERROR), data 0{_END}")


def system_error(error: int) -> Refused:
    """Return result 80, for an argument that the SAM does not take."""
    return Refused(80, f"{error:08X}: SysErr: {_DSID}, problem 22 (Invalid argument), data 0{_END}")


def bad_control() -> Refused:
    """Return result 12, for a critical control that is not known."""
    return Refused(12, f"{ATTRIBUTE_CONVERSION:08X}: LdapErr: {_DSID}, comment: Error processing control, data 0, v0\0")

"""GUIDs and security identifiers. Binary ones have the byte order of Windows."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from idcode.expressions.conversions import single
from idcode.expressions.errors import EvaluationError
from idcode.expressions.functions.registry import function
from idcode.model.identifiers import guid_bytes, guid_text, is_guid, sid_text
from idcode.model.values import Value

if TYPE_CHECKING:
    from idcode.expressions.program import Environment

_GUID = "00112233-4455-6677-8899-aabbccddeeff"
_RAW = bytes.fromhex("33221100554477668899aabbccddeeff")
_ADMINISTRATORS = bytes.fromhex("01020000000000052000000020020000")


@function(
    "Guid() -> text",
    "A random GUID, another one for every call; no secret: the same ones whenever the value is computed again.",
    example="Guid()",
    result="ecdc3e35-e3c8-4614-a7a4-c1ba08ccd4a1",
    environment=True,
)
def _guid(environment: Environment) -> str:
    return str(UUID(int=environment.draw(2**128), version=4))


@function(
    "CGuid(text: text) -> binary",
    "The binary form of a GUID, which may stand in braces; null stays null.",
    example=f'CGuid("{_GUID}")',
    result=_RAW,
)
def _to_guid(source: str | None) -> bytes | None:
    if source is None:
        return None
    bare = _without_braces(source)
    if not is_guid(bare):
        raise EvaluationError(f'CGuid: "{source}" is not a GUID')
    return guid_bytes(bare)


@function(
    "IsGuid(value: scalar) -> condition",
    "Whether the text is a GUID with hyphens, bare or in braces.",
    example=f'IsGuid("{{{_GUID}}}")',
    result=True,
)
def _is_guid(value: Value) -> bool:
    only = single(value, "IsGuid")
    return isinstance(only, str) and is_guid(_without_braces(only))


def _without_braces(source: str) -> str:
    return source[1:-1] if source[:1] == "{" and source[-1:] == "}" else source


@function(
    "StringFromGuid(value: binary) -> text",
    "The text of a binary GUID, in lower case; null stays null.",
    example="StringFromGuid([objectGUID])",
    inputs={"objectGUID": _RAW},
    result=_GUID,
)
def _guid_text(value: bytes | None) -> str | None:
    if value is None:
        return None
    if len(value) != 16:
        raise EvaluationError(f"StringFromGuid: a GUID has 16 bytes, not {len(value)}")
    return guid_text(value)


@function(
    "ConvertStringToGuid(text: text) -> binary",
    "The binary form of a GUID with hyphens and without braces; null stays null.",
    example=f'ConvertStringToGuid("{_GUID}")',
    result=_RAW,
)
def _guid_from_text(source: str | None) -> bytes | None:
    if source is None:
        return None
    if not is_guid(source):
        raise EvaluationError("ConvertStringToGuid: the argument must be a text that is a valid GUID")
    return guid_bytes(source)


@function(
    "StringFromSid(value: binary) -> text",
    "The text of a security identifier; null stays null.",
    example="StringFromSid([objectSid])",
    inputs={"objectSid": _ADMINISTRATORS},
    result="S-1-5-32-544",
)
def _sid_text(value: bytes | None) -> str | None:
    return _sid(value, "StringFromSid")


@function(
    "ConvertSidToString(value: binary) -> text",
    "The text of a security identifier, as StringFromSid.",
    example="ConvertSidToString([objectSid])",
    inputs={"objectSid": _ADMINISTRATORS},
    result="S-1-5-32-544",
)
def _sid_to_string(value: bytes | None) -> str | None:
    return _sid(value, "ConvertSidToString")


def _sid(value: bytes | None, name: str) -> str | None:
    if value is None:
        return None
    try:
        return sid_text(value)
    except ValueError:
        raise EvaluationError(f"{name}: the value is not a security identifier") from None

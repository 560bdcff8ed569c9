"""Base64 and hexadecimal digits. Unicode means UTF-16, little endian, as in Windows."""

from __future__ import annotations

import base64
import binascii

from idcode.expressions.conversions import check_length, single, text
from idcode.expressions.errors import EvaluationError
from idcode.expressions.functions.registry import function
from idcode.model.values import Value

_CODECS = {None: "utf-16-le", "Unicode": "utf-16-le", "ASCII": "ascii", "UTF8": "utf-8"}


@function(
    "ConvertToBase64(source: scalar) -> text",
    "Base64 of binary data, or of a text in UTF-16.",
    example='ConvertToBase64("Hello world!")',
    result="SABlAGwAbABvACAAdwBvAHIAbABkACEA",
)
def _to_base64(source: Value) -> str | None:
    only = single(source, "ConvertToBase64")
    if isinstance(only, bytes):
        return base64.b64encode(only).decode("ascii")
    written = text(only, "ConvertToBase64")
    if written is None:
        return None
    check_length(3 * len(written), "ConvertToBase64")
    return base64.b64encode(written.encode("utf-16-le", "surrogatepass")).decode("ascii")


@function(
    "ConvertFromBase64(source: text, encoding?: word) -> text",
    "The text behind its Base64 form; encoding is Unicode (the default), ASCII or UTF8.",
    example='ConvertFromBase64("SGVsbG8gd29ybGQh", UTF8)',
    result="Hello world!",
)
def _from_base64(source: str | None, encoding: str | None = None) -> str | None:
    if source is None:
        return None
    if encoding not in _CODECS:
        raise EvaluationError("ConvertFromBase64: encoding is Unicode, ASCII or UTF8")
    try:
        return base64.b64decode(source, validate=True).decode(_CODECS[encoding])
    except (binascii.Error, ValueError):
        name = encoding or "Unicode"
        raise EvaluationError(f"ConvertFromBase64: the source is not the Base64 form of {name} text") from None


@function(
    "ConvertToUTF8Hex(source: text) -> text",
    "The hexadecimal digits of the text in UTF-8, in upper case; null stays null.",
    example='ConvertToUTF8Hex("Zoë")',
    result="5A6FC3AB",
)
def _to_hex(source: str | None) -> str | None:
    if source is None:
        return None
    encoded = source.encode("utf-8", "surrogatepass")
    check_length(2 * len(encoded), "ConvertToUTF8Hex")
    return encoded.hex().upper()


@function(
    "ConvertFromUTF8Hex(source: text) -> text",
    "The text behind hexadecimal digits of its UTF-8 form; null stays null.",
    example='ConvertFromUTF8Hex("5A6FC3AB")',
    result="Zoë",
)
def _from_hex(source: str | None) -> str | None:
    if source is None:
        return None
    try:
        return binascii.unhexlify(source).decode("utf-8")
    except ValueError:
        raise EvaluationError("ConvertFromUTF8Hex: the source is not the hexadecimal form of UTF-8 text") from None

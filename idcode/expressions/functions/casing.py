"""Letter case: whole texts, and words."""

from __future__ import annotations

import unicodedata

from idcode.expressions.characters import lower, upper
from idcode.expressions.functions.registry import function


@function(
    "ToLower(source: text, culture?: text) -> text",
    "The text in lower case; culture tr or az treats the Turkish i.",
    example='ToLower("Ada")',
    result="ada",
)
def _to_lower(source: str | None, culture: str | None = None) -> str | None:
    if source is None:
        return None
    if _is_turkic(culture):
        source = source.replace("İ", "i").replace("I", "ı")
    return lower(source)


@function(
    "ToUpper(source: text, culture?: text) -> text",
    "The text in upper case; culture tr or az treats the Turkish i.",
    example='ToUpper("Ada")',
    result="ADA",
)
def _to_upper(source: str | None, culture: str | None = None) -> str | None:
    if source is None:
        return None
    if _is_turkic(culture):
        source = source.replace("i", "İ").replace("ı", "I")
    return upper(source)


def _is_turkic(culture: str | None) -> bool:
    return bool(culture) and str(culture).lower().split("-")[0] in ("tr", "az")


@function("LCase(source: text) -> text", "The text in lower case.", example='LCase("Ada")', result="ada")
def _lower_of_connect(source: str | None) -> str | None:
    return None if source is None else lower(source)


@function("UCase(source: text) -> text", "The text in upper case.", example='UCase("Ada")', result="ADA")
def _upper_of_connect(source: str | None) -> str | None:
    return None if source is None else upper(source)


@function("LowerCase(source: text) -> text", "The text in lower case.", example='LowerCase("Ada")', result="ada")
def _lower_of_mim(source: str | None) -> str | None:
    return None if source is None else lower(source)


@function("UpperCase(source: text) -> text", "The text in upper case.", example='UpperCase("Ada")', result="ADA")
def _upper_of_mim(source: str | None) -> str | None:
    return None if source is None else upper(source)


@function(
    "PCase(source: text, separators?: text) -> text",
    "Every word with a capital and the rest in lower case; words end at blanks, punctuation and symbols, or at the "
    "given separators only.",
    example='PCase("ADA KING-BRISLING")',
    result="Ada King-Brisling",
    dialects=("entra", "mim"),
)
def _capitals(source: str | None, separators: str | None = None) -> str | None:
    if source is None:
        return None
    out, begins = [], True
    for character in source:
        out.append(upper(character) if begins else lower(character))
        begins = character in separators if separators is not None else _separates(character)
    return "".join(out)


def _separates(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] in "ZPS" or category in ("Cc", "Cf")


@function(
    "PCase(source: text) -> text",
    "Every word with a capital and the rest in lower case; words end at spaces only, and one that is all capitals "
    "stays as it is.",
    example='PCase("ada KING-brisling IBM")',
    result="Ada King-brisling IBM",
    dialects=("connect",),
)
def _capitals_of_connect(source: str | None) -> str | None:
    if source is None:
        return None
    return " ".join(
        [word if word.isupper() and word == upper(word) else _capitalized(word) for word in source.split(" ")]
    )


@function(
    "ProperCase(source: text) -> text",
    "Every word with a capital and the rest in lower case; words end at spaces only.",
    example='ProperCase("ada KING-brisling")',
    result="Ada King-brisling",
)
def _capitals_of_mim(source: str | None) -> str | None:
    return None if source is None else " ".join([_capitalized(word) for word in source.split(" ")])


def _capitalized(word: str) -> str:
    return upper(word[:1]) + lower(word[1:])

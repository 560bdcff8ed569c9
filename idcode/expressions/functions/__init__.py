"""The function library, by family: importing a family enters its functions into one table."""

from __future__ import annotations

from idcode.expressions.functions import (
    casing,
    certificates,
    comparisons,
    cutting,
    dates,
    encoding,
    formats,
    identifiers,
    lists,
    logic,
    names,
    numbers,
    padding,
    provisioning,
    randomness,
    replace,
    substitution,
    text,
    variables,
)

FAMILIES = {
    "Text": (text, cutting, casing, padding, replace, substitution),
    "Dates": (dates, formats),
    "Several values": (lists, variables),
    "Logic and flow": (logic, comparisons),
    "Numbers": (numbers,),
    "Encodings and identifiers": (encoding, identifiers),
    "Distinguished names": (names,),
    "Certificates": (certificates,),
    "Random values": (randomness,),
    "Provisioning": (provisioning,),
}
"""The families in the order in which documentation shows them, and the modules of each."""

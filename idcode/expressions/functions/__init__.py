"""The function library, by family: importing a family enters its functions into one table."""

from __future__ import annotations

from idcode.expressions.functions import (
    comparisons,
    dates,
    encoding,
    formats,
    lists,
    logic,
    numbers,
    replace,
    text,
    variables,
)

FAMILIES = {
    "Text": (text, replace),
    "Dates": (dates, formats),
    "Several values": (lists, variables),
    "Logic and flow": (logic, comparisons),
    "Numbers": (numbers,),
    "Encodings": (encoding,),
}
"""The families in the order in which documentation shows them, and the modules of each."""

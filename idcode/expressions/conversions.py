"""How a value becomes the type that a function or operator asks for.

Every conversion takes the value and what it is for (``"count of Left"``), which goes into the message of the
:class:`EvaluationError` that says why it failed. A list of one value counts as that value and an empty list
as null, because directories deliver attributes as lists. Null stays null, except where a value is needed.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from idcode.expressions.errors import EvaluationError
from idcode.expressions.moments import moment_text, read_moment, start_of
from idcode.model.values import Complex, Ref, Scalar, Value

Number = int | Decimal
LARGEST = 10**40
"""Numbers beyond this are refused: nothing in a directory needs them, and they could grow without end."""
LONGEST = 1_000_000
"""Texts beyond this are refused: replacing in what was replaced could make them grow without end."""
_NUMBER = re.compile(r"[+-]?[0-9]{1,40}(?:\.[0-9]{1,40})?")


def single(value: Value, use: str) -> Scalar | None:
    """Return the only value of a list, or the value itself."""
    if not isinstance(value, tuple):
        return value
    if len(value) > 1:
        raise EvaluationError(f"{use}: one value is needed and there are {len(value)}; choose with Item or Join")
    return value[0] if value else None


def text(value: Value, use: str) -> str | None:
    """Return the text form: ``True``/``False``, plain digits, ``M/d/yyyy h:mm:ss tt``, ISO for a bare date."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, tuple):
        return text(single(value, use), use)
    if isinstance(value, bool):
        return "True" if value else "False"
    if isinstance(value, bytes):
        raise EvaluationError(f"{use}: text is needed, not binary data; ConvertToBase64 makes text of it")
    if isinstance(value, Complex):
        raise EvaluationError(f"{use}: text is needed, not {describe(value)}")
    if isinstance(value, datetime):
        return moment_text(value)
    if isinstance(value, date):
        return value.isoformat()
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def read_number(value: str) -> Number | None:
    """Return the number that ``value`` spells in decimal digits, or ``None``."""
    stripped = value.strip()
    if not _NUMBER.fullmatch(stripped):
        return None
    return Decimal(stripped) if "." in stripped else int(stripped)


def number(value: Value, use: str) -> Number:
    """Return a number, also from its digits; null is an error."""
    if type(value) is int:
        return value
    only = single(value, use)
    if only is None:
        raise EvaluationError(f"{use}: a number is needed, and there is no value")
    found = read_number(only) if isinstance(only, str) else only
    if isinstance(found, int | Decimal) and not isinstance(found, bool):
        return bounded(found, use)
    raise EvaluationError(f"{use}: a number is needed, not {describe(only)}")


def number_or_null(value: Value, use: str) -> Number | None:
    """As :func:`number`, but null stays null."""
    return None if value is None or value == () else number(value, use)


def integer(value: Value, use: str) -> int:
    """Return a whole number, also from its digits; null is an error."""
    if type(value) is int:
        return value
    found = number(value, use)
    if found != int(found):
        raise EvaluationError(f"{use}: a whole number is needed, not {found}")
    return int(found)


def integer_or_null(value: Value, use: str) -> int | None:
    """As :func:`integer`, but null stays null."""
    return None if value is None or value == () else integer(value, use)


def truth(value: Value) -> bool | None:
    """Return the boolean that ``value`` is or spells (``True``, ``false``), or ``None``."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.lower())
    return None


def condition(value: Value, use: str) -> bool:
    """Return whether a condition holds. Null is false; anything but a truth value is an error."""
    if value is True or value is False:
        return value
    only = single(value, use)
    if only is None:
        return False
    found = truth(only)
    if found is None:
        raise EvaluationError(f"{use}: True or False is needed, not {describe(only)}")
    return found


def moment(value: Value, use: str) -> datetime | None:
    """Return a moment in UTC, also from its text; a bare date is its first moment."""
    if isinstance(value, datetime):
        return value
    only = single(value, use)
    if only is None or isinstance(only, datetime):
        return only
    if isinstance(only, date):
        return start_of(only)
    if isinstance(only, str):
        try:
            return read_moment(only)
        except EvaluationError as problem:
            raise EvaluationError(f"{use}: {problem.message}") from None
    raise EvaluationError(f"{use}: a date is needed, not {describe(only)}")


def values(value: Value, _use: str) -> tuple[Scalar, ...]:
    """Return the values of a list; a single value is a list of one, null an empty one."""
    return value if isinstance(value, tuple) else () if value is None else (value,)


def binary(value: Value, use: str) -> bytes | None:
    """Return binary data; text is an error, because it could stand for bytes in several ways."""
    only = single(value, use)
    if only is None or isinstance(only, bytes):
        return only
    raise EvaluationError(f"{use}: binary data is needed, not {describe(only)}")


def reference(value: Value, use: str) -> Ref | None:
    """Return a reference, also from the text that names its target."""
    only = single(value, use)
    if isinstance(only, Ref):
        return only
    target = text(only, use)
    return None if target is None else Ref(target)


def is_empty(value: Value) -> bool:
    """Whether ``value`` is null, the empty text or an empty list."""
    return value is None or value == "" or value == ()


def bounded(value: Number, use: str) -> Number:
    """Return ``value``, or raise :class:`EvaluationError` where it is infinite or too large to go on with."""
    if (isinstance(value, Decimal) and not value.is_finite()) or not -LARGEST <= value <= LARGEST:
        raise EvaluationError(f"{use}: the number is too large")
    return value


def check_length(length: int, use: str) -> None:
    """Raise :class:`EvaluationError` where a text of ``length`` characters is too long to be made."""
    if length > LONGEST:
        raise EvaluationError(f"{use}: a text has at most {LONGEST:,} characters")


def describe(value: Any) -> str:
    """Return the kind of a value in the user's words, with the value where it is short text or a number."""
    if isinstance(value, bytes):
        return "binary data"
    if isinstance(value, bool):
        return f"the truth value {value}"
    if isinstance(value, str):
        return f'"{value}"' if len(value) <= 40 else f'"{value[:40]}…"'
    if isinstance(value, date):
        return "a date"
    if isinstance(value, Ref):
        return f"the reference {value}"
    if isinstance(value, Complex):
        return f"a value with the parts {', '.join(name for name, _ in value.fields)}"
    return str(value)

"""Random values, which are repeatable: the same person and attribute get the same ones whenever they are computed.

Otherwise every plan would propose new ones. So they are no secrets: passwords are made elsewhere, at apply.
"""

from __future__ import annotations

import string
from collections.abc import Sequence
from typing import TYPE_CHECKING

from idcode.expressions.errors import EvaluationError
from idcode.expressions.functions.registry import Problem, function

if TYPE_CHECKING:
    from idcode.expressions.program import Environment

_LONGEST = 256
_SPECIAL = "~!@#$%^&*_-+=`|\\(){}[]:;\"'<>,.?/"
"""What Windows counts as special in a password."""
_CLASSES = (string.digits, _SPECIAL, string.ascii_uppercase, string.ascii_lowercase)


@function(
    "RandomNum(start: integer, end: integer) -> integer",
    "A whole number from start to end, both included; no secret: the same one whenever it is computed again.",
    example="RandomNum(100, 999)",
    result=701,
    environment=True,
)
def _random_number(environment: Environment, start: int, end: int) -> int:
    if start > end:
        raise EvaluationError("RandomNum: start is greater than end")
    return start + environment.draw(end - start + 1)


def _check(arguments: Sequence[object]) -> Problem | None:
    numbers = [argument for argument in arguments[:5] if isinstance(argument, int)]
    return _problem(numbers[0], numbers[1:]) if len(numbers) == 5 else None


def _problem(length: int, least: Sequence[int]) -> Problem | None:
    if min(length, *least) < 0:
        return Problem("no number may be negative")
    if length > _LONGEST:
        return Problem(f"a random text has at most {_LONGEST} characters", 0)
    if length < sum(least):
        return Problem(f"{length} characters cannot hold the {sum(least)} that are asked for", 0)
    return None


@function(
    "RandomString(length: integer, digits: integer, special: integer, upper: integer, lower: integer, "
    "avoid?: text) -> text",
    "A text of that length, 256 at most, with at least so many digits, special characters, capital and small letters, "
    "and nothing that is to be avoided; no secret: the same one whenever it is computed again.",
    example="RandomString(6, 3, 0, 0, 3)",
    result="1i4ds1",
    environment=True,
    check=_check,
)
def _random_text(
    environment: Environment, length: int, digits: int, special: int, upper: int, lower: int, avoid: str | None = None
) -> str:
    least = (digits, special, upper, lower)
    problem = _problem(length, least)
    if problem:
        raise EvaluationError(f"RandomString: {problem.message}")
    classes = ["".join([c for c in characters if c not in (avoid or "")]) for characters in _CLASSES]
    asked = [characters for characters, count in zip(classes, least, strict=True) for _ in range(count)]
    # The rest comes from the kinds that are asked for; where none is, from letters and digits.
    others = "".join(set(asked)) if asked else classes[0] + classes[2] + classes[3]
    pools = asked + ["".join(sorted(others))] * (length - len(asked))
    if not all(pools):
        raise EvaluationError("RandomString: all characters of one kind are to be avoided")
    picked = [pool[environment.draw(len(pool))] for pool in pools]
    for last in range(len(picked) - 1, 0, -1):
        other = environment.draw(last + 1)
        picked[last], picked[other] = picked[other], picked[last]
    return "".join(picked)

"""The table of functions, and how a function is declared.

A declaration names the function once, with a signature in the notation of the documentation::

    @function("Left(source: text, count: integer) -> text", "…", example='Left("Ada", 1)', result="A")

``name?: kind`` may be left out, ``name*: kind`` may come any number of times, also never. What the kinds mean is
said at :data:`Kind`. Several declarations of one name in one dialect are told apart by their number of arguments.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal, NamedTuple, get_args

from idcode.model.values import Result

Dialect = Literal["entra", "connect", "mim"]
"""Whose meaning an expression has: Entra provisioning, Entra Connect, Microsoft Identity Manager."""
ALL: tuple[Dialect, ...] = get_args(Dialect)

Kind = Literal[
    "any",
    "scalar",
    "result",
    "flow",
    "text",
    "word",
    "number",
    "integer",
    "condition",
    "moment",
    "binary",
    "reference",
    "list",
    "variable",
]
"""What a parameter takes or a function returns.

``any``: a value as it is, also a list. ``scalar``: one value of any type, or null. ``result``: a value that becomes
the result of the call, evaluated only when it is chosen; it may also be a keyword such as ``IgnoreThisFlow``.
``flow``: returned by functions that decide about the flow. ``text`` (also null), ``number`` and ``integer`` (null
where the parameter is optional), ``condition`` (a truth value), ``moment`` (a date, also null), ``binary`` and
``reference`` (also null), ``list``. ``word``: a bare word such as ``UTF8``, or a text. ``variable``: a name such as
``$item``, bound in the arguments after it.

In the dialect ``connect`` a value must already have its type. In the others numbers may come as digits, dates and
truth values as text, and all of these where text is asked for.
"""
KINDS: tuple[str, ...] = get_args(Kind)

Form = Literal["iif", "switch", "cases", "coalesce", "unique", "select", "where", "with", "imported"]
"""Functions that decide which of their arguments are evaluated, and with what bound; the compiler has a shape for
each."""


class Omitted(Enum):
    """Stands for an argument that was left out, where that differs from null."""

    OMITTED = "omitted"


OMITTED = Omitted.OMITTED

_SIGNATURE = re.compile(r"(?P<name>\w+)\((?P<parameters>[^)]*)\) -> (?P<returns>\w+)")
_PARAMETER = re.compile(r"(?P<name>\w+)(?P<mark>[?*]?): (?P<kind>\w+)")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter. ``repeats`` is true for the last ones where the call may go on."""

    name: str
    kind: Kind
    optional: bool = False
    repeats: bool = False


class Problem(NamedTuple):
    """What a function has against its arguments; ``argument`` is the index of the culprit, ``None`` for all."""

    message: str
    argument: int | None = None


Check = Callable[[Sequence[object]], Problem | None]
"""Looks at the arguments before anything runs: literals as their values, left-out ones as ``OMITTED``, others as
``...``."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function of one or more dialects.

    ``run`` gets the arguments converted, and before them the environment where ``environment`` is set. It is
    ``None`` where ``form`` is given. ``omitted`` is what a left-out argument in the middle is passed as. In the
    dialects of ``maps`` a list given for one value (text, number, moment, scalar …) is taken value by value.
    """

    name: str
    module: str
    parameters: tuple[Parameter, ...]
    returns: Kind
    doc: str
    example: str
    result: Result
    inputs: tuple[tuple[str, Result], ...]
    dialects: tuple[Dialect, ...]
    run: Callable[..., Any] | None
    form: Form | None
    environment: bool
    omitted: object
    check: Check | None
    maps: tuple[Dialect, ...]

    @property
    def signature(self) -> str:
        """The call as documentation writes it: ``Mid(source, start, [length])``."""
        parts = [
            f"{p.name}, …" if p.repeats and p is self.parameters[-1] else f"[{p.name}]" if p.optional else p.name
            for p in self.parameters
        ]
        return f"{self.name}({', '.join(parts)})"

    @property
    def least(self) -> int:
        """The number of arguments that every call has, counting optional ones that a required one follows."""
        required = [n for n, p in enumerate(self.parameters, 1) if not p.optional and not p.repeats]
        return max(required, default=0)

    def accepts(self, count: int) -> bool:
        """Whether a call with ``count`` arguments, left-out ones included, fits."""
        fixed = [parameter for parameter in self.parameters if not parameter.repeats]
        group = len(self.parameters) - len(fixed)
        if not group:
            return self.least <= count <= len(fixed)
        return count >= self.least and max(count - len(fixed), 0) % group == 0

    def parameter(self, index: int) -> Parameter:
        """The parameter that argument ``index`` (from 0) belongs to; repeated ones come round again."""
        fixed = sum(not parameter.repeats for parameter in self.parameters)
        if index < fixed:
            return self.parameters[index]
        return self.parameters[fixed + (index - fixed) % (len(self.parameters) - fixed)]


TABLE: dict[tuple[str, Dialect], list[Function]] = {}


def function(
    signature: str,
    doc: str,
    *,
    example: str,
    result: Result,
    inputs: dict[str, Result] | None = None,
    dialects: tuple[Dialect, ...] = ALL,
    form: Form | None = None,
    environment: bool = False,
    omitted: object = None,
    check: Check | None = None,
    maps: tuple[Dialect, ...] = ("connect",),
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare the decorated function in the table.

    ``example`` with ``inputs`` (attribute values) gives ``result``; documentation shows it and a test runs it.
    Functions that exist in one dialect only are visible in all, unless the name means something else there.
    """

    def enter(run: Callable[..., Any]) -> Callable[..., Any]:
        name, parameters, returns = _read_signature(signature)
        entry = Function(
            name=name,
            module=run.__module__,
            parameters=parameters,
            returns=returns,
            doc=doc,
            example=example,
            result=result,
            inputs=tuple((inputs or {}).items()),
            dialects=dialects,
            run=None if form else run,
            form=form,
            environment=environment,
            omitted=omitted,
            check=check,
            maps=maps,
        )
        for dialect in dialects:
            TABLE.setdefault((name, dialect), []).append(entry)
        return run

    return enter


def _read_signature(signature: str) -> tuple[str, tuple[Parameter, ...], Kind]:
    whole = _SIGNATURE.fullmatch(signature)
    if not whole:
        raise ValueError(f"{signature!r} is not a signature")
    parameters = []
    for part in filter(None, whole["parameters"].split(", ")):
        match = _PARAMETER.fullmatch(part)
        if not match:
            raise ValueError(f"{part!r} is not a parameter")
        mark = match["mark"]
        parameters.append(Parameter(match["name"], _kind(match["kind"]), optional=mark == "?", repeats=mark == "*"))
    return whole["name"], tuple(parameters), _kind(whole["returns"])


def _kind(name: str) -> Kind:
    for kind in get_args(Kind):
        if kind == name:
            return kind  # type: ignore[no-any-return]
    raise ValueError(f"{name!r} is not a kind; known are {', '.join(KINDS)}")

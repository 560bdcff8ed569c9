"""From parse tree to checked tree: every name, argument count, place and literal is looked at before anything runs."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

import idcode.expressions.functions  # noqa: F401 - enters the library into the table
from idcode.expressions.checked import Apply, Checked, Constant, Convert, Lookup, Operate
from idcode.expressions.errors import EvaluationError, ExpressionError
from idcode.expressions.functions.registry import (
    CONVERSIONS,
    OMITTED,
    TABLE,
    Conversion,
    Dialect,
    Function,
    Kind,
    Parameter,
)
from idcode.expressions.tree import Attribute, Call, Empty, Literal, Node, Operation, Word
from idcode.model.values import Special

VALUES: dict[str, bool | None] = {"True": True, "False": False, "NULL": None}
"""Words that are values anywhere."""
FLOW: dict[str, Special] = {
    "AuthoritativeNull": Special.AUTHORITATIVE_NULL,
    "IgnoreThisFlow": Special.ABSENT,
    "IgnoreAttributeFlow": Special.ABSENT,
    "IgnoreObjectFlow": Special.IGNORE_OBJECT,
}
"""Words that decide about the flow: they stand where the result of the whole expression is chosen."""
CHOICES = frozenset(
    {"Unicode", "ASCII", "UTF8", "vbTextCompare", "vbBinaryCompare", "CaseSensitive", "CaseInsensitive"}
)
"""Words that some functions take as an argument."""

_COMPARISONS = frozenset({"=", "<>", "<", "<=", ">", ">="})
_OPERATORS: dict[str, tuple[Kind, Kind]] = {
    "&&": ("condition", "condition"),
    "||": ("condition", "condition"),
    "&": ("text", "text"),
    **dict.fromkeys(("+", "-", "*", "/", "negate"), ("number", "number")),
    **dict.fromkeys(_COMPARISONS, ("any", "condition")),
}
"""What the operands of an operator are, and what its result is."""
_IMPOSSIBLE: dict[Kind, frozenset[Kind]] = {
    "number": frozenset({"condition", "moment"}),
    "integer": frozenset({"condition", "moment"}),
    "condition": frozenset({"number", "integer", "moment", "list"}),
    "moment": frozenset({"number", "integer", "condition", "list"}),
}
"""Kinds that can never be converted to a kind, whatever the value."""
_ALREADY: frozenset[tuple[Kind, Kind]] = frozenset({("text", "text"), ("condition", "condition"), ("moment", "moment")})
"""Pairs of found and wanted kind where no conversion is needed."""
_NAMES: dict[Kind, str] = {
    "text": "text",
    "number": "a number",
    "integer": "a whole number",
    "condition": "True or False",
    "moment": "a date",
    "list": "a list",
}


def check(root: Node, dialect: Dialect) -> Checked:
    """Return the checked tree of ``root``. Raise :class:`ExpressionError` at the first thing that is wrong."""
    return _Checker(dialect).root(root)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return what ``name`` was probably meant to be, or ``None``."""
    names = sorted(known)
    by_case = {other.lower(): other for other in names}
    if name.lower() in by_case:
        return by_case[name.lower()]
    found = difflib.get_close_matches(name.lower(), list(by_case), n=1, cutoff=0.7)
    return by_case[found[0]] if found else None


def _problem(node: Node | Empty, code: str, message: str, hint: str | None = None) -> ExpressionError:
    return ExpressionError(message, offset=node.start, length=node.end - node.start, code=code, hint=hint)


def _name_problem(call: Call, code: str, message: str, hint: str | None = None) -> ExpressionError:
    return ExpressionError(message, offset=call.start, length=len(call.name), code=code, hint=hint)


@dataclass(frozen=True, slots=True)
class _Checker:
    """``flow`` in its methods says whether a word of :data:`FLOW` may stand at this place."""

    dialect: Dialect

    def root(self, node: Node) -> Checked:
        if isinstance(node, Call):
            function = self._function(node)
            if function.form == "unique":
                return Apply(function, self._arguments(node, function, flow=False)[0])
        return self._node(node, flow=True)[0]

    def _node(self, node: Node, *, flow: bool) -> tuple[Checked, Kind]:
        if isinstance(node, Literal):
            return Constant(node.value), "text" if isinstance(node.value, str) else "any"
        if isinstance(node, Attribute):
            return Lookup(node.name), "any"
        if isinstance(node, Word):
            return self._word(node, flow=flow)
        if isinstance(node, Operation):
            return self._operation(node)
        return self._call(node, flow=flow)

    def _word(self, node: Word, *, flow: bool) -> tuple[Checked, Kind]:
        if node.name in VALUES:
            return Constant(VALUES[node.name]), "any" if VALUES[node.name] is None else "condition"
        if node.name in FLOW:
            if not flow:
                raise _misplaced(node, node.name)
            return Constant(FLOW[node.name]), "flow"
        if node.name in CHOICES:
            raise _problem(node, "unknown-name", f"{node.name} is only an argument of functions that ask for it")
        functions = {name for name, dialect in TABLE if dialect == self.dialect}
        if node.name in functions:
            hint = f"call it: {node.name}(…)"
        else:
            meant = nearest(node.name, [*VALUES, *FLOW, *functions])
            hint = f"did you mean {meant}? " if meant else ""
            hint += (
                f'attributes are written [{node.name}], text "{node.name}" (a fixed text as a whole: {{constant: …}})'
            )
        raise _problem(node, "unknown-name", f"{node.name} means nothing here", hint)

    def _operation(self, node: Operation) -> tuple[Checked, Kind]:
        wanted, returned = _OPERATORS[node.operator]
        operator = "-" if node.operator == "negate" else node.operator
        operands = []
        for operand in node.operands:
            checked, kind = self._node(operand, flow=False)
            operands.append(_converted(operand, checked, kind, wanted, CONVERSIONS.get(wanted), operator))
        return Operate(node.operator, tuple(operands)), returned

    def _call(self, node: Call, *, flow: bool) -> tuple[Checked, Kind]:
        function = self._function(node)
        if function.form == "unique":
            raise _name_problem(
                node,
                "wrong-place",
                f"{function.name} must be the outermost function",
                "build each candidate inside it, for example with Join",
            )
        if function.returns == "flow" and not flow:
            raise _misplaced(node, function.name)
        arguments, results = self._arguments(node, function, flow=flow)
        kind: Kind = function.returns
        if kind == "result":
            kind = results[0] if len(set(results)) == 1 else "any"
        return Apply(function, arguments), kind

    def _function(self, node: Call) -> Function:
        functions = TABLE.get((node.name, self.dialect))
        if not functions:
            raise self._unknown(node)
        count = len(node.arguments)
        for function in functions:
            if function.accepts(count):
                return function
        raise _problem(
            node,
            "wrong-arity",
            f"{node.name} does not take {count} argument{'' if count == 1 else 's'}",
            "write " + " or ".join(function.signature for function in functions),
        )

    def _unknown(self, node: Call) -> ExpressionError:
        elsewhere = sorted(dialect for name, dialect in TABLE if name == node.name)
        if elsewhere:
            return _name_problem(
                node,
                "function-not-in-dialect",
                f"{node.name} is not available in dialect {self.dialect}",
                f"it is in {' and '.join(elsewhere)}; a rule chooses with dialect:",
            )
        meant = nearest(node.name, {name for name, dialect in TABLE if dialect == self.dialect})
        return _name_problem(
            node, "unknown-function", f"there is no function {node.name}", f"did you mean {meant}?" if meant else None
        )

    def _arguments(self, node: Call, function: Function, *, flow: bool) -> tuple[tuple[Checked, ...], list[Kind]]:
        """Check all arguments; also return the kinds of those that may become the result."""
        arguments: list[Checked] = []
        results: list[Kind] = []
        for index, argument in enumerate(node.arguments):
            parameter = function.parameter(index)
            if isinstance(argument, Empty):
                arguments.append(_left_out(argument, function, parameter, index))
                continue
            checked, kind = self._argument(argument, function, parameter, flow=flow)
            arguments.append(checked)
            if parameter.kind == "result":
                results.append(kind)
        if function.check:
            seen = [_seen(given, checked) for given, checked in zip(node.arguments, arguments, strict=True)]
            problem = function.check(seen)
            if problem:
                place = node if problem.argument is None else node.arguments[problem.argument]
                raise _problem(place, "wrong-arguments", problem.message, f"write {function.signature}")
        return tuple(arguments), results

    def _argument(self, node: Node, function: Function, parameter: Parameter, *, flow: bool) -> tuple[Checked, Kind]:
        if parameter.kind == "word" and isinstance(node, Word) and node.name in CHOICES:
            return Constant(node.name), "text"
        checked, kind = self._node(node, flow=flow and parameter.kind == "result")
        use = f"{parameter.name} of {function.name}"
        return _converted(node, checked, kind, parameter.kind, parameter.conversion, use), kind


def _misplaced(node: Node, name: str) -> ExpressionError:
    return _problem(
        node,
        "wrong-place",
        f"{name} decides about the whole flow and cannot be part of another value",
        "put it outermost, or as a value of IIF, Switch or Coalesce that is itself the result",
    )


def _left_out(node: Empty, function: Function, parameter: Parameter, index: int) -> Constant:
    if parameter.optional:
        return Constant(function.omitted)
    raise _problem(
        node,
        "wrong-arity",
        f"argument {index + 1} of {function.name} ({parameter.name}) cannot be left out",
        f'write {function.signature}; the empty text is ""',
    )


def _seen(given: Node | Empty, checked: Checked) -> object:
    """Return what a function's own check gets to see of an argument."""
    if isinstance(given, Empty):
        return OMITTED
    return checked.value if isinstance(checked, Constant) else ...


def _converted(
    node: Node, checked: Checked, found: Kind, wanted: Kind, conversion: Conversion | None, use: str
) -> Checked:
    """Put a conversion around an operand, or convert it now where it is a literal."""
    if found in _IMPOSSIBLE.get(wanted, ()):
        hint = "compare it with something, or use CBool" if wanted == "condition" else None
        raise _problem(node, "wrong-type", f"{use}: {_NAMES[wanted]} is needed, not {_NAMES[found]}", hint)
    if conversion is None or (found, wanted) in _ALREADY:
        return checked
    if not isinstance(checked, Constant):
        return Convert(conversion, checked, use)
    try:
        return Constant(conversion(checked.value, use))
    except EvaluationError as problem:
        raise _problem(node, "wrong-type", problem.message) from None

"""From parse tree to checked tree: every name, argument count, place and literal is looked at before anything runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from idcode.expressions.checked import (
    Apply,
    Bind,
    Checked,
    Constant,
    Convert,
    Lookup,
    Operate,
    Setting,
    Traced,
    Variable,
)
from idcode.expressions.errors import EvaluationError, ExpressionError
from idcode.expressions.functions.registry import OMITTED, Dialect, Function, Kind, Parameter
from idcode.expressions.kinds import NAMES, SCALARS, Conversion, conversion, each, impossible, of_parameter
from idcode.expressions.names import CHOICES, FLOW, find_function, names_of, nearest, values_of
from idcode.expressions.switches import unreachable
from idcode.expressions.tree import Attribute, Call, Empty, Literal, Node, Operation, SettingName, VariableName, Word

_COMPARISONS = frozenset({"=", "<>", "<", "<=", ">", ">="})
_OPERATORS: dict[str, tuple[Kind, Kind]] = {
    "&&": ("condition", "condition"),
    "||": ("condition", "condition"),
    "&": ("text", "text"),
    **dict.fromkeys(("+", "-", "*", "/", "negate"), ("number", "number")),
    **dict.fromkeys(_COMPARISONS, ("any", "condition")),
}
"""What the operands of an operator are, and what its result is."""
_ALREADY: frozenset[tuple[Kind, Kind]] = frozenset({("text", "text"), ("condition", "condition"), ("moment", "moment")})
"""Pairs of found and wanted kind where no conversion is needed, as long as lists are not taken value by value."""
_FAILED = Variable("")
"""Stands for a part with a problem, so that the rest can still be checked."""


@dataclass(frozen=True, slots=True)
class Reference:
    """An attribute that an expression names, and where."""

    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Checking:
    """The checked tree, the attributes it names, and what is allowed but looks like a mistake."""

    tree: Checked
    references: tuple[Reference, ...]
    warnings: tuple[ExpressionError, ...]


def check(
    root: Node, dialect: Dialect, *, parameters: Mapping[str, str] | None = None, trace: bool = False
) -> Checking:
    """Check ``root``. Raise :class:`ExpressionError` for the first problem; it carries the others with it.

    Without ``parameters``, those are looked up when the expression runs.
    """
    checker = _Checker(dialect, parameters, trace)
    tree = checker.root(root)
    if checker.problems:
        first, *others = sorted(checker.problems, key=lambda problem: problem.offset)
        first.others = tuple(others)
        raise first
    return Checking(tree, tuple(checker.references), tuple(checker.warnings))


def _problem(node: Node | Empty, code: str, message: str, hint: str | None = None) -> ExpressionError:
    return ExpressionError(message, offset=node.start, length=node.end - node.start, code=code, hint=hint)


def _name_problem(call: Call, code: str, message: str, hint: str | None = None) -> ExpressionError:
    length = len(call.name) + (len(call.dialect) + 1 if call.dialect else 0)
    return ExpressionError(message, offset=call.start, length=length, code=code, hint=hint)


@dataclass(slots=True)
class _Checker:
    """``flow`` in its methods says whether a word of ``FLOW`` may stand at this place."""

    dialect: Dialect
    parameters: Mapping[str, str] | None
    trace: bool
    problems: list[ExpressionError] = field(default_factory=list)
    warnings: list[ExpressionError] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    _bound: list[str] = field(default_factory=list)

    def root(self, node: Node) -> Checked:
        if isinstance(node, Call):
            function = self._known(node)
            if function is not None and function.form == "unique":
                return Apply(function, self._arguments(node, function, flow=False)[0])
        return self._node(node, flow=True)[0]

    def _known(self, node: Call) -> Function | None:
        try:
            return find_function(node, self.dialect)
        except ExpressionError:
            return None  # said where the call itself is checked

    def _node(self, node: Node, *, flow: bool) -> tuple[Checked, Kind]:
        try:
            checked, kind = self._checked(node, flow=flow)
        except ExpressionError as problem:
            self.problems.append(problem)
            return _FAILED, "any"
        if self.trace and not isinstance(checked, Constant):
            checked = Traced(checked, node.start, node.end)
        return checked, kind

    def _checked(self, node: Node, *, flow: bool) -> tuple[Checked, Kind]:
        if isinstance(node, Literal):
            number: Kind = "number" if self.dialect == "connect" else "any"
            return Constant(node.value), "text" if isinstance(node.value, str) else number
        if isinstance(node, Attribute):
            return self._lookup(node.name, node), "any"
        if isinstance(node, SettingName):
            return self._parameter(node)
        if isinstance(node, VariableName):
            return self._variable(node), "any"
        if isinstance(node, Word):
            return self._word(node, flow=flow)
        if isinstance(node, Operation):
            return self._operation(node)
        return self._call(node, flow=flow)

    def _lookup(self, name: str, node: Node, *, imported: bool = False) -> Lookup:
        self.references.append(Reference(name, node.start, node.end))
        return Lookup(name, imported)

    def _parameter(self, node: SettingName) -> tuple[Checked, Kind]:
        if self.parameters is None:
            return Setting(node.name), "any"
        if node.name in self.parameters:
            return Constant(self.parameters[node.name]), "text"
        meant = nearest(node.name, self.parameters)
        hint = f"did you mean %{meant}%?" if meant else "idcode.yaml gives values to names below parameters:"
        raise _problem(node, "unknown-parameter", f"there is no parameter %{node.name}%", hint)

    def _variable(self, node: VariableName) -> Variable:
        if node.name in self._bound:
            return Variable(node.name)
        meant = nearest(node.name, self._bound)
        hint = f"did you mean ${meant}?" if meant else "Select, Where and With bind variables for their last argument"
        raise _problem(node, "unknown-name", f"there is no variable ${node.name} here", hint)

    def _word(self, node: Word, *, flow: bool) -> tuple[Checked, Kind]:
        values = values_of(self.dialect)
        if node.name in values:
            value = values[node.name]
            return Constant(value), "text" if isinstance(value, str) else "any" if value is None else "condition"
        if node.name in FLOW:
            if not flow:
                raise _misplaced(node, node.name)
            return Constant(FLOW[node.name]), "flow"
        if self.dialect == "mim":
            return self._lookup(node.name, node), "any"
        if node.name in CHOICES:
            raise _problem(node, "unknown-name", f"{node.name} is only an argument of functions that ask for it")
        functions = names_of(self.dialect)
        if node.name in functions:
            hint = f"call it: {node.name}(…)"
        else:
            meant = nearest(node.name, [*values, *FLOW, *functions])
            hint = f"did you mean {meant}? " if meant else ""
            hint += (
                f'attributes are written [{node.name}], text "{node.name}" (a fixed text as a whole: {{constant: …}})'
            )
        raise _problem(node, "unknown-name", f"{node.name} means nothing here", hint)

    def _operation(self, node: Operation) -> tuple[Checked, Kind]:
        name = "&" if node.operator == "+" and self.dialect == "mim" else node.operator
        wanted, returned = _OPERATORS[name]
        # & is lenient everywhere, as it is in Visual Basic.
        convert = conversion(wanted, "entra" if name == "&" else self.dialect)
        maps = self.dialect == "connect"
        use = "-" if name == "negate" else node.operator
        operands = []
        for operand in node.operands:
            checked, kind = self._node(operand, flow=False)
            converted = self._converted(operand, checked, kind, "any" if name == "&" else wanted, convert, use, maps)
            operands.append(converted)
        maps = maps and not all(isinstance(operand, Constant) for operand in operands)
        return Operate(name, tuple(operands), maps), "any" if maps else returned

    def _call(self, node: Call, *, flow: bool) -> tuple[Checked, Kind]:
        try:
            function = find_function(node, self.dialect)
        except ExpressionError:
            for argument in node.arguments:
                if not isinstance(argument, Empty | VariableName | Word):
                    self._node(argument, flow=True)
            raise
        if function.form == "unique":
            raise _name_problem(
                node,
                "wrong-place",
                f"{function.name} must be the outermost function",
                "build each candidate inside it, for example with Join",
            )
        if function.returns == "flow" and not flow:
            raise _misplaced(node, function.name)
        if function.form in ("select", "where", "with"):
            return self._bind(node, function, flow=flow)
        if function.form == "imported":
            return self._imported(node, function), "any"
        arguments, results = self._arguments(node, function, flow=flow)
        if function.form in ("switch", "cases"):
            for index, message in unreachable(function.form, arguments):
                self.warnings.append(_problem(node.arguments[index], "unreachable-case", message))
        kind: Kind = function.returns
        if kind == "result":
            kind = results[0] if len(set(results)) == 1 else "any"
        maps = self._mapped(function, arguments)
        return Apply(function, arguments, maps), "any" if maps else kind

    def _mapped(self, function: Function, arguments: tuple[Checked, ...]) -> tuple[int, ...]:
        """Return which arguments may be lists that are taken value by value."""
        if self.dialect not in function.maps:
            return ()
        if function.form:
            return (0,) if function.form == "iif" and not isinstance(arguments[0], Constant) else ()
        return tuple(
            index
            for index, argument in enumerate(arguments)
            if function.parameter(index).kind in SCALARS and not isinstance(argument, Constant)
        )

    def _bind(self, node: Call, function: Function, *, flow: bool) -> tuple[Checked, Kind]:
        variable, source, body = node.arguments
        if not isinstance(variable, VariableName):
            self._node(source, flow=False) if not isinstance(source, Empty) else None
            raise _problem(variable, "wrong-arguments", f"{function.name} begins with a variable", "such as $item")
        name = variable.name
        value = self._given(source, function, 1, flow=False)[0]
        outermost = not self._bound
        self._bound.append(name)
        inner, kind = self._given(body, function, 2, flow=flow)
        self._bound.pop()
        return Bind(function.form or "", name, value, inner, outermost), kind if function.form == "with" else "list"

    def _imported(self, node: Call, function: Function) -> Lookup:
        (name,) = node.arguments
        if isinstance(name, Literal) and isinstance(name.value, str):
            return self._lookup(name.value, name, imported=True)
        raise _problem(name, "wrong-arguments", f"{function.name} takes the attribute's name as a text", '"name"')

    def _arguments(self, node: Call, function: Function, *, flow: bool) -> tuple[tuple[Checked, ...], list[Kind]]:
        """Check all arguments; also return the kinds of those that may become the result."""
        arguments: list[Checked] = []
        results: list[Kind] = []
        before = len(self.problems)
        for index, argument in enumerate(node.arguments):
            checked, kind = self._given(argument, function, index, flow=flow)
            arguments.append(checked)
            if function.parameter(index).kind == "result" and not isinstance(argument, Empty):
                results.append(kind)
        if function.check and len(self.problems) == before:
            seen = [_seen(given, checked) for given, checked in zip(node.arguments, arguments, strict=True)]
            problem = function.check(seen)
            if problem:
                place = node if problem.argument is None else node.arguments[problem.argument]
                raise _problem(place, "wrong-arguments", problem.message, f"write {function.signature}")
        return tuple(arguments), results

    def _given(self, node: Node | Empty, function: Function, index: int, *, flow: bool) -> tuple[Checked, Kind]:
        """Check one argument and convert it to what its parameter takes."""
        parameter = function.parameter(index)
        if isinstance(node, Empty):
            return self._left_out(node, function, parameter, index), "any"
        if parameter.kind == "word" and isinstance(node, Word) and node.name in CHOICES:
            return Constant(node.name), "text"
        if parameter.kind == "variable":
            raise _problem(node, "wrong-arguments", f"{function.name} takes a variable here", "such as $item")
        checked, kind = self._node(node, flow=flow and parameter.kind == "result")
        use = f"{parameter.name} of {function.name}"
        maps = self.dialect in function.maps and (parameter.kind in SCALARS or function.form == "iif")
        convert = of_parameter(parameter, self.dialect)
        return self._converted(node, checked, kind, parameter.kind, convert, use, maps), kind

    def _left_out(self, node: Empty, function: Function, parameter: Parameter, index: int) -> Constant:
        allowed = self.dialect == "entra" or self.dialect not in function.dialects
        if allowed and parameter.optional:
            return Constant(function.omitted)
        if allowed and (parameter.kind == "result" or (parameter.repeats and function.form is None)):
            return Constant(None)
        problem = _problem(
            node,
            "wrong-arity",
            f"argument {index + 1} of {function.name} ({parameter.name}) cannot be left out"
            + ("" if allowed else f" in dialect {self.dialect}"),
            f'write {function.signature}; the empty text is ""',
        )
        self.problems.append(problem)
        return Constant(None)

    def _converted(
        self,
        node: Node,
        checked: Checked,
        found: Kind,
        wanted: Kind,
        convert: Conversion | None,
        use: str,
        maps: bool,
    ) -> Checked:
        """Put a conversion around an operand, or convert it now where it is a literal."""
        if impossible(found, wanted, self.dialect):
            hint = "compare it with something, or use CBool" if wanted == "condition" else None
            message = f"{use}: {NAMES[wanted]} is needed, not {NAMES[found]}"
            self.problems.append(_problem(node, "wrong-type", message, hint))
            return _FAILED
        if convert is None or ((found, wanted) in _ALREADY and self.dialect != "connect"):
            return checked
        if not isinstance(checked, Constant):
            return Convert(each(convert) if maps else convert, checked, use)
        try:
            return Constant(convert(checked.value, use))
        except EvaluationError as problem:
            self.problems.append(_problem(node, "wrong-type", problem.message))
            return _FAILED


def _misplaced(node: Node, name: str) -> ExpressionError:
    return _problem(
        node,
        "wrong-place",
        f"{name} decides about the whole flow and cannot be part of another value",
        "put it outermost, or as a value of IIF, Switch or Coalesce that is itself the result",
    )


def _seen(given: Node | Empty, checked: Checked) -> object:
    """Return what a function's own check gets to see of an argument."""
    if isinstance(given, Empty):
        return OMITTED
    return checked.value if isinstance(checked, Constant) else ...

"""From checked tree to Python function.

The code is built as ``ast`` nodes, never as text: what the user wrote enters as constants only, and every name
in it is one this module made up and bound in the function's own namespace.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from idcode.expressions import forms, operators
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
    walk,
)
from idcode.expressions.errors import EvaluationError, UnknownValueError
from idcode.expressions.kinds import kept_as_it_is
from idcode.expressions.switches import key_text
from idcode.model.values import Result

if TYPE_CHECKING:
    from idcode.expressions.program import Environment

Evaluator = Callable[["Environment"], Result]
RuleResults = dict[str, Result | EvaluationError]

_OPERATORS: dict[str, Callable[..., Any]] = {
    "=": operators.equals,
    "<>": operators.differs,
    "<": operators.less,
    ">": operators.greater,
    "<=": operators.at_most,
    ">=": operators.at_least,
    "&": operators.join,
    "+": operators.add,
    "-": operators.subtract,
    "*": operators.multiply,
    "/": operators.divide,
    "negate": operators.negate,
}
_BOUND = {"select": forms.select, "where": forms.where}
_LOGIC = {"&&": (ast.And, operators.kleene_and), "||": (ast.Or, operators.kleene_or)}


def evaluator(tree: Checked) -> Evaluator:
    """Return the function that computes ``tree``.

    Logic is compiled twice: as Python's own, and once more so that an unknown operand does not matter where
    another one decides. The second form runs only after the first has met an unknown value.
    """
    plain = _function(tree, kleene=False)
    if not has_logic(tree):
        return plain
    careful = _function(tree, kleene=True)

    def evaluate(environment: Environment) -> Result:
        try:
            return plain(environment)
        except UnknownValueError:
            return careful(environment)

    return evaluate


def has_logic(tree: Checked) -> bool:
    """Whether ``&&`` or ``||`` occur in ``tree``."""
    return any(isinstance(part, Operate) and part.operator in _LOGIC for part in walk(tree))


def _uses_environment(tree: Checked) -> bool:
    return any(isinstance(part, Apply) and part.function.environment for part in walk(tree))


def rule_function(flows: Mapping[str, Checked | Evaluator]) -> Callable[[Environment], RuleResults]:
    """Return one function that computes all flows; an error becomes the result of its flow alone.

    A flow given as a function instead of a tree is called.
    """
    writer = _Writer(kleene=False)
    statements: list[ast.stmt] = []
    for name, flow in flows.items():
        if isinstance(flow, Checked):
            value = writer.expression(flow)
        else:
            value = _call(writer.bind(flow), [_load("env")])
        if not isinstance(flow, Checked) or _uses_environment(flow):
            statements.append(ast.Expr(_call(ast.Attribute(_load("env"), "begin", ast.Load()), [ast.Constant(name)])))
        kept = _call(writer.bind(_detached), [_load("problem")])
        handler = ast.ExceptHandler(writer.bind(EvaluationError), "problem", [_store(name, kept)])
        statements.append(ast.Try(body=[_store(name, value)], handlers=[handler], orelse=[], finalbody=[]))
    run: Callable[[Environment], RuleResults] = writer.build(
        "def run(env):\n get = env.values.get\n results = {}\n return results", statements
    )
    return run


def _function(tree: Checked, *, kleene: bool) -> Evaluator:
    writer = _Writer(kleene=kleene)
    returned = ast.Return(writer.expression(tree))
    run: Evaluator = writer.build("def run(env):\n get = env.values.get\n return None", [returned])
    return run


class _Writer:
    """Writes expressions, and keeps what they refer to by names of its own."""

    def __init__(self, *, kleene: bool) -> None:
        self._kleene = kleene
        self._namespace: dict[str, object] = {"__builtins__": {}}
        self._names: dict[int, str] = {}
        self._variables: list[str] = []

    def bind(self, value: object) -> ast.expr:
        """Return a name for ``value``; the same one for the same object."""
        name = self._names.get(id(value))
        if name is None:
            name = self._names[id(value)] = f"_{len(self._names)}"
            self._namespace[name] = value
        return _load(name)

    def build(self, skeleton: str, statements: list[ast.stmt]) -> Any:
        """Put ``statements`` before the last one of the function ``run`` in ``skeleton``, and make it."""
        module = ast.parse(skeleton)
        (function,) = module.body
        if isinstance(function, ast.FunctionDef):
            function.body[-1:-1] = statements
        code = compile(ast.fix_missing_locations(module), "<expression>", "exec")
        exec(code, self._namespace)  # noqa: S102 - nodes of this module only; user text is in them as constants
        return self._namespace["run"]

    def expression(self, tree: Checked) -> ast.expr:
        """Return the node that computes ``tree``."""
        if isinstance(tree, Constant):
            return self._constant(tree.value)
        if isinstance(tree, Lookup):
            return self._lookup(tree)
        if isinstance(tree, Setting):
            return _call(self.bind(forms.parameter), [_load("env"), ast.Constant(tree.name)])
        if isinstance(tree, Variable):
            return _load(_variable(len(self._variables) - 1 - self._variables[::-1].index(tree.name)))
        if isinstance(tree, Convert):
            return self._conversion(tree)
        if isinstance(tree, Operate):
            return self._operation(tree)
        if isinstance(tree, Bind):
            return self._binding(tree)
        if isinstance(tree, Traced):
            place = [ast.Constant(tree.start), ast.Constant(tree.end)]
            return _call(self.bind(forms.note), [_load("env"), self.expression(tree.tree), *place])
        return self._application(tree)

    def _constant(self, value: object) -> ast.expr:
        if value is None or isinstance(value, str | int):
            return ast.Constant(value)
        return self.bind(value)

    def _lookup(self, tree: Lookup) -> ast.expr:
        if tree.imported:
            return _call(self.bind(forms.imported), [_load("env"), ast.Constant(tree.name)])
        held = _call(_load("get"), [ast.Constant(tree.name)])
        return self._unless(held, str, lambda value: _call(self.bind(forms.known), [value, ast.Constant(tree.name)]))

    def _conversion(self, tree: Convert) -> ast.expr:
        operand = self.expression(tree.operand)
        kept = kept_as_it_is(tree.conversion)
        if kept is None:
            return _call(self.bind(tree.conversion), [operand, ast.Constant(tree.use)])
        return self._unless(
            operand, kept, lambda value: _call(self.bind(tree.conversion), [value, ast.Constant(tree.use)])
        )

    def _unless(self, value: ast.expr, usual: type, otherwise: Callable[[ast.expr], ast.expr]) -> ast.expr:
        """Return the node for ``value`` where its class is ``usual``, which saves a call, and else ``otherwise``."""
        named = ast.NamedExpr(ast.Name("held", ast.Store()), value)
        found = ast.Attribute(named, "__class__", ast.Load())
        return ast.IfExp(ast.Compare(found, [ast.Is()], [self.bind(usual)]), _load("held"), otherwise(_load("held")))

    def _operation(self, tree: Operate) -> ast.expr:
        if tree.operator not in _LOGIC:
            run = _OPERATORS[tree.operator]
            if tree.maps:
                run = forms.operator_by_value(run, tree.operator)
            return _call(self.bind(run), [self.expression(part) for part in tree.operands])
        plain, careful = _LOGIC[tree.operator]
        if self._kleene or tree.maps:
            run = forms.logic_by_value(tree.operator) if tree.maps else careful
            return _call(self.bind(run), [self._later(part) for part in tree.operands])
        return ast.BoolOp(plain(), [self.expression(part) for part in tree.operands])

    def _binding(self, tree: Bind) -> ast.expr:
        source = self.expression(tree.source)
        name = _variable(len(self._variables))
        self._variables.append(tree.variable)
        body = ast.Lambda(_parameters(name), self.expression(tree.body))
        self._variables.pop()
        if tree.form == "with":
            return _call(body, [source])
        return _call(self.bind(_BOUND[tree.form]), [_load("env"), source, body, ast.Constant(tree.outermost)])

    def _application(self, tree: Apply) -> ast.expr:
        function, arguments = tree.function, tree.arguments
        if function.form == "iif":
            return self._choice(tree)
        if function.form == "coalesce":
            return _call(self.bind(forms.coalesce), [self._later(argument) for argument in arguments])
        if function.form == "switch":
            return self._switch(arguments)
        if function.form == "cases":
            conditions = ast.Tuple([self.expression(condition) for condition in arguments[::2]], ast.Load())
            return _call(self.bind(forms.cases), [conditions, *[self._later(value) for value in arguments[1::2]]])
        run, given = function.run, [_load("env")] if function.environment else []
        if tree.maps and run is not None:
            run = forms.by_value(run, tuple(position + len(given) for position in tree.maps), function.name)
        return _call(self.bind(run), given + [self.expression(argument) for argument in arguments])

    def _choice(self, tree: Apply) -> ast.expr:
        condition, chosen, other = tree.arguments
        if tree.maps:
            return _call(
                self.bind(forms.choose_by_value), [self.expression(condition), self._later(chosen), self._later(other)]
            )
        return ast.IfExp(self.expression(condition), self.expression(chosen), self.expression(other))

    def _switch(self, arguments: tuple[Checked, ...]) -> ast.expr:
        """Look constant keys and values up in a table; otherwise evaluate keys in order, and only one value."""
        source, default, *pairs = arguments
        keys, values = pairs[::2], pairs[1::2]
        constants = [key.value for key in keys if isinstance(key, Constant)]
        results = [value.value for value in values if isinstance(value, Constant)]
        if len(constants) == len(keys) and len(results) == len(values):
            table: dict[str, object] = {}
            for key, result in zip(constants, results, strict=True):
                table.setdefault(key_text(key), result)
            return _call(self.bind(forms.choose), [self.bind(table), self.expression(source), self._later(default)])
        pairs_later = [self._later(part) for part in pairs]
        return _call(self.bind(forms.switch), [self.expression(source), self._later(default), *pairs_later])

    def _later(self, tree: Checked) -> ast.expr:
        return ast.Lambda(_parameters(), self.expression(tree))


def _parameters(*names: str) -> ast.arguments:
    given = [ast.arg(name) for name in names]
    return ast.arguments(posonlyargs=[], args=given, kwonlyargs=[], kw_defaults=[], defaults=[])


def _variable(depth: int) -> str:
    return f"v{depth}"


def _load(name: str) -> ast.expr:
    return ast.Name(name, ast.Load())


def _call(function: ast.expr, arguments: list[ast.expr]) -> ast.expr:
    return ast.Call(function, arguments, [])


def _store(name: str, value: ast.expr) -> ast.stmt:
    return ast.Assign([ast.Subscript(_load("results"), ast.Constant(name), ast.Store())], value)


def _detached(problem: EvaluationError) -> EvaluationError:
    """Return the error without the frames that led to it, which would keep every record alive."""
    problem.__context__ = problem.__cause__ = None
    return problem.with_traceback(None)

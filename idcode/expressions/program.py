"""Compiled expressions, and what they run in."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from hashlib import sha256

from idcode.expressions.checked import Apply, Checked, Lookup, walk
from idcode.expressions.checker import Checking, check
from idcode.expressions.compiler import Evaluator, RuleResults, evaluator, has_logic, rule_function
from idcode.expressions.conversions import is_empty
from idcode.expressions.errors import EvaluationError, ExpressionError
from idcode.expressions.functions.registry import Dialect
from idcode.expressions.names import nearest
from idcode.expressions.tree import Attribute, Literal, Node, Operation
from idcode.model.values import Result, Special, Value


@dataclass(slots=True)
class Environment:
    """What an expression sees while it runs.

    ``values`` maps attribute names to values; one that is not there is null, and one that is
    ``Special.UNKNOWN`` raises ``UnknownValueError`` when it is needed. ``now`` is the plan's ``as_of``, in UTC.
    ``seed`` (address and attribute) makes random functions repeatable. ``taken`` says whether a candidate of
    ``SelectUniqueValue`` is in use; without it none is. ``params`` are the values of ``%name%``; ``imported`` those of
    ``ImportedValue``, ``None`` where every value is confirmed; ``default_domain`` is the tenant's. A ``trace`` collects
    what a program compiled for it finds: start, end and value of each part. ``steps`` counts while it runs.
    """

    values: Mapping[str, Result]
    now: datetime
    seed: str = ""
    taken: Callable[[Value], bool] | None = None
    params: Mapping[str, Value] = field(default_factory=dict)
    imported: Mapping[str, Result] | None = None
    default_domain: str | None = None
    trace: list[tuple[int, int, Result]] | None = None
    steps: int = 0
    _flow: str = field(default="", init=False, repr=False)
    _draws: int = field(default=0, init=False, repr=False)

    def begin(self, flow: str) -> None:
        """Draw for the attribute ``flow`` from here on, whatever was drawn for others before."""
        self._flow, self._draws = flow, 0

    def draw(self, limit: int) -> int:
        """Return the next random number from 0 to below ``limit``: the same ones in the same order for one ``seed``.

        It is a hash, because the numbers of the library's generator may change with the version of Python.
        """
        self._draws += 1
        digest = sha256(f"{self.seed}\0{self._flow}\0{self._draws}".encode()).digest()
        return int.from_bytes(digest, "big") % limit


class Program:
    """A compiled expression.

    ``attributes`` are the names it refers to; ``direct`` is the name where the text is nothing but ``[name]``;
    ``unique`` says that it is a ``SelectUniqueValue``. ``warnings`` tell what is allowed but looks like a mistake.
    """

    __slots__ = (
        "_candidates",
        "_node",
        "_references",
        "_run",
        "attributes",
        "dialect",
        "direct",
        "text",
        "tree",
        "unique",
        "warnings",
    )

    def __init__(self, text: str, dialect: Dialect, node: Node, checking: Checking) -> None:
        self.text = text
        self.dialect = dialect
        self.tree: Checked = checking.tree
        tree = checking.tree
        self.warnings = checking.warnings
        self.attributes = frozenset(reference.name for reference in checking.references)
        self.direct = tree.name if isinstance(tree, Lookup) and not tree.imported and node.depth == 1 else None
        self._references = checking.references
        self.unique = isinstance(tree, Apply) and tree.function.form == "unique"
        self._node = node
        self._candidates: tuple[Evaluator, ...] = ()
        self._run: Evaluator = self._first_free
        if isinstance(tree, Apply) and self.unique:
            self._candidates = tuple(evaluator(argument) for argument in tree.arguments)
        else:
            self._run = evaluator(tree)

    @property
    def redacts(self) -> bool:
        """Whether it marks a value with ``Redact``, to be kept out of what people read."""
        return any(isinstance(part, Apply) and part.function.name == "Redact" for part in walk(self.tree))

    def __repr__(self) -> str:
        return f"Program({self.text!r}, dialect={self.dialect!r})"

    def __call__(self, environment: Environment) -> Result:
        """Compute the value. Raise :class:`EvaluationError` where it cannot be computed.

        Of a unique program it is the first candidate that is not taken, null where there is no candidate.
        """
        return self._run(environment)

    def candidates(self, environment: Environment) -> tuple[Value, ...]:
        """Return what a unique program has to offer, in order, each once and without empty ones."""
        return tuple(self._offers(environment))

    def _offers(self, environment: Environment) -> Iterator[Value]:
        seen: set[Value] = set()
        for candidate in self._candidates:
            value = candidate(environment)
            if not isinstance(value, Special) and not is_empty(value) and value not in seen:
                seen.add(value)
                yield value

    def equalities(self) -> dict[str, str]:
        """Return the conditions ``[attribute] = "text"`` that must all hold for the whole to be true.

        Where the attribute's value is a text, a different text means that the program gives false.
        """
        found: dict[str, str] = {}
        for part in _conjuncts(self._node):
            if isinstance(part, Operation) and part.operator == "=":
                attribute, literal = part.operands
                if isinstance(attribute, Literal):
                    attribute, literal = literal, attribute
                if isinstance(attribute, Attribute) and isinstance(literal, Literal) and isinstance(literal.value, str):
                    found.setdefault(attribute.name, literal.value)
        return found

    def check_attributes(self, known: Collection[str]) -> None:
        """Raise :class:`ExpressionError` at the first attribute that is not one of ``known``."""
        for part in self._references:
            if part.name not in known:
                meant = nearest(part.name, known)
                raise ExpressionError(
                    f"there is no attribute {part.name} here",
                    offset=part.start,
                    length=part.end - part.start,
                    code="unknown-attribute",
                    hint=f"did you mean [{meant}]?" if meant else None,
                )

    def _first_free(self, environment: Environment) -> Result:
        tried = 0
        for value in self._offers(environment):
            if environment.taken is None or not environment.taken(value):
                return value
            tried += 1
        if tried:
            raise EvaluationError(f"SelectUniqueValue: all {tried} candidates are taken")
        return None


def _conjuncts(node: Node) -> list[Node]:
    if isinstance(node, Operation) and node.operator == "&&":
        return [part for operand in node.operands for part in _conjuncts(operand)]
    return [node]


def compile_expression(
    text: str,
    *,
    dialect: Dialect = "entra",
    attributes: Collection[str] | None = None,
    parameters: Mapping[str, str] | None = None,
) -> Program:
    """Compile ``text``. ``attributes`` are the names that ``[name]`` may use; ``None`` allows any.

    ``parameters`` are the values of ``%name%``; with ``None`` the environment has them.

    Raises :class:`ExpressionError` for the first thing that is wrong, with its place and with all ``others``.
    """
    program = _compile(text, dialect, None if parameters is None else tuple(sorted(parameters.items())))
    if attributes is not None:
        program.check_attributes(attributes)
    return program


@lru_cache(maxsize=8192)
def _compile(text: str, dialect: Dialect, parameters: tuple[tuple[str, str], ...] | None) -> Program:
    # The parser library is loaded when the first expression is compiled, not with the module.
    from idcode.expressions.parser import parse

    node = parse(text, dialect)
    known = None if parameters is None else dict(parameters)
    return Program(text, dialect, node, check(node, dialect, parameters=known))


def compile_traced(text: str, *, dialect: Dialect = "entra") -> Program:
    """Compile ``text`` so that running it fills the environment's ``trace``; slower than without."""
    from idcode.expressions.parser import parse

    node = parse(text, dialect)
    return Program(text, dialect, node, check(node, dialect, trace=True))


def compile_rule(flows: Mapping[str, Program]) -> Callable[[Environment], RuleResults]:
    """Return one function for all flows of a rule: attribute to result, in the order of ``flows``.

    A flow that cannot be computed has its :class:`EvaluationError` as result; the others go on.
    """
    return rule_function(
        {name: flow if flow.unique or has_logic(flow.tree) else flow.tree for name, flow in flows.items()}
    )

"""From text to parse tree.

The tree is built while the parser reduces, so neither parsing nor building recurses, however deep the text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from idcode.expressions.errors import ExpressionError
from idcode.expressions.functions.registry import Dialect
from idcode.expressions.tree import (
    MAX_DEPTH,
    Attribute,
    Call,
    Empty,
    Literal,
    Node,
    Operation,
    SettingName,
    VariableName,
    Word,
)

MAX_LENGTH = 10_000
"""Characters an expression may have (Entra's own limit)."""
MAX_DIGITS = 30
_RUNS = frozenset({"&&", "||", "&", "+", "-", "*", "/"})
_NAME = r"NAME: /[A-Za-z_][A-Za-z0-9_]*/"
_TERMINALS: dict[Dialect, tuple[str, str]] = {
    # \\ and \" are escapes; any other backslash stays.
    "entra": (r'STRING: /"(?:[^"\\]|\\["\\]|\\(?!["\\]))*"/', _NAME),
    # The same, and a doubled quotation mark stands for one, as in Visual Basic.
    "connect": (r'STRING: /"(?:[^"\\]|\\["\\]|\\(?!["\\])|"")*"/', _NAME),
    # No escapes; attributes stand without brackets, and their names hold hyphens.
    "mim": (r'STRING: /"[^"]*"/', r"NAME: /[A-Za-z_][A-Za-z0-9_-]*/"),
}
_ESCAPES: dict[Dialect, re.Pattern[str]] = {
    "entra": re.compile(r'\\(["\\])'),
    "connect": re.compile(r'\\(["\\])|"(")'),
}
_ENDS_A_VALUE = frozenset({"RPAR", "COMMA", "COMPARE", "LOGIC", "ADD"})


def parse(text: str, dialect: Dialect) -> Node:
    """Return the tree of ``text``. Raise :class:`ExpressionError` where it is no expression."""
    if len(text) > MAX_LENGTH:
        raise ExpressionError(
            f"the expression has {len(text):,} characters; at most {MAX_LENGTH:,} are allowed",
            offset=MAX_LENGTH,
            length=len(text) - MAX_LENGTH,
            code="expression-too-long",
            hint="compute a part of it in an attribute of its own",
        )
    if not text.strip():
        raise ExpressionError("the expression is empty", offset=0, length=len(text))
    try:
        tree = _parser(dialect).parse(text)
    except UnexpectedInput as problem:
        raise _explain(text, dialect, problem) from None
    if isinstance(tree, Node):
        return tree
    raise TypeError(f"the grammar gave {type(tree).__name__}")


@cache
def _parser(dialect: Dialect) -> Lark:
    grammar = Path(__file__).with_name("grammar.lark").read_text("utf-8")
    whole = "\n".join([grammar, *_TERMINALS[dialect]])
    return Lark(whole, parser="lalr", transformer=_Builder(_ESCAPES.get(dialect)))


def _depth(start: int, end: int, children: Sequence[Node | Empty]) -> int:
    depth = 1 + max((child.depth for child in children), default=0)
    if depth > MAX_DEPTH:
        raise ExpressionError(
            f"the expression is nested more than {MAX_DEPTH} levels deep",
            offset=start,
            length=end - start,
            code="expression-too-deep",
            hint="compute a part of it in an attribute of its own",
        )
    return depth


@v_args(inline=True)
class _Builder(Transformer[Token, Any]):
    """Makes the nodes; every method is named after a rule of the grammar."""

    def __init__(self, escapes: re.Pattern[str] | None) -> None:
        super().__init__()
        self._escapes = escapes

    def string(self, token: Token) -> Literal:
        written = token[1:-1]
        value = self._escapes.sub(lambda match: match[match.lastindex or 0], written) if self._escapes else written
        return Literal(value, *_place(token))

    def number(self, token: Token) -> Literal:
        start, end = _place(token)
        if end - start > MAX_DIGITS:
            raise ExpressionError(f"a number has at most {MAX_DIGITS} digits", offset=start, length=end - start)
        return Literal(Decimal(token) if "." in token else int(token), start, end)

    def hexadecimal(self, token: Token) -> Literal:
        start, end = _place(token)
        if end - start > MAX_DIGITS:
            raise ExpressionError(f"a number has at most {MAX_DIGITS} digits", offset=start, length=end - start)
        return Literal(int(token[2:], 16), start, end)

    def attribute(self, token: Token) -> Attribute:
        start, end = _place(token)
        name = token[1:-1].strip()
        if not name:
            raise ExpressionError("an attribute has no name", offset=start, length=end - start)
        return Attribute(name, start, end)

    def parameter(self, token: Token) -> SettingName:
        return SettingName(token[1:-1], *_place(token))

    def variable(self, token: Token) -> VariableName:
        return VariableName(token[1:], *_place(token))

    def word(self, token: Token) -> Word:
        return Word(str(token), *_place(token))

    def argument(self, node: Node | None = None) -> Node | None:
        return node

    def arguments(self, *parts: Node | Token | None) -> tuple[Node | Token | None, ...]:
        return parts

    def call(self, name: Token, _open: Token, parts: tuple[Any, ...], close: Token) -> Call:
        start, end = _place(name)[0], _place(close)[1]
        given, delimiters = parts[::2], (*parts[1::2], close)
        arguments = [node or Empty(*_place(after)) for node, after in zip(given, delimiters, strict=True)]
        if given == (None,):
            arguments = []
        return Call(str(name), tuple(arguments), start, end, _depth(start, end, arguments))

    def prefixed(self, prefix: Token, *call: Any) -> Call:
        return replace(self.call(*call), start=_place(prefix)[0], dialect=prefix[:-1])

    def group(self, opening: Token, inner: Node, close: Token) -> Node:
        start, end = _place(opening)[0], _place(close)[1]
        grouped = replace(inner, start=start, end=end, depth=_depth(start, end, [inner]))
        return replace(grouped, grouped=True) if isinstance(grouped, Operation) else grouped

    def negate(self, minus: Token, operand: Node) -> Node:
        start = _place(minus)[0]
        if isinstance(operand, Literal) and not isinstance(operand.value, str):
            return Literal(-operand.value, start, operand.end, _depth(start, operand.end, [operand]))
        return Operation("negate", (operand,), start, operand.end, _depth(start, operand.end, [operand]))

    def operation(self, left: Node, operator: Token, right: Node) -> Operation:
        start, end, name = left.start, right.end, str(operator)
        if isinstance(left, Operation) and left.operator == name and name in _RUNS and not left.grouped:
            depth = max(left.depth, _depth(start, end, [right]))
            return Operation(name, (*left.operands, right), start, end, depth)
        return Operation(name, (left, right), start, end, _depth(start, end, [left, right]))


def _place(token: Token) -> tuple[int, int]:
    start = token.start_pos or 0
    return start, start + len(token)


def _explain(text: str, dialect: Dialect, problem: UnexpectedInput) -> ExpressionError:
    """Say in the user's words what the parser stumbled over."""
    if isinstance(problem, UnexpectedCharacters):
        return _explain_character(text, dialect, problem.pos_in_stream or 0)
    if isinstance(problem, UnexpectedToken) and problem.token.type != "$END":
        token = problem.token
        start, end = _place(token)
        return ExpressionError(
            f"{token.value} is not expected here", offset=start, length=end - start, hint=_hint_for(token, problem)
        )
    end = len(text.rstrip())
    opened = _unclosed_parenthesis(text, dialect)
    if opened is not None:
        return ExpressionError(
            "this parenthesis is never closed", offset=opened, hint="add a ) at the end of its arguments"
        )
    return ExpressionError("the expression ends too early", offset=max(end - 1, 0))


def _explain_character(text: str, dialect: Dialect, offset: int) -> ExpressionError:
    character = text[offset]
    if character == '"':
        return ExpressionError(
            "this quotation mark is never closed",
            offset=offset,
            length=len(text) - offset,
            hint=None
            if dialect == "mim"
            else 'inside a text write \\" for a quotation mark and \\\\ for a backslash at its end',
        )
    if character == "[":
        return ExpressionError(
            "this is no attribute: expected a name and a closing ]", offset=offset, hint="attributes are written [name]"
        )
    hints = {
        "'": 'text stands in double quotation marks: "text"',
        "“": 'text stands in straight quotation marks: "text"',
        "”": 'text stands in straight quotation marks: "text"',
        "!": "write <> for unequal and Not(…) for not",
        "|": "write || for or",
        "%": "parameters are written %Name%",
        "$": "variables are written $name",
        ";": "arguments are separated by commas",
    }
    return ExpressionError(f"unexpected character {character}", offset=offset, hint=hints.get(character))


def _hint_for(token: Token, problem: UnexpectedToken) -> str | None:
    before = problem.token_history[-1] if problem.token_history else None
    if token.type == "COMPARE" and before is not None and before.type == "COMPARE":
        return "write = for equal, <> for unequal"
    if token.type == "STRING" and before is not None and before.type == "STRING":
        return 'inside a text write \\" for a quotation mark; join texts with & or Join'
    if token.type == "NAME" and str(token).lower() in ("and", "or"):
        return "write && for and, || for or"
    if token.type == "RPAR" and "RPAR" not in problem.accepts and not problem.accepts.isdisjoint(_ENDS_A_VALUE):
        return "there is one ) too many"
    return None


def _unclosed_parenthesis(text: str, dialect: Dialect) -> int | None:
    """Return where the innermost parenthesis stands that is still open at the end of ``text``."""
    opened: list[int] = []
    for token in _parser(dialect).lex(text):
        if token.type == "LPAR":
            opened.append(_place(token)[0])
        elif token.type == "RPAR" and opened:
            opened.pop()
    return opened[-1] if opened else None

"""What every check gets to see, and the two helpers they share: names and expressions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field

from idcode.config.findings import Findings
from idcode.config.models.base import Dialect, Expression, Node
from idcode.config.models.project import Project
from idcode.config.nearest import suggestion
from idcode.config.places import Place, parse_place
from idcode.config.positions import locate
from idcode.expressions import ExpressionError, Program, compile_expression
from idcode.expressions.checked import Constant
from idcode.model.diagnostics import Span

Columns = Callable[[str, Node], Collection[str] | None]
"""Source name and settings → its columns, ``None`` where they cannot be known now."""


class Names(Collection[str]):
    """The attributes an expression may use; with ``live`` also ``object.X`` for any X."""

    def __init__(self, names: Collection[str], *, live: bool = False) -> None:
        self._names = frozenset(names)
        self._live = live

    def __contains__(self, name: object) -> bool:
        return name in self._names or (self._live and isinstance(name, str) and name.startswith("object."))

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._names))

    def __len__(self) -> int:
        return len(self._names)


def literal_text(expression: Expression, dialect: Dialect) -> str | None:
    """Return what an expression always gives: that of ``{constant: text}`` or a single ``"text"``; else ``None``."""
    if expression.constant is not None:
        return expression.constant
    try:
        tree = compile_expression(expression.text, dialect=dialect).tree
    except ExpressionError:
        return None  # reported where the expression itself is checked
    return tree.value if isinstance(tree, Constant) and isinstance(tree.value, str) else None


@dataclass(slots=True)
class Context:
    """A repository whose files are valid one by one."""

    project: Project
    directories: Mapping[str, Node]
    sources: Mapping[str, Node]
    findings: Findings
    columns: Columns
    needs: dict[tuple[str, str], tuple[Span, str]] = field(default_factory=dict)
    """(identity type, directory) → where and why a bare address must mean one rule there."""

    def directory_type(self, name: str) -> str | None:
        """Return ``ad``, ``entra`` … or ``None`` for an unknown directory; a sandbox counts as what it plays."""
        found = getattr(self.directories.get(name), "type", None)
        return {"sandbox": "ad", "sandbox-tenant": "entra"}.get(found or "", found)

    def known_directory(self, name: str, span: Span) -> bool:
        """Whether there is a directory ``name``; an error otherwise."""
        return self.known("directory", name, self.project.directories, span, "directories")

    def known(self, what: str, name: str, names: Collection[str], span: Span, plural: str | None = None) -> bool:
        """Whether ``name`` is one of ``names``; an error ``unknown-WHAT`` with the nearest name otherwise."""
        if name in names:
            return True
        hint = suggestion(name, names, plural or f"{what}s")
        self.findings.error(f"unknown-{what.replace(' ', '-')}", f"there is no {what} {name!r}", span, hint)
        return False

    def need_primary(self, identity: str, directory: str, span: Span, why: str) -> None:
        """Note that a bare address of ``identity`` has to mean one rule in ``directory``."""
        self.needs.setdefault((identity, directory), (span, why))

    def place(self, text: str, span: Span) -> Place | None:
        """Read ``directory[/rule].attribute`` and check its directory; an error and ``None`` otherwise."""
        try:
            place = parse_place(text)
        except ValueError as problem:
            self.findings.error("bad-place", str(problem), span, "for instance corp.sAMAccountName")
            return None
        return place if self.known_directory(place.directory, span) else None

    def compile(
        self, expression: Expression | None, dialect: Dialect, names: Names | None, *, unique: bool = False
    ) -> Program | None:
        """Compile an expression and report everything that is wrong with it; ``None`` where it cannot be used.

        ``names`` are the attributes it may use (``None``: any); ``unique`` allows ``SelectUniqueValue``.
        """
        if expression is None or expression.is_constant:
            return None
        try:
            program = compile_expression(expression.text, dialect=dialect, parameters=self.project.parameters)
        except ExpressionError as error:
            for problem in (error, *error.others):
                self._expression_error(expression, problem)
            return None
        for problem in program.warnings:
            self.findings.warning(problem.code, problem.message, self._place_of(expression, problem), problem.hint)
        known: frozenset[str] = frozenset() if names is None else frozenset(names)
        for name in sorted(program.attributes):
            if names is None or name in names:
                continue
            try:
                compile_expression(expression.text, dialect=dialect, attributes=(known | program.attributes) - {name})
            except ExpressionError as error:
                hint = error.hint if name not in known else None
                self._expression_error(expression, error, hint or suggestion(name, known, "attributes here"))
        if program.unique and not unique:
            self.findings.error(
                "unique-not-here",
                "SelectUniqueValue is allowed only in the flow of an outbound rule and in generate",
                expression.span,
            )
            return None
        return program

    def _expression_error(self, expression: Expression, error: ExpressionError, hint: str | None = None) -> None:
        self.findings.error(error.code, error.message, self._place_of(expression, error), hint or error.hint)

    def _place_of(self, expression: Expression, error: ExpressionError) -> Span:
        if expression.source is None:
            return expression.span
        # A direct mapping [Name] was written without the bracket that its text begins with.
        shift = 1 if expression.text == f"[{expression.source}]" else 0
        offset = max(0, error.offset - shift)
        room = len(expression.source) - offset if shift else error.length
        return locate(expression.source, offset, max(1, min(error.length, room)))

"""What can be wrong with an expression: before it runs, and while it runs.

::

    ExpressionError            the text is no valid expression; says where
    EvaluationError            a value cannot be computed from these inputs
    └── UnknownValueError      it needs an attribute that is not known now
"""

from __future__ import annotations


class ExpressionError(Exception):
    """The text of an expression is wrong.

    ``offset`` (from 0) and ``length`` count characters of the text and say what to underline. ``code`` is a
    kebab-case name for diagnostics, ``hint`` what to do about it. ``others`` are the other problems of the same text,
    from left to right.
    """

    others: tuple[ExpressionError, ...] = ()

    def __init__(
        self, message: str, *, offset: int, length: int = 1, code: str = "expression-syntax", hint: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset
        self.length = max(length, 1)
        self.code = code
        self.hint = hint


class EvaluationError(Exception):
    """A value that cannot be computed, at run time: the flow that asked for it is frozen."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class UnknownValueError(EvaluationError):
    """The expression needs ``attribute``, whose value is not known now (``Special.UNKNOWN``)."""

    def __init__(self, attribute: str) -> None:
        super().__init__(f"[{attribute}] is not known now")
        self.attribute = attribute

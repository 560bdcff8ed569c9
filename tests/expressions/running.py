"""Short ways to compile and run an expression."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from idcode.expressions import Dialect, Environment, EvaluationError, ExpressionError, compile_expression
from idcode.model.values import Result

NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


def run(expression: str, dialect: Dialect = "entra", /, **values: Result) -> Result:
    return compile_expression(expression, dialect=dialect)(Environment(values, now=NOW))


def refused(expression: str, dialect: Dialect = "entra", /, **options: list[str]) -> ExpressionError:
    """Return the error that compiling gives."""
    with pytest.raises(ExpressionError) as caught:
        compile_expression(expression, dialect=dialect, **options)
    return caught.value


def fails(expression: str, dialect: Dialect = "entra", /, **values: Result) -> EvaluationError:
    """Return the error that running gives."""
    with pytest.raises(EvaluationError) as caught:
        run(expression, dialect, **values)
    return caught.value


def marked(expression: str, error: ExpressionError) -> str:
    """Return the part of the text that an error points at."""
    return expression[error.offset : error.offset + error.length]

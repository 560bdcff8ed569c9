"""The expression language: grammar, checker, compiler to Python functions, and the function library.

::

    program = compile_expression('Join(" ", Trim([first]), [last])', attributes={"first", "last"})
    program(Environment({"first": " Ada", "last": "Brisling"}, now=as_of))      # "Ada Brisling"
"""

from __future__ import annotations

from idcode.expressions.errors import EvaluationError, ExpressionError, UnknownValueError
from idcode.expressions.functions.registry import Dialect
from idcode.expressions.program import Environment, Program, compile_expression, compile_rule

__all__ = [
    "Dialect",
    "Environment",
    "EvaluationError",
    "ExpressionError",
    "Program",
    "UnknownValueError",
    "compile_expression",
    "compile_rule",
]

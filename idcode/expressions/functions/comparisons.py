"""Comparison as functions, which is how MIM writes it; the operators do the same."""

from __future__ import annotations

from idcode.expressions import operators
from idcode.expressions.functions.registry import function
from idcode.model.values import Value


@function(
    "Eq(value1: any, value2: any) -> condition",
    "Whether both values are the same; texts with letter case.",
    example='Eq([employeeType], "Intern")',
    inputs={"employeeType": "Intern"},
    result=True,
)
def _equal(value1: Value, value2: Value) -> bool:
    return operators.equals(value1, value2)


@function(
    "NotEquals(value1: any, value2: any) -> condition",
    "Whether the values differ.",
    example='NotEquals([employeeType], "Contractor")',
    inputs={"employeeType": "Intern"},
    result=True,
)
def _unequal(value1: Value, value2: Value) -> bool:
    return operators.differs(value1, value2)


@function(
    "LessThan(value1: any, value2: any) -> condition",
    "Whether the first value comes before the second; never where one of them is null.",
    example="LessThan([level], 10)",
    inputs={"level": 9},
    result=True,
)
def _less(value1: Value, value2: Value) -> bool:
    return operators.less(value1, value2)


@function(
    "GreaterThan(value1: any, value2: any) -> condition",
    "Whether the first value comes after the second; never where one of them is null.",
    example="GreaterThan([level], 10)",
    inputs={"level": 10},
    result=False,
)
def _greater(value1: Value, value2: Value) -> bool:
    return operators.greater(value1, value2)


@function(
    "LessThanOrEquals(value1: any, value2: any) -> condition",
    "Whether the first value does not come after the second; never where one of them is null.",
    example="LessThanOrEquals([level], 10)",
    inputs={"level": 10},
    result=True,
)
def _at_most(value1: Value, value2: Value) -> bool:
    return operators.at_most(value1, value2)


@function(
    "GreaterThanOrEquals(value1: any, value2: any) -> condition",
    "Whether the first value does not come before the second; never where one of them is null.",
    example="GreaterThanOrEquals([level], 10)",
    inputs={"level": 9},
    result=False,
)
def _at_least(value1: Value, value2: Value) -> bool:
    return operators.at_least(value1, value2)

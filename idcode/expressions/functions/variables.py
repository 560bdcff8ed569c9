"""Functions that bind a variable for one of their arguments."""

from __future__ import annotations

from typing import NoReturn

from idcode.expressions.functions.registry import function


def _by_form(*_arguments: object) -> NoReturn:
    raise TypeError("the compiler has a shape of its own for this function")


function(
    "Select(variable: variable, values: list, value: any) -> list",
    "What the last argument gives for each of the values, without nulls.",
    example='Select($phone, [otherTelephone], Append("+46", $phone))',
    inputs={"otherTelephone": ("12", "34")},
    result=("+4612", "+4634"),
    form="select",
)(_by_form)

function(
    "Where(variable: variable, values: list, condition: condition) -> list",
    "Those of the values for which the condition is true.",
    example='Where($address, [proxyAddresses], Left($address, 5) = "smtp:")',
    inputs={"proxyAddresses": ("SMTP:ada@contoso.com", "smtp:ab@contoso.com")},
    result=("smtp:ab@contoso.com",),
    form="where",
)(_by_form)

function(
    "With(variable: variable, value: any, body: result) -> result",
    "The body, in which the variable stands for the value, computed once.",
    example="With($n, Len([code]), $n * $n)",
    inputs={"code": "abcd"},
    result=16,
    form="with",
)(_by_form)

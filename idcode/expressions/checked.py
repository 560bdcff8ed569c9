"""The checked tree: names resolved, conversions made explicit, literals already converted.

The compiler turns it into a function without further questions.
"""

from __future__ import annotations

from dataclasses import dataclass

from idcode.expressions.functions.registry import Conversion, Function


@dataclass(frozen=True, slots=True)
class Constant:
    """A value that is known now, or a marker such as ``OMITTED``."""

    value: object


@dataclass(frozen=True, slots=True)
class Lookup:
    """The value of an attribute."""

    name: str


@dataclass(frozen=True, slots=True)
class Convert:
    """``operand`` brought to the type that is asked for. ``use`` is for the message if that fails."""

    conversion: Conversion
    operand: Checked
    use: str


@dataclass(frozen=True, slots=True)
class Apply:
    """A function and all its arguments."""

    function: Function
    arguments: tuple[Checked, ...]


@dataclass(frozen=True, slots=True)
class Operate:
    """An operator and its operands."""

    operator: str
    operands: tuple[Checked, ...]


Checked = Constant | Lookup | Convert | Apply | Operate

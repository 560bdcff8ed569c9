"""Replace, with the five meanings that its seven arguments have."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from idcode.expressions.errors import EvaluationError
from idcode.expressions.functions.registry import OMITTED, Omitted, Problem, function
from idcode.expressions.functions.substitution import replaced
from idcode.expressions.regex import Regex, compile_regex

if TYPE_CHECKING:
    from regex import Match

_REFERENCE = re.compile(r"\$(?:\$|&|(?P<number>[0-9]{1,2})|\{(?P<name>\w+)\})", re.ASCII)
Text = str | None | Omitted


def _check(arguments: Sequence[object]) -> Problem | None:
    _source, old, pattern, group, replacement, other, template = (*arguments, *[OMITTED] * 7)[:7]
    given = [argument is not OMITTED for argument in (old, pattern, group, replacement, other, template)]
    if given[0] and given[1]:
        return Problem("Replace takes either oldValue or regexPattern")
    if given[0]:
        return None if given[3] or given[5] else Problem("Replace with oldValue needs a replacementValue or a template")
    if not given[1]:
        return Problem("Replace needs an oldValue or a regexPattern")
    if not given[3] and not (given[2] and given[4]):
        return Problem("Replace with regexPattern needs a replacementValue, or a group and a replacementAttributeName")
    if not isinstance(pattern, str):
        return None
    try:
        found = compile_regex(pattern)
    except EvaluationError as problem:
        return Problem(problem.message, 2)
    if isinstance(group, str) and group not in found.pattern.groupindex:
        return Problem(f"the regular expression has no group called {group}", 3)
    return None


@function(
    "Replace(source: text, oldValue?: text, regexPattern?: text, regexGroupName?: text, replacementValue?: text, "
    "replacementAttributeName?: text, template?: text) -> text",
    "With oldValue, its occurrences are replaced, or those in the template are by the source. With regexPattern, each "
    "match is replaced, where ${name} stands for a group; or only the named group in it; or a source that is "
    "empty is taken from the group in another attribute. Letter case counts.",
    example='Replace([mobile], , "[()\\\\s-]+", , "", , )',
    inputs={"mobile": "+1 (999) 888-7777"},
    result="+19998887777",
    dialects=("entra", "mim"),
    omitted=OMITTED,
    check=_check,
)
def _replace(
    source: str | None,
    old: Text = OMITTED,
    pattern: Text = OMITTED,
    group: Text = OMITTED,
    replacement: Text = OMITTED,
    other: Text = OMITTED,
    template: Text = OMITTED,
) -> str | None:
    if pattern is not OMITTED:
        return _by_pattern(source, pattern, group, replacement, other)
    if source is None:
        return None
    if not isinstance(old, str) or not old:
        return source
    if template is not OMITTED:
        return None if template is None else replaced(template, old, source, "Replace")
    return replaced(source, old, _text(replacement), "Replace")


def _text(value: Text) -> str:
    return value if isinstance(value, str) else ""


def _by_pattern(source: str | None, pattern: str | None, group: Text, replacement: Text, other: Text) -> str | None:
    if pattern is None:
        raise EvaluationError("Replace: the regular expression has no value")
    regex = compile_regex(pattern)
    if group is OMITTED:
        return None if source is None else regex.replace(source, _filler(regex, _text(replacement)))
    name = _text(group)
    if name not in regex.pattern.groupindex:
        raise EvaluationError(f"Replace: the regular expression has no group called {name}")
    if replacement is OMITTED:
        return source or _from_other(regex, name, _text(other))
    if source is None:
        return None
    return regex.replace(source, lambda match: _with_group(match, name, _text(replacement)))


def _from_other(regex: Regex, name: str, other: str) -> str | None:
    match = regex.search(other)
    return match[name] if match else None


def _with_group(match: Match[str], name: str, replacement: str) -> str:
    start, end = match.span(name)
    if start < 0:
        return match[0]
    whole = match.start()
    return match[0][: start - whole] + replacement + match[0][end - whole :]


def _filler(regex: Regex, replacement: str) -> str | Callable[[Match[str]], str]:
    """Return what fills in ``${name}``, ``$1``, ``$&`` and ``$$`` for a match; others stay as written (.NET)."""
    if "$" not in replacement:
        return replacement

    def value(match: Match[str], reference: re.Match[str]) -> str:
        if reference[0] == "$$":
            return "$"
        if reference[0] == "$&":
            return match[0]
        name = reference["name"] or reference["number"]
        if name in regex.pattern.groupindex:
            return match[name] or ""
        if name.isdigit() and int(name) < len(regex.numbers):
            return match[regex.numbers[int(name)]] or ""
        return reference[0]

    return lambda match: _REFERENCE.sub(lambda reference: value(match, reference), replacement)

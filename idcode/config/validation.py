"""Located data to models: every complaint of pydantic becomes a diagnostic in the user's terms, at its place."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import AliasChoices, ValidationError
from pydantic.fields import FieldInfo

from idcode.config.models.base import Node, place_in
from idcode.config.nearest import nearest, suggestion
from idcode.config.text import missing_space
from idcode.model.diagnostics import Diagnostic, Span

N = TypeVar("N", bound=Node)
Path = tuple[str | int, ...]


def validate(model: type[N], data: Any, file: str) -> tuple[N | None, list[Diagnostic]]:
    """Build ``model`` from located data of ``file`` and collect everything that is wrong with it.

    Where unknown keys are all that is wrong, the model is built without them, so that later checks can go on; the
    diagnostics are errors all the same. ``None`` comes with at least one error.
    """
    try:
        return model.model_validate(data), []
    except ValidationError as error:
        problems = [Problem.of(detail, data, file) for detail in error.errors(include_url=False)]
    kept = _without_echoes([problem for problem in problems if problem is not None], model)
    diagnostics = [_diagnostic(problem, model) for problem in kept]
    if any(problem is not None and problem.type != "extra_forbidden" for problem in problems):
        return None, diagnostics
    for problem in kept:
        data = _without(data, problem.path)
    built, more = validate(model, data, file)
    return built, diagnostics + more


@dataclass(frozen=True, slots=True)
class Problem:
    """One complaint: ``path`` in the data, without the branches that pydantic names in it."""

    type: str
    path: Path
    value: Any
    span: Span
    context: Mapping[str, Any]
    message: str

    @classmethod
    def of(cls, detail: Any, data: Any, file: str) -> Problem | None:
        """Read an error of pydantic; ``None`` for the branch of a union that the user did not mean."""
        path: list[str | int] = []
        node = data
        for position, step in enumerate(detail["loc"]):
            last = position == len(detail["loc"]) - 1
            if _leads_on(node, step):
                path.append(step)
                node = node[step]
            elif last and detail["type"] == "missing":
                path.append(step)
            elif (step == "str") == isinstance(node, dict):
                return None
        top = getattr(data, "span", None) or Span(file)
        span = place_in(data, path, top)
        if detail["type"] == "extra_forbidden":
            holder = data
            for step in path[:-1]:
                holder = holder[step]
            span = getattr(holder, "keys_at", {}).get(path[-1], span)
        return cls(detail["type"], tuple(path), node, span, detail.get("ctx", {}), detail["msg"])


def _without_echoes(problems: list[Problem], model: type[Node]) -> list[Problem]:
    """Leave out a missing key where an unknown one beside it is what the user wrote for it."""
    meant = {
        (*problem.path[:-1], nearest(_name(problem), keys_of(model_at(model, problem.path[:-1]))))
        for problem in problems
        if problem.type == "extra_forbidden"
    }
    return [problem for problem in problems if problem.type != "missing" or problem.path not in meant]


def _leads_on(node: Any, step: str | int) -> bool:
    if isinstance(node, dict):
        return step in node
    return isinstance(node, list) and isinstance(step, int) and step < len(node)


def _without(data: Any, path: Path) -> Any:
    """Return located data without one key; what lies beside the path is shared."""
    copy = type(data)(data)
    copy.span = data.span
    if isinstance(data, dict):
        copy.keys_at = data.keys_at  # type: ignore[attr-defined]
    if len(path) == 1:
        copy.pop(path[0], None)
    else:
        copy[path[0]] = _without(data[path[0]], path[1:])
    return copy


def _name(problem: Problem) -> str:
    """Return the key that was meant: ``mode`` where ``{mode:exact}`` was written, which YAML takes for one key."""
    key = str(problem.path[-1])
    return key.partition(":")[0] if problem.value is None else key


def _diagnostic(problem: Problem, model: type[Node]) -> Diagnostic:
    code, message, hint = _WORDS.get(problem.type, _other)(problem, model)
    return Diagnostic("error", code, message, _missing_space(problem) or hint, problem.span)


def _missing_space(problem: Problem) -> str | None:
    """Return the hint for ``mode:exact``, which is a key without value or a text where a mapping is expected."""
    if problem.value is None:
        return missing_space(str(problem.path[-1])) if problem.path else None
    return missing_space(str(problem.value)) if problem.type in _MAPPINGS else None


Words = tuple[str, str, str | None]


def _unknown_key(problem: Problem, model: type[Node]) -> Words:
    known = keys_of(model_at(model, problem.path[:-1]))
    name = str(problem.path[-1])
    return "unknown-key", f"unknown key {name!r}", suggestion(name, known, "keys here")


def _missing(problem: Problem, model: type[Node]) -> Words:
    return "missing-key", f"the key {str(problem.path[-1])!r} is missing", None


def _wrong_type(expected: str, hint: str | None = None) -> Callable[[Problem, type[Node]], Words]:
    def words(problem: Problem, model: type[Node]) -> Words:
        return "wrong-type", f"expected {expected}, found {_found(problem.value)}", hint

    return words


def _found(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    return "a list" if isinstance(value, list) else "text"


def _literal(problem: Problem, model: type[Node]) -> Words:
    choices = [part.strip("'") for part in str(problem.context["expected"]).replace(" or ", ", ").split(", ")]
    if not isinstance(problem.value, str):
        return "wrong-type", f"expected one of {', '.join(choices)}, found {_found(problem.value)}", None
    guess = nearest(problem.value, choices)
    hint = f"did you mean {guess!r}?" if guess and len(choices) > 1 else None
    wanted = f"one of {', '.join(choices)}" if len(choices) > 1 else choices[0]
    return "unknown-value", f"expected {wanted}, found {str(problem.value)!r}", hint


def _range(words: str, limit: str) -> Callable[[Problem, type[Node]], Words]:
    def build(problem: Problem, model: type[Node]) -> Words:
        bound = problem.context[limit]
        return "out-of-range", f"must be {words} {bound:g}", None

    return build


def _too_few(problem: Problem, model: type[Node]) -> Words:
    count = problem.context["min_length"]
    return "too-few", f"needs at least {count} {'entry' if count == 1 else 'entries'}", None


def _text_length(problem: Problem, model: type[Node]) -> Words:
    if problem.type == "string_too_short":
        return "empty-value", "must not be empty", None
    return "wrong-type", f"expected at most {problem.context['max_length']} character(s)", None


def _pattern(problem: Problem, model: type[Node]) -> Words:
    return "bad-name", "must begin with a letter and hold only letters, digits, '-' and '_'", None


def _combination(problem: Problem, model: type[Node]) -> Words:
    return "invalid-combination", problem.message.removeprefix("Value error, "), None


def _custom(code: str, hint: str | None = None) -> Callable[[Problem, type[Node]], Words]:
    def words(problem: Problem, model: type[Node]) -> Words:
        return code, problem.message.replace("{{", "{").replace("}}", "}"), hint

    return words


def _other(problem: Problem, model: type[Node]) -> Words:
    return "invalid-value", problem.message[:1].lower() + problem.message[1:], None


_NUMBER = _wrong_type("a whole number")
_FRACTION = _wrong_type("a number")
_MAPPING = _wrong_type("a mapping (key: value)")
_MAPPINGS = frozenset({"dict_type", "model_type"})
_DATE = _wrong_type("a date such as 2027-03-31")
_WORDS: dict[str, Callable[[Problem, type[Node]], Words]] = {
    "extra_forbidden": _unknown_key,
    "missing": _missing,
    "string_type": _wrong_type("text"),
    "int_parsing": _NUMBER,
    "int_parsing_size": _NUMBER,
    "int_type": _NUMBER,
    "int_from_float": _NUMBER,
    "float_parsing": _FRACTION,
    "float_type": _FRACTION,
    "bool_type": _wrong_type("true or false"),
    "bool_word": _wrong_type("true or false"),
    "list_type": _wrong_type("a list", "write [item] or one '- item' per line"),
    "dict_type": _MAPPING,
    "model_type": _MAPPING,
    "date_type": _DATE,
    "date_word": _DATE,
    "literal_error": _literal,
    "greater_than_equal": _range("at least", "ge"),
    "less_than_equal": _range("at most", "le"),
    "too_short": _too_few,
    "string_too_short": _text_length,
    "string_too_long": _text_length,
    "string_pattern_mismatch": _pattern,
    "value_error": _combination,
    "expression": _custom("expression-expected"),
    "duration": _custom("bad-duration"),
    "percent": _custom("bad-percent"),
    "attribute_type": _custom("unknown-attribute-type"),
    "moment": _custom("bad-moment"),
    "cell": _custom("wrong-type"),
    "empty_wanted": _custom("empty-expectation", "write null where there is to be no value"),
}


def key_of(name: str, field: FieldInfo) -> str:
    """Return how a field is written in YAML."""
    alias = field.validation_alias
    if isinstance(alias, AliasChoices):
        return str(alias.choices[0])
    return alias if isinstance(alias, str) else name


def keys_of(model: type[Node] | None) -> list[str]:
    """Return the keys that a mapping may have."""
    return [key_of(name, field) for name, field in model.model_fields.items()] if model else []


def model_at(annotation: Any, path: Path) -> type[Node] | None:
    """Return the model of the mapping at ``path`` below a model."""
    for option in _options(annotation):
        if isinstance(option, type) and issubclass(option, Node):
            if not path:
                return option
            for name, field in option.model_fields.items():
                if key_of(name, field) == path[0]:
                    return model_at(field.annotation, path[1:])
        elif path and get_origin(option) in (list, dict):
            return model_at(get_args(option)[-1], path[1:])
    return None


def _options(annotation: Any) -> list[Any]:
    origin = get_origin(annotation)
    if origin is Annotated:
        return _options(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return [option for part in get_args(annotation) for option in _options(part)]
    return [annotation]

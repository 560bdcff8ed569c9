"""Rules of dynamic groups and administrative units (Entra page "Manage rules for dynamic membership groups").

The part of the language that people use: comparisons of properties of users, ``-any`` and ``-all`` over collections,
``-and``, ``-or``, ``-not``, brackets, and ``Direct Reports for "id"``. Rules over devices are understood, and select
nobody: the tenant has no devices.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from idcode.directories.sandbox.tenant.rule_text import RuleError, Token, tokens

Person = Mapping[str, Any]
"""Properties of a user by Graph's names, ``id`` and ``manager`` (an id) among them."""
Test = Callable[[Any], bool]

_LONGEST = 3072
_DEEPEST = 50
_REPORTS = re.compile(r"""\s*direct\s+reports\s+for\s+["']([0-9a-fA-F-]{36})["']\s*""", re.IGNORECASE)
_RENAMED = {
    "objectid": "id",
    "dirsyncenabled": "onPremisesSyncEnabled",
    "mobile": "mobilePhone",
    "telephonenumber": "businessPhones",
    "physicaldeliveryofficename": "officeLocation",
    "facsimiletelephonenumber": "faxNumber",
}
"""Names that rules have of their own, in lower case."""
_SAME = (
    *("accountEnabled", "city", "companyName", "country", "department", "displayName", "employeeId"),
    *("givenName", "jobTitle", "mail", "mailNickname", "onPremisesDistinguishedName", "onPremisesSecurityIdentifier"),
    *("otherMails", "passwordPolicies", "postalCode", "preferredLanguage", "proxyAddresses", "state", "streetAddress"),
    *("surname", "usageLocation", "userPrincipalName", "userType"),
    *(f"extensionAttribute{number}" for number in range(1, 16)),
)
_PLANS = "assignedPlans"
_COLLECTIONS = ("otherMails", "proxyAddresses", _PLANS)
_PROPERTIES = {**_RENAMED, **{name.lower(): name for name in (*_SAME, _PLANS)}}
_NEGATED = {
    "-ne": "-eq",
    "-notcontains": "-contains",
    "-notstartswith": "-startswith",
    "-notendswith": "-endswith",
    "-notmatch": "-match",
    "-notin": "-in",
}
_PLAIN = ("-eq", "-contains", "-startswith", "-endswith", "-match", "-in")


@dataclass(frozen=True, slots=True)
class Rule:
    """A membership rule that can be asked about people."""

    text: str
    selects: Callable[[Person], bool]


def parse_rule(text: str) -> Rule:
    """Return the rule that ``text`` is. Raises :class:`RuleError` where it is none."""
    if len(text) > _LONGEST:
        raise RuleError(f"it has more than {_LONGEST} characters")
    reports = _REPORTS.fullmatch(text)
    if reports:
        manager = reports[1].lower()
        return Rule(text, lambda person: person.get("manager") == manager)
    parser = _Parser(tokens(text))
    selects = parser.either()
    parser.end()
    if parser.about == {"user", "device"}:
        raise RuleError("it is about users and devices")
    return Rule(text, selects if parser.about == {"user"} else lambda _: False)


def person_of(properties: Mapping[str, Any], user_id: str, manager: str | None) -> Person:
    """Return what rules see of a user: extension attributes are properties like any other."""
    return {**properties, **properties.get("onPremisesExtensionAttributes", {}), "id": user_id, "manager": manager}


class _Parser:
    """Recursive descent: -or, -and, -not, then a comparison; each method returns the test of what it has read."""

    def __init__(self, found: list[Token]) -> None:
        self._tokens = found
        self._at = 0
        self._depth = 0
        self.about: set[str] = set()

    def either(self, element: str | None = None) -> Test:
        """Read what -or joins; ``element`` is the collection that the condition is about an element of."""
        tests = [self._both(element)]
        while self._took("-or"):
            tests.append(self._both(element))
        return tests[0] if len(tests) == 1 else lambda given: any(test(given) for test in tests)

    def end(self) -> None:
        """Raise :class:`RuleError` where anything is left."""
        if self._at < len(self._tokens):
            raise RuleError(f"{self._tokens[self._at].text} is not expected there")

    def _both(self, element: str | None) -> Test:
        tests = [self._negated(element)]
        while self._took("-and"):
            tests.append(self._negated(element))
        return tests[0] if len(tests) == 1 else lambda given: all(test(given) for test in tests)

    def _negated(self, element: str | None) -> Test:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise RuleError(f"it is nested more than {_DEEPEST} deep")
        try:
            if self._took("-not"):
                test = self._negated(element)
                return lambda given: not test(given)
            if self._took("("):
                inner = self.either(element)
                self._need(")")
                return inner
            return self._comparison(element)
        finally:
            self._depth -= 1

    def _comparison(self, element: str | None) -> Test:
        token = self._next("a property")
        if token.text == "_" and element not in (None, _PLANS):
            return self._compared(lambda given: (given,))
        root, _, name = token.text.partition(".")
        if element == _PLANS and root.lower() == "assignedplan":
            return self._compared(lambda given: (given.get(name),))
        if token.quoted or root.lower() not in ("user", "device") or not name:
            raise RuleError(f"{token.text} is not a property of a user")
        self.about.add(root.lower())
        known = _property(name) if root.lower() == "user" else name
        for word, every in (("-any", any), ("-all", all)):
            if self._took(word):
                if root.lower() == "user" and known not in _COLLECTIONS:
                    raise RuleError(f"{token.text} is not a collection")
                test = self._quantified(known)
                # "-all" of nothing holds, as with every user without a plan in the page's own example.
                return lambda person: every(test(each) for each in person.get(known) or ())
        return self._compared(lambda person: _several(person.get(known)))

    def _quantified(self, element: str) -> Test:
        """Read the condition on elements; Entra takes one without brackets too."""
        if self._took("("):
            test = self.either(element)
            self._need(")")
            return test
        return self._comparison(element)

    def _compared(self, read: Callable[[Any], Sequence[Any]]) -> Test:
        """Read operator and value; a collection compares if any of its values does, and a negation denies that."""
        operator = self._next("an operator").text.lower()
        operator = operator if operator.startswith("-") else f"-{operator}"
        plain = _NEGATED.get(operator, operator)
        if plain not in _PLAIN:
            raise RuleError(f"{operator} is not an operator")
        wanted = self._values() if plain == "-in" else (self._value(),)
        holds = _TESTS[plain]
        if wanted == (None,) and plain != "-eq":
            raise RuleError(f"{operator} does not compare with null")
        if plain == "-match":
            _check_pattern(str(wanted[0]))
        negated = plain != operator
        return lambda given: any(holds(value, each) for value in read(given) for each in wanted) != negated

    def _values(self) -> tuple[Any, ...]:
        self._need("[")
        found = [self._value()]
        while self._took(","):
            found.append(self._value())
        self._need("]")
        return tuple(found)

    def _value(self) -> Any:
        token = self._next("a value")
        if token.quoted:
            return token.text
        word = token.text.lower()
        if word in ("null", "$null"):
            return None
        if word in ("true", "false"):
            return word == "true"
        if not re.fullmatch(r"[\w.:+-]+", token.text) or word.startswith("-"):
            raise RuleError(f"{token.text} is not a value")
        return token.text

    def _next(self, what: str) -> Token:
        if self._at == len(self._tokens):
            raise RuleError(f"{what} is missing at its end")
        self._at += 1
        return self._tokens[self._at - 1]

    def _took(self, text: str) -> bool:
        if self._at == len(self._tokens) or not self._tokens[self._at].says(text):
            return False
        self._at += 1
        return True

    def _need(self, text: str) -> None:
        if not self._took(text):
            raise RuleError(f"{text} is missing")


def _property(name: str) -> str:
    known = _PROPERTIES.get(name.lower())
    if known is None:
        raise RuleError(f"user.{name} is not a property that rules know")
    return known


def _several(value: Any) -> Sequence[Any]:
    if isinstance(value, list | tuple):
        return value or (None,)
    return (value,)


def _equal(value: Any, wanted: Any) -> bool:
    if value is None or wanted is None:
        return value in (None, "") and wanted is None
    return str(value).lower() == str(wanted).lower()


def _check_pattern(pattern: str) -> None:
    import regex

    try:
        regex.compile(pattern)
    except regex.error as error:
        raise RuleError(f"{pattern} is not a regular expression: {error}") from None


def _match(value: str, wanted: str) -> bool:
    # Loaded with the first such rule; its matching has a time limit, which that of the standard library has not.
    import regex

    try:
        return regex.search(wanted, value, flags=regex.IGNORECASE, timeout=1) is not None
    except TimeoutError:
        return False


def _text_test(holds: Callable[[str, str], bool]) -> Callable[[Any, Any], bool]:
    return lambda value, wanted: value is not None and holds(str(value).lower(), str(wanted).lower())


_TESTS: Mapping[str, Callable[[Any, Any], bool]] = {
    "-eq": _equal,
    "-in": _equal,
    "-contains": _text_test(lambda value, wanted: wanted in value),
    "-startswith": _text_test(str.startswith),
    "-endswith": _text_test(str.endswith),
    "-match": lambda value, wanted: value is not None and _match(str(value), str(wanted)),
}

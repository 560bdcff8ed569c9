"""What compiled expressions cost beside the same mapping written by hand in Python; run it with ``make bench``.

Fifteen flows of a typical inbound rule run on generated records, as the engine runs them: one function for the whole
rule. The functions by hand do the same, null for null, with what a careful script would use. Both must give the same
values for every record, or the figures are void.
"""

from __future__ import annotations

import argparse
import random
import re
import statistics
import sys
import time
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from idcode.expressions import Environment, compile_expression, compile_rule

NOW = datetime(2026, 12, 1, tzinfo=UTC)
RULE = {
    "employeeId": "[EmployeeID]",
    "givenName": "Trim([FirstName])",
    "surname": "Trim([LastName])",
    "displayName": 'Join(" ", Trim([FirstName]), Trim([LastName]))',
    "mail": 'ToLower(Join("@", Join(".", NormalizeDiacritics(StripSpaces([FirstName])), '
    'NormalizeDiacritics(StripSpaces([LastName]))), "contoso.com"))',
    "alias": 'ToLower(Left(NormalizeDiacritics(Join("", Left([FirstName], 1), [LastName])), 20))',
    "department": 'IIF(IsNullOrEmpty([Department]), "Unassigned", [Department])',
    "division": 'Switch([Country], "Rest of World", "SE", "Nordics", "NO", "Nordics", "DE", "DACH", "AT", "DACH")',
    "employeeType": 'IIF([Type] = "I", "Intern", IIF([Type] = "C", "Contractor", "Employee"))',
    "telephoneNumber": 'Replace([Phone], , "[()\\\\s-]+", , "", , )',
    "startDate": "CDate([HireDate])",
    "probationEnd": 'DateAdd("m", 6, CDate([HireDate]))',
    "recent": '[Status] = "A" && DateDiff("d", CDate([HireDate]), Now()) < 30',
    "title": 'Coalesce([Title], [JobTitle], "")',
    "office": 'Append(Mid([Office], 1, 3), Append("-", [Floor]))',
}
_PUNCTUATION = re.compile(r"[()\s-]+")
_LETTERS = str.maketrans({"æ": "ae", "ø": "oe", "ß": "ss", "ł": "l"})


def plain(text: str) -> str:
    """Return a text without accents, as a script would."""
    if text.isascii():
        return text
    decomposed = unicodedata.normalize("NFD", text)
    return "".join(c for c in decomposed if not unicodedata.combining(c)).translate(_LETTERS)


def moment(text: str | None) -> datetime | None:
    """Read an ISO date as its first moment."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None


def months_later(moment: datetime, count: int) -> datetime:
    """Move a moment by months, to the end of a month that is too short."""
    months = moment.year * 12 + moment.month - 1 + count
    year, month = months // 12, months % 12 + 1
    last = (date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)).day
    return moment.replace(year=year, month=month, day=min(moment.day, last))


_DIVISIONS = {"SE": "Nordics", "NO": "Nordics", "DE": "DACH", "AT": "DACH"}
_TYPES = {"I": "Intern", "C": "Contractor"}


def by_hand(record: Mapping[str, str | None]) -> dict[str, Any]:
    """Do what the rule does; every flow stands alone, so that one that fails would not take others with it."""
    result: dict[str, Any] = {}
    first, last = record["FirstName"], record["LastName"]
    flows: dict[str, Callable[[], Any]] = {
        "employeeId": lambda: record["EmployeeID"],
        "givenName": lambda: None if first is None else first.strip(),
        "surname": lambda: None if last is None else last.strip(),
        "displayName": lambda: " ".join(p for p in ((first or "").strip(), (last or "").strip()) if p),
        "mail": lambda: "@".join(
            (
                ".".join(plain(p.replace(" ", "")) for p in (first, last) if p),
                "contoso.com",
            )
        ).lower(),
        "alias": lambda: plain(((first or "")[:1]) + (last or ""))[:20].lower(),
        "department": lambda: record["Department"] or "Unassigned",
        "division": lambda: _DIVISIONS.get(record["Country"] or "", "Rest of World"),
        "employeeType": lambda: _TYPES.get(record["Type"] or "", "Employee"),
        "telephoneNumber": lambda: None if record["Phone"] is None else _PUNCTUATION.sub("", record["Phone"]),
        "startDate": lambda: moment(record["HireDate"]),
        "probationEnd": lambda: (start := moment(record["HireDate"])) and months_later(start, 6),
        "recent": lambda: record["Status"] == "A" and (NOW - (moment(record["HireDate"]) or NOW)).days < 30,
        "title": lambda: record["Title"] if record["Title"] is not None else (record["JobTitle"] or ""),
        "office": lambda: (record["Office"] or "")[:3] + "-" + (record["Floor"] or ""),
    }
    for name, flow in flows.items():
        try:
            result[name] = flow()
        except (ValueError, TypeError) as problem:
            result[name] = problem
    return result


def records(count: int) -> list[dict[str, str | None]]:
    """Return generated records; one in eight has an accent, one in ten a gap."""
    dice = random.Random(1)
    made = []
    for number in range(count):
        hired = (datetime(2015, 1, 1) + timedelta(days=dice.randrange(4_300))).date().isoformat()
        made.append(
            {
                "EmployeeID": f"E{number:06}",
                "FirstName": dice.choice(["Ada", "Greta", "Cid", "Bo ", "Åsa", "Dan", "Eve", "Finn"]),
                "LastName": dice.choice(["Brisling", "Hummer", "van der Kelp", "Mussel", "Perch", "Gädda", "Eel"]),
                "Department": dice.choice(["Sales", "Engineering", None]),
                "Country": dice.choice(["SE", "NO", "DE", "US", None]),
                "Type": dice.choice(["E", "I", "C"]),
                "Phone": dice.choice(["+46 (8) 555-01 02", "+47 22 33 44 55", None]),
                "HireDate": hired,
                "Status": dice.choice(["A", "L"]),
                "Title": dice.choice(["Engineer", None]),
                "JobTitle": "Colleague",
                "Office": dice.choice(["OSL Harbour", "STO Quay"]),
                "Floor": str(dice.randrange(1, 9)),
            }
        )
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description="Compiled expressions beside Python by hand.")
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    started = time.perf_counter()
    rule = compile_rule({name: compile_expression(text) for name, text in RULE.items()})
    compiling = time.perf_counter() - started
    given = records(options.records)
    for record in given:
        if rule(Environment(record, now=NOW)) != by_hand(record):
            sys.exit(f"not the same:\n{rule(Environment(record, now=NOW))}\n{by_hand(record)}")
    spent: dict[str, list[float]] = {"idcode": [], "by hand": []}
    # The rounds alternate, so that other work on the machine slows both.
    for _ in range(options.rounds):
        started = time.perf_counter()
        for record in given:
            rule(Environment(record, now=NOW))
        middle = time.perf_counter()
        for record in given:
            by_hand(record)
        spent["idcode"].append(middle - started)
        spent["by hand"].append(time.perf_counter() - middle)
    engine, script = (min(times) / len(given) * 1e6 for times in spent.values())
    ratio = statistics.median(a / b for a, b in zip(spent["idcode"], spent["by hand"], strict=True))
    print(f"{len(RULE)} flows, {len(given):,} records; best of {options.rounds}. Compiling: {compiling:.2f} s\n")
    print("| by hand | idcode | ratio (median) |\n|---:|---:|---:|")
    print(f"| {script:.1f} µs a record | {engine:.1f} µs a record | {ratio:.2f} |")


if __name__ == "__main__":
    main()

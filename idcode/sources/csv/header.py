"""The first row of a file: the names of its columns, and whether those that the settings name are among them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from idcode.sources.findings import Findings


def check_header(names: Sequence[str], line: int, needed: Iterable[str], findings: Findings) -> bool:
    """Say what is wrong with the header on ``line``; return whether the rows below it can be used.

    Every one of ``needed`` must be there exactly as written. A column without a name is left out of the records.
    """
    _check_spelling(names, line, findings)
    usable = _check_doubled(names, line, findings)
    for column in dict.fromkeys(needed):
        if column not in names:
            usable = False
            message = f"{findings.file} has no column {column!r}, which the settings of {findings.source!r} name"
            findings.incomplete("csv-column-missing", message, _nearest(column, names), line)
    return usable


def _check_spelling(names: Sequence[str], line: int, findings: Findings) -> None:
    nameless = [str(number) for number, name in enumerate(names, 1) if not name.strip()]
    if nameless:
        message = f"the header of {findings.file} has no name for column {', '.join(nameless)}; it is left out"
        hint = "Give it a name if rules are to use it; a delimiter at the end of the header also makes such a column."
        findings.say("warning", "csv-column-without-name", message, hint, line)
    spaced = [name for name in names if name.strip() and name != name.strip()]
    if spaced:
        message = f"column names of {findings.file} have spaces around them: {', '.join(map(repr, spaced))}"
        hint = "The spaces are part of the name; take them out of the export, or write them in the rules too."
        findings.say("warning", "csv-column-spaces", message, hint, line)


def _check_doubled(names: Sequence[str], line: int, findings: Findings) -> bool:
    doubled = [name for name, times in Counter(names).items() if times > 1 and name.strip()]
    if doubled:
        message = f"the header of {findings.file} names {', '.join(map(repr, doubled))} more than once"
        hint = "Nothing says which of them is meant: give every column a name of its own."
        findings.incomplete("csv-column-doubled", message, hint, line)
    return not doubled


def _nearest(column: str, names: Sequence[str]) -> str:
    """Return what to do about a column that is not there, naming the one that was most likely meant."""
    if len(names) == 1:
        return (
            f"The header is read as the one column {names[0]!r}: check delimiter and encoding, "
            "and that the first line names the columns."
        )
    by_form = {name.strip().lower(): name for name in reversed(names)}
    close = get_close_matches(column.strip().lower(), by_form, n=1, cutoff=0.7)
    if close:
        return f"Did you mean {by_form[close[0]]!r}? Letter case and spaces count."
    return f"The first line must name the columns; it names {', '.join(map(repr, filter(str.strip, names)))}."

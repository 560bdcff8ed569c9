r"""Showing text from outside so that it can neither hide nor fake anything.

Names and values come from HR systems and directories. Control characters could move the cursor, bidirectional
overrides could swap what stands before and after an arrow, and invisible characters make two different names
look alike. All of them are shown as escapes (``\x1b``, ``\u202e``).
"""

from __future__ import annotations

import re
import unicodedata

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"})
_SPACES = frozenset(" \u3000")  # the ideographic space is how Japanese names are written
# Letters and marks without a shape of their own (Default_Ignorable_Code_Point and the blank Braille cell).
_BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_ACTED_ON = re.compile("[\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]")
"""What JSON takes as it is: DEL, the controls of eight bits, line separators, and marks of direction."""
_MOST_MARKS = 3  # more combining marks on one letter reach into the lines above and below


def visible(text: str) -> str:
    r"""Return ``text`` on one line, every control, format, private, unassigned or invisible character escaped."""
    if text.isascii() and text.isprintable():
        return text
    out, marks = [], 0
    for char in text:
        category = unicodedata.category(char)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        hidden = category in _HIDDEN and char not in _SPACES
        out.append(_escape(char) if hidden or marks > _MOST_MARKS or _BLANK.match(char) else char)
    return "".join(out)


def quoted(text: str) -> str:
    r"""Return ``text`` visible and in double quotes, so that spaces at its ends and fake arrows show."""
    return '"' + visible(text).replace('"', '\\"') + '"'


def visible_json(text: str) -> str:
    r"""Return JSON as other JSON for the same data, whose strings hold nothing that a terminal acts on (``\u202e``)."""
    return _ACTED_ON.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def is_right_to_left(text: str) -> bool:
    """Whether a terminal may reorder what stands around ``text`` (Unicode Bidirectional Algorithm, UAX 9)."""
    return not text.isascii() and any(unicodedata.bidirectional(char) in ("R", "AL", "AN") for char in text)


def _escape(char: str) -> str:
    named = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(char)
    if named:
        return named
    number = ord(char)
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"

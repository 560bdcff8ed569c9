"""Date formats and styles of .NET, as FormatDateTime and DateTimeFormat know them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idcode.expressions import EvaluationError
from idcode.model.values import Value

from .running import NOW, fails, marked, refused, run

MOMENT = datetime(2009, 6, 5, 3, 4, 7, 89_000, tzinfo=UTC)
EVENING = datetime(1987, 12, 31, 21, 45, 30, 617_542, tzinfo=UTC)


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("d", "06/05/2009"),
        ("D", "Friday, 05 June 2009"),
        ("f", "Friday, 05 June 2009 03:04"),
        ("F", "Friday, 05 June 2009 03:04:07"),
        ("g", "06/05/2009 03:04"),
        ("G", "06/05/2009 03:04:07"),
        ("m", "June 05"),
        ("M", "June 05"),
        ("o", "2009-06-05T03:04:07.0890000Z"),
        ("O", "2009-06-05T03:04:07.0890000Z"),
        ("r", "Fri, 05 Jun 2009 03:04:07 GMT"),
        ("R", "Fri, 05 Jun 2009 03:04:07 GMT"),
        ("s", "2009-06-05T03:04:07"),
        ("t", "03:04"),
        ("T", "03:04:07"),
        ("u", "2009-06-05 03:04:07Z"),
        ("U", "Friday, 05 June 2009 03:04:07"),
        ("y", "2009 June"),
        ("Y", "2009 June"),
    ],
)
def test_a_single_letter_is_a_standard_format(form: str, text: str) -> None:
    assert run(f'FormatDateTime([d], "{form}")', "connect", d=MOMENT) == text
    assert run(f'DateTimeFormat(d, "{form}")', "mim", d=MOMENT) == text


@pytest.mark.parametrize(
    ("form", "morning", "evening"),
    [
        ("%d", "5", "31"),
        ("dd", "05", "31"),
        ("ddd", "Fri", "Thu"),
        ("dddd", "Friday", "Thursday"),
        ("dddddd", "Friday", "Thursday"),
        ("%M", "6", "12"),
        ("MM", "06", "12"),
        ("MMM", "Jun", "Dec"),
        ("MMMMM", "June", "December"),
        ("%y", "9", "87"),
        ("yy", "09", "87"),
        ("yyy", "2009", "1987"),
        ("yyyy", "2009", "1987"),
        ("yyyyy", "02009", "01987"),
        ("%h", "3", "9"),
        ("hh", "03", "09"),
        ("hhh", "03", "09"),
        ("%H", "3", "21"),
        ("HH", "03", "21"),
        ("%m", "4", "45"),
        ("mm", "04", "45"),
        ("%s", "7", "30"),
        ("ss", "07", "30"),
        ("%t", "A", "P"),
        ("tt", "AM", "PM"),
        ("%f", "0", "6"),
        ("fff", "089", "617"),
        ("fffffff", "0890000", "6175420"),
        ("%F", "", "6"),
        ("FFF", "089", "617"),
        ("FFFFFFF", "089", "617542"),
        ("ss.F", "07", "30.6"),
        ("ss.FFFF", "07.089", "30.6175"),
        ("ss'.'F", "07", "30.6"),
        ("%z", "+0", "+0"),
        ("zz", "+00", "+00"),
        ("zzz", "+00:00", "+00:00"),
        ("%K", "Z", "Z"),
        ("KK", "ZZ", "ZZ"),
        ("%g", "A.D.", "A.D."),
        ("yyyy gg", "2009 A.D.", "1987 A.D."),
        ("HH:mm/ss", "03:04/07", "21:45/30"),
        ("yyyyMMddHHmmss.0Z", "20090605030407.0Z", "19871231214530.0Z"),
        (r"\d\\ d", r"d\ 5", r"d\ 31"),
        (r"\%d ", "%5 ", "%31 "),
        ("'day' d 'o''clock'", "day 5 oclock", "day 31 oclock"),
        (r"'it\'s' d", "it's 5", "it's 31"),
        ("d'", None, None),
        ("%dd", "55", "3131"),
        ("d%d", "55", "3131"),
        ("Week QÄ", "Week QÄ", "Week QÄ"),
        (" d", " 5", " 31"),
        (" ", None, None),
        ("", None, None),
        ("%", None, None),
        ("%%", None, None),
        ("yyyy%", None, None),
        ("yyyy%%d", None, None),
        ("yyyy\\", None, None),
        ("\\", None, None),
        ("ffffffff", None, None),
        ("FFFFFFFF", None, None),
        ("h", None, None),
        ("x", None, None),
        ("d" * 201, None, None),
    ],
)
def test_custom_formats(form: str, morning: str | None, evening: str | None) -> None:
    if morning is None:
        assert "FormatDateTime: " in fails("FormatDateTime([d], [f])", "connect", d=MOMENT, f=form).message
        assert "DateTimeFormat: " in fails("DateTimeFormat(d, f)", "mim", d=MOMENT, f=form).message
        expression = f'DateTimeFormat(d, "{form}")'
        assert marked(expression, refused(expression, "mim")) == f'"{form}"'
        return
    for moment, text in ((MOMENT, morning), (EVENING, evening)):
        assert run("FormatDateTime([d], [f])", "connect", d=moment, f=form) == text
        assert run("DateTimeFormat(d, f)", "mim", d=moment, f=form) == text


@pytest.mark.parametrize(
    ("hour", "text"), [(0, "12 12 00 A"), (11, "11 11 11 A"), (12, "12 12 12 P"), (23, "11 11 23 P")]
)
def test_noon_and_midnight_are_twelve(hour: int, text: str) -> None:
    assert run('FormatDateTime([d], "h hh HH t")', "connect", d=MOMENT.replace(hour=hour)) == text


def test_null_and_lists_of_dates() -> None:
    assert run('FormatDateTime([d], "yyyy")', "connect") is None
    assert run('FormatDateTime([d], "yyyy")', "connect", d=(MOMENT, EVENING)) == ("2009", "1987")
    assert run('FormatDateTime([d], "yyyy-MM-dd")', "connect", d=date(2009, 6, 5)) == "2009-06-05"
    assert run('DateTimeFormat(d, "yyyy")', "mim") is None
    assert run('DateTimeFormat(d, "s")', "mim", d="12/25/2007 4:00 PM -8") == "2007-12-26T00:00:00"
    assert "not a date" in fails('DateTimeFormat(d, "s")', "mim", d="soon").message
    assert refused('FormatDateTime("12/25/2007", "s")', "connect").code == "wrong-type"
    assert refused('FormatDateTime([d], "s", "d")', "connect").code == "wrong-arity"


def read(text: str, form: str, styles: str = "", output: str = "yyyy-MM-dd HH:mm:ss.FFFFFFFK") -> Value:
    expression = "FormatDateTime([text], [styles], [form], [output])"
    value = run(expression, text=text, styles=styles, form=form, output=output)
    assert not isinstance(value, tuple)
    return value  # type: ignore[return-value]


def unread(text: str, form: str, styles: str = "") -> str:
    return fails('FormatDateTime([text], [styles], [form], "s")', text=text, styles=styles, form=form).message


@pytest.mark.parametrize(
    ("text", "form", "read_as"),
    [
        ("20150123105347.1Z", "yyyyMMddHHmmss.fZ", "2015-01-23 10:53:47.1Z"),
        ("5/3/24", "d/M/yy", "2024-03-05 00:00:00"),
        ("05/03/50", "d/M/yy", "1950-03-05 00:00:00"),
        ("5/3/9", "d/M/y", "2009-03-05 00:00:00"),
        ("00987-01-02", "yyyyy-MM-dd", "0987-01-02 00:00:00"),
        ("987-01-02", "yyy-MM-dd", "0987-01-02 00:00:00"),
        ("FRIDAY, 05 june 2009", "D", "2009-06-05 00:00:00"),
        ("Fri 5 Jun 2009", "ddd d MMM yyyy", "2009-06-05 00:00:00"),
        ("Fri, 05 Jun 2009 03:04:07 GMT", "R", "2009-06-05 03:04:07"),
        ("Fri, 05 Jun 2009 03:04:07 GMT", "ddd, dd MMM yyyy HH:mm:ss GMT", "2009-06-05 03:04:07+00:00"),
        ("2009-06-05 03:04:07Z", "u", "2009-06-05 03:04:07"),
        ("2009-06-05T03:04:07", "s", "2009-06-05 03:04:07"),
        ("2009-06-05T03:04:07.1234567Z", "o", "2009-06-05 03:04:07.1234567Z"),
        ("2009-06-05T03:04:07.1234567", "o", "2009-06-05 03:04:07.1234567"),
        ("2009-06-05T03:04:07.1234567-02:00", "O", "2009-06-05 05:04:07.1234567+00:00"),
        ("2009-06-05 +1", "yyyy-MM-dd z", "2009-06-04 23:00:00+00:00"),
        ("2009-06-05 -11", "yyyy-MM-dd zz", "2009-06-05 11:00:00+00:00"),
        ("2009-06-05-0730", "yyyy-MM-ddzzz", "2009-06-05 07:30:00+00:00"),
        ("2009-06-05-7:30", "yyyy-MM-ddzzz", "2009-06-05 07:30:00+00:00"),
        ("2009-06-05+14:00", "yyyy-MM-ddK", "2009-06-04 10:00:00+00:00"),
        ("2009-06-05GMT", "yyyy-MM-ddZ", "2009-06-05 00:00:00Z"),
        ("2009-06-05z", "yyyy-MM-ddZ", "2009-06-05 00:00:00Z"),
        ("2009-06-05 12 am", "yyyy-MM-dd h tt", "2009-06-05 00:00:00"),
        ("2009-06-05 12 PM", "yyyy-MM-dd hh tt", "2009-06-05 12:00:00"),
        ("2009-06-05 1 P", "yyyy-MM-dd h t", "2009-06-05 13:00:00"),
        ("2009-06-05 7:30", "yyyy-MM-dd h:mm", "2009-06-05 07:30:00"),
        ("2009-06-05 13 PM", "yyyy-MM-dd H tt", "2009-06-05 13:00:00"),
        ("2009-06-05 03:04:07.5", "yyyy-MM-dd HH:mm:ss.FFF", "2009-06-05 03:04:07.5"),
        ("2009-06-05 03:04:07", "yyyy-MM-dd HH:mm:ss.FFF", "2009-06-05 03:04:07"),
        ("2009-06-05 03:04:07.", "yyyy-MM-dd HH:mm:ss.FFF", "2009-06-05 03:04:07"),
        ("05.2009.05", "dd.yyyy.dd", "2009-01-05 00:00:00"),
        ("2009 A.D.", "yyyy gg", "2009-01-01 00:00:00"),
        ("2009ad", "yyyyg", "2009-01-01 00:00:00"),
        ("day 5 of 6", "'day' d 'of' M", f"{NOW.year}-06-05 00:00:00"),
        ("6", "%M", f"{NOW.year}-06-01 00:00:00"),
        ("5", "%d", f"{NOW.year}-01-05 00:00:00"),
        ("09:30", "HH:mm", f"{NOW:%Y-%m-%d} 09:30:00"),
        ("d5", r"\dd ", f"{NOW.year}-01-05 00:00:00"),
        ("  2009-06-05\t", "yyyy-MM-dd", "2009-06-05 00:00:00"),
        ("2009-06-05", " yyyy-MM-dd ", "2009-06-05 00:00:00"),
    ],
)
def test_a_text_of_the_form_is_read(text: str, form: str, read_as: str) -> None:
    assert read(text, form) == read_as


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("2009-06-5", "yyyy-MM-dd"),
        ("2009-06-05x", "yyyy-MM-dd"),
        ("2009-06-0٥", "yyyy-MM-dd"),
        ("", "yyyy"),
        ("209", "yyyy"),
        ("1252009", "dMyyyy"),
        ("Thu 5 Jun 2009", "ddd d MMM yyyy"),
        ("Fri 5 June 2009", "ddd d MMM yyyy"),
        ("05.2009.06", "dd.yyyy.dd"),
        ("2009-02-29", "yyyy-MM-dd"),
        ("2009-13-01", "yyyy-MM-dd"),
        ("0000-01-01", "yyyy-MM-dd"),
        ("10000", "yyyyy"),
        ("24:00", "HH:mm"),
        ("13 PM", "h tt"),
        ("13 AM", "H tt"),
        ("1 PM", "H tt"),
        ("1 p", "h t"),
        ("1 XM", "h tt"),
        ("1 AM PM", "h tt tt"),
        ("2009-06-05 +15", "yyyy-MM-dd zz"),
        ("2009-06-05 +1", "yyyy-MM-dd zz"),
        ("2009-06-05 01:00", "yyyy-MM-dd zzz"),
        ("2009-06-05+01:60", "yyyy-MM-ddzzz"),
        ("2009-06-05Z+01:00", "yyyy-MM-ddKK"),
        ("2009-06-05ZZ", "yyyy-MM-ddZZ"),
        ("2009-06-05Z", "yyyy-MM-dd'z'"),
        ("2009-06-05.5", "yyyy-MM-dd.ff"),
        ("2009-06-05T00", "yyyy-MM-dd't'HH"),
        ("2009-06-05", "yyyy.MM.dd"),
        ("2009 B.C.", "yyyy gg"),
        ("0001-01-01+10:00", "yyyy-MM-ddzzz"),
    ],
)
def test_a_text_of_another_form_is_an_error(text: str, form: str) -> None:
    assert "does not have the form" in unread(text, form) or "not a date of the calendar" in unread(text, form)


@pytest.mark.parametrize(
    ("styles", "text", "form", "read_as"),
    [
        ("None", "2009-06-05Z", "yyyy-MM-ddK", "2009-06-05 00:00:00+00:00"),
        ("RoundtripKind", "2009-06-05Z", "yyyy-MM-ddK", "2009-06-05 00:00:00Z"),
        ("AdjustToUniversal", "2009-06-05-07:00", "yyyy-MM-ddK", "2009-06-05 07:00:00Z"),
        ("AdjustToUniversal", "2009-06-05", "yyyy-MM-ddK", "2009-06-05 00:00:00"),
        ("AssumeUniversal", "2009-06-05", "yyyy-MM-dd", "2009-06-05 00:00:00+00:00"),
        ("AssumeLocal", "2009-06-05", "yyyy-MM-dd", "2009-06-05 00:00:00+00:00"),
        ("AssumeUniversal, AdjustToUniversal", "2009-06-05", "yyyy-MM-dd", "2009-06-05 00:00:00Z"),
        ("AssumeLocal,AdjustToUniversal", "2009-06-05", "yyyy-MM-dd", "2009-06-05 00:00:00Z"),
        ("AssumeUniversal", "2009-06-05-07:00", "yyyy-MM-ddK", "2009-06-05 07:00:00+00:00"),
        ("NoCurrentDateDefault", "09:30", "HH:mm", "0001-01-01 09:30:00"),
        ("NoCurrentDateDefault", "06", "MM", f"{NOW.year}-06-01 00:00:00"),
        ("AllowLeadingWhite", " \t2009", "yyyy", "2009-01-01 00:00:00"),
        ("AllowTrailingWhite", "2009\u00a0\n", "yyyy", "2009-01-01 00:00:00"),
        ("AllowInnerWhite", "2009 -  06- 05", "yyyy-MM-dd", "2009-06-05 00:00:00"),
        ("AllowInnerWhite", "2009-06-05   1:02", "yyyy-MM-dd H:mm", "2009-06-05 01:02:00"),
        ("AllowInnerWhite", "2009-06-051:02", "yyyy-MM-dd H:mm", "2009-06-05 01:02:00"),
        ("AllowInnerWhite", "5  de 6", "d' de 'M", f"{NOW.year}-06-05 00:00:00"),
        ("AllowWhiteSpaces", "  2009 - 06 ", "yyyy-MM", "2009-06-01 00:00:00"),
        ("DateTimeStyles.AllowWhiteSpaces", " 2009 ", "yyyy", "2009-01-01 00:00:00"),
        ("  ", " 2009 ", "yyyy", "2009-01-01 00:00:00"),
    ],
)
def test_styles(styles: str, text: str, form: str, read_as: str) -> None:
    assert read(text, form, styles) == read_as


@pytest.mark.parametrize(
    ("styles", "text"),
    [
        ("None", " 2009"),
        ("None", "2009 "),
        ("AllowLeadingWhite", "2009 "),
        ("AllowTrailingWhite", " 2009"),
        ("AllowInnerWhite", "2009 "),
        ("AllowWhiteSpaces", "20 09"),
        ("", "20 09"),
    ],
)
def test_blanks_are_allowed_where_the_styles_say(styles: str, text: str) -> None:
    assert "does not have the form" in unread(text, "yyyy", styles)


@pytest.mark.parametrize(
    ("styles", "reason"),
    [
        ("Loose", "no style Loose"),
        ("allowwhitespaces", "no style allowwhitespaces"),
        ("AllowWhiteSpaces;None", "no style"),
        ("None,", "no style"),
        ("AssumeLocal, AssumeUniversal", "exclude each other"),
        ("RoundtripKind, AdjustToUniversal", "exclude each other"),
        ("RoundtripKind, AssumeLocal", "exclude each other"),
        ("RoundtripKind, AssumeUniversal", "exclude each other"),
    ],
)
def test_other_styles_are_refused_before_and_while_it_runs(styles: str, reason: str) -> None:
    expression = f'FormatDateTime([a], "{styles}", "yyyy", "yyyy")'
    assert reason in refused(expression).message
    assert marked(expression, refused(expression)) == f'"{styles}"'
    assert reason in unread("2009", "yyyy", styles)


def test_the_input_format_may_be_left_out_for_dates() -> None:
    expression = 'FormatDateTime(DateFromNum([pwdLastSet]), , "yyyyMMddHHmmss.0Z")'
    assert run(expression, pwdLastSet=130543784930000000) == "20140905081453.0Z"
    assert run('FormatDateTime([a], , "s")', a="2020-05-01T08:00:00+02:00") == "2020-05-01T06:00:00"
    assert run('FormatDateTime([a], , "s")') is None
    assert "FormatDateTime: " in fails('FormatDateTime([a], , "s")', a="soon").message


def test_null_stays_null_and_the_empty_text_is_no_date() -> None:
    assert run('FormatDateTime([a], "yyyy", "yyyy")') is None
    assert run('FormatDateTime([a], , "yyyy", "yyyy")') is None
    assert "does not have the form" in fails('FormatDateTime([a], "yyyy", "yyyy")', a="").message


MOMENTS = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)).map(lambda moment: moment.replace(tzinfo=UTC))


@given(
    MOMENTS,
    st.sampled_from(["o", "dddd, d MMMM yyyy h:m:s.ffffff tt", "yyyyMMddHHmmssfffffff", "yyyyy-M-d H.m.s.FFFFFF"]),
)
def test_a_date_survives_the_way_to_text_and_back(moment: datetime, form: str) -> None:
    text = run("FormatDateTime([d], [f])", "connect", d=moment, f=form)
    assert isinstance(text, str)
    again = run('FormatDateTime([t], [f], "yyyyMMddHHmmssffffff")', t=text, f=form)
    assert again == f"{moment.year:04}{moment:%m%d%H%M%S%f}"


@given(st.text("dfFghHKmMstyzZ%\\'\" .:-/", max_size=8), st.text("0123456789AMP+-:/. ", max_size=12))
def test_whatever_is_written_gives_a_text_or_an_error_of_its_own(form: str, text: str) -> None:
    for expression in ("connect.FormatDateTime([d], [f])", "FormatDateTime([t], [f], [f])"):
        try:
            said = run(expression, d=MOMENT, f=form, t=text)
        except EvaluationError as problem:
            said = problem.message
        assert isinstance(said, str)

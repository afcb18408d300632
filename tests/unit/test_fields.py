"""The fields of moves: each type with what it takes and refuses, all faults at once, and the form of a move."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any

import pytest

from lapor.errors import InvalidFields
from lapor.machine import fields
from lapor.machine.definition import Label, Move, Need
from lapor.machine.fields import LONGEST_TEXT, TYPES

NOW = datetime(2026, 3, 17, 2, 0, tzinfo=UTC)
LABEL = Label("Coba", "Try")
CODES = {("unit", "dinas-pu"): "unit 1", ("post", "kepala"): "post 2", ("category", "jalan"): "category 3"}
CODES[("case", "2026-7QK4-M2ZD-5")] = "case 4"
LONG = f"Must have at most {LONGEST_TEXT} characters, has {LONGEST_TEXT + 1}."
NO_NUL = "Must not contain NUL or half a surrogate pair."
A_MOMENT, A_DATE = "Must be a moment such as 2026-03-17T02:00:00Z.", "Must be a date such as 2026-03-17."
A_POINT = "lat must be from -90 to 90 and lon from -180 to 180."


def find(kind: str, code: str) -> object | None:
    return CODES.get((kind, code))


def taking(*needs: str, reason: str | None = None) -> Move:
    pairs = [need.split(":") for need in needs]
    return Move(
        "try",
        ("received",),
        None,
        ("coordinator",),
        LABEL,
        needs=tuple(Need(name, kind.removesuffix("?"), kind.endswith("?")) for name, kind in pairs),
        reason=reason,
    )


def faults_of(move: Move, given: dict[str, Any]) -> dict[str, list[str]]:
    with pytest.raises(InvalidFields) as caught:
        fields.check(move, given, now=NOW, find=find)
    return caught.value.errors


TAKEN: list[tuple[str, Any, Any]] = [
    ("text", " Jalan rusak\n", " Jalan rusak\n"),
    ("text", "x" * LONGEST_TEXT, "x" * LONGEST_TEXT),
    ("text", "😀", "😀"),
    ("date", "2026-03-17", date(2026, 3, 17)),
    ("date", "2028-02-29", date(2028, 2, 29)),
    ("moment", "2026-03-17T02:00:00Z", NOW),
    ("moment", "2026-03-17T09:00:00+07:00", NOW),
    ("moment", NOW, NOW),
    ("unit", "dinas-pu", "unit 1"),
    ("post", "kepala", "post 2"),
    ("category", "jalan", "category 3"),
    ("case", "2026-7QK4-M2ZD-5", "case 4"),
    ("classification", "oversight", "oversight"),
    ("reason", "no_evidence", "no_evidence"),
    ("integer", 0, 0),
    ("integer", -5, -5),
    ("boolean", False, False),
    ("point", {"lat": -6.9, "lon": 107.6}, {"lat": -6.9, "lon": 107.6}),
    ("point", {"lat": 90, "lon": -180}, {"lat": 90.0, "lon": -180.0}),
]


@pytest.mark.parametrize(("kind", "given", "value"), TAKEN)
def test_a_field_becomes_a_value_of_its_type(kind: str, given: Any, value: Any) -> None:
    checked = fields.check(taking(f"it:{kind}", reason="catalogue"), {"it": given}, now=NOW, find=find)
    assert checked == {"it": value}
    assert type(checked["it"]) is type(value)


def test_every_type_is_tried() -> None:
    assert {kind for kind, *_ in TAKEN} == {kind for kind, *_ in REFUSED} == TYPES


def test_a_moment_becomes_utc() -> None:
    assert fields.moment("2026-03-17T09:00:00+07:00", NOW).tzinfo is UTC


REFUSED: list[tuple[str, Any, str]] = [
    ("text", 5, "Must be a text."),
    ("text", ["x"], "Must be a text."),
    ("text", "", "Must not be blank."),
    ("text", " \n\u3000", "Must not be blank."),
    ("text", "x" * (LONGEST_TEXT + 1), LONG),
    ("text", "a\x00b", NO_NUL),
    ("text", "a\ud83d", NO_NUL),
    ("date", "17-03-2026", A_DATE),
    ("date", "2026-02-29", A_DATE),
    ("date", "20260317", A_DATE),
    ("date", "2026-W12-2", A_DATE),
    ("date", "2026-03-17T00:00:00Z", A_DATE),
    ("date", 20260317, A_DATE),
    ("moment", "yesterday", A_MOMENT),
    ("moment", 1773712800, A_MOMENT),
    ("moment", "0001-01-01T00:00:00+14:00", A_MOMENT),
    ("moment", "2026-03-17T02:00:00", "Must have an offset, such as Z or +07:00."),
    ("moment", "2026-03-17", "Must have an offset, such as Z or +07:00."),
    ("moment", "2026-03-17T02:00:01Z", "Must not be in the future."),
    ("moment", "9999-12-31T23:59:59Z", "Must not be in the future."),
    ("unit", "kepala", "There is no unit with the code 'kepala'."),
    ("unit", 7, "Must be a text."),
    ("unit", "x" * 201, "Must have at most 200 characters, has 201."),
    ("post", "dinas-pu", "There is no post with the code 'dinas-pu'."),
    ("category", " ", "Must not be blank."),
    ("case", "jalan", "There is no case with the number 'jalan'."),
    ("case", 7, "Must be a text."),
    ("classification", "secret", "Must be one of: oversight, not_oversight."),
    ("classification", ["oversight"], "Must be one of: oversight, not_oversight."),
    ("reason", "not_ours", "Must be one of: incites_hatred, no_evidence, unclear, not_about_government."),
    ("integer", True, "Must be a whole number."),
    ("integer", 4.0, "Must be a whole number."),
    ("integer", "4", "Must be a whole number."),
    ("boolean", 1, "Must be true or false."),
    ("boolean", "true", "Must be true or false."),
    ("point", "-6.9,107.6", "Must be {lat, lon} in degrees."),
    ("point", {"lat": -6.9}, "Must be {lat, lon} in degrees."),
    ("point", {"lat": -6.9, "lon": 107.6, "alt": 700}, "Must be {lat, lon} in degrees."),
    ("point", {"lat": "-6.9", "lon": 107.6}, A_POINT),
    ("point", {"lat": -6.9, "lon": True}, A_POINT),
    ("point", {"lat": -90.1, "lon": 107.6}, A_POINT),
    ("point", {"lat": -6.9, "lon": 180.1}, A_POINT),
    ("point", {"lat": float("nan"), "lon": 107.6}, A_POINT),
]


@pytest.mark.parametrize(("kind", "given", "message"), REFUSED)
def test_a_wrong_field_is_refused_with_what_is_allowed(kind: str, given: Any, message: str) -> None:
    assert faults_of(taking(f"it:{kind}", reason="catalogue"), {"it": given}) == {"it": [message]}


@pytest.mark.parametrize(
    ("kind", "described"),
    [
        ("text", "a text"),
        ("date", "a date"),
        ("moment", "a moment"),
        ("unit", "the code of a unit"),
        ("post", "the code of a post"),
        ("category", "the code of a category"),
        ("case", "the tracking number of a case"),
        ("classification", "one of oversight, not_oversight"),
        ("reason", "one of incites_hatred"),
        ("integer", "a whole number"),
        ("boolean", "true or false"),
        ("point", "a point"),
    ],
)
@pytest.mark.parametrize("given", [{}, {"it": None}])
def test_a_missing_field_is_described(kind: str, described: str, given: dict[str, Any]) -> None:
    assert faults_of(taking(f"it:{kind}", reason="content"), given) == {"it": [f"Required: {described}."]}


def test_an_optional_field_may_be_left_out_or_null() -> None:
    move = taking("unit:unit", "reason:text?")
    for given in ({"unit": "dinas-pu"}, {"unit": "dinas-pu", "reason": None}):
        assert fields.check(move, given, now=NOW, find=find) == {"unit": "unit 1"}
    assert faults_of(move, {"unit": "dinas-pu", "reason": ""}) == {"reason": ["Must not be blank."]}


def test_all_faults_are_told_at_once() -> None:
    move = taking("unit:unit", "text:text", "consent:boolean?")
    given = {"unit": "nowhere", "consent": "yes", "state": "closed"}
    with pytest.raises(InvalidFields) as caught:
        fields.check(move, given, now=NOW, find=find)
    assert caught.value.errors == {
        "state": ["Unknown field; allowed: unit, text, consent."],
        "unit": ["There is no unit with the code 'nowhere'."],
        "text": ["Required: a text."],
        "consent": ["Must be true or false."],
    }
    assert str(caught.value) == (
        "Some fields are not as they must be. state: Unknown field; allowed: unit, text, consent.; "
        "unit: There is no unit with the code 'nowhere'.; text: Required: a text.; consent: Must be true or false."
    )


def test_a_move_without_fields_takes_none() -> None:
    assert fields.check(taking(), {}, now=NOW, find=find) == {}
    assert faults_of(taking(), {"text": "x"}) == {"text": ["Unknown field; allowed: none."]}


def test_the_schema_of_a_move_is_a_form() -> None:
    move = taking("unit:unit", "classification:classification", "reason:reason", "rating:integer?", reason="content")
    assert fields.schema(move) == {
        "type": "object",
        "properties": {
            "unit": {"type": "string", "minLength": 1, "maxLength": 200, "x-code": "unit"},
            "classification": {"type": "string", "enum": ["oversight", "not_oversight"]},
            "reason": {"type": "string", "enum": ["incites_hatred"]},
            "rating": {"type": "integer"},
        },
        "required": ["unit", "classification", "reason"],
        "additionalProperties": False,
    }


def test_every_type_has_a_schema_that_nobody_shares() -> None:
    for kind in TYPES:
        move = taking(f"it:{kind}", reason="wish")
        fields.schema(move)["properties"]["it"]["type"] = "changed"
        assert fields.schema(move)["properties"]["it"]["type"] in ("string", "integer", "boolean", "object")


@pytest.mark.parametrize(("given", "fits"), [("a", True), (" a\nb ", True), (" \n", False), ("a\x00", False)])
def test_the_pattern_of_a_text_says_what_the_check_says(given: str, fits: bool) -> None:
    pattern = fields.schema(taking("it:text"))["properties"]["it"]["pattern"]
    assert (re.search(pattern, given) is not None) is fits
    if fits:
        assert fields.text(given) == given
    else:
        assert list(faults_of(taking("it:text"), {"it": given})) == ["it"]

"""The types that requests and answers are made of. The rules are those of `lapor.machine.fields`."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from lapor.access import passwords
from lapor.machine import fields as rules
from lapor.machine.fields import LONGEST_CODE, LONGEST_TEXT, TEXT_PATTERN

Value = TypeVar("Value")
LONGEST_EMAIL = 254
_LINE = r"[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*"


class Request(Schema):
    """The base of what is sent to us: an unknown name is refused."""

    class Meta:
        """Refuse."""

        unknown = RAISE


class Text(fields.String):
    """A text: not blank, without NUL."""

    def __init__(self, *, longest: int = LONGEST_TEXT, **kwargs: Any) -> None:
        shape = {"minLength": 1, "maxLength": longest, "pattern": TEXT_PATTERN}
        super().__init__(metadata={**shape, **kwargs.pop("metadata", {})}, **kwargs)
        self.longest = longest

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        return _checked(rules.text, value, self.longest)


class Code(Text):
    """The code of a unit, post, category or region, or the name of a kind."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(longest=LONGEST_CODE, **kwargs)


class Line(Text):
    """A text without line breaks and other control characters, by default; else of a form of its own."""

    def __init__(self, *, longest: int, pattern: str = _LINE, example: str = "one line", **kwargs: Any) -> None:
        super().__init__(longest=longest, metadata={"pattern": f"^{pattern}$"}, **kwargs)
        self.pattern, self.example = re.compile(pattern), example

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        text = super()._deserialize(value)
        # not `$`, which lets a last line break pass
        if not self.pattern.fullmatch(text):
            raise ValidationError(f"Must be {self.example}.")
        return text


class EmailAddress(Line):
    """An e-mail address."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(longest=LONGEST_EMAIL, validate=validate.Email(), **kwargs)


class NewPassword(Text):
    """A password that is to be kept; whether it fits is judged where it is hashed."""

    def __init__(self, **kwargs: Any) -> None:
        shape = {"format": "password", "minLength": passwords.SHORTEST, "maxLength": passwords.LONGEST}
        super().__init__(metadata=shape, **kwargs)


class Moment(fields.DateTime):
    """A moment: RFC 3339 with an offset on the way in, UTC with Z on the way out."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> datetime:
        return _checked(any_moment, value)

    def _serialize(self, value: Any, *_: Any, **__: Any) -> str | None:
        return None if value is None else zulu(value)


class Day(fields.Date):
    """A date."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> date:
        return _checked(rules.day, value)


class Flag(fields.Boolean):
    """True or false, and nothing that resembles them."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError("Must be true or false.")
        return value


class Degrees(fields.Float):
    """Degrees (WGS 84) within a limit to both sides of zero."""

    def __init__(self, *, limit: int, **kwargs: Any) -> None:
        super().__init__(metadata={"minimum": -limit, "maximum": limit}, **kwargs)
        self.limit = limit

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> float:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not -self.limit <= value <= self.limit:
            raise ValidationError(f"Must be a number from {-self.limit} to {self.limit}.")
        return float(value)


def any_moment(value: Any) -> datetime:
    """Return a moment in UTC; whether it may lie ahead is for the caller to say.

    Raises:
        ValueError: it is none, or has no offset.
    """
    return rules.moment(value, datetime.max.replace(tzinfo=UTC))


def zulu(at: datetime) -> str:
    """A moment as answers write it."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _checked(rule: Callable[..., Value], *given: Any) -> Value:
    try:
        return rule(*given)
    except ValueError as fault:
        raise ValidationError(str(fault)) from None

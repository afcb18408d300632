"""How settings are declared: sections, and fields that say what is allowed in the words of a file of settings."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from marshmallow import Schema, ValidationError, fields, post_load, validate

from lapor.machine.calendar import Window

Rule = Callable[[Any], Any]
_PLAIN = {"Unknown field.": "unknown", "Invalid input type.": "must be names with values"}


def words(invalid: str) -> dict[str, Any]:
    """What is said where a value is missing, empty, or of another kind."""
    return {"required": "is needed", "null": 'is empty ("" says: nothing)', "invalid": invalid}


def setting(default: object, field: fields.Field[Any], comment: str = "", *, shown: bool = True) -> Any:
    """One setting; one that is not `shown` is left out when settings are printed."""
    return dataclasses.field(metadata={"default": default, "field": field, "comment": comment}, repr=shown)


def section(kind: type, *rules: Rule) -> Any:
    """The settings of a class under one name; its docstring is the comment."""
    field = fields.Nested(shape(kind), validate=rules, error_messages=words(""))
    return dataclasses.field(metadata={"default": defaults(kind), "field": field, "comment": kind.__doc__, "of": kind})


def parts(kind: type) -> list[tuple[str, dataclasses.Field[Any]]]:
    """Each setting of a section by the name that the file has for it."""
    return [(part.metadata["field"].data_key or part.name, part) for part in dataclasses.fields(kind) if part.metadata]


@cache
def shape(kind: type) -> Schema:
    """What reads a section."""

    def make(_: Schema, data: dict[str, Any], **__: object) -> object:
        return kind(**{name: tuple(value) if isinstance(value, list) else value for name, value in data.items()})

    members = {part.name: part.metadata["field"] for _, part in parts(kind)} | {"_make": post_load(make)}
    made: Schema = type(kind.__name__, (Schema,), members)()
    return made


def defaults(kind: type) -> dict[str, Any]:
    """The defaults of a section, section by section."""
    return {name: copy.deepcopy(part.metadata["default"]) for name, part in parts(kind)}


def text(*rules: Rule, key: str | None = None) -> fields.Field[Any]:
    """Text; `key` is its name in the file."""
    return fields.String(validate=rules, data_key=key, required=True, error_messages=words("must be quoted text"))


def like(pattern: str, example: str) -> Rule:
    """The rule that a text has a shape, all of it."""
    return validate.Regexp(rf"(?:{pattern})\Z", error=f"must be as in {example}")


def day(key: str | None = None) -> fields.Field[Any]:
    """A day; `key` is its name in the file."""
    return fields.Date(data_key=key, required=True, error_messages=words("must be a day, as in 2026-08-17"))


def whole(low: int, high: int) -> fields.Field[Any]:
    """A whole number within bounds."""
    within = validate.Range(low, high, error="must be from {min} to {max}")
    return fields.Integer(strict=True, validate=within, error_messages=words("must be a whole number"))


def flag() -> fields.Field[Any]:
    """True or false."""
    return fields.Boolean(error_messages=words("must be true or false"))


def listed(inner: fields.Field[Any], *rules: Rule) -> fields.Field[Any]:
    """A list."""
    return fields.List(inner, validate=rules, error_messages=words("must be a list: [..]"))


def nested(kind: type, *rules: Rule) -> fields.Field[Any]:
    """Names with values, as a class declares them."""
    return fields.Nested(shape(kind), validate=rules, error_messages=words(""))


def needed(field: fields.Field[Any]) -> fields.Field[Any]:
    """A field that cannot be left out."""
    field.required = True
    return field


def named(inner: fields.Field[Any]) -> fields.Field[Any]:
    """Values by names that are not known before."""
    return fields.Dict(keys=fields.String(), values=inner, error_messages=words("must be names with values"))


class Opening(fields.Field[Window]):
    """Opening and closing, as in 07:30-16:00."""

    def _deserialize(self, value: object, *_: object, **__: object) -> Window:
        opening, _dash, closing = str(value).partition("-")
        try:
            return Window.parse(opening, closing)
        except ValueError:
            raise ValidationError(f"{value} must be as in 07:30-16:00, opening before closing") from None


class Network(fields.Field[IPv4Network | IPv6Network]):
    """A network of addresses, or one address."""

    def _deserialize(self, value: object, *_: object, **__: object) -> IPv4Network | IPv6Network:
        try:
            return ip_network(str(value))
        except ValueError:
            raise ValidationError(f"{value} must be as in 10.0.0.0/8") from None


def a_zone(name: str) -> None:
    """The rule that a text names a time zone."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValidationError(f"{name} is no time zone; Asia/Jakarta is one") from None


def in_order(spans: list[Window]) -> None:
    """The rule that spans follow each other."""
    if any(before.close > after.open for before, after in pairwise(spans)):
        raise ValidationError("must be in order, none reaching into the next")


def own_hosts(url: str, listening: str) -> list[str]:
    """What a server is called that is found at `url` and listens on an address."""
    try:
        named = urlsplit(url).hostname
    except ValueError:
        named = None
    return [*([named] if named else []), listening, "localhost", "127.0.0.1"]


def hosts(names: Iterable[str]) -> tuple[str, ...]:
    """Names and addresses of servers, each once, as they are compared.

    >>> hosts(["LAPOR.example.", "[::1]", "::1"])
    ('lapor.example', '::1')
    """
    return tuple(dict.fromkeys(name.lower().strip("[]").removesuffix(".") for name in names))


def read(kind: type, values: Mapping[str, Any]) -> tuple[Any, list[str]]:
    """What a class declares, read from names with values; None where there are faults, each with its place."""
    try:
        return shape(kind).load(values), []
    except ValidationError as found:
        return None, [f"{path}: {text}" for path, text in faults_of(found.messages_dict)]


def faults_of(tree: Mapping[Any, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """What is wrong in a tree of faults, each with its place."""
    for key, below in tree.items():
        # the library's own words for a whole, and for what stands under a name that is not known before
        within = key == "_schema" or (key == "value" and isinstance(below, dict))
        path = f"{above}[{key}]" if isinstance(key, int) else above if within else f"{above}.{key}"
        if isinstance(below, dict):
            yield from faults_of(below, path)
        else:
            yield from ((path.removeprefix("."), _PLAIN.get(text, text)) for text in below)

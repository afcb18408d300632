"""What callers are told, in their language: the code speaks English, and `words.yaml` has all of it in Indonesian."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from flask import request

LANGUAGES = ("id", "en")
HERE = Path(__file__).parent
# libyaml is many times as quick
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NAME = re.compile(r"\{(\w+)\}")

Values = Mapping[str, Mapping[str, Mapping[str, str]]]


def language() -> str:
    """The language that the caller asks for: Indonesian, unless English is liked better."""
    liked = (tag.partition("-")[0].lower() for tag, quality in request.accept_languages if quality > 0)
    return next((tag for tag in liked if tag in LANGUAGES), LANGUAGES[0])


def said(text: str, language: str) -> str:
    """An English text of ours in a language; one that is not in the catalogue stays as it is."""
    return known(text, language) or text


def known(text: str, language: str) -> str | None:
    """An English text of ours in a language; None: the catalogue does not have it."""
    texts, patterns, values = _catalogue()
    if text in texts:
        return texts[text] if language == "id" else text
    for pattern, english, indonesian in patterns:
        found = pattern.fullmatch(text)
        if found:
            return _filled(indonesian if language == "id" else english, found.groupdict(), values, language)
    return None


def read(file: str) -> Any:
    """What stands in a YAML file beside this one."""
    loader = _LOADER((HERE / file).read_text(encoding="utf-8"))
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()


def _filled(template: str, given: Mapping[str, str], values: Values, language: str) -> str:
    def word(found: re.Match[str]) -> str:
        name, value = found[1], given[found[1]]
        return values.get(name, {}).get(value, {}).get(language, value)

    return _NAME.sub(word, template)


@cache
def _catalogue() -> tuple[Mapping[str, str], list[tuple[re.Pattern[str], str, str]], Values]:
    """Texts without names by themselves, the others as patterns: the one that says most is tried first."""
    words = read("words.yaml")
    texts = {english: told for english, told in words["texts"].items() if not _NAME.search(english)}
    templates = sorted(words["texts"].keys() - texts, key=lambda english: -len(_NAME.sub("", english)))
    patterns = [(_pattern(english), english, words["texts"][english]) for english in templates]
    return texts, patterns, words["values"]


def _pattern(template: str) -> re.Pattern[str]:
    parts = _NAME.split(template)
    shapes = [f"(?P<{part}>.+?)" if place % 2 else re.escape(part) for place, part in enumerate(parts)]
    return re.compile("".join(shapes), re.DOTALL)

"""A text as HTML: the same words, escaped, with nothing that is fetched from elsewhere."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, StrictUndefined, Template

from lapor.notices.texts import Text

_FILE = Path(__file__).parent / "texts" / "mail.html"


def page(text: Text) -> str:
    """The page of a text. Only addresses of ours become links."""
    return _template().render(text=text)


@cache
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, keep_trailing_newline=True)
    return environment.from_string(_FILE.read_text(encoding="utf-8"))

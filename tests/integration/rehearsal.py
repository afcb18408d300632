"""The API on a database in which nothing lasts: what a request does is undone before the next one comes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from tests.integration.town import Town
from tests.integration.web import Web


@contextmanager
def rehearsed(town: Town) -> Iterator[Web]:
    """The API of a town; all that is written until the end of the block is taken back."""
    with town.site.database.connect() as connection, connection.execution_options(writes=True).begin() as everything:
        # a session on a connection that is in a savepoint makes savepoints of its own
        connection.begin_nested()
        database: Any = connection
        yield Web(replace(town, site=replace(town.site, database=database)))
        everything.rollback()


@contextmanager
def undone(web: Web) -> Iterator[None]:
    """Take back what is written in this block."""
    made = dict(web._tokens)
    with web.site.database.begin_nested() as point:  # type: ignore[attr-defined]
        yield
        point.rollback()
    web._tokens = made

"""The hall for journeys: the small city on each kind of database in turn, behind a socket."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.hall import Hall, opened
from tests.integration.conftest import founded


@pytest.fixture
def hall(database_kind: str, tmp_path: Path) -> Iterator[Hall]:
    """The hall of the small city, on Monday 6 July 2026 at 09:00."""
    with founded(database_kind, tmp_path) as town, opened(town, tmp_path) as hall:
        yield hall

"""The read side: a filter by content finds exactly the cases whose content is shown."""

from __future__ import annotations

import pytest

from lapor.access import reading
from lapor.access.reading import Asked
from tests.integration.town import COORDINATOR, WAYS, Town, at

POSTS = (
    COORDINATOR,
    "rsud.koordinator-pengaduan",
    "pu.penghubung",
    "pu.petugas",
    "pu.kepala",
    "jalan.penghubung",
    "kota.wali-kota",
    "setda.sekda",
    "inspektorat.inspektur",
    "inspektorat.auditor",
    "kota.penjaga-identitas",
    "kota.pengelola-sistem",
)
NOW = at("6 Aug 09:00")


@pytest.mark.parametrize("confidential", [True, False])
def test_a_filter_by_content_finds_the_cases_whose_content_is_shown(town: Town, confidential: bool) -> None:
    cases = [town.case_in(state, confidential=confidential) for state in WAYS]
    town.submit(door="rsud", confidential=confidential)
    town.sweep("13 Jul 09:00")
    everybody = [town.who(post) for post in POSTS] + [town.who("reporter", cases[3].id), town.who("system")]
    for principal in everybody:
        with town.site.reading() as session:
            whole = reading.page(session, town.engine, principal, Asked(limit=200), now=NOW)
            found = reading.page(session, town.engine, principal, Asked(limit=200, kind="complaint"), now=NOW)
        shown = {seen.complaint.number for seen in whole.items if seen.parts.content}
        assert {seen.complaint.number for seen in found.items} == shown, principal
    assert len(whole.items) == len(WAYS) + 1

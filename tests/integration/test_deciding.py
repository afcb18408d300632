"""Custodians are told of what they must decide: those who find it in their list, and nobody whom it is about."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from lapor.handling import erasing, opening
from lapor.machine.organisation import Organisation
from lapor.records import Notice
from tests.integration.town import COORDINATOR, DISPOSITION, REPORTER, Case, Town, at

ROOTS, NOON = "kota.penjaga-identitas", "6 Jul 12:00"
ANONYMOUS: dict[str, Any] = {"reporter": REPORTER, "anonymous": True}


@pytest.fixture
def town(shared_town: Town) -> Town:
    """The city, in which two agencies have custodians, too, and one more post of them is vacant."""
    organisation = shared_town.engine.organisation
    made = {"pu.petugas": False, "kesehatan.petugas": False, "kota.wali-kota": True}
    changed = [replace(organisation.post_codes[code], role="custodian", vacant=vacant) for code, vacant in made.items()]
    posts = {**organisation.posts, **{post.id: post for post in changed}}
    return replace(
        shared_town, engine=replace(shared_town.engine, organisation=Organisation(organisation.units, posts))
    )


def ask_erasure(case: Case) -> None:
    with case.town.site.writing() as session:
        actor = case.town.who("reporter", case.id)
        erasing.ask(case.town.engine, session, case.number, actor=actor, now=at(NOON))


def ask_opening(case: Case) -> None:
    with case.town.site.writing() as session:
        opening.ask(
            case.town.engine,
            session,
            case.number,
            "identity",
            reason="Penyelidikan.",
            legal_basis=None,
            hours=1,
            actor=case.town.who("pu.kepala"),
            now=at(NOON),
        )


def to_custodians(case: Case) -> list[str]:
    return [told for told in case.notices() if told.endswith("_to_decide")]


def test_the_custodians_who_find_a_wish_in_their_list_are_told_of_it(town: Town) -> None:
    case = town.case_in("disposed", **ANONYMOUS)
    case.goes("withdraw", moment=NOON)
    ask_erasure(case)
    # in the order of the organisation: that of the root, and that of the agency which held the case
    assert sorted(to_custodians(case)) == [f"{ROOTS}: erasure_to_decide", "pu.petugas: erasure_to_decide"]
    with town.site.reading() as session:
        facts = session.scalars(select(Notice.facts).filter_by(complaint_id=case.id, event="erasure_to_decide"))
        assert facts.all() == [{"due_at": "2026-07-09T05:00:00Z"}] * 2


def test_custodians_are_told_of_an_identity_that_somebody_asks_for(town: Town) -> None:
    case = town.case_in("disposed", **ANONYMOUS)
    ask_opening(case)
    assert sorted(to_custodians(case)) == [f"{ROOTS}: identity_to_decide", "pu.petugas: identity_to_decide"]


def test_a_custodian_whom_the_case_is_about_is_not_told(town: Town) -> None:
    case = town.submit(**ANONYMOUS)
    case.attempt("dispose", COORDINATOR, NOON, {**DISPOSITION, "reported": "pu.petugas"})
    ask_opening(case)
    assert to_custodians(case) == [f"{ROOTS}: identity_to_decide"]

"""Parts and who reported: one secret opens them all, what was hidden stays hidden, and a whole outlasts its parts."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from lapor.access import gathering, tokens
from lapor.access.principal import Principal
from lapor.access.secrets import REPORTER_PREFIX, new_secret
from lapor.errors import NotOpen
from lapor.handling import erasing, own_cases
from lapor.oversight import erasures
from lapor.privacy import content, identity
from lapor.records import Reporter
from tests.integration.test_retention import erased, expire
from tests.integration.test_splitting import LIAISON, NOON, said, split
from tests.integration.town import REPORTER, Case, Town, at


def opened_by(town: Town, secret: str) -> frozenset[int]:
    with town.site.reading() as session:
        return tokens.principal_of(session, town.engine, secret, now=at(NOON)).cases


def test_the_secret_of_the_whole_opens_its_parts_and_theirs_and_no_other_does(town: Town) -> None:
    case, other = town.submit(), town.submit()
    part = split(case)
    again = split(part)
    strange = split(other)
    assert opened_by(town, case.secret) == {case.id, part.id, again.id}
    assert opened_by(town, other.secret) == {other.id, strange.id}
    with town.site.reading() as session:
        cases = (case, part, again, other, strange)
        opens = [
            [tokens.opens(session, town.engine.pepper, secret, each.number, now=at(NOON)) for each in cases]
            for secret in (case.secret, other.secret, new_secret(REPORTER_PREFIX))
        ]
    assert opens == [[True] * 3 + [False] * 2, [False] * 3 + [True] * 2, [False] * 5]


def test_a_part_has_no_secret_to_renew_and_opens_with_the_renewed_one_of_its_whole(town: Town) -> None:
    case = town.submit()
    part = split(case)
    actor = Principal("reporter", cases=frozenset((case.id, part.id)))
    with pytest.raises(NotOpen) as refused, town.site.writing() as session:
        own_cases.renew_secret(town.engine, session, part.number, actor=actor, now=at(NOON))
    assert refused.value.guard == "secret of its whole"
    with town.site.writing() as session:
        renewed = own_cases.renew_secret(town.engine, session, case.number, actor=actor, now=at(NOON))
    assert opened_by(town, renewed) == {case.id, part.id}


def test_who_reported_is_sealed_anew_and_gathers_the_part_by_mail(town: Town) -> None:
    part = split(town.submit(reporter=REPORTER, anonymous=True))
    with town.site.writing() as session:
        code = gathering.offer(town.engine, session, REPORTER["email"] or "", now=at(NOON))
        opened = gathering.open_with(town.engine, session, REPORTER["email"] or "", code, now=at(NOON))
        assert opened
        found = tokens.principal_of(session, town.engine, opened[0], now=at(NOON)).cases
        row = session.get_one(Reporter, part.seen().reporter_id)
        known = identity.opened(town.engine.vault.identity, part.number, row)
        keys = [each.data_key for each in session.scalars(select(Reporter))]
    assert (len(found), part.id in found, len(set(keys))) == (2, True, 2)
    assert (known.name, known.email, known.phone) == ("Pelapor", REPORTER["email"], None)


@pytest.mark.parametrize("reporter", [REPORTER, None])
def test_of_a_confidential_whole_no_word_stands_anywhere(town: Town, reporter: dict[str, Any] | None) -> None:
    case = town.case_in("in_follow_up", reporter=reporter, anonymous=True, confidential=True, address="Jalan Kenari 3")
    part = split(case, LIAISON, title="KENARI-judul", text="KENARI-isi")
    row, whole = part.seen(), case.seen()
    assert (row.confidential, row.anonymous, bool(row.reporter_id)) == (True, whole.anonymous, bool(reporter))
    assert row.content_key not in (None, whole.content_key)
    assert "KENARI" not in str(town.dump()) + str([said(case, n) for n in range(4)]) + str(said(part))
    texts = content.of_case(town.engine.vault.content, row)
    assert (texts["title"], texts["text"], texts["address"]) == ("KENARI-judul", "KENARI-isi", "Jalan Kenari 3")
    assert town.findings(NOON) == []


def test_a_whole_that_is_not_confidential_any_more_has_sealed_parts(town: Town) -> None:
    case = town.submit(confidential=True)
    case.goes("loosen", moment=NOON)
    part = split(case)
    assert (part.seen().confidential, bool(part.seen().content_key), town.findings(NOON)) == (False, True, [])


def test_the_words_of_a_part_stand_in_no_trail(town: Town) -> None:
    case = town.submit()
    part = split(case, title="KENARI-judul", text="KENARI-isi")
    assert "KENARI" not in str([said(case), said(part)])


def ask_erasure(case: Case, moment: str = NOON) -> None:
    with case.town.site.writing() as session:
        erasing.ask(case.town.engine, session, case.number, actor=case.town.who("reporter", case.id), now=at(moment))


def test_a_whole_is_erased_after_its_parts_which_nothing_else_opens(town: Town) -> None:
    case = town.submit(reporter=REPORTER)
    part = split(case)
    case.goes("withdraw", moment=NOON)
    with pytest.raises(NotOpen) as refused:
        ask_erasure(case)
    assert refused.value.guard == "parts not erased"
    part.goes("withdraw", moment=NOON)
    ask_erasure(part)
    with pytest.raises(NotOpen):
        ask_erasure(case)
    carry_out(town, "9 Jul 09:00")
    assert erased(case, part) == [False, True]
    assert town.findings("9 Jul 09:00") == []
    ask_erasure(case, "9 Jul 09:00")
    carry_out(town, "13 Jul 09:00")
    assert (erased(case, part), town.findings("13 Jul 09:00")) == ([True, True], [])
    assert (REPORTER["email"] or "") not in str(town.dump())


def carry_out(town: Town, moment: str) -> int:
    store = town.site.attachments
    return erasures.carry_out(town.engine, town.site.writing, store, hours=48, now=at(moment))


def test_retention_leaves_a_whole_until_its_parts_are_erased(town: Town) -> None:
    case = town.submit()
    part = split(case)
    case.goes("withdraw", moment=NOON)
    assert (expire(town, "1 Dec 2027 09:00"), erased(case, part)) == (0, [False, False])
    part.goes("withdraw", moment="1 Dec 2027 09:00")
    assert (expire(town, "5 Dec 2028 09:00"), erased(case, part)) == (1, [False, True])
    assert (expire(town, "5 Dec 2028 09:00"), erased(case, part)) == (1, [True, True])

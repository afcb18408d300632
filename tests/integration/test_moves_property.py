"""What GET …/moves lists is what POST …/moves accepts: for every role, in every state, wherever cases stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from lapor.access.principal import Principal
from lapor.access.scope import scope
from lapor.errors import Forbidden, InvalidFields, NotFound, NotOpen
from lapor.handling.move import move, open_moves, open_moves_of
from lapor.machine.definition import Move
from lapor.machine.engine import Engine
from lapor.records import Complaint
from lapor.site import Site
from tests.integration.town import USUAL, WAYS, Case, Town, at
from tests.integration.wandering import POSTS, wander
from tests.integration.web import Web

CALLERS = (*POSTS, "reporter", "system")


@contextmanager
def undone(site: Site) -> Iterator[Session]:
    """A session of which nothing stays, though all of it reaches the database."""
    writes = site.database.execution_options(writes=True)
    with Session(writes, expire_on_commit=False) as session:
        yield session
        session.rollback()


def fitting(engine: Engine, complaint: Complaint, name: str, now: datetime) -> Mapping[str, Any]:
    """Fields that fit where the case stands."""
    organisation = engine.organisation
    if name == "pass_down":
        below = (unit for unit in organisation.units.values() if complaint.holder_id in unit.path[:-1])
        return {"unit": next((unit.code for unit in below), "pu")}
    if name == "reassign":
        there = (
            post for post in organisation.posts.values() if post.unit_id == complaint.holder_id and not post.vacant
        )
        return {"post": next(there).code}
    if name == "extend":
        due = max([complaint.due_at or now, now])
        return {"text": "Perlu alat berat.", "new_due": (due + timedelta(days=3)).date().isoformat()}
    return USUAL[name][1]


def accepts(town: Town, session: Session, complaint_id: int, chosen: Move, who: Principal, now: datetime) -> bool:
    """Whether a move is accepted; fields that cannot be had where the case stands do not tell against it."""
    complaint = session.get_one(Complaint, complaint_id)
    fields = fitting(town.engine, complaint, chosen.name, now)
    savepoint = session.begin_nested()
    try:
        move(town.engine, session, complaint_id, chosen.name, actor=who, fields=fields, now=now)
        session.flush()
    except (NotFound, Forbidden, NotOpen):
        return False
    except InvalidFields as refused:
        return set(refused.errors) <= _OUT_OF_REACH.get(chosen.name, set())
    finally:
        savepoint.rollback()
        session.expire_all()
    return True


# no unit may lie below the holder, no later date be within reach, and no case have come in before
_OUT_OF_REACH = {"pass_down": {"unit"}, "extend": {"new_due"}, "link": {"earlier"}}


def compare(town: Town, case: Case, now: datetime) -> set[tuple[str, str]]:
    """Try every move of one case for every caller; return what was open to whom."""
    found = set()
    for caller in CALLERS:
        who = town.who(caller, case.id)
        with undone(town.site) as session:
            there = session.query(Complaint).where(Complaint.id == case.id, scope(who, town.engine.organisation)).all()
            complaint = session.get_one(Complaint, case.id)
            every = town.engine.workflow(complaint.kind).definition.moves.values()
            listed = [each.name for each in open_moves(town.engine, session, complaint, actor=who, now=now)]
            together = open_moves_of(town.engine, session, [complaint], actor=who, now=now)
            assert [each.name for each in together[case.id]] == listed
            accepted = [each.name for each in every if accepts(town, session, case.id, each, who, now)]
        assert accepted == (listed if there else []), (caller, complaint.state)
        found |= {(caller, name) for name in accepted}
    return found


@pytest.mark.parametrize("state", WAYS)
def test_in_each_state_every_role_is_told_what_it_may_do(town: Town, state: str) -> None:
    case = town.case_in(state)
    assert bool(compare(town, case, at("6 Jul 12:00"))) == (state != "withdrawn")


@pytest.mark.parametrize(("seed", "moment"), [(11, "21 Jul 10:00"), (13, "5 Oct 10:00")])
def test_wherever_cases_stand_every_role_is_told_what_it_may_do(town: Town, seed: int, moment: str) -> None:
    open_to = [compare(town, case, at(moment)) for case in wander(town, seed, cases=6)]
    assert any(open_to)
    assert any(("reporter", "refer") in each for each in open_to) == (moment == "5 Oct 10:00")


class Trying(Site):
    """A site on which everything is tried and nothing stays."""

    @contextmanager
    def writing(self) -> Iterator[Session]:
        with undone(self) as session:
            yield session
            session.flush()


@pytest.mark.parametrize("state", ["disposed", "in_follow_up"])
def test_over_http_the_moves_listed_are_the_moves_accepted(web: Web, state: str) -> None:
    case, site = web.town.case_in(state), web.site
    by = {post: web.token(post) for post in (*POSTS[:5], POSTS[9], POSTS[10])}
    trying = Web(Town(Trying(site.settings, site.database, site.pepper, site.vault, site._built), web.town.engine))
    path = f"/complaints/{case.number}/moves"
    now = trying.watch.at
    with site.reading() as session:
        complaint = case.row(session)
        fields = {name: fitting(web.town.engine, complaint, name, now) for name in USUAL}
    for caller in by.values():
        answer = trying.get(path, caller)
        listed = [each["move"] for each in answer.json] if answer.status_code == 200 else []
        made = {
            name: trying.post(path, {"move": name, "fields": said}, caller, If_Match="*").status_code
            for name, said in fields.items()
        }
        open_ones = {
            name for name, status in made.items() if status == 200 or (status == 422 and name in _OUT_OF_REACH)
        }
        assert open_ones == set(listed), (caller, made)

"""Migrations run up, down and up again with rows in every table, and never half."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, text

from lapor.access import invitations, tokens
from lapor.directory import webhooks
from lapor.errors import CannotRun
from lapor.handling.publishing import Edited, publish
from lapor.notices.choice import choose
from lapor.records import (
    AbsenceRow,
    Account,
    AnswerTemplate,
    Attachment,
    Erasure,
    Export,
    Gathering,
    Heartbeat,
    IdempotencyKey,
    LagCount,
    LimitCount,
    Look,
    Message,
    Opening,
    OpeningDecision,
    Record,
    ReplayLine,
    Tenure,
    WeeklyMail,
    schema,
)
from lapor.site import connect
from tests.integration.conftest import open_at, settle
from tests.integration.test_atomicity import Struck, striking
from tests.integration.town import COORDINATOR, DISPOSITION, REPORTER, Town, at

NOON = at("6 Jul 12:00")


@pytest.fixture
def database(database_url: str) -> Iterator[Engine]:
    """An empty database of each kind."""
    engine = connect(database_url)
    yield engine
    engine.dispose()


def fill(town: Town) -> None:
    """Leave rows in every table."""
    case = town.submit(reporter=REPORTER)
    with town.site.writing() as session:
        door = town.engine.organisation.root
        webhooks.register(session, door, "https://kota.example/", events=(), allow_private=False, now=NOON)
    with town.site.reading() as session:
        hearing = replace(case, town=replace(town, engine=town.site.engine(session)))
    hearing.attempt("dispose", COORDINATOR, "6 Jul 12:00", {**DISPOSITION, "reported": "kesehatan"})
    town.submit().goes("split", moment="6 Jul 12:00")
    town.sweep("9 Jul 07:00")
    with town.site.writing() as session:
        who = town.who(COORDINATOR)
        publish(town.engine, session, case.number, Edited("Jalan", "Berlubang."), actor=who, now=NOON)
    with town.site.writing() as session:
        actor, day = town.engine.organisation.post_codes[COORDINATOR], timedelta(days=1)
        deputy = town.engine.organisation.post_codes["kota.wali-kota"].id
        session.add(AbsenceRow(post_id=actor.id, deputy_id=deputy, since=NOON, until=NOON + day))
        account = Account(email="a@b.example", password_hash="0", totp_step=0, created_at=NOON)
        session.add(account)
        session.flush()
        tenure = Tenure(account_id=account.id, post_id=actor.id, acting=False, since=NOON)
        session.add(tenure)
        session.flush()
        invitations.invite(session, town.engine, actor, "a@b.example", inviter=None, days=1, now=NOON)
        tokens.create(session, town.engine, actor, role=None, days=1, now=NOON)
        tokens.issue(session, town.engine, tenure, lasts=day, scope="read", now=NOON)
        session.add(Message(complaint_id=case.id, at=NOON, role="reporter", audience="reporter", text="Halo."))
        choose(session, actor, "daily", town.engine.calendar(town.engine.key(actor.unit_id)), now=NOON)
        said = {"id": "0", "sequence": 1, "name": "", "kind": "", "bytes": 0, "digest": "", "data_key": ""}
        session.add(Attachment(complaint_id=case.id, at=NOON, role="reporter", **said))
        session.add(ReplayLine(file="0", n=1, complaint_id=case.id))
        unit, post = actor.unit_id, actor.id
        session.add(AnswerTemplate(unit_id=unit, name="Selesai", text="{number}", post_id=post, changed_at=NOON))
        of_case = {"complaint_id": case.id, "post_id": post, "role": "coordinator", "what": "identity"}
        opening = Opening(**of_case, reason="0", asked_at=NOON, state="asked")
        session.add_all([opening, Look(**of_case, day=NOON.date())])
        session.flush()
        session.add(OpeningDecision(opening_id=opening.id, post_id=post, granted=True, at=NOON))
        gathered = {"token_hash": "0", "token_until": NOON + day}
        session.add(Gathering(email_index="0", code_hash="", attempts=0, until=NOON, **gathered))
        asked = Erasure(
            complaint_id=case.id, asked_at=NOON, due_at=NOON + 3 * day, state="refused", ended_at=NOON + day
        )
        session.add_all([asked, Export(complaint_id=case.id, day=NOON.date())])
        session.add(Heartbeat(name="worker", at=NOON + day))
        session.add(WeeklyMail(post_id=post, week_of=NOON.date(), next_attempt_at=NOON + day, attempts=0, sent_at=NOON))
        session.add_all(
            [
                LimitCount(key="0", started_at=NOON, count=1),
                LagCount(name="recorded", seconds=1, count=1, total_seconds=0.5),
            ]
        )
        session.add(IdempotencyKey(hash="0", request_hash="0", created_at=NOON, answer=b"\x00\xff"))


def test_up_down_and_up_again_with_rows_in_every_table(town: Town, tmp_path: Path) -> None:
    fill(town)
    assert [name for name, rows in town.dump().items() if not rows] == []
    database = town.site.database
    assert schema.migrate(database, "base") == (schema.head(), None)
    assert {*shape(database)} == {"alembic_version"}
    assert schema.migrate(database) == (None, schema.head())
    assert {name: rows for name, rows in town.dump().items() if rows} == {"revisions": ["(1, 0)"]}
    settle(database.url.render_as_string(hide_password=False))
    site = open_at(database.url.render_as_string(hide_password=False), tmp_path)
    with site.reading() as session:
        anew = Town(site, site.engine(session))
    fill(anew)
    assert [name for name, rows in anew.dump().items() if not rows] == []
    site.database.dispose()


def test_migrating_what_is_migrated_changes_nothing(town: Town) -> None:
    fill(town)
    before = town.dump()
    assert schema.migrate(town.site.database) == (schema.head(), schema.head())
    assert schema.migrate(town.site.database, schema.head()) == (schema.head(), schema.head())
    town.site.prepare()
    assert town.dump() == before


def test_records_and_migrations_agree(database: Engine) -> None:
    schema.migrate(database)
    with database.connect() as connection:
        compared = {"compare_type": True, "compare_server_default": True, "include_name": schema.is_described}
        context = MigrationContext.configure(connection, opts=compared)
        assert compare_metadata(context, Record.metadata) == []


def test_a_database_of_another_revision_is_refused_with_what_to_do(database: Engine, tmp_path: Path) -> None:
    site = open_at(database.url.render_as_string(hide_password=False), tmp_path)
    with pytest.raises(CannotRun) as empty:
        site.prepare()
    schema.migrate(database)
    with database.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    refusals = []
    for act in (site.prepare, lambda: schema.migrate(database), lambda: schema.migrate(database, "base")):
        with pytest.raises(CannotRun) as newer:
            act()
        refusals.append(str(newer.value))
    site.database.dispose()
    assert str(empty.value) == f"The database is at revision none, not {schema.head()}: run `lapor migrate`."
    assert set(refusals) == {
        "The database has revision 9999, which this version does not know: install a newer version of lapor."
    }


def shape(database: Engine) -> dict[str, list[str]]:
    """The tables of a database with their columns, without those of the search."""
    found = inspect(database)
    named = [name for name in found.get_table_names() if schema.is_described(name, "table", {})]
    return {name: [column["name"] for column in found.get_columns(name)] for name in named}


def test_a_migration_that_fails_at_some_step_happens_wholly_or_not_at_all(database: Engine) -> None:
    whole, found = Record.metadata.tables.keys(), [set[str]()]
    for n in count(1, 7):
        with striking(database, n) as struck, suppress(Struck):
            schema.migrate(database)
        found.append({*shape(database)} - {"alembic_version"})
        if not struck:
            break
    assert n > len(whole)
    assert [tables for tables in found if tables not in (set(), whole)] == []
    assert found[-1] == whole


def test_a_way_back_that_fails_at_some_step_loses_nothing_or_goes_all_the_way(town: Town) -> None:
    fill(town)
    database, before = town.site.database, town.dump()
    for n in count(1, 7):
        with striking(database, n) as struck, suppress(Struck):
            schema.migrate(database, "base")
        if {*shape(database)} == {"alembic_version"}:
            break
        assert (town.dump(), bool(struck)) == (before, True)
    assert n > len(before)


def test_two_may_migrate_at_once(database: Engine) -> None:
    url = database.url.render_as_string(hide_password=False)
    migrating = (
        "import sys\nfrom lapor.records import schema\nfrom lapor.site import connect\n"
        "print(*schema.migrate(connect(sys.argv[1])))"
    )
    starts = [subprocess.Popen([sys.executable, "-c", migrating, url], stdout=-1, text=True) for _ in range(2)]
    told = sorted(start.communicate(timeout=60)[0].strip() for start in starts)
    assert [start.returncode for start in starts] == [0, 0]
    head = schema.head()
    assert told == [f"{head} {head}", f"None {head}"]
    assert shape(database).keys() - {"alembic_version"} == Record.metadata.tables.keys()

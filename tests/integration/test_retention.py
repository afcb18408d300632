"""What is erased in batches: each case whole or not at all, when it was wished, or when its time is over."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from lapor import scheduler, settings
from lapor.handling import erasing
from lapor.oversight import erasures
from lapor.privacy import content
from lapor.records import Complaint, Erasure, Heartbeat, IdempotencyKey, Reporter, TrailEntry
from lapor.site import open_site
from tests.integration.test_erasure import HOURS, NAME, TEXT, left
from tests.integration.town import REPORTER, Case, Town, at
from tests.integration.web import NOW

YEAR = {"complaint": 365, "aspiration": 0}


def erased(*cases: Case) -> list[bool]:
    return [case.seen().erased_at is not None for case in cases]


def expire(town: Town, moment: str, closed_days: dict[str, int] = YEAR, batch: int = 50) -> int:
    engine, writing = town.engine, town.site.writing
    return erasures.expire(engine, writing, town.site.attachments, closed_days=closed_days, now=at(moment), batch=batch)


def test_closed_cases_are_erased_by_kind_when_their_time_is_over(town: Town) -> None:
    ways = ("closed", "archived", "withdrawn", "answered")
    cases = [town.case_in(state, reporter=REPORTER) for state in ways]
    kept = [town.case_in("withdrawn", kind=kind) for kind in ("aspiration", "information_request")]
    assert (expire(town, "6 Jul 2027 09:00"), erased(*cases, *kept)) == (0, [False] * 6)
    assert (expire(town, "6 Jul 2027 09:01", batch=2), erased(*cases, *kept)) == (3, [True] * 3 + [False] * 3)
    assert expire(town, "6 Jul 2027 09:01") == 0
    with town.site.reading() as session:
        last = cases[0].entries(session)[-1]
        said = content.payload(town.engine.vault.content, cases[0].row(session), last)
    assert (last.move, last.role, said) == ("erase", "system", ("{}", '{"why":"retention"}'))
    assert town.findings("6 Jul 09:00") == []


def test_nothing_is_erased_while_it_may_be_appealed_or_go_to_the_ombudsman(town: Town) -> None:
    case = town.submit("6 Jul 09:00")
    case.goes("dispose", "accept", "answer", "confirm", moment="1 Sep 09:00")
    withdrawn = town.case_in("withdrawn", "6 Jul 09:00")
    days = {"complaint": 1}
    assert (expire(town, "4 Sep 07:00", days), erased(case, withdrawn)) == (0, [False, False])
    assert (expire(town, "5 Sep 07:00", days), erased(case, withdrawn)) == (1, [False, True])
    assert (expire(town, "15 Sep 16:00", days), erased(case)) == (0, [False])
    assert (expire(town, "15 Sep 16:01", days), erased(case)) == (1, [True])


def test_what_a_custodian_refused_to_erase_stays_for_the_time_of_its_kind_from_the_refusal(town: Town) -> None:
    case = town.case_in("withdrawn", "6 Jul 2025 09:00")
    with town.site.writing() as session:
        asked = erasing.ask(town.engine, session, case.number, actor=town.who("reporter", case.id), now=NOW)
        session.flush()
        custodian = town.who("kota.penjaga-identitas")
        erasing.refuse(town.engine, session, asked.id, legal_basis="Pemeriksaan.", actor=custodian, now=NOW)
    assert (expire(town, "6 Jul 2027 09:00"), erased(case)) == (0, [False])
    assert (expire(town, "6 Jul 2027 09:01"), erased(case)) == (1, [True])
    with town.site.reading() as session:
        assert session.scalars(select(Erasure.state)).all() == ["refused"]
    assert town.findings("6 Jul 2027 09:01") == []


def test_the_worker_erases_what_is_due_and_what_is_old(town: Town) -> None:
    folder, url = town.site.settings.var, town.site.database.url.render_as_string(hide_password=False)
    env = {"LAPOR_DATABASE_URL": url, "LAPOR_VAR": str(folder), "LAPOR_RETENTION__CLOSED_DAYS": "{complaint: 30}"}
    site = open_site(settings.load(env, folder))
    long_ago = datetime(2020, 7, 6, 2, tzinfo=NOW.tzinfo)
    wished, old = town.case_in("withdrawn", "6 Jul 2020 09:00"), town.case_in("withdrawn", "6 Jul 2020 09:00")
    with town.site.writing() as session:
        erasing.ask(town.engine, session, wished.number, actor=town.who("reporter", wished.id), now=long_ago)
        session.add(IdempotencyKey(hash="0", request_hash="0", created_at=long_ago))
    scheduler.erase_once(site)
    assert erased(wished, old) == [True, False]
    scheduler.erase_once(site)
    scheduler.tidy_once(site)
    assert erased(wished, old) == [True, True]
    with town.site.reading() as session:
        names = [*session.scalars(select(Heartbeat.name))]
        assert session.scalar(select(func.count()).select_from(IdempotencyKey)) == 0
    assert names == (["rewriting"] if site.database.dialect.name == "sqlite" else [])
    site.database.dispose()


MANY, AT_ONCE = 240, 4
ERASING = """
import sys
from datetime import datetime
from pathlib import Path
from lapor import settings
from lapor.oversight import erasures
from lapor.site import open_site
site = open_site(settings.load({"LAPOR_DATABASE_URL": sys.argv[1], "LAPOR_VAR": sys.argv[2]}, Path(sys.argv[2])))
with site.reading() as session:
    engine = site.engine(session)
now = datetime.fromisoformat(sys.argv[3])
print(erasures.carry_out(engine, site.writing, site.attachments, hours=48, now=now, batch=4))
site.forget_what_was_erased(now)
"""


def _erasing(town: Town) -> subprocess.Popen[str]:
    url = town.site.database.url.render_as_string(hide_password=False)
    words = [
        sys.executable,
        "-c",
        ERASING,
        url,
        str(town.site.settings.var),
        (NOW + timedelta(hours=HOURS)).isoformat(),
    ]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True)


@pytest.mark.slow
def test_a_worker_that_is_killed_has_erased_each_case_whole_or_not_at_all(town: Town) -> None:
    cases = [town.case_in("withdrawn", reporter={"name": f"{NAME}{n}"}, text=f"{TEXT}{n}x") for n in range(MANY)]
    wishes = [
        {"complaint_id": case.id, "asked_at": NOW, "due_at": NOW + erasing.TERM, "state": "asked"} for case in cases
    ]
    with town.site.writing() as session:
        session.add_all(Erasure(**wish) for wish in wishes)
    done = select(func.count()).where(Complaint.erased_at.is_not(None))
    with _erasing(town) as worker:
        while worker.poll() is None:
            with town.site.reading() as session:
                if session.scalar(done):
                    worker.kill()
                    break
            time.sleep(0.005)
    assert worker.returncode == -signal.SIGKILL
    erased = _whole(town)
    assert 0 < erased < MANY
    assert erased % AT_ONCE == 0
    assert town.findings("6 Jul 10:00") == []
    with _erasing(town) as rest:
        told = rest.communicate(timeout=120)[0]
    assert (told, _whole(town)) == (f"{MANY - erased}\n", MANY)
    assert left(str(town.dump())) == []
    assert town.findings("6 Jul 10:00") == []


def _whole(town: Town) -> int:
    """How many cases are erased; of each everything is, or nothing."""
    with town.site.reading() as session:
        rows = session.execute(select(Complaint, Reporter.data_key, Erasure.state).join(Reporter).join(Erasure)).all()
        parts = [(row.Complaint.text == "", row.data_key is None, row.state == "done") for row in rows]
        emptied = set(session.scalars(select(TrailEntry.complaint_id).where(TrailEntry.salt == "")))
        whole = [(*part, row.Complaint.id in emptied) for part, row in zip(parts, rows, strict=True)]
    assert set(whole) <= {(True,) * 4, (False,) * 4}
    return sum(part[0] for part in whole)

"""Cases driven at random through the one door, against a plain model that is written from the words of the definition."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from copy import deepcopy
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import or_, select

from lapor.access import policy
from lapor.access.principal import Principal
from lapor.errors import InvalidFields, NotFound, NotOpen
from lapor.handling import clocks, disposition, facts, messages
from lapor.handling.move import move
from lapor.oversight import doctor, escalation
from lapor.records import Complaint
from tests.integration.conftest import founded
from tests.integration.town import USUAL, Case, Town, at

EXAMPLES, STEPS = int(os.environ.get("LAPOR_TEST_EXAMPLES", "25")), int(os.environ.get("LAPOR_TEST_STEPS", "25"))
WORDS: Mapping[str, Any] = {
    kind: yaml.safe_load((Path(__file__).parents[2] / "workflows" / f"{kind}.yaml").read_text())
    for kind in ("complaint", "aspiration", "information_request")
}
UNITS = ("pu", "jalan", "kesehatan", "rsud", "kota")
PUBLISHED = {("complaint", unit) for unit in ("kesehatan", "rsud")}
ALIVE = ("running", "paused")
ENDS = ("withdraw", "archive", "block", "refer", "confirm", "close")


class Model:
    """What the definition says of one case: its state, its holder, and each clock's newest run."""

    def __init__(self, kind: str) -> None:
        self.kind, self.words, self.state, self.holder = kind, WORDS[kind], WORDS[kind]["initial"], "kota"
        self.clocks: dict[str, str] = {}
        for name, clock in self.words["clocks"].items():
            if self.state in clock["runs"] and "starts_by" not in clock:
                self._start(name)

    def _start(self, name: str) -> None:
        # whether an agency has published a standard is not the definition's to say
        if self.words["clocks"][name]["budget"] != "standard" or (self.kind, self.holder) in PUBLISHED:
            self.clocks[name] = "running"

    def makes(self, name: str, holder: str | None, now: datetime, was: Mapping[str, datetime]) -> None:
        """Follow a move; `was` are the due moments before it."""
        move = self.words["moves"][name]
        source, self.state = self.state, move.get("to", self.state)
        changes = move.get("holder", False)
        self.holder = holder or self.holder
        for clock, words in self.words["clocks"].items():
            self._turn(clock, words, (name, source, changes), now, was)

    def _turn(self, clock: str, words: Any, step: Any, now: datetime, was: Mapping[str, datetime]) -> None:
        move, source, changes = step
        before = self.clocks.get(clock)
        alive, anew = before in ALIVE, changes and words.get("anew") == "holder"
        met = alive and move in words.get("met_by", ())
        if alive:
            self._carry(clock, words, met=met, anew=anew, breached=now > was[clock])
        spent = words.get("once") and before and not anew
        entering = move in words["starts_by"] if "starts_by" in words else self.state != source and not met
        begins = entering or (anew and (alive or "starts_by" not in words))
        if begins and self.clocks.get(clock) not in ALIVE and self.state in words["runs"] and not spent:
            self._start(clock)

    def _carry(self, clock: str, words: Any, *, met: bool, anew: bool, breached: bool) -> None:
        if met:
            self.clocks[clock] = "stopped"
        elif not anew and self.state in words["runs"]:
            self.clocks[clock] = "running"
        elif not anew and self.state in words.get("pauses", ()):
            self.clocks[clock] = self.clocks[clock] if breached else "paused"
        else:
            self.clocks[clock] = "lapsed"


class Cases(RuleBasedStateMachine):
    """Cases in a town of one kind of database."""

    database = "sqlite"
    cases: Any = Bundle("cases")

    @initialize(target=cases, kind=st.sampled_from(sorted(WORDS)))
    def open_town(self, kind: str) -> Case:
        self.stack = ExitStack()
        folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        self.town: Town = self.stack.enter_context(founded(self.database, folder))
        self.now = at("6 Jul 09:00")
        self.models: dict[int, Model] = {}
        case: Case = self.submit(kind=kind, confidential=False)
        return case

    @rule(target=cases, kind=st.sampled_from(sorted(WORDS)), confidential=st.booleans())
    def submit(self, kind: str, confidential: bool) -> Case:
        moment = (self.now + timedelta(hours=7)).strftime("%-d %b %Y %H:%M")
        case = self.town.submit(moment, kind=kind, confidential=confidential)
        self.models[case.id] = Model(kind)
        return case

    @rule(case=cases, picks=st.lists(st.integers(0, 999), min_size=4, max_size=9))
    def go(self, case: Case, picks: list[int]) -> None:
        """Make moves of a case or a part of it that are open; those that end a case are rarer than the others."""
        for pick in picks:
            case = self._one_of(case, pick)
            everything = self._open(case)
            lasting = {name: actors for name, actors in everything.items() if name not in ENDS}
            chosen = everything if pick % 9 == 0 or not lasting else lasting
            if chosen:
                name = sorted(chosen)[pick % len(chosen)]
                self._make(case, name, chosen[name][pick % len(chosen[name])], UNITS[pick % len(UNITS)])

    def _make(self, case: Case, name: str, actor: Principal, unit: str) -> None:
        fields, was = self._fields(case, name, unit), self._due_of(case.id)
        try:
            with self.town.site.writing() as session:
                move(self.town.engine, session, case.id, name, actor=actor, fields=fields, now=self.now)
        except (InvalidFields, NotFound, NotOpen):
            return
        holder = fields.get("unit") if name in ("dispose", "arbitrate", "pass_down") else None
        self.models[case.id].makes(name, holder, self.now, was)
        if name == "split":
            # no clock starts or ends with a part
            self.models[max(self._family(case))] = deepcopy(self.models[case.id])

    def _one_of(self, case: Case, pick: int) -> Case:
        family = self._family(case)
        return Case(self.town, family[pick % len(family)], "", case.secret)

    def _family(self, case: Case) -> list[int]:
        """The ids of a case, or of that of which it is a part, and of all its parts."""
        whole = case.seen().whole_id or case.id
        its = select(Complaint.id).where(or_(Complaint.id == whole, Complaint.whole_id == whole))
        with self.town.site.reading() as session:
            return [*session.scalars(its.order_by(Complaint.id))]

    @rule(case=cases)
    def write(self, case: Case) -> None:
        actor = Principal("reporter", cases=frozenset((case.id,)))
        with self.town.site.writing() as session:
            text = "Terima kasih."
            messages.write(
                self.town.engine, session, case.id, text=text, audience="reporter", actor=actor, now=self.now
            )

    @rule(hours=st.sampled_from([1, 5, 24, 72, 24 * 8, 24 * 30]))
    def let_time_pass(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        was = {case_id: self._due_of(case_id) for case_id in self.models}
        before = {case_id: self._tally(case_id) for case_id in self.models}
        swept = escalation.sweep(self.town.engine, self.town.site.writing, now=self.now)
        assert swept.put_off == ()
        for case_id, model in self.models.items():
            for name in self._fired(before[case_id], self._tally(case_id)):
                model.makes(name, None, self.now, was[case_id])

    @invariant()
    def every_case_is_as_the_model_says(self) -> None:
        for case_id, model in getattr(self, "models", {}).items():
            case = Case(self.town, case_id, "", "")
            row = case.seen()
            stored = {name: runs.rsplit("; ")[-1].split(",")[0] for name, runs in case.clocks().items()}
            told = {name: "stopped" if state in ("met", "missed") else state for name, state in stored.items()}
            holder = self.town.engine.organisation.units[row.holder_id].code
            assert (row.state, holder, told) == (model.state, model.holder, model.clocks)

    def teardown(self) -> None:
        if hasattr(self, "town"):
            with self.town.site.reading() as session:
                assert doctor.examine(self.town.engine, session, now=self.now).broken == []
            self.stack.close()

    def _actors(self, case: Case) -> Iterator[Principal]:
        yield Principal("reporter", cases=frozenset((case.id,)))
        for post in self.town.engine.organisation.posts.values():
            if not post.vacant:
                yield Principal(post.role, post)

    def _open(self, case: Case) -> dict[str, list[Principal]]:
        """Who may make which move now."""
        engine, found = self.town.engine, dict[str, list[Principal]]()
        with self.town.site.reading() as session:
            row = session.get_one(Complaint, case.id)
            reported = partial(disposition.reported_posts, engine, session, row)
            known = facts.gather(engine, row, clocks.of_case(session, row), self.now, reported)
            for each in engine.workflow(row.kind).open_moves(row.state, known):
                able = [actor for actor in self._actors(case) if policy.may(actor, each, row, engine.organisation)]
                found.update({each.name: able} if able else {})
        return found

    def _fields(self, case: Case, name: str, unit: str) -> dict[str, Any]:
        fields = dict(USUAL[name][1])
        if "unit" in fields:
            fields["unit"] = unit
        if "new_due" in fields:
            fields["new_due"] = (self.now + timedelta(days=12)).date().isoformat()
        if fields.get("classification") == "oversight" and name == "dispose":
            fields["reported"] = "unknown"
        if name == "link":
            fields["earlier"] = self._earliest()
        if name == "reassign":
            fields["post"] = self._post_of_the_holder(case)
        return fields

    def _earliest(self) -> str:
        with self.town.site.reading() as session:
            return session.get_one(Complaint, min(self.models)).number

    def _post_of_the_holder(self, case: Case) -> str:
        row = case.seen()
        return self.town.engine.organisation.head(row.holder_id).code

    def _due_of(self, case_id: int) -> dict[str, datetime]:
        case = Case(self.town, case_id, "", "")
        with self.town.site.reading() as session:
            return {row.name: row.due_at for row in case._clocks(session)}

    def _tally(self, case_id: int) -> Mapping[str, int]:
        return Case(self.town, case_id, "", "").seen().tally

    @staticmethod
    def _fired(before: Mapping[str, int], after: Mapping[str, int]) -> list[str]:
        return [name for name, count in after.items() if count > before.get(name, 0)]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_random_cases_go_as_a_plain_model_of_the_definition_says(kind: str) -> None:
    checks = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    # shrinking takes minutes on real databases; what failed is short enough to be read
    phases = [Phase.explicit, Phase.reuse, Phase.generate]
    chosen = settings(
        max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None, suppress_health_check=checks, phases=phases
    )
    run_state_machine_as_test(type("Cases", (Cases,), {"database": kind}), settings=chosen)

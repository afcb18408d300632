"""The play: the steps of the story in their order, each a request to the server, while time runs between them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import select

from lapor.demo.stage import Stage
from lapor.demo.story import SUBMIT, Role, Step, Story
from lapor.machine.calendar import Calendar
from lapor.machine.definition import Label
from lapor.records import Complaint, Escalation

ACKNOWLEDGE = "acknowledge"
ARBITER = "pemerintah-kota.koordinator-pengaduan"


@dataclass(frozen=True, slots=True)
class Event:
    """What happened: a move that somebody made, or a rung of the ladder (`warned`, `told` or `skipped`).

    `who` is the code of a post, or reporter; None where the ladder told nobody.
    """

    at: datetime
    kind: Literal["move", "warned", "told", "skipped"]
    name: str
    label: Label
    role: Role
    who: str | None
    holder: str


@dataclass(frozen=True, slots=True)
class Day:
    """One day and what happened on it. `holiday` names it; a weekend has none and is no working day either."""

    day: date
    working: bool
    holiday: str | None
    events: list[Event] = field(default_factory=list)


@dataclass(slots=True)
class Case:
    """A case as its part goes on."""

    number: str
    secret: str
    kind: str
    holder: str


@dataclass
class Play:
    """One performance."""

    stage: Stage
    story: Story
    calendar: Calendar
    cases: dict[int, Case] = field(default_factory=dict)
    roles: dict[str, Role] = field(default_factory=dict)
    _seen: int = 0

    def days(self) -> Iterator[Day]:
        """Play day by day."""
        day, steps = self.story.first, list(self.story.steps)
        while day <= self.story.last:
            played = Day(day, self.calendar.closing(day) is not None, self.calendar.closed.get(day))
            while steps and self.calendar.day(steps[0].at) == day:
                step = steps.pop(0)
                played.events.extend(self._until(step.at))
                played.events.append(self._made(step))
            day += timedelta(days=1)
            played.events.extend(self._until(midnight(day, self.calendar)))
            yield played

    def _until(self, moment: datetime) -> Iterator[Event]:
        for _ in self.stage.let_time_run(moment):
            yield from self._rungs()

    def _rungs(self) -> Iterator[Event]:
        new = select(Escalation, Complaint.number).join(Complaint, Complaint.id == Escalation.complaint_id)
        with self.stage.site.reading() as session:
            found = session.execute(new.where(Escalation.id > self._seen).order_by(Escalation.id)).all()
        for rung, number in found:
            self._seen = rung.id
            yield self._rung(rung, self.roles[number])

    def _rung(self, rung: Escalation, role: Role) -> Event:
        case, organisation = self.cases[role.number], self.stage.engine.organisation
        definition = self.stage.engine.workflow(case.kind).definition
        label = definition.clocks[rung.clock].label or Label(rung.clock, rung.clock)
        told = (
            organisation.posts[rung.post_id].code if rung.post_id else "reporter" if rung.tell == "reporter" else None
        )
        kind: Any = rung.outcome
        return Event(rung.raised_at, kind, rung.clock, label, role, told, case.holder)

    def _made(self, step: Step) -> Event:
        if step.move == SUBMIT:
            return self._submitted(step)
        case = self.cases[step.role.number]
        who = self._post(step.actor, case)
        token = self.stage.token(who) if who else case.secret
        if step.move == ACKNOWLEDGE:
            return self._acknowledged(step, case, who or "", token)
        path = f"/complaints/{case.number}"
        read = self.stage.ask("GET", path, token)
        body = {"move": step.move, "fields": self._fields(step)}
        after = self.stage.ask("POST", f"{path}/moves", token, body, etag=read.etag).body
        case.holder = after["holder"]["code"]
        label = self.stage.engine.workflow(case.kind).definition.moves[step.move].label
        return self._event(step, label, who, case)

    def _fields(self, step: Step) -> dict[str, Any]:
        # the story knows other complaints by their titles, the server by their numbers
        numbers = {role.sample.submission["title"]: number for number, role in self.roles.items()}
        return {name: numbers[value] if name == "earlier" else value for name, value in step.fields.items()}

    def _submitted(self, step: Step) -> Event:
        who = None if step.actor == "reporter" else ARBITER
        made = self.stage.ask("POST", "/complaints", self.stage.token(who) if who else "", dict(step.fields)).body
        case = Case(made["tracking_number"], made["secret"], made["kind"], made["holder"]["code"])
        self.cases[step.role.number], self.roles[case.number] = case, step.role
        return self._event(step, Label("Laporan masuk", "Received"), who, case)

    def _acknowledged(self, step: Step, case: Case, who: str, token: str) -> Event:
        told = self.stage.ask("GET", "/escalations?acknowledged=false", token).body["items"]
        rung = next(item["id"] for item in told if item["number"] == case.number)
        self.stage.ask("POST", f"/escalations/{rung}/acknowledgement", token, dict(step.fields))
        return self._event(step, Label("Eskalasi ditanggapi atasan", "Escalation acknowledged"), who, case)

    def _event(self, step: Step, label: Label, who: str | None, case: Case) -> Event:
        return Event(step.at, "move", step.move, label, step.role, who or "reporter", case.holder)

    def _post(self, actor: str, case: Case) -> str | None:
        """The code of the post that acts; None for the reporter."""
        organisation = self.stage.engine.organisation
        if actor == "reporter":
            return None
        if actor in ("coordinator", "arbiter"):
            return ARBITER
        if actor in organisation.post_codes:
            return actor
        holder = organisation.unit_codes[case.holder]
        return next(
            post.code
            for post in organisation.posts.values()
            if post.unit_id == holder.id and post.role == actor and not post.vacant
        )


def midnight(day: date, calendar: Calendar) -> datetime:
    """When a day begins, by the clock of the city."""
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(calendar.zone))

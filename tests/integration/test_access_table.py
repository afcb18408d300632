"""docs/reference/access.md: every cell of its tables is asked for, and every route of the application stands there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from api.app import create_app
from api.auth import require_policies
from api.description import operations, template
from lapor.access import gathering
from lapor.access.secrets import new_number
from lapor.records import Complaint, Escalation
from tests.files import PDF, marked
from tests.integration.people import OPERATOR, PASSWORD, Person
from tests.integration.rehearsal import rehearsed, undone
from tests.integration.town import COORDINATOR, DISPOSITION, Town
from tests.integration.web import BARE, Answer, Web

PAGE = Path(__file__).parents[2] / "docs/reference/access.md"
PELAPOR = {"name": "Pelapor", "email": "pelapor@warga.example"}
PROGRAM = {"name": "Aplikasi", "scope": "read", "days": 1}
STANDARD = {"kind": "complaint", "budget": "7 working days", "valid_from": "2027-01-04"}
WITNESS = {"what": "identity", "reason": "Saksi.", "legal_basis": "Pasal 15 UU 27/2022"}


@dataclass(frozen=True)
class Line:
    """One line of a table: what is asked for, in which relation, and what each column is answered."""

    heading: str
    route: str
    relation: str
    columns: tuple[str, ...]
    cells: tuple[str, ...]

    @property
    def method(self) -> str:
        return self.route.partition(" ")[0]

    @property
    def path(self) -> str:
        return self.heading + self.route.partition(" ")[2]

    def __str__(self) -> str:
        return f"| {' | '.join((f'`{self.route}`{self.relation}', *self.cells))} |"


def lines() -> Iterator[Line]:
    """The lines of all tables whose first column is called route."""
    heading, columns = "", tuple[str, ...]()
    for text in PAGE.read_text(encoding="utf-8").splitlines():
        cells = tuple(cell.strip() for cell in text.strip("|").split("|"))
        if text.startswith("## "):
            heading, columns = "".join(re.findall(r"`(.*)`", text)), ()
        elif cells[0] == "route":
            columns = cells[1:]
        elif columns and (found := re.fullmatch(r"`(.*)`(.*)", cells[0])):
            yield Line(heading, found[1], found[2], columns, cells[1:])


@dataclass(frozen=True)
class Things:
    """What the names in paths and bodies stand for; by default for nothing that there is."""

    number: str = field(default_factory=lambda: new_number(2026))
    secret: str = ""
    etag: str = '"0"'
    attachment: str = "0" * 32
    id: int = 999_999
    public_id: str = "P-7QK4-M2ZD"
    code: str = "lapor_i_7QK4M2ZD7QK4M2ZD"
    post: str = ""
    deputy: str = ""
    unit: str = "pu"
    clock: str = "first_response"
    name: str = "complaint"
    slug: str = "stale"


@dataclass(frozen=True)
class Scene:
    """Who asks, by column, and what each asks about."""

    web: Web
    callers: Mapping[str, str | None]
    things: Mapping[str, Things]

    def answers(self, line: Line, column: str, things: Things) -> Answer:
        """What a column is answered that asks about something; afterwards it is as if it had not asked."""
        by, said = self.callers[column], SAID.get(line.route, _nothing)(things)
        headers = {"If-Match": things.etag, **({"Authorization": f"Bearer {by}"} if by else {})}
        path = re.sub(r"\{(\w+)\}", lambda found: str(getattr(things, found[1])), line.path)
        with undone(self.web):
            return self.web.client.open(path, method=line.method, headers=headers, **said)

    def with_ids(self, ids: Mapping[str, int]) -> Scene:
        """The scene in which each column asks for one more thing."""
        named = {column: replace(self.things[column], id=id_) for column, id_ in ids.items()}
        return replace(self, things={**self.things, **named})

    def with_all(self, **named: Any) -> Scene:
        """The scene in which all ask for one thing."""
        return replace(self, things={column: replace(each, **named) for column, each in self.things.items()})


def _nothing(_: Things) -> dict[str, Any]:
    return {}


def _as_it_is(scene: Scene) -> Scene:
    return scene


def in_json(**said: Any) -> Callable[[Things], dict[str, Any]]:
    return lambda _: {"json": said}


# what is sent where something is needed; what nobody has to send is not
SAID: Mapping[str, Callable[[Things], dict[str, Any]]] = {
    "POST /moves": in_json(move="tighten", fields={"confidential": True}),
    "POST /messages": in_json(text="Halo."),
    "POST /attachments": lambda _: {"data": PDF},
    "PUT /publication": in_json(title="Jalan berlubang", text="Di depan pasar."),
    "POST /openings": in_json(**WITNESS),
    "POST /openings/{id}/consent": in_json(consent=True),
    "POST /openings/{id}/decision": in_json(granted=True),
    "POST /erasures/{id}/refusal": in_json(legal_basis="Pasal 15 UU 27/2022"),
    "POST /escalations/{id}/acknowledgement": in_json(note="Baik."),
    "POST /templates/{id}/preview": lambda things: {"json": {"number": things.number}},
    "POST /bulk/dispositions": lambda things: {
        "json": {"items": [{"number": things.number, "version": 1, "fields": DISPOSITION}]}
    },
    "POST /complaints": in_json(**BARE),
    "POST /templates": in_json(name="Selesai", text="Sudah."),
    "PUT /templates/{id}": in_json(name="Selesai", text="Sudah."),
    "POST /absences": lambda things: {
        "json": {"post": things.post, "deputy": things.deputy, "until": "2027-01-04T00:00:00Z"}
    },
    "POST /service-standards": lambda things: {"json": {**STANDARD, "unit": things.unit}},
    "POST /sessions": in_json(email="pu.petugas@kota.example", password=PASSWORD),
    "PUT /account/password": in_json(present=PASSWORD, new="pasar baru di hilir"),
    "POST /tokens": in_json(**PROGRAM),
    "POST /invitations": lambda things: {"json": {"email": "baru@kota.example", "post": things.post}},
    "POST /invitations/acceptance": lambda things: {"json": {"code": things.code, "password": PASSWORD}},
    "POST /reporters/codes": in_json(email="pelapor@warga.example"),
    "POST /reporters/sessions": lambda things: {"json": {"email": "pelapor@warga.example", "code": things.code}},
}


@pytest.fixture(scope="module")
def scene(shared_town: Town) -> Iterator[Scene]:
    with rehearsed(shared_town) as web:
        yield staged(web)


def test_every_cell_of_the_tables_is_what_is_answered(scene: Scene) -> None:
    found = []
    for line in lines():
        with undone(scene.web):
            prepared = BEFORE.get(f"{line.route}{line.relation}", _as_it_is)(scene)
            found.append(replace(line, cells=tuple(answered(prepared, line, column) for column in line.columns)))
    assert "\n".join(map(str, found)) == "\n".join(map(str, lines()))


def answered(scene: Scene, line: Line, column: str) -> str:
    """The status; what is not there for somebody is answered as what does not exist, to the last byte."""
    there = scene.answers(line, column, scene.things[column])
    assert there.status_code < 500, (line, column)
    if there.status_code == 404:
        nowhere = scene.answers(line, column, Things())
        assert everything(there) == everything(nowhere), (line, column)
    return str(there.status_code)


def everything(answer: Answer) -> tuple[int, bytes, list[tuple[str, str]]]:
    return answer.status_code, answer.data, sorted(answer.headers)


def test_every_route_stands_in_the_tables_and_nothing_else_does(scene: Scene) -> None:
    there = {
        (method, template(rule.rule))
        for rule in scene.web.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD"}
    }
    assert {(line.method, line.path.partition("?")[0]) for line in lines()} == there
    assert {(method.upper(), path) for path, method, _ in operations(scene.web.description)} == there


def test_a_route_without_a_policy_stops_the_application(scene: Scene) -> None:
    app = create_app(scene.web.site)
    app.add_url_rule("/forgotten", view_func=lambda: "")
    with pytest.raises(LookupError, match="No policy is declared for /forgotten"):
        require_policies(app)


HOLDERS = {  # who asks in which column, by the code of a post
    "door": COORDINATOR,
    "handed on": COORDINATOR,
    "other door": "rsud.koordinator-pengaduan",
    "holder": "pu.penghubung",
    "handler": "pu.petugas",
    "above": "pu.kepala",
    "former": "kesehatan.penghubung",
    "elsewhere": "kesehatan.kepala",
    "told": "setda.sekda",
    "inspector": "inspektorat.inspektur",
    "reported": "kesehatan.kepala",
    "custodian": "kota.penjaga-identitas",
    "operator": OPERATOR,
    "coordinator": "rsud.koordinator-pengaduan",
    "liaison officer": "pu.penghubung",
    "supervisor": "pu.kepala",
}
WITH_ACCOUNTS = ("coordinator", "liaison officer", "handler", "supervisor", "inspector", "custodian", "operator")


def staged(web: Web) -> Scene:
    """The cases and people that the page speaks of."""
    case, received, alleged = (web.submit(anonymous=True, reporter=PELAPOR) for _ in range(3))
    web.moved(case, "dispose", COORDINATOR, **{**DISPOSITION, "unit": "kesehatan"})
    web.moved(case, "return", "kesehatan.penghubung", reason="Bukan kami.")
    web.moved(case, "dispose", COORDINATOR, **DISPOSITION)
    accused = {"unit": "rsud", "classification": "oversight", "reported": "kesehatan.kepala"}
    web.moved(alleged, "dispose", COORDINATOR, **{**DISPOSITION, **accused})
    for _ in range(14):
        web.sweep(hours=6)
    web.moved(case, "accept", "pu.penghubung")
    theirs = things_of(web, case, asks="kota.wali-kota")
    theirs = replace(theirs, public_id=published(web, theirs))
    things = dict.fromkeys(("visitor", "reporter", "own", "another's", *HOLDERS), theirs)
    things |= {"door": things_of(web, received), "reported": things_of(web, alleged, asks="rsud.direktur")}
    callers = {"visitor": None, "reporter": received["secret"], "own": case["secret"], "another's": received["secret"]}
    callers |= {column: web.token(post) for column, post in HOLDERS.items()}
    callers |= {column: log_in(web, HOLDERS[column]) for column in WITH_ACCOUNTS}
    return Scene(web, callers, things)


def things_of(web: Web, case: Mapping[str, Any], asks: str | None = None) -> Things:
    path, secret = f"/complaints/{case['tracking_number']}", case["secret"]
    sent = web.upload(f"{path}/attachments", marked(), secret).json["id"]
    opening = web.post(f"{path}/openings", WITNESS, asks).json["id"] if asks else Things.id
    etag = web.get(path, secret).headers["ETag"]
    return Things(case["tracking_number"], secret, etag, sent, opening)


def published(web: Web, things: Things) -> str:
    """Publish a case; the id of what is public."""
    said = {"title": "Jalan berlubang", "text": "Di depan pasar."}
    path = f"/complaints/{things.number}/publication"
    return str(web.put(path, said, COORDINATOR, If_Match=things.etag).json["public_id"])


def log_in(web: Web, post: str) -> str:
    """The session of somebody who holds a post."""
    person = Person(web, f"{post}@kota.example")
    person.takes(post, OPERATOR)
    return person.token()


def withdrawn(scene: Scene) -> Scene:
    case = scene.things["own"]
    scene.web.moved({"tracking_number": case.number}, "withdraw", case.secret)
    return scene


def erasure_asked(scene: Scene) -> Scene:
    case = withdrawn(scene).things["own"]
    return scene.with_all(id=scene.web.post(f"/complaints/{case.number}/erasure", {}, case.secret).json["id"])


def rungs_told(scene: Scene) -> Scene:
    """Each asks for a rung that was told to the own post, or else for one that was told to others."""
    ids = {}
    with scene.web.site.reading() as session:
        rungs = session.scalars(select(Escalation).order_by(Escalation.id)).all()
    posts = scene.web.town.engine.organisation.post_codes
    for column, things in scene.things.items():
        of_case = [each for each in rungs if case_number(scene, each) == things.number]
        own = [each for each in of_case if column in HOLDERS and each.post_id == posts[HOLDERS[column]].id]
        ids[column] = (own or of_case)[-1].id
    return scene.with_ids(ids)


def case_number(scene: Scene, rung: Escalation) -> str:
    with scene.web.site.reading() as session:
        return session.get_one(Complaint, rung.complaint_id).number


def template_of(post: str) -> Callable[[Scene], Scene]:
    return lambda scene: scene.with_all(
        id=scene.web.post("/templates", {"name": "Selesai", "text": "Sudah."}, post).json["id"]
    )


def own_tokens(scene: Scene) -> Scene:
    return scene.with_ids({column: token_of(scene.web, str(scene.callers[column])) for column in WITH_ACCOUNTS})


def token_of_another(scene: Scene) -> Scene:
    return scene.with_all(id=token_of(scene.web, log_in(scene.web, "jalan.petugas")))


def token_of(web: Web, by: str) -> int:
    return int(web.post("/tokens", PROGRAM, by).json["id"])


def invited(post: str) -> Callable[[Scene], Scene]:
    def before(scene: Scene) -> Scene:
        made = Person(scene.web, "baru@kota.example").invited(post, OPERATOR)
        return scene.with_all(id=made["id"], code=made["code"])

    return before


def own_posts(scene: Scene) -> Scene:
    """Each asks for the own post, with a deputy of the same agency."""
    organisation = scene.web.town.engine.organisation
    things = {}
    for column, each in scene.things.items():
        own = organisation.post_codes[HOLDERS.get(column, "pu.penghubung")]
        agency = organisation.agency(own.unit_id)
        fellows = (post for post in organisation.posts.values() if organisation.agency(post.unit_id) == agency)
        others = (post.code for post in fellows if post != own and not post.vacant)
        things[column] = replace(each, post=own.code, deputy=next(others, own.code))
    return replace(scene, things=things)


def absent(post: str, deputy: str) -> Callable[[Scene], Scene]:
    said = {"post": post, "deputy": deputy, "until": "2027-01-04T00:00:00Z"}
    return lambda scene: scene.with_all(id=scene.web.post("/absences", said, post).json["id"])


def own_units(scene: Scene) -> Scene:
    posts = scene.web.town.engine.organisation.post_codes
    units = scene.web.town.engine.organisation.units
    own = {column: units[posts[code].unit_id].code for column, code in HOLDERS.items()}
    return replace(
        scene, things={column: replace(each, unit=own.get(column, "pu")) for column, each in scene.things.items()}
    )


def standard_of(unit: str, by: str) -> Callable[[Scene], Scene]:
    return lambda scene: scene.with_all(
        id=scene.web.post("/service-standards", {**STANDARD, "unit": unit}, by).json["id"]
    )


def held(post: str) -> Callable[[Scene], Scene]:
    """Somebody holds a post."""

    def before(scene: Scene) -> Scene:
        log_in(scene.web, post)
        tenures = scene.web.get("/tenures?limit=200", OPERATOR).json["items"]
        return scene.with_all(id=next(each["id"] for each in tenures if each["post"] == post))

    return before


def code_sent(scene: Scene) -> Scene:
    with scene.web.site.writing() as session:
        code = gathering.offer(scene.web.town.engine, session, PELAPOR["email"], now=scene.web.watch.at)
    return scene.with_all(code=code)


# what happens before a line of the tables is asked for
BEFORE: Mapping[str, Callable[[Scene], Scene]] = {
    "POST /erasure of a case that was withdrawn": withdrawn,
    "GET /erasure of a wish that waits": erasure_asked,
    "DELETE /erasure of a wish that waits": erasure_asked,
    "POST /erasures/{id}/refusal": erasure_asked,
    "POST /escalations/{id}/acknowledgement": rungs_told,
    "POST /templates/{id}/preview": template_of("kota.wali-kota"),
    "PUT /templates/{id} of the own unit": template_of("pu.penghubung"),
    "DELETE /templates/{id} of the own unit": template_of("pu.penghubung"),
    "PUT /templates/{id} of a unit above": template_of("kota.wali-kota"),
    "DELETE /templates/{id} of a unit above": template_of("kota.wali-kota"),
    "PUT /templates/{id} of a unit elsewhere": template_of("kesehatan.penghubung"),
    "DELETE /templates/{id} of a unit elsewhere": template_of("kesehatan.penghubung"),
    "DELETE /tokens/{id} of the own account": own_tokens,
    "DELETE /tokens/{id} of somebody else": token_of_another,
    "POST /invitations to a post in the own tree": lambda scene: scene.with_all(post="rsud.penghubung"),
    "POST /invitations to a post elsewhere": lambda scene: scene.with_all(post="pu.penghubung"),
    "DELETE /invitations/{id} to a post in the own tree": invited("rsud.penghubung"),
    "DELETE /invitations/{id} to a post elsewhere": invited("pu.penghubung"),
    "POST /invitations/acceptance": invited("rsud.penghubung"),
    "DELETE /tenures/{id} of a post in the own tree": held("rsud.penghubung"),
    "DELETE /tenures/{id} of a post elsewhere": held("jalan.petugas"),
    "POST /tenures/{id}/recovery of a post in the own tree": held("rsud.penghubung"),
    "POST /tenures/{id}/recovery of a post elsewhere": held("jalan.petugas"),
    "POST /absences of the own post": own_posts,
    "POST /absences of a post elsewhere": lambda scene: scene.with_all(
        post="setda.sekda", deputy="kota.koordinator-pengaduan"
    ),
    "DELETE /absences/{id} of a post elsewhere": absent("kesehatan.kepala", "kesehatan.penghubung"),
    "DELETE /absences/{id} of a handler of public works": absent("pu.petugas", "pu.penghubung"),
    "POST /service-standards of the own unit": own_units,
    "POST /service-standards of a unit elsewhere": lambda scene: scene.with_all(unit="inspektorat"),
    "POST /service-standards/{id}/signature of a draft of public works": standard_of("pu", "pu.kepala"),
    "POST /service-standards/{id}/signature of a draft of the health agency": standard_of(
        "kesehatan", "kesehatan.kepala"
    ),
    "POST /reporters/sessions": code_sent,
}

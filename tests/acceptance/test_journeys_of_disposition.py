"""Journeys between units, over HTTP, each with its wrong turns."""

from __future__ import annotations

from tests.acceptance.hall import FORBIDDEN, NOT_OPEN, NOT_THERE, PELAPOR, Hall, Report
from tests.integration.town import COORDINATOR, DISPOSITION

DOOR = "rsud.koordinator-pengaduan"
OURS_NOT = {"reason": "Bukan kewenangan kami."}
BELOW = {"unit": ["Must lie below the unit that holds the case."]}
OWN_POST = {"post": ["Must be a post of the unit that holds the case, neither vacant nor reported."]}
ALLEGES = {"classification": "oversight", "category": "jalan-rusak", "reason": "Ada pungutan."}
MILDER = {"classification": "not_oversight", "category": "jalan-rusak", "reason": "Tidak ada pungutan."}


def test_a_complaint_at_the_wrong_door_is_returned_twice_until_the_arbiters_word_binds(hall: Hall) -> None:
    report = hall.submits(door="rsud", reporter=PELAPOR)
    to = {**DISPOSITION, "unit": "kesehatan"}
    assert report.cannot("dispose", COORDINATOR, **to) == FORBIDDEN
    assert report.goes("dispose", DOOR, **to) == "disposed"
    # the office of this door closes at 16:00 in its own zone, an hour earlier than that of the city hall
    citizens = {"first_response": "running, 13 Jul 15:00", "resolution": "running, 24 Jul 15:30"}
    assert report.clocks() == {
        "verification": "met",
        "holding": "running, 8 Jul 15:00",
        "standard": "running, 10 Jul 15:30",
        **citizens,
    }

    hall.waits_until("7 Jul 10:00")
    _is_not_returned_wrongly(report)
    assert report.goes("return", "kesehatan.penghubung", **OURS_NOT, competent_unit="pu") == "contested"
    assert report.holder == "kesehatan"
    assert report.cannot("arbitrate", DOOR, unit="pu", **OURS_NOT) == FORBIDDEN
    assert report.goes("dispose", DOOR, **DISPOSITION) == "disposed"
    assert report.cannot("accept", "kesehatan.penghubung") == NOT_THERE
    assert report.cannot("arbitrate", COORDINATOR, unit="pu", reason="Jalan kota.") == NOT_OPEN

    hall.waits_until("8 Jul 10:00")
    assert report.goes("return", "pu.penghubung", **OURS_NOT, competent_unit="kesehatan") == "contested"
    assert report.why_not("dispose", DOOR, **to) == (
        "The move dispose is not open in the state contested: it was returned too often, only an arbiter decides."
    )
    hall.waits_until("10 Jul 10:00")
    assert report.ladder() == [("arbitration", 0, COORDINATOR), ("arbitration", 1, "setda.sekda")]
    assert report.goes("arbitrate", COORDINATOR, unit="jalan", reason="Jalan kota.") == "in_follow_up"
    assert report.holder == "jalan"
    _stays_with(report, "jalan.penghubung", former=("pu.penghubung", "kesehatan.penghubung", "kesehatan.kepala"))
    ended = {"verification": "met", "holding": "met", "standard": "lapsed", "arbitration": "missed"}
    assert report.clocks() == {**ended, **citizens}
    assert report.goes("answer", "jalan.penghubung", text="Sudah ditambal.") == "answered"
    assert report.trail()[1:5] == 2 * ["coordinator dispose", "liaison_officer return"]
    assert report.trail()[5:] == ["coordinator arbitrate", "liaison_officer answer"]
    assert report.mails_to("reporter")[:5] == ["Laporan diterima", *2 * ["Laporan diteruskan", "Laporan dialihkan"]]
    assert report.mails_to("reporter")[5:] == ["Laporan dialihkan", "Laporan ditanggapi"]
    assert hall.is_sound()


def _is_not_returned_wrongly(report: Report) -> None:
    assert [
        report.cannot("return", "pu.penghubung", **OURS_NOT),
        report.cannot("return", "kesehatan.petugas", **OURS_NOT),
        report.cannot("return", "kesehatan.kepala", **OURS_NOT),
        report.cannot("return", "kesehatan.penghubung", competent_unit="pasar"),
    ] == [
        NOT_THERE,
        FORBIDDEN,
        FORBIDDEN,
        (
            422,
            "invalid-fields",
            {"reason": ["Required: a text."], "competent_unit": ["There is no unit with the code 'pasar'."]},
        ),
    ]


def _stays_with(report: Report, holder: str, former: tuple[str, ...]) -> None:
    assert report.cannot("return", holder, **OURS_NOT) == NOT_OPEN
    assert report.why_not("ask_arbitration", holder, **OURS_NOT) == (
        "The move ask_arbitration is not open in the state in_follow_up: an arbiter has decided who is competent."
    )
    assert [report.cannot("answer", by, text="Bukan kami.") for by in former] == [NOT_THERE for _ in former]


def test_a_wrong_disposition_is_recalled_before_it_is_accepted_and_not_after(hall: Hall) -> None:
    report = hall.submits(reporter=PELAPOR)
    assert report.cannot("recall", COORDINATOR, reason="Salah unit.") == NOT_OPEN
    assert report.goes("dispose", COORDINATOR, **{**DISPOSITION, "unit": "kesehatan"}) == "disposed"
    citizens = {"first_response": "running, 13 Jul 16:00", "resolution": "running, 24 Jul 16:30"}

    hall.waits_until("7 Jul 10:00")
    assert report.cannot("recall", "kesehatan.penghubung", reason="Salah unit.") == FORBIDDEN
    assert report.cannot("recall", "reporter", reason="Salah unit.") == FORBIDDEN
    assert report.cannot("recall", DOOR, reason="Salah unit.") == NOT_THERE
    assert report.cannot("recall", COORDINATOR) == (422, "invalid-fields", {"reason": ["Required: a text."]})
    assert report.goes("recall", COORDINATOR, reason="Salah unit.") == "contested"
    assert report.cannot("accept", "kesehatan.penghubung") == NOT_OPEN
    waiting = {"verification": "met", "holding": "lapsed", "standard": "lapsed"}
    assert report.clocks() == {**waiting, "arbitration": "running, 8 Jul 16:00", **citizens}

    assert report.goes("dispose", COORDINATOR, **DISPOSITION) == "disposed"
    assert report.cannot("accept", "kesehatan.penghubung") == NOT_THERE
    assert report.clocks() == {**waiting, "holding": "running, 9 Jul 16:00", "arbitration": "met", **citizens}
    assert report.goes("accept", "pu.penghubung") == "in_follow_up"
    assert report.cannot("recall", COORDINATOR, reason="Salah unit.") == NOT_OPEN
    assert report.holder == "pu"
    assert report.trail() == [
        "reporter submit",
        "coordinator dispose",
        "coordinator recall",
        "coordinator dispose",
        "liaison_officer accept",
    ]
    assert report.mails_to("kesehatan.penghubung") == ["Laporan baru untuk Anda"]
    assert report.mails_to("pu.penghubung") == ["Laporan baru untuk Anda"]
    assert hall.is_sound()


def test_a_complaint_is_passed_down_inside_the_own_subtree_only(hall: Hall) -> None:
    report = hall.submits(reporter=PELAPOR)
    assert report.goes("dispose", COORDINATOR, **{**DISPOSITION, "unit": "kesehatan"}) == "disposed"
    citizens = {"first_response": "running, 13 Jul 16:00", "resolution": "running, 24 Jul 16:30"}
    assert report.clocks() == {
        "verification": "met",
        "holding": "running, 8 Jul 15:00",
        "standard": "running, 10 Jul 15:30",
        **citizens,
    }
    hall.waits_until("8 Jul 10:00")
    assert [
        report.cannot("pass_down", "kesehatan.petugas", unit="rsud"),
        report.cannot("pass_down", COORDINATOR, unit="rsud"),
        report.cannot("pass_down", "pu.penghubung", unit="jalan"),
        report.cannot("pass_down", "kesehatan.penghubung", unit="jalan"),
        report.cannot("pass_down", "kesehatan.penghubung", unit="kesehatan"),
        report.cannot("pass_down", "kesehatan.penghubung", unit="kota"),
    ] == [FORBIDDEN, FORBIDDEN, NOT_THERE, *3 * [(422, "invalid-fields", BELOW)]]

    assert report.goes("pass_down", "kesehatan.penghubung", unit="rsud") == "disposed"
    assert (report.holder, report.trail()[-1]) == ("rsud", "liaison_officer pass_down")
    assert report.mails_to("rsud.penghubung") == ["Laporan baru untuk Anda"]
    assert [report.is_there_for(by) for by in ("kesehatan.penghubung", "kesehatan.kepala")] == [False, True]
    # the clocks of a holder begin anew; the standard of the agency is the hospital's too
    assert report.clocks() == {
        "verification": "met",
        "holding": "running, 10 Jul 15:30",
        "standard": "running, 14 Jul 15:00",
        **citizens,
    }
    assert report.cannot("accept", "kesehatan.penghubung") == NOT_THERE
    assert report.cannot("pass_down", "rsud.penghubung", unit="kesehatan") == (422, "invalid-fields", BELOW)

    # nobody there takes it: the ladder climbs from the hospital
    hall.waits_until("13 Jul 09:00")
    assert report.ladder() == [
        ("holding", 0, "rsud.direktur"),
        ("first_response", 0, "rsud.direktur"),
        ("holding", 1, "kesehatan.kepala"),
    ]
    assert report.goes("accept", "rsud.penghubung") == "in_follow_up"
    assert report.clocks()["holding"] == "missed"
    assert hall.is_sound()


def test_another_class_gives_another_deadline_and_its_first_class_the_first_deadline_again(hall: Hall) -> None:
    report = hall.submits(reporter=PELAPOR)
    assert report.cannot("reclassify", COORDINATOR, **ALLEGES) == NOT_OPEN
    assert report.goes("dispose", COORDINATOR, **DISPOSITION, reported="pu.petugas") == "disposed"
    assert report.goes("accept", "pu.penghubung") == "in_follow_up"
    clocks = {"verification": "met", "holding": "met", "first_response": "running, 13 Jul 16:00"}
    assert report.clocks() == {**clocks, "resolution": "running, 24 Jul 16:30"}
    assert [
        report.cannot("reclassify", "pu.penghubung", **ALLEGES),
        report.cannot("reclassify", "pu.kepala", **ALLEGES),
        report.cannot("reclassify", "reporter", **ALLEGES),
        report.cannot("reclassify", "kesehatan.penghubung", **ALLEGES),
        report.cannot("reclassify", COORDINATOR, **{**ALLEGES, "classification": "severe"}),
        report.cannot("reclassify", COORDINATOR, classification="oversight", category="jalan-rusak"),
    ] == [
        FORBIDDEN,
        FORBIDDEN,
        FORBIDDEN,
        NOT_THERE,
        (422, "invalid-fields", {"classification": ["Must be one of: oversight, not_oversight."]}),
        (422, "invalid-fields", {"reason": ["Required: a text."]}),
    ]

    hall.waits_until("10 Jul 10:00")
    assert report.goes("reclassify", COORDINATOR, **ALLEGES) == "in_follow_up"
    assert report.clocks() == {**clocks, "resolution": "running, 30 Sep 16:00"}
    assert report.mails_to("inspektorat.inspektur") == ["Laporan berkadar pengawasan"]
    assert (report.seen()["class"], report.trail()[-1]) == ("oversight", "coordinator reclassify")
    assert report.last()["detail"] == ALLEGES
    hall.waits_until("14 Jul 10:00")
    assert report.goes("reclassify", COORDINATOR, **MILDER) == "in_follow_up"
    assert report.clocks() == {**clocks, "resolution": "running, 24 Jul 16:30"}
    changed = {"name": "resolution", "term": 3, "state": "running"}
    assert report.last("inspektorat.inspektur")["detail"] == {
        **MILDER,
        "clocks": [{**changed, "old": "2026-09-30T09:00:00Z", "new": "2026-07-24T09:30:00Z"}],
    }
    assert report.trail()[-2:] == ["coordinator reclassify", "coordinator reclassify"]
    assert hall.is_sound()


def test_a_supervisor_gives_the_case_to_another_post_of_the_unit_and_the_ladder_follows(hall: Hall) -> None:
    report = hall.submits(reporter=PELAPOR)
    assert report.goes("dispose", COORDINATOR, **DISPOSITION, reported="pu.kepala") == "disposed"
    assert report.goes("accept", "pu.penghubung") == "in_follow_up"
    before = report.clocks()
    assert [
        report.cannot("reassign", "pu.petugas", post="pu.petugas"),
        report.cannot("reassign", COORDINATOR, post="pu.petugas"),
        report.cannot("reassign", "reporter", post="pu.petugas"),
        report.cannot("reassign", "jalan.kepala", post="jalan.petugas"),
        report.cannot("reassign", "pu.kepala", post="pu.petugas"),
    ] == [FORBIDDEN, FORBIDDEN, FORBIDDEN, NOT_THERE, NOT_THERE]
    refused = [
        report.cannot("reassign", "kota.wali-kota", post=post)
        for post in ("pu.kepala", "pu.sekretaris", "jalan.penghubung")
    ]
    assert refused == 3 * [(422, "invalid-fields", OWN_POST)]
    assert report.cannot("reassign", "kota.wali-kota", post="pu.tukang") == (
        (422, "invalid-fields", {"post": ["There is no post with the code 'pu.tukang'."]})
    )

    assert report.goes("reassign", "kota.wali-kota", post="pu.petugas") == "in_follow_up"
    assert report.mails_to("pu.petugas") == ["Laporan baru untuk Anda"]
    assert report.trail()[-1] == "liaison_officer accept"
    assert report.trail("inspektorat.inspektur")[-1] == "supervisor reassign"
    assert (report.holder, report.clocks()) == ("pu", before)
    # the secretary is vacant and the head reported
    hall.waits_until("15 Jul 09:00")
    assert report.ladder() == [
        ("first_response", 0, "pu.petugas"),
        ("first_response", 1, "pu.penghubung"),
        ("first_response", 2, "setda.sekda"),
    ]
    assert report.cannot("answer", "pu.petugas", text="Sudah ditambal.") == FORBIDDEN
    assert report.goes("propose_answer", "pu.petugas", text="Sudah ditambal.") == "awaiting_approval"
    assert report.goes("reassign", "pu.penghubung", post="pu.penghubung") == "awaiting_approval"
    assert hall.is_sound()


def test_what_is_made_confidential_later_is_hidden_from_then_on(hall: Hall) -> None:
    report = hall.submits(reporter=PELAPOR)
    assert report.goes("dispose", COORDINATOR, **DISPOSITION) == "disposed"
    assert report.goes("accept", "pu.penghubung") == "in_follow_up"
    holder, door, above = "pu.penghubung", COORDINATOR, "pu.kepala"
    assert _found(hall, "berlubang", holder, door, above, "inspektorat.inspektur") == 4 * [[report.number]]
    assert [report.seen(by)["reporter"] for by in (holder, door, above)] == 3 * [PELAPOR]
    hall.waits_until("13 Jul 16:00")
    assert "Judul: Jalan berlubang" in hall.newest_mail_to("pu.penghubung@kota.example")

    looser = {"confidential": ["Can only be set to true: only the reporter loosens."]}
    assert [
        report.cannot("tighten", "kesehatan.penghubung", confidential=True),
        report.cannot("tighten", "reporter"),
        report.cannot("tighten", "reporter", confidential="ya"),
        report.cannot("tighten", holder, confidential=False),
        report.cannot("tighten", "reporter", confidential=False),
    ] == [
        NOT_THERE,
        (422, "invalid-fields", {"confidential": ["Set anonymous, confidential or both to true."]}),
        (422, "invalid-fields", {"confidential": ["Must be true or false."]}),
        (422, "invalid-fields", looser),
        (422, "invalid-fields", looser),
    ]
    assert report.goes("tighten", "reporter", confidential=True) == "in_follow_up"
    assert report.goes("tighten", holder, anonymous=True) == "in_follow_up"
    assert report.cannot("tighten", "reporter", confidential=False) == (422, "invalid-fields", looser)

    row = {"tracking_number", "state", "phase", "label", "holder", "version", "next"}
    assert [set(report.seen(by)) for by in (door, above, "inspektorat.inspektur")] == 3 * [row]
    seen = report.seen(holder)
    assert (seen["text"], "reporter" in seen) == ("Di depan pasar.", False)
    assert report.seen()["reporter"] == PELAPOR
    assert _found(hall, "berlubang", holder, door, above, report.secret) == 4 * [[]]
    assert "detail" not in report.last(door)
    assert report.trail()[-1] == "liaison_officer accept"
    assert report.trail(holder)[-2:] == ["reporter tighten", "liaison_officer tighten"]

    # the next rung is told without a word of what it is about
    hall.waits_until("13 Jul 16:01")
    mail = hall.newest_mail_to("pu.kepala@kota.example")
    assert (report.number in mail, "Judul" in mail, "berlubang" in mail) == (True, False, False)
    assert report.seen(above)["text"] == "Di depan pasar."
    assert hall.is_sound()


def _found(hall: Hall, words: str, *by: str) -> list[list[str]]:
    """The numbers that each of them finds."""
    lists = [hall.web.get(f"/complaints?q={words}", each).json["items"] for each in by]
    return [[case["tracking_number"] for case in items] for items in lists]

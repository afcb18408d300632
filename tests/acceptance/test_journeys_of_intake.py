"""Journeys that begin or end at the door, over HTTP, each with its wrong turns."""

from __future__ import annotations

from tests.acceptance.hall import FORBIDDEN, NOT_OPEN, NOT_THERE, PELAPOR, Hall, Report
from tests.integration.town import COORDINATOR, DISPOSITION
from tests.integration.web import problem

COUNTER = {"channel": "counter", "received_at": "2026-07-02T10:15:00+07:00"}
UNCLEAR = {"reason": "unclear", "text": "Tidak jelas."}
HATRED = {"reason": "incites_hatred", "text": "Menghasut."}
OVERSIGHT = {"unit": "kesehatan", "category": "antrean-rumah-sakit", "classification": "oversight"}
ARCHIVING = "Must be one of: incites_hatred, no_evidence, unclear, not_about_government."
ACCUSING = {"classification": "oversight", "category": "jalan-rusak"}
_NOBODY = {"classification": ["Must not be oversight: a report of this kind accuses nobody."]}
ACCUSES_NOBODY = (422, "invalid-fields", _NOBODY)
INSPECTOR = "inspektorat.inspektur"


def test_a_complaint_keyed_in_at_a_counter_counts_from_its_true_receipt(hall: Hall) -> None:
    said = {"kind": "complaint", "title": "Jalan berlubang", "text": "Di depan pasar.", **COUNTER}
    not_yet = {**said, "received_at": "2026-07-07T10:00:00+07:00"}
    assert [
        problem(hall.web.post("/complaints", said)),
        problem(hall.web.post("/complaints", said, "pu.petugas")),
        problem(hall.web.post("/complaints", not_yet, COORDINATOR)),
    ] == [
        (422, "invalid-fields", {"received_at": ["Only for officers who key in what was received elsewhere."]}),
        (403, "forbidden", None),
        (422, "invalid-fields", {"received_at": ["Must not be in the future, nor before 2002."]}),
    ]

    report = hall.submits(COORDINATOR, **COUNTER)

    seen = report.seen()
    assert (seen["received_at"], seen["channel"]) == ("2026-07-02T03:15:00Z", "counter")
    # keyed in on Monday, received on the Thursday before: its third working day is Tuesday
    assert report.clocks() == {"verification": "running, 7 Jul 16:00"}
    assert report.trail() == ["coordinator submit"]
    assert report.goes("dispose", COORDINATOR, **DISPOSITION) == "disposed"
    assert report.clocks()["first_response"] == "running, 13 Jul 16:00"
    assert hall.is_sound()


def test_an_incomplete_report_is_completed_and_the_coordinators_time_stands_still_meanwhile(hall: Hall) -> None:
    report = hall.submits(reporter=PELAPOR)
    asked = {"question": "Di jalan mana?"}
    assert report.cannot("ask_completion", "pu.penghubung", **asked) == NOT_THERE
    assert report.cannot("ask_completion", "kota.wali-kota", **asked) == FORBIDDEN
    assert report.cannot("ask_completion", COORDINATOR) == (422, "invalid-fields", {"question": ["Required: a text."]})
    assert report.cannot("complete", "reporter", text="Jalan Melati.") == NOT_OPEN

    assert report.goes("ask_completion", COORDINATOR, **asked) == "incomplete"
    assert report.clocks() == {"verification": "paused, 9 Jul 16:00", "completion": "running, 5 Aug 16:00"}
    assert report.seen()["next"]["text"]["id"] == "Menunggu tanggapan pelapor."
    assert report.last()["detail"] == asked
    assert report.cannot("ask_completion", COORDINATOR, **asked) == NOT_OPEN

    # the office closes once on a day that counts before the reporter answers
    hall.waits_until("8 Jul 10:00")
    assert report.cannot("complete", "kota.wali-kota", text="Jalan Melati.") == FORBIDDEN
    assert report.cannot("complete", "reporter", text=" ") == (422, "invalid-fields", {"text": ["Must not be blank."]})
    assert report.goes("complete", "reporter", text="Jalan Melati.") == "received"
    assert report.clocks() == {"verification": "running, 10 Jul 16:30", "completion": "met"}

    # the coordinator is warned, and goes by the new due moment
    hall.waits_until("10 Jul 16:30")
    assert report.ladder() == [("verification", 0, COORDINATOR)]
    assert report.goes("dispose", COORDINATOR, **DISPOSITION) == "disposed"
    assert report.clocks() == {
        "verification": "met",
        "completion": "met",
        "holding": "running, 14 Jul 16:00",
        "first_response": "running, 17 Jul 16:30",
        "resolution": "running, 30 Jul 16:00",
    }
    assert report.trail() == [
        "reporter submit",
        "coordinator ask_completion",
        "reporter complete",
        "coordinator dispose",
    ]
    assert report.mails_to("reporter") == ["Laporan diterima", "Menunggu kelengkapan", "Laporan diteruskan"]
    assert hall.is_sound()


def test_a_report_that_is_never_completed_expires_after_a_reminder_and_can_be_objected_to(hall: Hall) -> None:
    punctual, late = hall.submits(reporter=PELAPOR), hall.submits()
    assert punctual.goes("ask_completion", COORDINATOR, question="Di jalan mana?") == "incomplete"
    assert late.goes("ask_completion", COORDINATOR, question="Di jalan mana?") == "incomplete"
    assert punctual.cannot("expire", COORDINATOR) == FORBIDDEN
    assert punctual.cannot("object", "reporter", reason="Jelas.") == NOT_OPEN

    hall.waits_until("30 Jul 09:00")
    assert punctual.mails_to("reporter") == ["Laporan diterima", "Menunggu kelengkapan"]
    hall.waits_until("5 Aug 16:00")
    assert punctual.mails_to("reporter") == ["Laporan diterima", "Menunggu kelengkapan", "Laporan menunggu Anda"]
    assert punctual.clocks() == {"verification": "paused, 9 Jul 16:00", "completion": "running, 5 Aug 16:00"}
    hall.waits_until("5 Aug 16:01")
    assert (punctual.state, late.state) == ("archived", "archived")
    assert punctual.clocks() == {"verification": "lapsed", "completion": "lapsed"}
    assert punctual.trail() == ["reporter submit", "coordinator ask_completion", "system expire"]
    assert punctual.mails_to("reporter")[-1] == "Diarsipkan otomatis"
    assert punctual.ladder() == [("completion", 0, "reporter")]

    assert punctual.cannot("complete", "reporter", text="Jalan Melati.") == NOT_OPEN
    # 17 August is a holiday
    hall.waits_until("20 Aug 16:00")
    assert punctual.goes("object", "reporter", reason="Saya sakit.") == "objected"
    hall.waits_until("20 Aug 16:01")
    assert late.open_moves("reporter") == ["tighten"]
    assert late.why_not("object", "reporter", reason="Saya sakit.") == (
        "The move object is not open in the state archived: its window has ended."
    )
    assert punctual.goes("readmit", "setda.sekda", reason="Dapat dimaklumi.") == "received"
    assert punctual.clocks()["verification"] == "running, 26 Aug 16:00"
    assert hall.is_sound()


def test_an_archived_complaint_is_readmitted_and_goes_its_way(hall: Hall) -> None:
    report = hall.submits(reporter=PELAPOR)
    _is_not_archived_wrongly(report)

    assert report.goes("archive", COORDINATOR, **UNCLEAR) == "archived"
    assert (report.clocks(), report.last()["detail"]) == ({"verification": "met"}, UNCLEAR)
    assert report.cannot("dispose", COORDINATOR, **DISPOSITION) == NOT_OPEN
    assert report.cannot("object", "kota.wali-kota", reason="Sudah jelas.") == FORBIDDEN
    assert report.cannot("object", "reporter") == (422, "invalid-fields", {"reason": ["Required: a text."]})
    assert not report.is_there_for("setda.sekda")

    assert report.goes("object", "reporter", reason="Sudah jelas.") == "objected"
    assert report.clocks() == {"verification": "met", "review": "running, 20 Jul 16:00"}
    _is_decided_by_the_next_higher_post_only(report)
    hall.waits_until("21 Jul 09:00")
    assert report.ladder() == [("review", 0, "setda.sekda"), ("review", 1, "kota.wali-kota")]
    assert report.goes("readmit", "setda.sekda", reason="Cukup jelas.") == "received"
    assert report.clocks() == {"verification": "running, 24 Jul 16:30", "review": "missed"}

    assert report.goes("dispose", COORDINATOR, **DISPOSITION) == "disposed"
    assert not report.is_there_for("setda.sekda")
    assert report.goes("accept", "pu.penghubung") == "in_follow_up"
    assert report.goes("answer", "pu.penghubung", text="Sudah ditambal.") == "answered"
    assert report.goes("confirm", "reporter", rating=4) == "closed"
    assert report.trail()[:4] == ["reporter submit", "coordinator archive", "reporter object", "supervisor readmit"]
    by_unit = ["liaison_officer accept", "liaison_officer answer"]
    assert report.trail()[4:] == ["coordinator dispose", *by_unit, "reporter confirm"]
    assert report.mails_to("reporter")[:3] == ["Laporan diterima", "Laporan diarsipkan", "Laporan dibuka kembali"]
    assert report.mails_to("reporter")[3:] == ["Laporan diteruskan", "Laporan ditanggapi"]
    assert hall.is_sound()


def _is_decided_by_the_next_higher_post_only(report: Report) -> None:
    assert report.cannot("readmit", COORDINATOR, reason="Jelas.") == FORBIDDEN
    assert report.cannot("readmit", "kota.wali-kota", reason="Jelas.") == FORBIDDEN
    assert report.cannot("readmit", "inspektorat.inspektur", reason="Jelas.") == FORBIDDEN
    assert report.cannot("uphold_refusal", "setda.sekda", reason="not_ours", text="Bukan kami.") == (
        (422, "invalid-fields", {"reason": [ARCHIVING]})
    )
    assert report.why_not("uphold_block", "setda.sekda", **HATRED) == (
        "The move uphold_block is not open in the state objected: the objection is not to blocking."
    )


def _is_not_archived_wrongly(report: Report) -> None:
    assert [
        report.cannot("archive", "pu.penghubung", **UNCLEAR),
        report.cannot("archive", "kota.wali-kota", **UNCLEAR),
        report.cannot("archive", "reporter", **UNCLEAR),
        report.cannot("archive", COORDINATOR, reason="not_ours", text="Bukan kewenangan kami."),
        report.cannot("archive", COORDINATOR, reason="expired", text="Terlalu lama."),
        report.cannot("archive", COORDINATOR, reason="unclear"),
    ] == [
        NOT_THERE,
        FORBIDDEN,
        FORBIDDEN,
        (422, "invalid-fields", {"reason": [ARCHIVING]}),
        (422, "invalid-fields", {"reason": [ARCHIVING]}),
        (422, "invalid-fields", {"text": ["Required: a text."]}),
    ]


def test_archiving_that_every_higher_post_upholds_stays(hall: Hall) -> None:
    report = hall.submits(reporter=PELAPOR)
    assert report.goes("archive", COORDINATOR, **UNCLEAR) == "archived"
    for above in ("setda.sekda", "kota.wali-kota", "inspektorat.inspektur"):
        assert report.goes("object", "reporter", reason="Sudah jelas.") == "objected"
        assert report.cannot("uphold_refusal", "inspektorat.auditor", **UNCLEAR) == FORBIDDEN
        assert report.cannot("uphold_refusal", above, reason="not_ours", text="Bukan kami.") == (
            (422, "invalid-fields", {"reason": [ARCHIVING]})
        )
        assert report.goes("uphold_refusal", above, **UNCLEAR) == "archived"
    assert report.why_not("object", "reporter", reason="Sudah jelas.") == (
        "The move object is not open in the state archived: no higher post is left."
    )
    assert report.clocks() == {"verification": "met", "review": "met"}
    assert report.trail() == [
        "reporter submit",
        "coordinator archive",
        "reporter object",
        "supervisor uphold_refusal",
        "reporter object",
        "supervisor uphold_refusal",
        "reporter object",
        "inspector uphold_refusal",
    ]
    assert report.mails_to("reporter") == ["Laporan diterima", "Laporan diarsipkan", *3 * ["Keberatan ditolak"]]
    assert hall.is_sound()


def test_blocked_content_is_objected_to_upheld_and_opened_by_the_next_post(hall: Hall) -> None:
    report = hall.submits(reporter=PELAPOR)
    assert report.cannot("block", COORDINATOR, **UNCLEAR) == (
        (422, "invalid-fields", {"reason": ["Must be one of: incites_hatred."]})
    )
    assert report.cannot("block", "pu.penghubung", **HATRED) == NOT_THERE
    assert report.cannot("block", "inspektorat.inspektur", **HATRED) == FORBIDDEN

    hall.waits_until("7 Jul 10:00")
    assert report.goes("block", COORDINATOR, **HATRED) == "blocked"
    assert (report.clocks(), report.last()["detail"]) == ({"verification": "met"}, HATRED)
    assert report.seen()["label"]["id"] == "Konten terblokir"
    assert report.cannot("archive", COORDINATOR, **UNCLEAR) == NOT_OPEN
    assert report.cannot("withdraw", "reporter") == NOT_OPEN

    assert report.goes("object", "reporter", reason="Itu kutipan.") == "objected"
    assert report.clocks() == {"verification": "met", "review": "running, 21 Jul 16:00"}
    assert report.cannot("uphold_block", COORDINATOR, **HATRED) == FORBIDDEN
    assert report.why_not("uphold_refusal", "setda.sekda", **UNCLEAR) == (
        "The move uphold_refusal is not open in the state objected: the objection is not to archiving."
    )
    assert report.goes("uphold_block", "setda.sekda", **HATRED) == "blocked"
    # each upholding opens the window anew
    hall.waits_until("21 Jul 16:00")
    assert report.goes("object", "reporter", reason="Itu kutipan.") == "objected"
    assert report.cannot("readmit", "setda.sekda", reason="Kutipan.") == NOT_THERE
    assert report.goes("readmit", "kota.wali-kota", reason="Memang kutipan.") == "received"
    assert report.clocks() == {"verification": "running, 24 Jul 16:30", "review": "met"}
    assert report.mails_to("reporter") == [
        "Laporan diterima",
        "Konten diblokir",
        "Keberatan ditolak",
        "Laporan dibuka kembali",
    ]
    assert hall.is_sound()


def test_a_report_that_its_reporter_withdraws_is_at_rest_for_good(hall: Hall) -> None:
    report = hall.submits(reporter=PELAPOR)
    assert report.goes("dispose", COORDINATOR, **DISPOSITION) == "disposed"
    assert report.goes("accept", "pu.penghubung") == "in_follow_up"
    assert report.cannot("withdraw", "pu.kepala") == FORBIDDEN
    assert report.cannot("withdraw", "kesehatan.penghubung") == NOT_THERE
    assert report.cannot("withdraw", "reporter", reason="not_ours") == (
        (422, "invalid-fields", {"reason": ["Must be one of: reporters_wish."]})
    )

    hall.waits_until("10 Jul 16:00")
    assert report.ladder() == [("first_response", 0, "pu.penghubung")]
    assert report.goes("withdraw", "reporter", reason="reporters_wish") == "withdrawn"
    assert report.clocks() == {
        "verification": "met",
        "holding": "met",
        **dict.fromkeys(("first_response", "resolution"), "lapsed"),
    }
    # neither the ladder nor anybody goes on with it
    hall.waits_until("30 Sep 09:00")
    assert report.ladder() == [("first_response", 0, "pu.penghubung")]
    everybody = ("reporter", COORDINATOR, "pu.penghubung", "pu.kepala", "inspektorat.inspektur")
    assert [report.open_moves(by) for by in everybody] == [[] for _ in everybody]
    assert report.cannot("tighten", "reporter", confidential=True) == NOT_OPEN
    assert report.cannot("refer", "reporter", consent=True) == NOT_OPEN
    assert report.cannot("answer", "pu.penghubung", text="Sudah ditambal.") == NOT_OPEN
    assert report.seen()["next"] == {
        "text": {"id": "Tidak ada lagi yang ditunggu.", "en": "Nothing more is to be done."},
        "by": None,
    }
    assert report.trail()[-1] == "reporter withdraw"
    assert hall.is_sound()


def test_the_inspector_may_go_on_with_an_oversight_complaint_that_was_withdrawn(hall: Hall) -> None:
    report = hall.submits(reporter=PELAPOR)
    assert report.cannot("dispose", COORDINATOR, **OVERSIGHT) == (
        (422, "invalid-fields", {"reported": ["Required for class oversight: codes of units or posts, or unknown."]})
    )
    assert report.cannot("dispose", COORDINATOR, **OVERSIGHT, reported="kesehatan") == (
        (422, "invalid-fields", {"unit": ["Must not be a reported party."]})
    )
    assert report.goes("dispose", COORDINATOR, **OVERSIGHT, reported="rsud") == "disposed"
    assert report.clocks()["resolution"] == "running, 30 Sep 16:00"
    assert report.mails_to(INSPECTOR) == ["Laporan berkadar pengawasan"]
    assert not report.is_there_for("rsud.koordinator-pengaduan")

    assert report.cannot("withdraw", "inspektorat.inspektur") == FORBIDDEN
    assert report.goes("withdraw", "reporter") == "withdrawn"
    assert report.clocks() == {
        "verification": "met",
        "holding": "lapsed",
        "first_response": "lapsed",
        "resolution": "lapsed",
        "standard": "lapsed",
    }
    assert report.mails_to(INSPECTOR) == ["Laporan berkadar pengawasan", "Laporan pengawasan dicabut"]
    assert "Anda tetap dapat menindaklanjutinya." in hall.newest_mail_to(f"{INSPECTOR}@kota.example")
    hall.waits_until("30 Sep 16:01")
    seen = report.seen("inspektorat.inspektur")
    assert (seen["state"], seen["class"], seen["text"]) == ("withdrawn", "oversight", "Di depan pasar.")
    inspectors = hall.web.get(f"/complaints/{report.number}/trail", "inspektorat.inspektur").json
    assert inspectors[1]["detail"]["reported"] == "rsud"
    assert report.trail("inspektorat.inspektur") == ["reporter submit", "coordinator dispose", "reporter withdraw"]
    note = {"text": "Diperiksa lebih lanjut.", "audience": "internal"}
    assert hall.web.post(f"/complaints/{report.number}/messages", note, "inspektorat.inspektur").status_code == 201
    assert report.ask("/messages", "reporter").json["items"] == []
    assert not report.is_there_for("rsud.direktur")
    assert hall.is_sound()


def test_an_aspiration_has_no_class_and_is_answered_in_five_working_days(hall: Hall) -> None:
    report = hall.submits(kind="aspiration", title="Taman bermain", text="Mohon ada taman.", reporter=PELAPOR)
    _accuses_nobody(report)
    assert report.goes("dispose", COORDINATOR, unit="pu", category="jalan-rusak") == "disposed"
    assert report.cannot("reclassify", COORDINATOR, **ACCUSING, reason="Pungutan.") == ACCUSES_NOBODY
    assert report.seen()["class"] is None
    assert report.clocks() == {
        "verification": "met",
        "holding": "running, 8 Jul 16:00",
        "first_response": "running, 13 Jul 16:00",
        "resolution": "running, 13 Jul 16:00",
    }
    assert report.goes("accept", "pu.penghubung") == "in_follow_up"
    assert report.cannot("answer", "pu.petugas", text="Direncanakan 2027.") == FORBIDDEN
    assert report.goes("propose_answer", "pu.petugas", text="Direncanakan 2027.") == "awaiting_approval"
    assert report.trail()[-1] == "liaison_officer accept"
    assert report.cannot("approve", "pu.petugas") == FORBIDDEN
    assert report.cannot("confirm", "reporter") == NOT_OPEN
    assert report.clocks()["approval"] == "running, 8 Jul 16:00"
    hall.waits_until("8 Jul 16:00")
    assert report.goes("approve", "pu.penghubung") == "answered"
    assert report.last()["detail"] == {"text": "Direncanakan 2027."}
    assert report.cannot("confirm", "reporter", rating=6) == (
        (422, "invalid-fields", {"rating": ["Must be from 1 to 5."]})
    )
    # who says nothing agrees, after a reminder
    hall.waits_until("22 Jul 16:01")
    assert report.trail()[-2:] == ["liaison_officer approve", "system close_unanswered"]
    met = dict.fromkeys(("verification", "holding", "first_response", "resolution", "approval"), "met")
    assert report.clocks() == {**met, "confirmation": "lapsed"}
    assert report.mails_to("reporter")[:3] == ["Laporan diterima", "Laporan diteruskan", "Laporan ditanggapi"]
    assert report.mails_to("reporter")[3:] == ["Laporan menunggu Anda", "Laporan ditutup otomatis"]
    assert hall.is_sound()


def _accuses_nobody(report: Report) -> None:
    there_are = "Unknown field; allowed: unit, category, classification, reason."
    assert report.cannot("dispose", COORDINATOR, **ACCUSING, unit="pu") == ACCUSES_NOBODY
    assert report.cannot("dispose", COORDINATOR, unit="pu", category="jalan-rusak", reported="pu.petugas") == (
        (422, "invalid-fields", {"reported": [there_are]})
    )


def test_an_information_request_that_is_answered_late_has_climbed_the_ladder(hall: Hall) -> None:
    report = hall.submits(kind="information_request", title="Anggaran jalan", text="Berapa?", reporter=PELAPOR)
    assert report.goes("dispose", COORDINATOR, unit="pu", category="jalan-rusak") == "disposed"
    assert report.goes("accept", "pu.penghubung") == "in_follow_up"
    assert report.clocks()["resolution"] == "running, 13 Jul 16:00"
    hall.waits_until("8 Jul 10:00")
    assert report.goes("note_progress", "pu.penghubung", text="Dihitung.") == "in_follow_up"
    assert report.clocks()["first_response"] == "met"
    assert report.cannot("extend", "pu.penghubung", text="Perlu rekap.", new_due="2026-07-21") == (
        (422, "invalid-fields", {"new_due": ["Must be at most one further budget later: 2026-07-20."]})
    )
    assert report.cannot("extend", "pu.petugas", text="Perlu rekap.", new_due="2026-07-20") == FORBIDDEN
    assert report.goes("extend", "pu.penghubung", text="Perlu rekap.", new_due="2026-07-20") == "in_follow_up"
    assert report.clocks()["resolution"] == "running, 20 Jul 16:00"
    assert report.why_not("extend", "pu.penghubung", text="Lagi.", new_due="2026-07-21") == (
        "The move extend is not open in the state in_follow_up: its clock is breached or was extended before."
    )

    hall.waits_until("24 Jul 09:00")
    assert report.ladder() == [
        ("resolution", 0, "pu.penghubung"),
        ("resolution", 1, "pu.kepala"),
        ("resolution", 2, "setda.sekda"),
        ("resolution", 3, "kota.wali-kota"),
    ]
    assert report.mails_to("pu.kepala") == ["Eskalasi: lewat tenggat"]
    assert report.goes("answer", "pu.penghubung", text="Rp 2 miliar.") == "answered"
    assert report.clocks() == {
        "verification": "met",
        "holding": "met",
        "first_response": "met",
        "resolution": "missed",
        "confirmation": "running, 7 Aug 16:30",
    }
    assert report.goes("confirm", "reporter", rating=2, comment="Terlambat.") == "closed"
    assert report.mails_to("reporter") == [
        "Laporan diterima",
        "Laporan diteruskan",
        "Ada perkembangan",
        "Waktu diperpanjang",
        "Laporan ditanggapi",
    ]
    assert hall.is_sound()

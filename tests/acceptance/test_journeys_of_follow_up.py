"""Journeys through follow-up, over HTTP, each with its wrong turns. They begin on Monday, 6 July 2026, at 09:00."""

from __future__ import annotations

from tests.acceptance.hall import FORBIDDEN, NOT_OPEN, NOT_THERE, Hall, Report, invalid
from tests.integration.town import COORDINATOR
from tests.integration.web import problem

HANDLER, LIAISON, HEAD = "pu.petugas", "pu.penghubung", "pu.kepala"
SECRETARY, MAYOR, INSPECTOR = "setda.sekda", "kota.wali-kota", "inspektorat.inspektur"
TAKEN_UP = {
    "verification": "met",
    "holding": "met",
    "first_response": "running, 13 Jul 16:00",
    "resolution": "running, 24 Jul 16:30",
}
PATCHED = {"text": "Sudah ditambal."}
NO_TEXT, NO_REASON = invalid(text="Required: a text."), invalid(reason="Required: a text.")
NO_MORE_QUESTIONS = (
    "The move ask_reporter is not open in the state in_follow_up: no more questions may be put to the reporter."
)
NO_MORE_TIME = "The move extend is not open in the state in_follow_up: its clock is breached or was extended before."
WAY_IN = ["reporter submit", "coordinator dispose", "liaison_officer accept"]


def test_a_question_to_the_reporter_is_answered_and_pauses_the_resolution_alone(hall: Hall) -> None:
    report = hall.follows_up()
    hall.waits_until("8 Jul 10:00")
    only_the_liaison_officer_asks_and_only_once_at_a_time(report)
    waiting = {**TAKEN_UP, "resolution": "paused, 24 Jul 16:30", "reply": "running, 22 Jul 16:00"}
    assert (report.state, report.clocks()) == ("awaiting_reporter", waiting)

    hall.waits_until("13 Jul 10:00")
    only_this_reporter_replies(report, hall.submits())
    assert report.goes("reply", "reporter", text="Sejak Mei.") == "in_follow_up"
    # the offices closed three times meanwhile: on Wednesday, Thursday and Friday
    assert report.clocks() == {**TAKEN_UP, "resolution": "running, 29 Jul 16:00", "reply": "met"}
    assert report.goes("note_progress", LIAISON, text="Diperiksa.") == "in_follow_up"

    hall.waits_until("14 Jul 09:00")
    assert report.goes("ask_reporter", LIAISON, question="Seberapa dalam?") == "awaiting_reporter"
    hall.waits_until("14 Jul 11:00")
    assert report.goes("reply", "reporter", text="Sejengkal.") == "in_follow_up"
    # between two closings nothing was lost
    assert report.clocks()["resolution"] == "running, 29 Jul 16:00"
    assert report.why_not("ask_reporter", LIAISON, question="Lagi?") == NO_MORE_QUESTIONS

    hall.waits_until("29 Jul 16:00")
    assert report.goes("answer", LIAISON, **PATCHED) == "answered"
    ended = {**TAKEN_UP, "first_response": "met", "resolution": "met", "reply": "met"}
    assert report.clocks() == {**ended, "confirmation": "running, 12 Aug 16:00"}
    asked = ["liaison_officer ask_reporter", "reporter reply"]
    assert report.trail() == [*WAY_IN, *asked, "liaison_officer note_progress", *asked, "liaison_officer answer"]
    heard = ["Ada pertanyaan untuk Anda", "Ada perkembangan", "Ada pertanyaan untuk Anda", "Laporan ditanggapi"]
    assert report.mails_to("reporter") == ["Laporan diterima", "Laporan diteruskan", *heard]
    assert hall.is_sound()


def only_the_liaison_officer_asks_and_only_once_at_a_time(report: Report) -> None:
    asks = {"question": "Sejak kapan?"}
    assert [report.cannot("ask_reporter", by, **asks) for by in ("reporter", HANDLER, HEAD)] == [FORBIDDEN] * 3
    assert report.cannot("ask_reporter", "jalan.penghubung", **asks) == NOT_THERE
    assert report.cannot("ask_reporter", LIAISON) == invalid(question="Required: a text.")
    assert report.cannot("reply", "reporter", text="Belum ditanya.") == NOT_OPEN
    assert report.goes("ask_reporter", LIAISON, **asks) == "awaiting_reporter"
    assert report.last()["detail"] == asks
    assert [report.cannot(move, LIAISON, **PATCHED) for move in ("note_progress", "answer")] == [NOT_OPEN] * 2
    assert report.cannot("ask_reporter", LIAISON, question="Dan di mana?") == NOT_OPEN


def only_this_reporter_replies(report: Report, other: Report) -> None:
    assert report.cannot("reply", other.secret, text="Sejak Mei.") == NOT_THERE
    assert report.cannot("reply", HEAD, text="Sejak Mei.") == FORBIDDEN
    assert report.cannot("reply", "reporter") == NO_TEXT
    assert report.cannot("reply", "reporter", text=" ") == invalid(text="Must not be blank.")


def test_a_question_answered_by_phone_is_resumed_by_the_officer(hall: Hall) -> None:
    report = hall.follows_up()
    hall.waits_until("8 Jul 10:00")
    phoned = {"text": "Dijawab lewat telepon: sejak Mei."}
    assert report.cannot("resume", LIAISON, **phoned) == NOT_OPEN
    report.goes("ask_reporter", LIAISON, question="Sejak kapan?")

    hall.waits_until("9 Jul 14:00")
    assert [report.cannot("resume", by, **phoned) for by in ("reporter", HANDLER, HEAD)] == [FORBIDDEN] * 3
    assert report.cannot("resume", LIAISON) == NO_TEXT
    assert report.goes("resume", LIAISON, **phoned) == "in_follow_up"
    assert report.last()["detail"] == phoned
    followed = {**TAKEN_UP, "resolution": "running, 27 Jul 16:00", "reply": "met"}
    assert report.clocks() == followed
    assert report.cannot("reply", "reporter", text="Sejak Mei.") == NOT_OPEN

    # the second one is answered at the counter; everybody sees in whose name
    report.goes("ask_reporter", LIAISON, question="Seberapa dalam?")
    assert report.goes("reply", HANDLER, text="Sejengkal.") == "in_follow_up"
    assert report.last()["detail"] == {"text": "Sejengkal.", "for_reporter": True}
    assert report.last(LIAISON)["detail"]["for_reporter"] is True
    assert report.clocks() == followed
    asked = "liaison_officer ask_reporter"
    assert report.trail() == [*WAY_IN, asked, "liaison_officer resume", asked, "handler reply"]
    asked_twice = ["Ada pertanyaan untuk Anda", "Ada pertanyaan untuk Anda"]
    assert report.mails_to("reporter")[2:] == [*asked_twice, "Dicatat atas nama Anda"]
    assert hall.is_sound()


def test_a_question_that_is_never_answered_goes_back_to_the_officer_and_is_the_last(hall: Hall) -> None:
    report = hall.follows_up()
    hall.waits_until("8 Jul 10:00")
    report.goes("note_progress", LIAISON, text="Diperiksa.")
    report.goes("ask_reporter", LIAISON, question="Sejak kapan?")
    told = ["Laporan diterima", "Laporan diteruskan", "Ada perkembangan", "Ada pertanyaan untuk Anda"]
    hall.waits_until("20 Jul 14:36")
    assert report.mails_to("reporter") == told
    hall.waits_until("20 Jul 14:37")
    assert report.mails_to("reporter") == [*told, "Laporan menunggu Anda"]

    hall.waits_until("22 Jul 16:00")
    assert [report.cannot("resume_unanswered", by) for by in ("reporter", LIAISON)] == [FORBIDDEN] * 2
    assert report.state == "awaiting_reporter"
    hall.waits_until("22 Jul 16:01")
    assert (report.state, report.last()["actor_role"]) == ("in_follow_up", "system")
    # eleven closings passed in vain, and none of them is charged to the agency
    resumed = {**TAKEN_UP, "first_response": "met", "resolution": "running, 10 Aug 16:00", "reply": "lapsed"}
    assert report.clocks() == resumed
    assert report.mails_to("reporter") == [*told, "Laporan menunggu Anda", "Tindak lanjut dilanjutkan"]
    assert report.cannot("reply", "reporter", text="Maaf, sejak Mei.") == NOT_OPEN
    assert report.why_not("ask_reporter", LIAISON, question="Sejak kapan?") == NO_MORE_QUESTIONS

    assert report.writes("reporter", "Maaf, sejak Mei.").status_code == 201
    assert report.goes("answer", LIAISON, **PATCHED) == "answered"
    assert report.clocks() == {**resumed, "resolution": "met", "confirmation": "running, 5 Aug 16:00"}
    assert report.trail()[5:] == ["system resume_unanswered", "liaison_officer answer"]
    assert [report.rungs(post) for post in (LIAISON, HEAD)] == [[], []]
    assert hall.is_sound()


def test_progress_and_an_interim_reply_with_a_new_date(hall: Hall) -> None:
    report = hall.follows_up()
    hall.waits_until("7 Jul 10:00")
    only_the_liaison_officer_notes_progress(report)
    assert report.clocks() == {**TAKEN_UP, "first_response": "met"}

    hall.waits_until("20 Jul 09:00")
    only_a_later_date_within_one_more_budget_will_do(report)
    assert report.goes("extend", LIAISON, text="Perlu alat berat.", new_due="2026-08-01") == "in_follow_up"
    # 1 August is a Saturday
    assert report.clocks() == {**TAKEN_UP, "first_response": "met", "resolution": "running, 3 Aug 16:00"}
    assert report.last()["detail"] == {"text": "Perlu alat berat.", "new_due": "2026-08-01"}
    longer = {"text": "Masih lama.", "new_due": "2026-08-10"}
    assert report.why_not("extend", LIAISON, **longer) == NO_MORE_TIME

    hall.waits_until("3 Aug 16:01")
    assert report.why_not("extend", LIAISON, **longer) == NO_MORE_TIME
    assert (report.rungs(LIAISON), report.rungs(HEAD)) == (
        [("resolution", 0, LIAISON)],
        [("resolution", 1, HEAD)],
    )
    assert report.goes("answer", LIAISON, **PATCHED) == "answered"
    late = {**TAKEN_UP, "first_response": "met", "resolution": "missed"}
    assert report.clocks() == {**late, "confirmation": "running, 18 Aug 16:00"}
    assert report.trail()[3:] == [f"liaison_officer {move}" for move in ("note_progress", "extend", "answer")]
    assert report.mails_to("reporter")[2:] == ["Ada perkembangan", "Waktu diperpanjang", "Laporan ditanggapi"]
    assert hall.is_sound()


def only_the_liaison_officer_notes_progress(report: Report) -> None:
    said = {"text": "Diperiksa."}
    assert [report.cannot("note_progress", by, **said) for by in ("reporter", HANDLER, HEAD)] == [FORBIDDEN] * 3
    assert report.cannot("note_progress", LIAISON) == NO_TEXT
    assert report.goes("note_progress", LIAISON, **said) == "in_follow_up"


def only_a_later_date_within_one_more_budget_will_do(report: Report) -> None:
    asked = {"text": "Perlu alat berat.", "new_due": "2026-08-01"}
    assert [report.cannot("extend", by, **asked) for by in ("reporter", HANDLER, HEAD)] == [FORBIDDEN] * 3
    no_date = invalid(text="Required: a text.", new_due="Required: a date.")
    assert report.cannot("extend", LIAISON) == no_date
    not_later = invalid(new_due="Must be later than the due moment.")
    too_late = invalid(new_due="Must be at most one further budget later: 2026-08-13.")
    no_such_day = invalid(new_due="Must be a date such as 2026-03-17.")
    days = {"2026-07-01": not_later, "2026-07-24": not_later, "2026-08-14": too_late, "2026-02-30": no_such_day}
    assert {day: report.cannot("extend", LIAISON, text="Lama.", new_due=day) for day in days} == days


def test_after_the_breach_there_is_no_new_date(hall: Hall) -> None:
    report = hall.follows_up()
    hall.waits_until("24 Jul 16:30")
    assert "extend" in report.open_moves(LIAISON)
    hall.waits_until("24 Jul 16:31")
    assert "extend" not in report.open_moves(LIAISON)
    longer = {"text": "Perlu alat berat.", "new_due": "2026-08-01"}
    assert report.why_not("extend", LIAISON, **longer) == NO_MORE_TIME
    assert report.clocks() == TAKEN_UP
    assert hall.is_sound()


def test_a_draft_is_sent_back_and_another_one_is_approved_by_somebody_else(hall: Hall) -> None:
    report = hall.follows_up()
    hall.waits_until("7 Jul 10:00")
    draft = {"text": "Nanti saja."}
    assert [report.cannot("propose_answer", by, **draft) for by in ("reporter", HEAD)] == [FORBIDDEN] * 2
    assert report.cannot("approve", LIAISON) == NOT_OPEN
    assert report.goes("propose_answer", HANDLER, **draft) == "awaiting_approval"
    drafted = {**TAKEN_UP, "approval": "running, 9 Jul 16:00"}
    assert (report.clocks(), report.trail()) == (drafted, WAY_IN)
    assert [report.cannot(move, HANDLER) for move in ("approve", "send_back")] == [FORBIDDEN] * 2
    assert report.cannot("approve", "jalan.kepala") == NOT_THERE
    assert report.cannot("answer", LIAISON, **PATCHED) == NOT_OPEN
    assert report.cannot("send_back", LIAISON) == NO_REASON

    hall.waits_until("8 Jul 10:00")
    assert report.goes("send_back", LIAISON, reason="Kurang lengkap.") == "in_follow_up"
    assert report.last(HANDLER)["detail"]["reason"] == "Kurang lengkap."
    assert (report.clocks(), report.trail()) == ({**TAKEN_UP, "approval": "met"}, WAY_IN)

    hall.waits_until("9 Jul 10:00")
    assert report.goes("propose_answer", LIAISON, **PATCHED) == "awaiting_approval"
    assert [report.cannot("approve", by) for by in (LIAISON, HANDLER, "reporter")] == [FORBIDDEN] * 3
    hall.waits_until("13 Jul 15:00")
    # an approver is to act: the one at the head of the unit is warned
    assert report.rungs(HEAD) == [("first_response", 0, HEAD), ("approval", 0, HEAD)]
    assert report.goes("approve", HEAD) == "answered"
    # word for word, and nothing of the first draft
    assert (report.last()["detail"], report.trail()) == (PATCHED, [*WAY_IN, "supervisor approve"])
    answered = {**TAKEN_UP, "first_response": "met", "resolution": "met", "approval": "met"}
    assert report.clocks() == {**answered, "confirmation": "running, 27 Jul 16:00"}
    assert report.mails_to("reporter") == ["Laporan diterima", "Laporan diteruskan", "Laporan ditanggapi"]
    assert report.mails_to(HEAD) == ["Laporan baru untuk Anda", "Tenggat mendekat", "Tenggat mendekat"]
    assert hall.is_sound()


def test_an_answer_given_by_mistake_is_corrected_once(hall: Hall) -> None:
    report = hall.follows_up()
    hall.waits_until("7 Jul 10:00")
    mistaken = {"reason": "Salah jalan."}
    assert report.cannot("correct", LIAISON, **mistaken) == NOT_OPEN
    report.goes("answer", LIAISON, text="Jalan Mawar sudah ditambal.")
    answered = {**TAKEN_UP, "first_response": "met", "resolution": "met"}
    assert report.clocks() == {**answered, "confirmation": "running, 21 Jul 16:00"}

    hall.waits_until("8 Jul 10:00")
    assert [report.cannot("correct", by, **mistaken) for by in ("reporter", HANDLER, HEAD)] == [FORBIDDEN] * 3
    assert report.cannot("correct", LIAISON) == NO_REASON
    assert report.goes("correct", LIAISON, **mistaken) == "in_follow_up"
    again = {**answered, "confirmation": "met", "reconsideration": "running, 15 Jul 16:00"}
    assert (report.clocks(), report.last()["detail"]) == (again, mistaken)
    assert [report.cannot(move, "reporter") for move in ("confirm", "dispute")] == [NOT_OPEN] * 2

    hall.waits_until("9 Jul 10:00")
    assert report.goes("answer", LIAISON, text="Jalan Melati ditambal Senin.") == "answered"
    assert report.clocks() == {**again, "reconsideration": "met", "confirmation": "running, 23 Jul 16:00"}
    refused = "The move correct is not open in the state answered: an answer was corrected before."
    assert report.why_not("correct", LIAISON, **mistaken) == refused
    assert report.goes("confirm", "reporter") == "closed"
    moves = ["liaison_officer answer", "liaison_officer correct", "liaison_officer answer", "reporter confirm"]
    assert report.trail() == [*WAY_IN, *moves]
    assert report.mails_to("reporter")[2:] == ["Laporan ditanggapi", "Tanggapan dikoreksi", "Laporan ditanggapi"]
    assert hall.is_sound()


def test_a_neglected_case_climbs_to_the_inspector_and_a_promise_holds_one_rung_once(hall: Hall) -> None:
    report = hall.follows_up()
    report.goes("note_progress", LIAISON, text="Diperiksa.")
    hall.waits_until("24 Jul 16:30")
    assert [report.rungs(post) for post in (LIAISON, HEAD)] == [[("resolution", 0, LIAISON)], []]
    hall.waits_until("27 Jul 09:00")
    the_head_promises_a_date(report)

    # without the promise the first of them would have come on 27 July at 16:00
    climb = [
        ("29 Jul 12:00", "29 Jul 12:01", SECRETARY, 2),
        ("29 Jul 16:00", "29 Jul 16:01", MAYOR, 3),
        ("31 Jul 16:30", "31 Jul 16:31", COORDINATOR, 4),
        ("7 Aug 16:30", "7 Aug 16:31", INSPECTOR, 5),
    ]
    for due, over, post, rung in climb:
        hall.waits_until(due)
        assert report.rungs(post) == []
        hall.waits_until(over)
        assert (report.rungs(post), report.state) == ([("resolution", rung, post)], "in_follow_up")
    the_secretary_cannot_promise_another(report)

    hall.waits_until("10 Aug 09:00")
    assert [report.cannot("answer", by, **PATCHED) for by in (HEAD, MAYOR, INSPECTOR)] == [FORBIDDEN] * 3
    assert report.goes("answer", LIAISON, **PATCHED) == "answered"
    late = {**TAKEN_UP, "first_response": "met", "resolution": "missed"}
    assert report.clocks() == {**late, "confirmation": "running, 26 Aug 16:00"}
    told = {post: [("resolution", rung, post)] for rung, post in enumerate((LIAISON, HEAD, *(row[2] for row in climb)))}
    assert {post: report.rungs(post) for post in told} == told
    mails = {post: report.mails_to(post) for post in told}
    assert mails == {
        **{post: ["Eskalasi: lewat tenggat"] for post in told},
        LIAISON: ["Laporan baru untuk Anda", "Tenggat mendekat"],
    }
    assert report.trail() == [*WAY_IN, "liaison_officer note_progress", "liaison_officer answer"]
    assert report.mails_to("reporter")[2:] == ["Ada perkembangan", "Laporan ditanggapi"]
    assert hall.is_sound()


def the_head_promises_a_date(report: Report) -> None:
    assert (report.rungs(HEAD), report.is_there_for(SECRETARY)) == ([("resolution", 1, HEAD)], False)
    too_early = report.acknowledges(HEAD, promised_at="2026-07-27T09:00:00+07:00")
    assert problem(too_early) == invalid(promised_at="Must be later than now.")
    assert problem(report.acknowledges(HEAD, by=INSPECTOR)) == NOT_THERE
    promised = report.acknowledges(HEAD, note="Ditambal Rabu.", promised_at="2026-07-29T12:00:00+07:00").json
    assert (promised["acknowledged"], promised["next_rung_at"]) == (True, "2026-07-29T05:00:00Z")
    assert problem(report.acknowledges(HEAD, note="Sekali lagi.")) == NOT_OPEN
    assert report.clocks()["resolution"] == TAKEN_UP["resolution"]


def the_secretary_cannot_promise_another(report: Report) -> None:
    assert report.is_there_for(SECRETARY)
    another = report.acknowledges(SECRETARY, promised_at="2026-08-20T16:00:00+07:00")
    only_once = invalid(promised_at="A date was promised before: only the first one holds a rung.")
    assert problem(another) == only_once
    assert report.acknowledges(SECRETARY, note="Saya tegur.").json["acknowledged"] is True

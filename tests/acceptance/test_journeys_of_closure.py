"""Journeys from an answer to the end, over HTTP, each with its wrong turns. They begin on Monday, 6 July 2026, at 09:00."""

from __future__ import annotations

from tests.acceptance.hall import FORBIDDEN, NOT_OPEN, NOT_THERE, PELAPOR, Hall, Report, invalid
from tests.integration.town import COORDINATOR, DISPOSITION
from tests.integration.web import problem

LIAISON, HEAD = "pu.penghubung", "pu.kepala"
SECRETARY, MAYOR, INSPECTOR = "setda.sekda", "kota.wali-kota", "inspektorat.inspektur"
ANSWERED = {"verification": "met", "holding": "met", "first_response": "met", "resolution": "met"}
PATCHED, STILL = {"text": "Sudah ditambal."}, {"reason": "Masih berlubang."}
WAY_IN = ["reporter submit", "coordinator dispose", "liaison_officer accept"]
ANSWER = "liaison_officer answer"
NO_TEXT, NO_REASON = invalid(text="Required: a text."), invalid(reason="Required: a text.")
TOO_EARLY = "The move refer is not open in the state in_follow_up: the term before the Ombudsman is not over."


def answered_on_tuesday(hall: Hall) -> Report:
    report = hall.follows_up()
    hall.waits_until("7 Jul 10:00")
    assert [report.cannot(move, "reporter", **STILL) for move in ("confirm", "dispute", "appeal")] == [NOT_OPEN] * 3
    assert report.goes("answer", LIAISON, **PATCHED) == "answered"
    assert report.clocks() == {**ANSWERED, "confirmation": "running, 21 Jul 16:00"}
    return report


def test_an_answer_is_confirmed_with_a_rating_and_thanks_open_nothing_again(hall: Hall) -> None:
    report = answered_on_tuesday(hall)
    hall.waits_until("8 Jul 10:00")
    neither_superiors_nor_strangers_rate_and_only_from_one_to_five(report, hall.submits())
    rated = {"rating": 5, "comment": "Cepat."}
    assert report.goes("confirm", "reporter", **rated) == "closed"
    assert (report.last()["detail"], report.clocks()) == (rated, {**ANSWERED, "confirmation": "met"})

    hall.waits_until("9 Jul 10:00")
    assert [report.cannot(move, "reporter", **STILL) for move in ("confirm", "dispute", "withdraw")] == [NOT_OPEN] * 3
    assert report.cannot("note_progress", LIAISON, **PATCHED) == NOT_OPEN
    assert report.writes("reporter", "Terima kasih.").status_code == 201
    assert (report.state, report.clocks()) == ("closed", {**ANSWERED, "confirmation": "met"})
    assert report.open_moves("reporter") == ["appeal", "tighten"]
    assert report.trail() == [*WAY_IN, ANSWER, "reporter confirm"]
    assert report.mails_to("reporter") == ["Laporan diterima", "Laporan diteruskan", "Laporan ditanggapi"]
    assert hall.is_sound()


def neither_superiors_nor_strangers_rate_and_only_from_one_to_five(report: Report, other: Report) -> None:
    assert [report.cannot("confirm", by, rating=5) for by in (HEAD, INSPECTOR)] == [FORBIDDEN] * 2
    assert report.cannot("confirm", other.secret, rating=5) == NOT_THERE
    beyond, no_number = invalid(rating="Must be from 1 to 5."), invalid(rating="Must be a whole number.")
    assert [report.cannot("confirm", "reporter", rating=rating) for rating in (0, 6)] == [beyond] * 2
    assert [report.cannot("confirm", "reporter", rating=rating) for rating in ("5", 4.5, True)] == [no_number] * 3
    assert report.cannot("confirm", "reporter", comment=" ") == invalid(comment="Must not be blank.")


def test_an_answer_is_disputed_twice_and_not_a_third_time(hall: Hall) -> None:
    report = answered_on_tuesday(hall)
    hall.waits_until("8 Jul 10:00")
    assert report.cannot("dispute", "reporter") == NO_REASON
    assert [report.cannot("dispute", by, **STILL) for by in (HEAD, INSPECTOR)] == [FORBIDDEN] * 2
    assert report.goes("dispute", "reporter", **STILL) == "in_follow_up"
    disputed = {**ANSWERED, "confirmation": "met"}
    assert report.clocks() == {**disputed, "reconsideration": "running, 15 Jul 16:00"}
    assert report.cannot("dispute", "reporter", **STILL) == NOT_OPEN
    hall.waits_until("10 Jul 10:00")
    assert report.goes("answer", LIAISON, text="Ditambal lagi.") == "answered"
    assert report.clocks() == {**ANSWERED, "reconsideration": "met", "confirmation": "running, 24 Jul 16:30"}

    hall.waits_until("13 Jul 10:00")
    assert report.goes("dispute", "reporter", reason="Sudah rusak lagi.") == "in_follow_up"
    assert report.clocks() == {**disputed, "reconsideration": "running, 20 Jul 16:00"}
    hall.waits_until("20 Jul 16:01")
    assert [report.rungs(post) for post in (LIAISON, HEAD)] == [
        [("reconsideration", 0, LIAISON)],
        [("reconsideration", 1, HEAD)],
    ]
    assert report.goes("answer", LIAISON, text="Diaspal ulang.") == "answered"
    assert report.clocks() == {**ANSWERED, "reconsideration": "missed", "confirmation": "running, 3 Aug 16:00"}

    refused = "The move dispute is not open in the state answered: there were too many disputes."
    assert report.why_not("dispute", "reporter", reason="Tetap berlubang.") == refused
    assert report.open_moves("reporter") == ["confirm", "appeal", "withdraw", "tighten"]
    assert report.goes("confirm", "reporter", rating=2) == "closed"
    assert report.trail() == [*WAY_IN, *[ANSWER, "reporter dispute"] * 2, ANSWER, "reporter confirm"]
    assert report.mails_to("reporter")[2:] == ["Laporan ditanggapi"] * 3
    assert hall.is_sound()


def test_an_appeal_climbs_to_a_higher_post_each_time_until_none_is_left(hall: Hall) -> None:
    report = answered_on_tuesday(hall)
    hall.waits_until("8 Jul 10:00")
    assert report.cannot("appeal", "reporter") == NO_REASON
    assert [report.cannot("appeal", by, **STILL) for by in (HEAD, INSPECTOR)] == [FORBIDDEN] * 2
    assert report.goes("appeal", "reporter", **STILL) == "under_review"
    reviewed = {**ANSWERED, "confirmation": "met", "review": "running, 22 Jul 16:00"}
    assert report.clocks() == reviewed
    the_next_higher_post_alone_decides(report)
    assert report.goes("uphold", HEAD, text="Sudah sesuai.") == "closed"
    assert report.clocks() == {**reviewed, "review": "met"}

    for reviewer, before in ((SECRETARY, False), (MAYOR, True), (INSPECTOR, True)):
        assert report.is_there_for(reviewer) is before
        assert report.goes("appeal", "reporter", **STILL) == "under_review"
        assert report.is_there_for(reviewer)
        assert report.cannot("uphold", HEAD, text="Tetap.") == FORBIDDEN
        assert report.goes("uphold", reviewer, text="Sudah sesuai.") == "closed"
        assert report.is_there_for(reviewer) is before
    refused = "The move appeal is not open in the state closed: no higher post is left."
    assert report.why_not("appeal", "reporter", **STILL) == refused
    decided = [f"{role} uphold" for role in ("supervisor", "supervisor", "supervisor", "inspector")]
    appeals = [step for decision in decided for step in ("reporter appeal", decision)]
    assert report.trail() == [*WAY_IN, ANSWER, *appeals]
    assert report.mails_to("reporter")[2:] == ["Laporan ditanggapi", *["Banding ditolak"] * 4]
    assert hall.is_sound()


def the_next_higher_post_alone_decides(report: Report) -> None:
    others = ("reporter", LIAISON, COORDINATOR, MAYOR, INSPECTOR)
    assert [report.cannot("uphold", by, text="Sudah sesuai.") for by in others] == [FORBIDDEN] * 5
    assert report.cannot("uphold", SECRETARY, text="Sudah sesuai.") == NOT_THERE
    assert report.cannot("uphold", HEAD) == NO_TEXT
    assert [report.cannot(move, "reporter", **STILL) for move in ("confirm", "dispute", "appeal")] == [NOT_OPEN] * 3


def test_whoever_approved_an_answer_does_not_review_it(hall: Hall) -> None:
    report = hall.follows_up()
    report.goes("propose_answer", LIAISON, **PATCHED)
    assert report.goes("approve", HEAD) == "answered"
    assert report.goes("appeal", "reporter", **STILL) == "under_review"
    assert report.cannot("uphold", HEAD, text="Sudah sesuai.") == FORBIDDEN

    # four fifths of ten working days, and the term itself
    hall.waits_until("17 Jul 16:00")
    assert report.rungs(SECRETARY) == [("review", 0, SECRETARY)]
    assert report.mails_to(SECRETARY) == ["Laporan baru untuk Anda", "Tenggat mendekat"]
    hall.waits_until("20 Jul 16:01")
    assert (report.rungs(MAYOR), report.mails_to(MAYOR)) == ([("review", 1, MAYOR)], ["Eskalasi: lewat tenggat"])
    assert report.goes("overturn", SECRETARY, reason="Belum selesai.") == "in_follow_up"
    reviewed = {**ANSWERED, "approval": "met", "confirmation": "met", "review": "missed"}
    assert report.clocks() == {**reviewed, "reconsideration": "running, 27 Jul 16:00"}
    decided = ["supervisor approve", "reporter appeal", "supervisor overturn"]
    assert report.trail() == [*WAY_IN, *decided]
    assert hall.is_sound()


def test_an_overturned_answer_is_given_anew_and_after_its_window_there_is_no_appeal(hall: Hall) -> None:
    report = answered_on_tuesday(hall)
    hall.waits_until("8 Jul 10:00")
    # nobody is its reviewer yet
    assert report.cannot("overturn", HEAD, **STILL) == FORBIDDEN
    report.goes("confirm", "reporter", rating=1)
    hall.waits_until("22 Jul 16:00")
    # the last moment of the window
    assert report.goes("appeal", "reporter", **STILL) == "under_review"
    assert report.clocks() == {**ANSWERED, "confirmation": "met", "review": "running, 5 Aug 16:00"}

    hall.waits_until("23 Jul 10:00")
    assert [report.cannot("overturn", by, **STILL) for by in (LIAISON, MAYOR)] == [FORBIDDEN] * 2
    assert report.cannot("overturn", HEAD) == NO_REASON
    assert report.goes("overturn", HEAD, reason="Belum selesai.") == "in_follow_up"
    overturned = {**ANSWERED, "confirmation": "met", "review": "met"}
    assert report.clocks() == {**overturned, "reconsideration": "running, 30 Jul 16:00"}
    hall.waits_until("27 Jul 10:00")
    assert report.goes("answer", LIAISON, text="Diaspal ulang.") == "answered"
    again = {**overturned, "reconsideration": "met"}
    assert report.clocks() == {**again, "confirmation": "running, 10 Aug 16:00"}
    assert report.goes("confirm", "reporter", rating=4) == "closed"

    hall.waits_until("10 Aug 16:00")
    assert "appeal" in report.open_moves("reporter")
    hall.waits_until("10 Aug 16:01")
    refused = "The move appeal is not open in the state closed: its window has ended."
    assert report.why_not("appeal", "reporter", **STILL) == refused
    assert (report.open_moves("reporter"), report.clocks()) == (["tighten"], again)
    review = ["reporter appeal", "supervisor overturn"]
    assert report.trail() == [*WAY_IN, ANSWER, "reporter confirm", *review, ANSWER, "reporter confirm"]
    assert report.mails_to("reporter")[2:] == ["Laporan ditanggapi", "Banding dikabulkan", "Laporan ditanggapi"]
    assert hall.is_sound()


def test_a_silent_reporter_is_reminded_and_then_the_system_closes(hall: Hall) -> None:
    report = answered_on_tuesday(hall)
    waiting = ["Laporan diterima", "Laporan diteruskan", "Laporan ditanggapi"]
    hall.waits_until("17 Jul 15:06")
    assert report.mails_to("reporter") == waiting
    hall.waits_until("17 Jul 15:07")
    assert report.mails_to("reporter") == [*waiting, "Laporan menunggu Anda"]
    a_word_of_the_reporter_starts_the_waiting_anew_twice(hall, report)

    hall.waits_until("4 Aug 16:00")
    assert report.mails_to("reporter") == [*waiting, *["Laporan menunggu Anda"] * 2]
    assert [report.cannot("close_unanswered", by) for by in ("reporter", LIAISON, COORDINATOR)] == [FORBIDDEN] * 3
    hall.waits_until("4 Aug 16:01")
    assert (report.state, report.clocks()) == ("closed", {**ANSWERED, "confirmation": "lapsed"})
    assert report.trail() == [*WAY_IN, ANSWER, "system close_unanswered"]
    label = {"id": "Selesai otomatis tanpa kabar pelapor", "en": "Close automatically without a word"}
    assert report.last()["label"] == label
    assert report.mails_to("reporter")[4:] == ["Laporan menunggu Anda", "Laporan ditutup otomatis"]
    assert report.cannot("confirm", "reporter", rating=5) == NOT_OPEN
    assert report.goes("appeal", "reporter", **STILL) == "under_review"
    assert hall.is_sound()


def a_word_of_the_reporter_starts_the_waiting_anew_twice(hall: Hall, report: Report) -> None:
    assert problem(report.writes("reporter", " ")) == invalid(text="Must not be blank.")
    assert report.writes(LIAISON, "Mohon konfirmasi.").status_code == 201
    assert report.clocks()["confirmation"] == "running, 21 Jul 16:00"
    dues = {"20 Jul 09:00": "3 Aug 16:00", "21 Jul 16:00": "4 Aug 16:00", "22 Jul 09:00": "4 Aug 16:00"}
    for moment, due in dues.items():
        hall.waits_until(moment)
        assert report.writes("reporter", "Saya periksa dulu.").status_code == 201
        assert report.clocks() == {**ANSWERED, "confirmation": f"running, {due}"}


def test_the_coordinator_closes_an_answered_case_with_a_text(hall: Hall) -> None:
    report = hall.follows_up()
    said = {"text": "Pelapor menyatakan selesai di loket."}
    assert report.cannot("close", COORDINATOR, **said) == NOT_OPEN
    hall.waits_until("7 Jul 10:00")
    report.goes("answer", LIAISON, **PATCHED)
    assert [report.cannot("close", by, **said) for by in ("reporter", LIAISON, HEAD, INSPECTOR)] == [FORBIDDEN] * 4
    assert report.cannot("close", "rsud.koordinator-pengaduan", **said) == NOT_THERE
    assert report.cannot("close", COORDINATOR) == NO_TEXT

    hall.waits_until("8 Jul 10:00")
    assert report.goes("close", COORDINATOR, **said) == "closed"
    assert report.clocks() == {**ANSWERED, "confirmation": "met"}
    assert (report.trail(), report.last()["detail"]) == ([*WAY_IN, ANSWER, "coordinator close"], said)
    assert report.mails_to("reporter")[2:] == ["Laporan ditanggapi", "Laporan ditutup"]
    assert report.cannot("close", COORDINATOR, **said) == NOT_OPEN
    assert report.open_moves("reporter") == ["appeal", "tighten"]
    assert hall.is_sound()


def test_a_neglected_case_is_handed_to_the_ombudsman_with_consent_after_sixty_days(hall: Hall) -> None:
    report = hall.follows_up()
    # 4 September, a Friday, is the sixtieth day; the office closes at 16:30
    hall.waits_until("4 Sep 16:29")
    assert report.why_not("refer", "reporter", consent=True) == TOO_EARLY
    hall.waits_until("4 Sep 16:30")
    assert report.cannot("refer", HEAD, consent=True) == FORBIDDEN
    assert report.cannot("refer", "reporter") == invalid(consent="Required: true or false.")
    assert report.cannot("refer", "reporter", consent="ya") == invalid(consent="Must be true or false.")
    refused = "The move refer is not open in the state in_follow_up: the reporter does not consent."
    assert report.why_not("refer", "reporter", consent=False) == refused
    late = {"first_response": "running, 13 Jul 16:00", "resolution": "running, 24 Jul 16:30"}
    assert report.clocks() == {"verification": "met", "holding": "met", **late}
    assert report.rungs(INSPECTOR) == [("first_response", 5, INSPECTOR), ("resolution", 5, INSPECTOR)]

    assert report.goes("refer", "reporter", consent=True) == "referred"
    ended = {"first_response": "lapsed", "resolution": "lapsed"}
    assert report.clocks() == {"verification": "met", "holding": "met", **ended}
    assert (report.trail(), report.last()["detail"]) == ([*WAY_IN, "reporter refer"], {"consent": True})
    assert report.cannot("answer", LIAISON, **PATCHED) == NOT_OPEN
    assert [report.cannot(move, "reporter", **STILL) for move in ("withdraw", "appeal")] == [NOT_OPEN] * 2
    assert report.open_moves("reporter") == []
    assert hall.is_sound()


def test_the_sixty_days_before_the_ombudsman_begin_with_a_complete_file(hall: Hall) -> None:
    report = hall.submits(reporter=PELAPOR)
    assert report.goes("ask_completion", COORDINATOR, question="Di jalan mana?") == "incomplete"
    hall.waits_until("5 Aug 10:00")
    assert report.cannot("refer", "reporter", consent=True) == NOT_OPEN
    assert report.goes("complete", "reporter", text="Jalan Melati.") == "received"
    assert report.goes("dispose", COORDINATOR, **DISPOSITION) == "disposed"
    assert report.goes("accept", LIAISON) == "in_follow_up"

    # sixty days after 6 July, and after the Sunday that is the sixtieth day from 5 August
    for moment in ("4 Sep 16:30", "5 Oct 15:59"):
        hall.waits_until(moment)
        assert report.why_not("refer", "reporter", consent=True) == TOO_EARLY
    hall.waits_until("5 Oct 16:00")
    assert report.goes("refer", "reporter", consent=True) == "referred"
    complete = {"completion": "met", "verification": "met", "holding": "met"}
    assert report.clocks() == {**complete, "first_response": "lapsed", "resolution": "lapsed"}
    completed = ["coordinator ask_completion", "reporter complete"]
    assert report.trail() == [WAY_IN[0], *completed, *WAY_IN[1:], "reporter refer"]
    heard = ["Menunggu kelengkapan", "Laporan menunggu Anda", "Laporan diteruskan"]
    assert report.mails_to("reporter") == ["Laporan diterima", *heard]
    assert hall.is_sound()


def test_a_closed_case_goes_to_the_ombudsman_within_its_window_only(hall: Hall) -> None:
    report = hall.follows_up()
    hall.waits_until("24 Aug 10:00")
    report.goes("answer", LIAISON, **PATCHED)
    assert report.goes("confirm", "reporter", rating=1) == "closed"
    assert report.why_not("refer", "reporter", consent=True) == TOO_EARLY.replace("in_follow_up", "closed")

    # ten working days after 24 August, of which Maulid on the 25th is none
    hall.waits_until("8 Sep 16:00")
    assert report.open_moves("reporter") == ["appeal", "refer", "tighten"]
    hall.waits_until("8 Sep 16:01")
    assert report.open_moves("reporter") == ["tighten"]
    refused = "The move refer is not open in the state closed: its window has ended."
    assert report.why_not("refer", "reporter", consent=True) == refused
    assert hall.is_sound()

"""What notices say, Indonesian first, English second. Pure text: whom they go to, and when, is decided elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any
from zoneinfo import ZoneInfo

from lapor.machine.definition import Label


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What a notice may know of a case.

    `zone` is that of the case's door, `due_at` the earliest of its running clocks. `title` None: the recipient may not
    read it.
    """

    number: str
    zone: str
    phase: str | None
    due_at: datetime | None
    anonymous: bool
    confidential: bool
    title: str | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """A notice in words: plain text, ready to be sent."""

    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Wording:
    """How an event is put. `says` may name the {clock} that it is about, and what happens {then}, when it is due."""

    subject: Label
    says: Label


_ANSWERED = Wording(
    Label("Laporan ditanggapi", "Report answered"),
    Label(
        "Laporan Anda telah ditanggapi. Mohon beri tahu kami apakah Anda menerima atau menyanggah tanggapan itu.",
        "Your report has been answered. Please tell us whether you accept or dispute the answer.",
    ),
)
_TO_REPORTER: Mapping[str, Wording] = {
    "submit": Wording(
        Label("Laporan diterima", "Report received"),
        Label(
            "Laporan Anda telah kami terima. Simpan nomornya bersama kode rahasia yang Anda peroleh saat melapor;"
            " kode itu tidak pernah kami minta melalui surel.",
            "We have received your report. Keep its number together with the secret that you were shown when you"
            " reported; we never ask for that secret by mail.",
        ),
    ),
    "dispose": Wording(
        Label("Laporan diteruskan", "Report handed on"),
        Label(
            "Laporan Anda telah diteruskan kepada unit yang berwenang.",
            "Your report has been handed to the competent unit.",
        ),
    ),
    "ask_completion": Wording(
        Label("Menunggu kelengkapan", "Please complete it"),
        Label(
            "Laporan Anda belum lengkap. Mohon lengkapi agar dapat diteruskan.",
            "Your report is not complete yet. Please complete it so that it can go on.",
        ),
    ),
    "ask_reporter": Wording(
        Label("Ada pertanyaan untuk Anda", "A question to you"),
        Label(
            "Ada pertanyaan untuk Anda mengenai laporan ini. Mohon dijawab.",
            "There is a question to you about this report. Please answer it.",
        ),
    ),
    "answer": _ANSWERED,
    "approve": _ANSWERED,
    "remind": Wording(
        Label("Laporan menunggu Anda", "Report waiting for you"),
        Label(
            "Laporan ini menunggu Anda. Tanpa kabar dari Anda sampai tenggatnya, laporan {then} secara otomatis."
            " Bila Anda sudah menanggapi, abaikan pengingat ini.",
            "This report waits for you. If we have not heard from you when it is due, it is {then} automatically."
            " If you have answered already, nothing more is needed.",
        ),
    ),
}
_TO_POST: Mapping[str, Wording] = {
    "warning": Wording(
        Label("Tenggat mendekat", "Due soon"),
        Label("Tenggat {clock} laporan ini mendekat.", "The {clock} of this report is due soon."),
    ),
    "escalation": Wording(
        Label("Eskalasi: lewat tenggat", "Escalation: overdue"),
        Label(
            "Tenggat {clock} laporan ini terlewati, sehingga laporan ini dieskalasi kepada Anda.",
            "The {clock} of this report is overdue, and the report has been escalated to you.",
        ),
    ),
    "oversight": Wording(
        Label("Laporan berkadar pengawasan", "Oversight report"),
        Label(
            "Sebuah laporan berkadar pengawasan telah didisposisikan.",
            "A report that alleges misconduct has been handed to a unit.",
        ),
    ),
    "oversight_withdrawn": Wording(
        Label("Laporan pengawasan dicabut", "Oversight withdrawn"),
        Label(
            "Pelapor mencabut laporan berkadar pengawasan ini. Anda tetap dapat menindaklanjutinya.",
            "The reporter has withdrawn this report, which alleges misconduct. You remain free to go on with it.",
        ),
    ),
}
REPORTER_EVENTS = frozenset(_TO_REPORTER)
_WORDINGS = {**_TO_REPORTER, **_TO_POST}

_THEN: Mapping[str | None, Label] = {
    "intake": Label("diarsipkan", "archived"),
    "follow_up": Label("dikembalikan kepada petugas", "handed back to the officer"),
    "closure": Label("ditutup", "closed"),
}
_ANY_END = Label("diarsipkan, dikembalikan kepada petugas, atau ditutup", "archived, handed back or closed")
_CLOCKS: Mapping[str, Label] = {
    "verification": Label("verifikasi", "verification"),
    "holding": Label("penerimaan disposisi", "acceptance"),
    "arbitration": Label("arbitrase", "arbitration"),
    "first_response": Label("tanggapan pertama", "first response"),
    "resolution": Label("penyelesaian", "resolution"),
    "reconsideration": Label("peninjauan kembali", "reconsideration"),
    "standard": Label("standar pelayanan", "service standard"),
    "approval": Label("persetujuan tanggapan", "approval"),
    "review": Label("pemeriksaan keberatan", "review"),
}
_NUMBER, _TITLE, _LINK = Label("Nomor", "Number"), Label("Judul", "Title"), Label("Tautan", "Link")
_DUE, _NEXT = Label("Tenggat", "Due"), Label("Langkah berikutnya paling lambat", "Next step due")
_OPENED_BY_REPORTER = Label(
    "Tautan itu terbuka dengan kode rahasia yang Anda peroleh saat melapor.",
    "The link opens with the secret that you were shown when you reported.",
)
_OPENED_BY_POST = Label("Tautan itu terbuka dengan akun petugas Anda.", "The link opens with your officer's account.")

_DAYS = (
    Label("Senin", "Monday"),
    Label("Selasa", "Tuesday"),
    Label("Rabu", "Wednesday"),
    Label("Kamis", "Thursday"),
    Label("Jumat", "Friday"),
    Label("Sabtu", "Saturday"),
    Label("Minggu", "Sunday"),
)
_MONTHS = (
    Label("Januari", "January"),
    Label("Februari", "February"),
    Label("Maret", "March"),
    Label("April", "April"),
    Label("Mei", "May"),
    Label("Juni", "June"),
    Label("Juli", "July"),
    Label("Agustus", "August"),
    Label("September", "September"),
    Label("Oktober", "October"),
    Label("November", "November"),
    Label("Desember", "December"),
)


def render(event: str, case: CaseFacts, link: str, facts: Mapping[str, Any]) -> Text:
    """Put an event into words; of an anonymous or confidential case with number, due moment and link only.

    A `due_at` in `facts` goes before the one of the case.

    Raises:
        KeyError: there is no wording for such an event.
    """
    wording = _WORDINGS[event]
    lines = _lines(event, case, link, facts)
    named = {"clock": _clock(str(facts.get("clock", ""))), "then": _THEN.get(case.phase, _ANY_END)}
    opened_by = _OPENED_BY_REPORTER if event in REPORTER_EVENTS else _OPENED_BY_POST
    halves = [_half(attrgetter(tongue), wording.says, named, lines, opened_by) for tongue in ("id", "en")]
    subject = f"[{case.number}] {wording.subject.id} / {wording.subject.en}"
    return Text(subject, "\n----\n\n".join(halves))


def spoken(moment: datetime, zone: str) -> Label:
    """A moment in words, in the time of a zone.

    >>> spoken(datetime.fromisoformat("2026-03-16T09:00:00+00:00"), "Asia/Jakarta").id
    'Senin, 16 Maret 2026 pukul 16.00 WIB'
    """
    local = moment.astimezone(ZoneInfo(zone))
    day, month = _DAYS[local.weekday()], _MONTHS[local.month - 1]
    return Label(
        f"{day.id}, {local.day} {month.id} {local.year} pukul {local:%H.%M} {local.tzname()}",
        f"{day.en} {local.day} {month.en} {local.year}, {local:%H:%M} {local.tzname()}",
    )


def _half(
    read: Callable[[Label], str],
    says: Label,
    named: Mapping[str, Label],
    lines: list[tuple[Label, Label]],
    opened_by: Label,
) -> str:
    said = read(says).format(**{name: read(label) for name, label in named.items()})
    listed = [f"{read(name)}: {read(value)}" for name, value in lines]
    return "\n".join([said, "", *listed, "", read(opened_by)]) + "\n"


def _lines(event: str, case: CaseFacts, link: str, facts: Mapping[str, Any]) -> list[tuple[Label, Label]]:
    lines = [(_NUMBER, _alike(case.number))]
    if case.title and not (case.anonymous or case.confidential):
        lines.append((_TITLE, _alike(_on_one_line(case.title))))
    due_at = datetime.fromisoformat(facts["due_at"]) if "due_at" in facts else case.due_at
    if due_at:
        lines.append((_DUE if event in ("remind", "warning", "escalation") else _NEXT, spoken(due_at, case.zone)))
    return [*lines, (_LINK, _alike(link))]


def _clock(name: str) -> Label:
    return _CLOCKS.get(name) or _alike(name.replace("_", " "))


def _alike(text: str) -> Label:
    return Label(text, text)


def _on_one_line(text: str) -> str:
    # a title can hold line breaks and signs that turn the reading direction, to look like lines of ours
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())

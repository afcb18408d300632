"""The programme: what is shown in the terminal, Indonesian first, English second."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table
from rich.text import Text

from lapor.demo.play import Day, Event, Play
from lapor.machine.definition import Label
from lapor.notices.texts import spoken_day

# what happens all day long is counted; all else has a line of its own
_ROUTINE: Mapping[str, tuple[str, Label]] = {
    "submit": ("bold", Label("masuk", "received")),
    "dispose": ("cyan", Label("didisposisikan", "handed on")),
    "accept": ("blue", Label("diterima unit", "accepted")),
    "note_progress": ("blue", Label("perkembangan", "progress")),
    "propose_answer": ("blue", Label("konsep", "drafts")),
    "approve": ("green", Label("disetujui", "approved")),
    "answer": ("green", Label("ditanggapi", "answered")),
    "confirm": ("bright_green", Label("dikonfirmasi", "confirmed")),
    "warned": ("yellow", Label("peringatan", "warnings")),
    "skipped": ("dim", Label("anak tangga dilewati", "rungs skipped")),
}
_COLOURS = {
    "told": "bold red",
    "dispute": "magenta",
    "appeal": "magenta",
    "overturn": "bold magenta",
    "return": "yellow",
    "arbitrate": "bold yellow",
    "acknowledge": "red",
}
_ESCALATION = Label("Eskalasi", "Escalation")
_TIMES = ("tenggat\nclock", "tepat waktu\nwithin", "terlambat\nafter", "berjalan\nopen", "median\n50 %", "90 %")
_RECEIVED = ("jabatan\npost", "unit", "peringatan\nwarnings", "eskalasi\nrungs", "surel\nmails")
_CLOCKS = {"first_response": "Tanggapan pertama / First response", "resolution": "Penyelesaian / Resolution"}


def title(console: Console, play: Play) -> None:
    """Say what is to come."""
    first, last = (_in_words(day, play) for day in (play.story.first, play.story.last))
    console.print(Text(f"Kota Contoh: {first.id} - {last.id}", "bold"))
    console.print(Text(f"An invented city from {first.en} to {last.en}, on a simulated clock", "dim"))
    console.print(Text(f"through a running server at {play.stage.site.public_url}", "dim"))


def show_day(console: Console, play: Play, day: Day) -> None:
    """Show one day: what was routine in one line, the rest line by line."""
    words = _in_words(day.day, play)
    console.print()
    console.print(Text(f"{words.id} / {words.en}", "bold underline"), _kind_of(day))
    counted = Counter(event.name if event.kind == "move" else event.kind for event in day.events)
    routine = [
        Text(f"{counted[name]} {label.id} / {label.en}", colour)
        for name, (colour, label) in _ROUTINE.items()
        if counted[name]
    ]
    if routine:
        _show_indented(console, "  ", Text(" · ").join(routine))
    for event in day.events:
        if (event.name if event.kind == "move" else event.kind) not in _ROUTINE:
            at = event.at.astimezone(ZoneInfo(play.calendar.zone))
            _show_indented(console, f"  {at:%H:%M}  ", _told(event, play))


def show_facts(console: Console, play: Play, facts: Mapping[str, Any]) -> None:
    """Show what came of it all."""
    console.print()
    _table(console, "Laporan menurut keadaan / Cases by state", ("keadaan / state", "#"), _by_state(play, facts))
    _table(console, "Lamanya dalam jam kerja / How long answers took, in working hours", _TIMES, _by_clock(facts))
    names = ("title", "unit", "warnings", "rungs", "mails")
    rows = [[row[name] for name in names] for row in facts["received"]]
    _table(console, "Yang diterima para pejabat / What each post received", _RECEIVED, rows)
    _verdict(console, facts)
    if kept := facts["kept"]:
        console.print(Text(f"Tersimpan di / Kept in {kept}/var; surel / mails in {kept}/var/mail"), soft_wrap=True)


def _verdict(console: Console, facts: Mapping[str, Any]) -> None:
    doctor = facts["doctor"]
    looked = ", ".join(f"{number} {what}" for what, number in doctor["checked"].items())
    sound = not doctor["broken"]
    said = "tidak ada temuan / nothing found" if sound else f"{len(doctor['broken'])} temuan / findings"
    console.print(Text(f"lapor doctor: {said} ({looked})", "bold green" if sound else "bold red"))
    for finding in doctor["broken"]:
        console.print(Text(f"  {finding['code']} {finding['complaint']}: {finding['detail']}", "red"))
    console.print(
        Text(f"{facts['requests']} permintaan HTTP / HTTP requests, {facts['mails']} surel / mails, ", "dim")
        + Text(f"{facts['seconds']} detik / seconds", "dim")
    )


def _show_indented(console: Console, margin: str, text: Text) -> None:
    """Show a text after a margin; what does not fit stands below, after as much room."""
    for line in text.wrap(console, max(console.width - len(margin), 1)):
        line.rstrip()
        console.print(Text(margin) + line)
        margin = " " * len(margin)


def _told(event: Event, play: Play) -> Text:
    organisation = play.stage.engine.organisation
    colour = _COLOURS.get(event.name if event.kind == "move" else event.kind, "cyan")
    said, post = f"{event.label.id} / {event.label.en}", organisation.post_codes.get(event.who or "")
    where = organisation.unit_codes[event.holder].name
    if post and (event.kind == "told" or post.role == "supervisor"):
        where = post.title
    if event.kind == "told":
        said = f"{_ESCALATION.id} / {_ESCALATION.en}: {said}"
    return Text.assemble((said, colour), " → ", where, (f"  {event.role.shown}", "italic dim"))


def _kind_of(day: Day) -> Text:
    if day.holiday:
        return Text(f"libur / holiday: {day.holiday}", "bold red")
    return Text("") if day.working else Text("akhir pekan / weekend", "dim")


def _in_words(day: date, play: Play) -> Label:
    said = {words.tongue: spoken_day(words, day) for words in play.stage.site.wordings.words}
    return Label(said["id"], said["en"])


def _by_state(play: Play, facts: Mapping[str, Any]) -> Iterable[Sequence[Any]]:
    labels = {
        name: state.label
        for workflow in play.stage.engine.workflows.values()
        for name, state in workflow.definition.states.items()
    }
    return [(f"{labels[name].id} / {labels[name].en}", number) for name, number in facts["states"].items()]


def _by_clock(facts: Mapping[str, Any]) -> Iterable[Sequence[Any]]:
    for name, told in facts["answers"].items():
        hours = told["working_hours"]
        yield _CLOCKS[name], told["within"], told["after"], told["open"], hours["median"], hours["p90"]


def _table(console: Console, name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    table = Table(title=name, title_justify="left", title_style="bold")
    for index, column in enumerate(columns):
        table.add_column(column, justify="right" if index and column != "unit" else "left")
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    console.print(table)

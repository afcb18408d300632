"""An agency's own words: single entries that go before the shipped ones, and all that does not fit at once."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from lapor.errors import SettingsFaulty
from lapor.notices import wordings
from lapor.notices.texts import CaseFacts, render
from lapor.notices.wordings import TONGUES, shipped

LINK = "https://lapor.example/api/v1/complaints/2026-7QK4-M2ZD-5"
DUE = datetime(2026, 3, 16, 9, tzinfo=UTC)
CASE = CaseFacts("2026-7QK4-M2ZD-5", "Asia/Jakarta", "follow_up", DUE, anonymous=False, confidential=False)


def own(folder: Path, **files: str) -> Path:
    for tongue, text in files.items():
        (folder / f"{tongue}.yaml").write_text(text, encoding="utf-8")
    return folder


def faults(folder: Path) -> list[str]:
    with pytest.raises(SettingsFaulty) as caught:
        wordings.load(folder)
    return [fault.removeprefix(f"{folder.name}/") for fault in caught.value.faults]


def test_without_a_folder_and_with_an_empty_one_the_shipped_words_hold(tmp_path: Path) -> None:
    assert wordings.load(None) == wordings.load(tmp_path) == shipped()


def test_the_shipped_words_satisfy_what_is_asked_of_an_agencys_own() -> None:
    assert wordings.load(Path(wordings.__file__).parent / "texts") == shipped()


def test_a_single_entry_is_replaced_and_all_others_stay(tmp_path: Path) -> None:
    own(tmp_path, id="events: {answer: {subject: Sudah dijawab}}", en="events: {answer: {body: 'Look, {number}.'}}")
    mixed = wordings.load(tmp_path)
    answer, before = render("answer", CASE, LINK, {}, wordings=mixed), render("answer", CASE, LINK, {})
    assert answer.subject == "[2026-7QK4-M2ZD-5] Sudah dijawab / Report answered"
    assert answer.halves[0] == before.halves[0]
    assert answer.halves[1].text.splitlines()[:3] == ["Look, 2026-7QK4-M2ZD-5.", "", "Number: 2026-7QK4-M2ZD-5"]
    assert render("approve", CASE, LINK, {}, wordings=mixed) == render("approve", CASE, LINK, {})


def test_a_clock_of_ones_own_workflow_is_given_its_words(tmp_path: Path) -> None:
    own(tmp_path, id="clocks: {site_visit: kunjungan lapangan}")
    said = render("warning", CASE, LINK, {"clock": "site_visit"}, wordings=wordings.load(tmp_path)).body
    assert said.splitlines()[0] == "Tenggat kunjungan lapangan laporan ini mendekat."


def test_braces_that_are_to_be_read_are_doubled(tmp_path: Path) -> None:
    own(tmp_path, id="events: {answer: {body: 'Baca {{ini}}.'}}")
    assert render("answer", CASE, LINK, {}, wordings=wordings.load(tmp_path)).body.splitlines()[0] == "Baca {ini}."


def test_all_faults_of_both_files_come_at_once(tmp_path: Path) -> None:
    indonesian = """
        evnts: {}
        events:
          submt: {subject: x}
          submit: {subject: "a\\nBcc: b@c.example", body: "{nomor} {title} {number.__class__} {due!r}"}
          answer: {subjekt: x, body: 12}
          warning: {subject: "{number}", body: "{clock} {title"}
          close: Ditutup
          work: {body: " "}
        days: [Senin]
        months: [a, b, c, d, e, f, g, h, i, j, k, "l\\nm"]
        moment: "{day} {clock}"
    """
    own(tmp_path, id=indonesian, en="digest: {more: '{sum}'}\nclocks: {review: 1}\nthen: {sometime: x}")
    (tmp_path / "jv.yaml").write_text("")
    common = "allowed: {due}, {link}, {number}"
    assert faults(tmp_path) == [
        "jv.yaml: unknown; id.yaml and en.yaml are read",
        "id.yaml: evnts: unknown; did you mean events?",
        "id.yaml: events.submt: unknown; did you mean submit?",
        "id.yaml: events.submit.subject: must be one line",
        f"id.yaml: events.submit.body: {{due!r}} is unknown here; {common}",
        f"id.yaml: events.submit.body: {{nomor}} is unknown here; {common}",
        f"id.yaml: events.submit.body: {{number.__class__}} is unknown here; {common}",
        f"id.yaml: events.submit.body: {{title}} is unknown here; {common}",
        "id.yaml: events.answer.subjekt: unknown; did you mean subject?",
        "id.yaml: events.answer.body: must be text",
        "id.yaml: events.warning.subject: {number} is unknown here; allowed: none",
        "id.yaml: events.warning.body: has a brace that stands alone: write {{ or }} for one that is to be read",
        "id.yaml: events.close: must be names with texts",
        "id.yaml: events.work.body: must be text",
        "id.yaml: days: must be a list of 7 texts of one line each",
        "id.yaml: months: must be a list of 12 texts of one line each",
        "id.yaml: moment: {clock} is unknown here; allowed: "
        "{day}, {hour}, {minute}, {month}, {weekday}, {year}, {zone}",
        "en.yaml: digest.more: {sum} is unknown here; allowed: {count}",
        "en.yaml: clocks.review: must be text",
        "en.yaml: then.sometime: unknown",
    ]


def test_a_file_that_is_no_yaml_is_the_fault_of_its_line(tmp_path: Path) -> None:
    own(tmp_path, id="events:\n  answer: {subject: a}\n  answer: {subject: b}\n", en="- Halo")
    assert faults(tmp_path) == [
        "id.yaml:2: cannot be read as YAML: answer stands there twice",
        "en.yaml: must be names with values",
    ]


def test_a_folder_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    missing = tmp_path / "texts"
    assert faults(missing) == [f"notices.texts: {missing} is no folder"]


def test_both_tongues_have_the_same_entries() -> None:
    shapes = [
        [
            entries.keys()
            for entries in (
                words.events,
                words.digest,
                words.weekly,
                words.alarm,
                words.frames,
                words.then,
                words.clocks,
            )
        ]
        for words in shipped().words
    ]
    assert shapes[0] == shapes[1]
    assert [words.tongue for words in shipped().words] == list(TONGUES)

"""config.yaml and LAPOR_*: what is read, and that all faults come at once."""

from __future__ import annotations

import dataclasses
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from lapor import settings
from lapor.errors import SettingsFaulty
from lapor.machine import indonesia
from lapor.machine.calendar import Window

TOP = Path(__file__).parents[2]


def faults(folder: Path, text: str = "", **env: str) -> list[str]:
    (folder / "config.yaml").write_text(text)
    with pytest.raises(SettingsFaulty) as caught:
        settings.load(env, folder)
    return list(caught.value.faults)


def test_the_example_at_the_top_is_the_generated_one() -> None:
    assert (TOP / "config.yaml").read_text() == settings.example()


def test_the_example_says_what_holds_without_it(tmp_path: Path) -> None:
    without = settings.load({}, tmp_path)
    (tmp_path / "config.yaml").write_text(settings.example())
    assert settings.load({}, tmp_path) == dataclasses.replace(without, file=tmp_path / "config.yaml")


def test_every_setting_is_in_the_example_with_a_word_for_each_section() -> None:
    lines = settings.example().splitlines()
    sections = [number for number, line in enumerate(lines) if line.endswith(":") and line[0] != "#"]
    assert len(sections) == 14
    assert all(lines[number - 1].startswith("# ") for number in sections)


def test_the_defaults(tmp_path: Path) -> None:
    read = settings.load({"PATH": "/bin", "LAPOR_TEST_DATABASE_URL": "left alone"}, tmp_path)
    assert read.file is None
    assert read.database.url == f"sqlite:///{tmp_path}/var/lapor.sqlite3"
    assert read.public_url == "http://127.0.0.1:8080"
    assert read.zone == ZoneInfo("Asia/Jakarta")
    assert read.var == tmp_path / "var"
    assert read.secrets.pepper == tmp_path / "var/pepper.key"
    assert read.workflows == TOP / "workflows"
    assert not read.mail.folder.name
    assert read.office_hours.week == indonesia.office_hours()


def test_paths_start_at_the_folder_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/my.yaml").write_text(
        "var: ../data\nworkflows: flows\nsecrets: {pepper: /keys/p}\nmail: {folder: mails}\n"
        "database: {url: 'sqlite:///x.db'}"
    )
    read = settings.load({"LAPOR_CONFIG": "etc/my.yaml"}, tmp_path)
    assert read.file == tmp_path / "etc/my.yaml"
    assert read.var == tmp_path / "etc/../data"
    assert read.workflows == tmp_path / "etc/flows"
    assert read.secrets.pepper == Path("/keys/p")
    assert read.mail.folder == tmp_path / "etc/mails"
    assert read.database.url == f"sqlite:///{tmp_path}/etc/x.db"


def test_a_section_may_be_there_and_empty(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("mail:\nserver: {port: 9000}\n")
    assert settings.load({}, tmp_path).server.port == 9000


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgresql_is_always_met_through_psycopg(tmp_path: Path, scheme: str) -> None:
    read = settings.load({"LAPOR_DATABASE_URL": f"{scheme}://u:p@db:5432/lapor?sslmode=require"}, tmp_path)
    assert read.database.url == "postgresql+psycopg://u:p@db:5432/lapor?sslmode=require"


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("server: {port: 1}\nmail: {host: a, from: a@b, password: 'x', starttls: yes}")
    env = {
        "LAPOR_PORT": "9001",
        "LAPOR_MAIL__HOST": "",
        "LAPOR_MAIL__PASSWORD": "1234",
        "LAPOR_MAIL__STARTTLS": "false",
        "LAPOR_OFFICE_HOURS__FRIDAY": "[07:30-11:30, 13:00-16:30]",
        "LAPOR_CALENDAR__WORKING": "[2026-05-15]",
        "LAPOR_PUBLIC_URL": "https://lapor.example/",
    }
    read = settings.load(env, tmp_path)
    assert (read.server.port, read.mail.host, read.mail.password, read.mail.starttls) == (9001, "", "1234", False)
    assert read.office_hours.friday == (Window.parse("07:30", "11:30"), Window.parse("13:00", "16:30"))
    assert read.calendar.working == (date(2026, 5, 15),)
    assert read.public_url == "https://lapor.example"


def test_days_off_carry_their_decree(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(
        "calendar: {holidays: [{date: 2026-06-01, name: Pilkada, decree: Keppres 1}]}"
    )
    assert settings.load({}, tmp_path).calendar.holidays == (
        settings.Holiday(date(2026, 6, 1), "Pilkada", "Keppres 1"),
    )


def test_all_faults_come_at_once(tmp_path: Path) -> None:
    text = """
        servr: {}
        worker: 4
        zone: Asia
        public_url: lapor.example
        var:
        database: {url: "mysql://root:secret@x"}
        mail: {prot: 5, port: 70000, password: 12, host: h}
        office_hours: {monday: ["07:30-16:00", "15:00-17:00"], friday: [9-17], sonday: []}
        calendar: {holidays: [{date: 2026-13-01, name: x, note: y}, 5], working: [2026-02-30]}
    """
    env = {"LAPOR_PORT": "many", "LAPOR_MALI__HOST": "x", "LAPOR_WORKER__BATCH": "0", "LAPOR_SERVER__THREADS": "1.5"}
    assert faults(tmp_path, text, **env) == [
        "servr: unknown; did you mean server?",
        "worker: must be names with values",
        "mail.prot: unknown; did you mean port?",
        "office_hours.sonday: unknown; did you mean sunday?",
        "LAPOR_MALI__HOST: unknown; did you mean LAPOR_MAIL__HOST?",
        "public_url: must be as in https://lapor.example",
        'var: is empty ("" says: nothing)',
        "zone: Asia is no time zone; Asia/Jakarta is one",
        "database.url: must be as in sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME",
        "LAPOR_PORT: must be a whole number",
        "LAPOR_SERVER__THREADS: must be a whole number",
        "office_hours.monday: must be in order, none reaching into the next",
        "office_hours.friday[0]: 9-17 must be as in 07:30-16:00, opening before closing",
        "calendar.holidays[0].date: must be a day, as in 2026-08-17",
        "calendar.holidays[0].decree: is needed",
        "calendar.holidays[0].note: unknown",
        "calendar.holidays[1]: must be names with values",
        "calendar.working[0]: must be a day, as in 2026-08-17",
        "mail.port: must be from 1 to 65535",
        "mail.password: must be quoted text",
        "LAPOR_WORKER__BATCH: must be from 1 to 10000",
    ]


SPOILED = {
    "two ports": ("server:\n  port: 1\n  port: 2\n", "config.yaml:2: cannot be read as YAML: port stands there twice"),
    "no YAML": (
        "mail: [",
        "config.yaml:1: cannot be read as YAML: expected the node content, but found '<stream end>'",
    ),
    "a list": ("- mail", "config.yaml: must be names with values"),
    "a mail host without a sender": ("mail: {host: smtp}", "mail: from is needed where host is set"),
    "never open": (
        "office_hours: {monday: [], tuesday: [], wednesday: [], thursday: [], friday: []}",
        "office_hours: must be open on one day at least",
    ),
    "open backwards": (
        'office_hours: {monday: ["16:00-07:30"]}',
        "office_hours.monday[0]: 16:00-07:30 must be as in 07:30-16:00, opening before closing",
    ),
    "a database in memory": (
        "database: {url: 'sqlite:///:memory:'}",
        "database.url: must be as in sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME",
    ),
    "a list that is text": ("calendar: {working: x}", "calendar.working: must be a list: [..]"),
}


@pytest.mark.parametrize(("text", "fault"), SPOILED.values(), ids=SPOILED)
def test_each_fault_says_where_and_what_is_allowed(tmp_path: Path, text: str, fault: str) -> None:
    assert faults(tmp_path, text) == [fault]


def test_a_value_that_is_not_yaml_is_the_fault_of_its_setting(tmp_path: Path) -> None:
    assert faults(tmp_path, LAPOR_CALENDAR__WORKING="[") == ["LAPOR_CALENDAR__WORKING: must be a list: [..]"]


def test_a_file_that_is_named_must_be_there(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, LAPOR_CONFIG="other.yaml")
    assert fault.startswith("other.yaml: cannot be read: [Errno 2] No such file")


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    (fault,) = faults(tmp_path, LAPOR_CONFIG="binary.yaml")
    assert fault.startswith("binary.yaml: cannot be read: ")


def test_a_control_character_is_refused(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, "zone: \x01")
    assert fault.startswith("config.yaml: cannot be read: ")


def test_secrets_do_not_show_when_settings_are_printed(tmp_path: Path) -> None:
    env = {"LAPOR_DATABASE_URL": "postgresql://u:hunter2@db/x", "LAPOR_MAIL__PASSWORD": "hunter2"}
    assert "hunter2" not in repr(settings.load(env, tmp_path))

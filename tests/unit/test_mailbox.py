"""The mailbox in a folder, for those without a mail server."""

from __future__ import annotations

import email
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from lapor.notices.mail import Down, Smtp, compose
from lapor.notices.mailbox import Mailbox, sender_of
from lapor.notices.texts import Half, Text
from lapor.settings import Mail

NOW = datetime(2026, 8, 10, 9, 0, tzinfo=UTC)


def message_of(notice_id: int, body: str = "Nomor: 2026-7QK4-M2ZD-5\n") -> EmailMessage:
    url, recipient = "https://lapor.city.example/a", "pelapor@mail.example"
    return compose(
        f"notice-{notice_id}",
        Text("Laporan diterima", (Half("id", body),)),
        sender="lapor@localhost",
        recipient=recipient,
        public_url=url,
        now=NOW,
    )


def settings_of(host: str = "", sender: str = "", folder: Path = Path()) -> Mail:
    return Mail(
        host=host, port=25, user="", password="", sender=sender, starttls=False, timeout_seconds=1, folder=folder
    )


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_each_message_is_a_file_named_by_its_message_id_and_reads_as_it_was_written(tmp_path: Path) -> None:
    box = Mailbox(tmp_path / "var" / "mail")
    for notice_id in (1, 2):
        box.send(message_of(notice_id))
    assert names(box.folder) == ["notice-1@lapor.city.example.eml", "notice-2@lapor.city.example.eml"]
    content = (box.folder / "notice-1@lapor.city.example.eml").read_bytes()
    kept = email.message_from_bytes(content, policy=policy.default)
    assert kept.as_bytes() == message_of(1).as_bytes()


def test_a_message_sent_again_takes_the_place_of_the_first(tmp_path: Path) -> None:
    box = Mailbox(tmp_path)
    box.send(message_of(7, "one\n"))
    box.send(message_of(7, "two\n"))
    assert names(tmp_path) == ["notice-7@lapor.city.example.eml"]
    assert b"two" in (tmp_path / "notice-7@lapor.city.example.eml").read_bytes()


def test_only_its_owner_reads_the_folder(tmp_path: Path) -> None:
    Mailbox(tmp_path / "mail").send(message_of(7))
    assert (tmp_path / "mail").stat().st_mode & 0o777 == 0o700


def test_no_message_id_leads_out_of_the_folder(tmp_path: Path) -> None:
    message = message_of(7)
    message.replace_header("Message-ID", "<../../notice-7@lapor.city.example>")
    Mailbox(tmp_path / "a" / "mail").send(message)
    assert names(tmp_path / "a" / "mail") == ["....notice-7@lapor.city.example.eml"]


def test_a_folder_that_cannot_be_written_delays_all(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("a file")
    with pytest.raises(Down, match=r"^the folder for mails cannot be written: File exists$"):
        Mailbox(tmp_path / "mail").send(message_of(7))


def test_the_settings_name_a_host_a_folder_or_nobody_and_the_host_goes_first(tmp_path: Path) -> None:
    with_host = settings_of("127.0.0.1", "lapor@city.example", tmp_path)
    assert [
        sender_of(with_host),
        sender_of(settings_of(sender="lapor@city.example", folder=tmp_path)),
        sender_of(settings_of(folder=tmp_path)),
        sender_of(settings_of()),
    ] == [Smtp(with_host), Mailbox(tmp_path, "lapor@city.example"), Mailbox(tmp_path, "lapor@localhost"), None]

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from lapor.notices.html import page
from lapor.notices.mail import Delayed, Down, Refused, Smtp, compose
from lapor.notices.texts import Half, Text
from lapor.settings import Mail
from tests.certificates import issue, serving
from tests.mailserver import MailServer, plain, requiring, running

NOW = datetime(2026, 3, 16, 9, 0, 30, tzinfo=UTC)
SUBJECT = "[2026-7QK4-M2ZD-5] Laporan diterima / Report received"
TEXT = Text(SUBJECT, (Half("id", "Nomor: 2026-7QK4-M2ZD-5\n\n“Béres”\n"),))


def message_to(recipient: str, text: Text = TEXT, **more: Any) -> EmailMessage:
    given = {"sender": "lapor@city.example", "public_url": "https://lapor.city.example:8443/a", "now": NOW, **more}
    return compose("notice-7", text, recipient=recipient, **given)


def settings_for(server: MailServer) -> Mail:
    return Mail(
        host="127.0.0.1",
        port=server.port,
        user="",
        password="",
        sender="lapor@city.example",
        starttls=False,
        timeout_seconds=1,
        folder=Path(),
    )


@pytest.fixture
def server() -> Iterator[MailServer]:
    with running() as listening:
        yield listening


def test_a_message_has_these_headers_and_no_others() -> None:
    assert {name: str(value) for name, value in message_to("pelapor@mail.example").items()} == {
        "Message-ID": "<notice-7@lapor.city.example>",
        "Date": "Mon, 16 Mar 2026 09:00:30 +0000",
        "From": "lapor@city.example",
        "To": "pelapor@mail.example",
        "Subject": "[2026-7QK4-M2ZD-5] Laporan diterima / Report received",
        "Auto-Submitted": "auto-generated",
        "MIME-Version": "1.0",
        "Content-Type": 'multipart/alternative; boundary="=_notice-7"',
    }


def test_a_message_says_the_same_in_plain_text_and_in_html() -> None:
    parts = [
        (str(part["Content-Type"]), part.get_content()) for part in message_to("pelapor@mail.example").iter_parts()
    ]
    assert parts == [('text/plain; charset="utf-8"', TEXT.body), ('text/html; charset="utf-8"', page(TEXT))]


@pytest.mark.parametrize(
    ("sender", "said"),
    [
        ("lapor@city.example", "<mailto:lapor@city.example?subject=unsubscribe>"),
        ("lapor+a?b@city.example", "<mailto:lapor%2Ba%3Fb@city.example?subject=unsubscribe>"),
        ("noreply@city.example", None),
        ("No-Reply@city.example", None),
        ("do_not_reply@city.example", None),
    ],
)
def test_what_one_may_do_without_says_how_where_somebody_reads_it(sender: str, said: str | None) -> None:
    assert message_to("pelapor@mail.example", sender=sender, optional=True)["List-Unsubscribe"] == said


def test_a_message_made_again_is_the_same_message() -> None:
    assert message_to("pelapor@mail.example").as_bytes() == message_to("pelapor@mail.example").as_bytes()


@pytest.mark.parametrize(
    "recipient",
    [
        "",
        "pelapor",
        "pelapor@",
        "pelapor@mail.example\r\nBcc: warga@mail.example",
        "pelapor@mail.example\nBcc: warga@mail.example",
        "pelapor@mail.example, warga@mail.example",
        "pelapor@mail.example (note)",
        "<pelapor@mail.example>",
        "Pelapor <pelapor@mail.example>",
        " pelapor@mail.example",
        "pelapor@mail.example>RCPT TO:<warga@mail.example",
        "si\0ti@mail.example",
        "pelapor@mail\ud800.example",
    ],
)
def test_what_is_not_exactly_one_address_is_refused(recipient: str) -> None:
    with pytest.raises(Refused, match=r"^the address is none that a mail can be sent to$"):
        message_to(recipient)


@pytest.mark.parametrize("line_end", ["\r\n", "\n", "\r"])
def test_no_line_can_be_put_into_a_header(line_end: str) -> None:
    with pytest.raises(ValueError, match="linefeed or carriage return"):
        message_to("pelapor@mail.example", Text(f"Halo{line_end}Bcc: warga@mail.example", TEXT.halves))


def test_what_is_sent_arrives_word_for_word(server: MailServer) -> None:
    Smtp(settings_for(server)).send(message_to("pelapor@mail.example"))
    assert server.ids == ["<notice-7@lapor.city.example>"]
    assert plain(server.taken[0]) == TEXT.body.replace("\n", "\r\n")


@pytest.mark.parametrize(
    ("mood", "kind", "fault"),
    [
        (
            "RCPT 550 5.1.1 <pelapor@mail.example> unknown",
            Refused,
            "the mail server did not take it: 550 5.1.1",
        ),
        ("RCPT 553 pelapor@mail.example not allowed", Refused, "the mail server did not take it: 553"),
        ("DATA 552 5.3.4 too big", Refused, "the mail server did not take it: 552 5.3.4"),
        ("RCPT 451 4.7.1 greylisted", Delayed, "the mail server did not take it: 451 4.7.1"),
        ("DATA 452 pelapor@mail.example is full", Delayed, "the mail server did not take it: 452"),
        ("RCPT 554 5.7.1 relay access denied", Delayed, "the mail server did not take it: 554 5.7.1"),
        ("DATA 550 5.7.26 unauthenticated", Delayed, "the mail server did not take it: 550 5.7.26"),
        ("RCPT 530 log in first", Delayed, "the mail server did not take it: 530"),
        ("RCPT 421 going down", Down, "the mail server did not take it: 421"),
        ("hang", Down, "the mail server cannot be reached: SMTPServerDisconnected"),
        ("drop", Down, "the mail server cannot be reached: SMTPServerDisconnected"),
    ],
)
def test_what_the_server_says_decides_whether_to_try_again(
    server: MailServer, mood: str, kind: type[Exception], fault: str
) -> None:
    server.mood = mood
    with pytest.raises((Refused, Delayed)) as raised:
        Smtp(settings_for(server)).send(message_to("pelapor@mail.example"))
    assert (type(raised.value), str(raised.value)) == (kind, fault)


def test_a_server_that_is_not_there_is_down(server: MailServer) -> None:
    server.stop()
    with pytest.raises(Down, match=r"^the mail server cannot be reached: ConnectionRefusedError$"):
        Smtp(settings_for(server)).send(message_to("pelapor@mail.example"))


def test_an_address_that_the_server_cannot_write_to_is_refused() -> None:
    with running(enable_SMTPUTF8=False) as plain, pytest.raises(Refused):
        Smtp(settings_for(plain)).send(message_to("pelapor@contoh-é.example"))


def test_nothing_is_sent_in_the_clear_where_encryption_is_asked_for(server: MailServer) -> None:
    with pytest.raises(Down, match=r"^the mail server cannot be reached: SMTPNotSupportedError$"):
        Smtp(replace(settings_for(server), starttls=True)).send(message_to("pelapor@mail.example"))
    assert (server.tried, server.taken) == (0, [])


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return issue(tmp_path_factory.mktemp("certificate"), "127.0.0.1")


@pytest.fixture
def secured(certificate: Path) -> Iterator[MailServer]:
    with running(**requiring("lapor", "open sesame", serving(certificate))) as listening:
        yield listening


def test_a_server_that_asks_for_encryption_and_a_password_is_given_both(
    secured: MailServer, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    known = replace(settings_for(secured), starttls=True, user="lapor", password="open sesame")
    Smtp(known).send(message_to("pelapor@mail.example"))
    assert secured.ids == ["<notice-7@lapor.city.example>"]


def test_a_wrong_password_delays_and_is_not_named(
    secured: MailServer, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    unknown = replace(settings_for(secured), starttls=True, user="lapor", password="guess")
    with pytest.raises(Down, match=r"^the mail server takes nothing now: 535 5\.7\.8$"):
        Smtp(unknown).send(message_to("pelapor@mail.example"))


def test_a_server_that_nobody_vouches_for_is_not_trusted(secured: MailServer) -> None:
    with pytest.raises(Down, match=r"^the mail server cannot be reached: SSLCertVerificationError$"):
        Smtp(replace(settings_for(secured), starttls=True)).send(message_to("pelapor@mail.example"))

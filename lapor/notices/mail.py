"""Mail: a text becomes a message, and a message goes to the mail server. Knows nothing of records."""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Protocol
from urllib.parse import urlsplit

from lapor.errors import LaporError
from lapor.notices.texts import Text
from lapor.settings import Mail


class Refused(LaporError):
    """This message will never be taken for this recipient."""


class Delayed(LaporError):
    """This message was not taken now."""


class Down(Delayed):
    """No message is taken now."""


class Sender(Protocol):
    """Where messages go. The texts of what it raises name no address."""

    @property
    def address(self) -> str:
        """Whom messages are from."""

    def send(self, message: EmailMessage) -> None:
        """Return when the message was taken.

        Raises:
            Refused: it will never be taken for this recipient.
            Delayed: it was not taken, or nobody knows whether it was.
            Down: the same, and for other messages it would be no better.
        """


def compose(notice_id: int, text: Text, *, sender: str, recipient: str, public_url: str, now: datetime) -> EmailMessage:
    """Make the message of a notice. One that is made again has the same Message-ID.

    Raises:
        Refused: the recipient is not exactly one address.
    """
    message = EmailMessage()
    message["Message-ID"] = f"<notice-{notice_id}@{urlsplit(public_url).hostname or 'localhost'}>"
    message["Date"] = now
    message["From"] = sender
    message["To"] = _address(recipient)
    message["Subject"] = text.subject
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text.body, cte="quoted-printable")
    return message


def _address(text: str) -> Address:
    # the parser steps over blanks and comments, and stumbles over an empty text
    try:
        address = Address(addr_spec=text)
    except (ValueError, IndexError, MessageError):
        raise Refused("the address is none that a mail can be sent to") from None
    if address.addr_spec != text:
        raise Refused("the address is none that a mail can be sent to")
    return address


@dataclass(frozen=True, slots=True)
class Smtp:
    """The mail server of the settings. Each message has a connection of its own."""

    mail: Mail

    @property
    def address(self) -> str:
        """Whom messages are from."""
        return self.mail.sender

    def send(self, message: EmailMessage) -> None:
        """Send one message to its one recipient."""
        with _connected(self.mail) as connection:
            try:
                connection.send_message(message)
            except OSError as fault:
                raise _judged(fault) from fault


@contextmanager
def _connected(mail: Mail) -> Iterator[smtplib.SMTP]:
    # without a name of its own smtplib asks the name servers, which can take longer than any timeout
    name = mail.sender.rpartition("@")[2]
    try:
        connection = smtplib.SMTP(mail.host, mail.port, name, mail.timeout_seconds)
    except OSError as fault:
        raise _down(fault) from fault
    try:
        _log_in(connection, mail)
        yield connection
    finally:
        # what was taken stays taken, however the server says good-bye
        with suppress(OSError):
            connection.quit()


def _log_in(connection: smtplib.SMTP, mail: Mail) -> None:
    try:
        if mail.starttls:
            connection.starttls(context=ssl.create_default_context())
        if mail.user:
            connection.login(mail.user, mail.password)
    except OSError as fault:
        raise _down(fault) from fault


def _judged(fault: OSError) -> LaporError:
    """What a failure to send means: every exception of smtplib is an OSError."""
    if isinstance(fault, smtplib.SMTPNotSupportedError):
        return Refused("the mail server cannot write to such an address")
    said: bytes | str
    if isinstance(fault, smtplib.SMTPRecipientsRefused):
        code, said = next(iter(fault.recipients.values()))
    elif isinstance(fault, smtplib.SMTPDataError):
        code, said = fault.smtp_code, fault.smtp_error
    else:
        return _down(fault)
    kind = Down if code == 421 else Refused if _is_final(code, said) else Delayed
    return kind(f"the mail server did not take it: {_status(code, said)}")


def _is_final(code: int, said: bytes | str) -> bool:
    # 530 and 5.7 (RFC 3463) are about our rights at the server: somebody can mend them, and nothing is to be lost
    return code >= 500 and code != 530 and not _enhanced(said).startswith("5.7.")


def _down(fault: OSError) -> Down:
    if isinstance(fault, smtplib.SMTPResponseException):
        return Down(f"the mail server takes nothing now: {_status(fault.smtp_code, fault.smtp_error)}")
    return Down(f"the mail server cannot be reached: {type(fault).__name__}")


def _status(code: int, said: bytes | str) -> str:
    return f"{code} {_enhanced(said)}".rstrip()


def _enhanced(said: bytes | str) -> str:
    """The status that an answer begins with: the rest of it often names the recipient."""
    text = said.decode("ascii", "replace") if isinstance(said, bytes) else said
    found = re.match(r"[245]\.\d{1,3}\.\d{1,3}\b", text)
    return found[0] if found else ""

"""A mailbox in a folder: each message becomes a file, for those who try lapor out and have no mail server."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

from lapor.notices.mail import Down, Sender, Smtp
from lapor.settings import Mail

NOBODY = "lapor@localhost"


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Keeps messages as FOLDER/MESSAGE-ID.eml. One that is sent again takes the place of the first."""

    folder: Path
    address: str = NOBODY

    def send(self, message: EmailMessage) -> None:
        """Keep one message: whole under its name, or not at all.

        Raises:
            Down: the folder cannot be written.
        """
        name = re.sub(r"[^\w@.-]", "", message["Message-ID"])
        unfinished = self.folder / f".{name}.{os.getpid()}"
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            unfinished.write_bytes(message.as_bytes())
            unfinished.replace(self.folder / f"{name}.eml")
        except OSError as fault:
            raise Down(f"the folder for mails cannot be written: {fault.strerror}") from fault


def sender_of(mail: Mail) -> Sender | None:
    """The sender that the settings name: the mail server, else the folder.

    None where they name neither: then nothing is delivered, and notices wait.
    """
    if mail.host:
        return Smtp(mail)
    return Mailbox(mail.folder, mail.sender or NOBODY) if mail.folder.name else None

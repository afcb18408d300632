"""What is shown of a file where nobody may learn who sent it: the file itself without what was written beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from threading import Lock
from typing import BinaryIO

from lapor.attachments import bare_documents, documents, kinds, papers, pictures, recordings
from lapor.attachments.sealed import Writer


def _picture(kind: str, file: BinaryIO, out: Writer) -> None:
    pictures.view(file, kind, out)


_DRAWN: Mapping[str, Callable[[BinaryIO, Writer], None]] = {
    **{kind: partial(_picture, kind) for kind in kinds.PICTURES},
    "application/pdf": papers.view,
    **dict.fromkeys(
        (documents.DOCX, documents.XLSX, documents.PPTX, documents.ODT, documents.ODS), bare_documents.view
    ),
    "video/mp4": recordings.film,
    "audio/mp4": recordings.film,
    "audio/mpeg": recordings.mp3,
    "audio/ogg": recordings.ogg,
    "audio/wav": recordings.wave,
}
# kinds that have no room for anything else
TELL_NOTHING = frozenset(kinds.EXTENSIONS) - _DRAWN.keys()
# a document is whole in memory while its view is drawn: at most one in a process at a time
_ONE = Lock()


def draw(file: BinaryIO, kind: str, out: Writer) -> None:
    """Draw the view of a file of a kind that has one.

    Raises:
        InvalidFields: it is damaged, locked or too large.
    """
    with _ONE:
        _DRAWN[kind](file, out)

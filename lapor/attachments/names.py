"""The name that a file came with is data, and never a path."""

from __future__ import annotations

import unicodedata

from lapor.attachments.kinds import EXTENSIONS

LONGEST = 120
PLAIN = "lampiran"


def cleaned(said: str, kind: str) -> str:
    r"""A name for people: its last part, without what cannot be seen, with an ending of its kind.

    >>> cleaned("C:\\Foto\\lubang  jalan.JPG", "image/jpeg")
    'lubang jalan.JPG'
    >>> cleaned("../../etc/passwd", "application/pdf"), cleaned("", "image/png")
    ('passwd.pdf', 'lampiran.png')
    >>> cleaned("gnp\u202egpj.html", "image/jpeg")
    'gnpgpj.html.jpg'
    """
    last = said.replace("\\", "/").rpartition("/")[2]
    seen = "".join(each for each in last if unicodedata.category(each)[0] != "C" or each.isspace())
    name = " ".join(seen.split()).strip(". ")
    ending = next((each for each in EXTENSIONS[kind] if name.lower().endswith(each)), None)
    stem = name[: -len(ending)] if ending else name
    kept = name[-len(ending) :] if ending else EXTENSIONS[kind][0]
    return (stem[: LONGEST - len(kept)] or PLAIN) + kept


def neutral(sequence: int, kind: str) -> str:
    """A name that tells nothing of who sent the file.

    >>> neutral(2, "image/jpeg")
    'lampiran-2.jpg'
    """
    return f"{PLAIN}-{sequence}{EXTENSIONS[kind][0]}"

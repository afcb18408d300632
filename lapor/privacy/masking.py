"""Personal data in a text, found by its form and by the words before it, and masked by stable words.

What stands in brackets is a barrier that no pattern crosses: a masked text has nothing more to be found.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import phonenumbers
import yaml
from phonenumbers import NumberParseException

WORDS: Mapping[str, str] = {
    "email": "[surel]",
    "nik": "[NIK]",
    "npwp": "[NPWP]",
    "card": "[kartu bank]",
    "phone": "[telepon]",
    "plate": "[pelat nomor]",
    "account": "[rekening]",
    "address": "[alamat]",
    "name": "[nama]",
}
# what has a form of its own; account, address and name lean on the words before them
CERTAIN = ("nik", "npwp", "card", "phone", "email", "plate")

_FILE = Path(__file__).with_suffix(".yaml")
_SAID = {name: frozenset(words.split()) for name, words in yaml.safe_load(_FILE.read_text(encoding="utf-8")).items()}

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Finding:
    """Personal data of one kind (a key of `WORDS`) in a text, from `start` to before `end`."""

    kind: str
    start: int
    end: int


def findings(text: str) -> list[Finding]:
    """All personal data in a text, in order and without overlaps."""
    found: list[Finding] = []
    # what is found gives way: what lies beside it may be read anew
    while more := _looked_over(text):
        found += more
        text = _blanked(text, more)
    return sorted(found, key=lambda each: each.start)


def masked(text: str) -> str:
    """The text with a word in brackets for all personal data.

    >>> masked("Hubungi Pak Budi di 0812-3456-7890.")
    'Hubungi Pak [nama] di [telepon].'
    """
    parts, last = [], 0
    for each in findings(text):
        parts += [text[last : each.start], WORDS[each.kind]]
        last = each.end
    return "".join([*parts, text[last:]])


def _looked_over(text: str) -> list[Finding]:
    found: list[Finding] = []
    for kind, look in _LOOKS.items():
        taken = sorted((each.start, each.end) for each in found)
        found += [Finding(kind, *span) for span in _apart(look(text), taken)]
    return found


def _apart(spans: Iterator[Span], taken: list[Span]) -> Iterator[Span]:
    """The spans that overlap neither each other nor those taken, which are in order."""
    last, waiting = 0, iter(taken)
    ahead = next(waiting, None)
    for start, end in spans:
        while ahead and ahead[1] <= start:
            ahead = next(waiting, None)
        if start >= last and not (ahead and ahead[0] < end):
            yield start, end
            last = end


def _blanked(text: str, found: list[Finding]) -> str:
    chars = list(text)
    for each in found:
        chars[each.start : each.end] = "[" + "]" * (each.end - each.start - 1)
    return "".join(chars)


_LOCAL = r"[A-Za-z0-9._%+\-]"
_EMAIL = re.compile(rf"(?<!{_LOCAL}){_LOCAL}+@(?:[A-Za-z0-9\-]+\.)+[A-Za-z]{{2,}}")


def _emails(text: str) -> Iterator[Span]:
    return (found.span() for found in _EMAIL.finditer(text))


_GAP = r"[ \u00a0.\-\u2010-\u2013]"
# in a look-ahead, so that a wrong number does not hide one that begins inside it
_SIXTEEN = re.compile(rf"(?<![0-9])(?<![0-9][,.])(?=((?:[0-9]{_GAP}?){{15}}[0-9])(?![0-9]))")
_PROVINCES = frozenset(
    [*range(11, 20), 21, *range(31, 37), *range(51, 54), *range(61, 66), *range(71, 77), 81, 82, *range(91, 98)]
)
_DIGITS = re.compile("[0-9]")


def _sixteens(text: str, rule: Callable[[str], bool]) -> Iterator[Span]:
    for found in _SIXTEEN.finditer(text):
        if rule(_digits(found[1])):
            yield found.span(1)


def _digits(text: str) -> str:
    return "".join(_DIGITS.findall(text))


def _niks(text: str) -> Iterator[Span]:
    return _sixteens(text, _is_nik)


def _is_nik(digits: str) -> bool:
    """Region, then day (women: + 40), month and year of birth, then a serial number."""
    province, regency, district, day, month = (int(digits[at : at + 2]) for at in range(0, 10, 2))
    born = (1 <= day <= 31 or 41 <= day <= 71) and 1 <= month <= 12
    return province in _PROVINCES and regency > 0 and district > 0 and born and digits[12:] != "0000"


_NPWP = re.compile(
    rf"(?<![0-9])[0-9]{{2}}{_GAP}[0-9]{{3}}{_GAP}[0-9]{{3}}{_GAP}[0-9]{_GAP}[0-9]{{3}}{_GAP}[0-9]{{3}}(?![0-9])"
    rf"|\bnpwp[^0-9\n\[\]]{{0,20}}(?P<it>(?:[0-9]{_GAP}?){{14,15}}[0-9])(?![0-9])",
    re.IGNORECASE,
)


def _npwps(text: str) -> Iterator[Span]:
    return (found.span("it" if found["it"] else 0) for found in _NPWP.finditer(text))


def _cards(text: str) -> Iterator[Span]:
    return _sixteens(text, _is_card)


def _is_card(digits: str) -> bool:
    """Of a network of cards, and right by the check digit of Luhn."""
    doubled = sum(sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return digits[0] in "23456" and (doubled + sum(map(int, digits[-1::-2]))) % 10 == 0


_JOIN = r"(?: ?[.\-\u2010-\u2013/] ?|[ \u00a0]|\)[ \-]?| ?\()"
_BEGINS = r"(?<![0-9])(?<![0-9][.,])(?:(?<![\w+])|(?<=hp)|(?<=wa)|(?<=no)|(?<=lp)|(?<=telepon))"
# in groups of two digits and more, or digit by digit
_PHONE = re.compile(
    rf"{_BEGINS}(?:(?P<it>\(?(?:\+[0-9]{{1,3}}|62|0[0-9])[0-9]*(?: ?\(0\))?(?:{_JOIN}?[0-9]{{2,}}){{0,6}}"
    r"|\+?[06](?: [0-9]){8,14}(?! ?[0-9]))"
    r"|(?:no\.? ?)?(?:hp|wa|whatsapp|tlp|telp|telepon|telpon|hubungi)(?!\w)[ .:/\-]{0,3}"
    rf"(?P<local>8[0-9]+(?:{_JOIN}?[0-9]{{2,}}){{0,4}}))(?![0-9])",
    re.IGNORECASE,
)
_RUN = re.compile("[0-9]+")
_BEFORE_MONEY = re.compile(r"(?:rp|idr)[. ]{0,2}$", re.IGNORECASE)
_MONEY = r"[0-9]{1,3}(?:\.[0-9]{3})+(?![0-9])"
_DAY = r"[0-9]{1,2} ?([./\- ]) ?[0-9]{1,2} ?\1 ?(?:19|20)[0-9]{2}(?![0-9])|(?:19|20)[0-9]{2}[/\-](?:19|20|[01])[0-9]"
_HOURS = r"[0-2][0-9]\.[0-5][0-9] ?[\-\u2013] ?[0-2][0-9]\.[0-5][0-9](?![0-9])"
_OTHER = re.compile(f"{_MONEY}|{_DAY}|{_HOURS}")


def _phones(text: str) -> Iterator[Span]:
    at = 0
    while found := _PHONE.search(text, at):
        start, end = found.span("it" if found["it"] else "local")
        stops = [start + run.end() for run in _RUN.finditer(text[start:end])]
        candidates = () if _is_other(text, start) else reversed(stops)
        whole = next((stop for stop in candidates if _is_phone(text[start:stop])), None)
        if whole:
            yield start, whole
        at = whole or stops[0]


def _is_other(text: str, start: int) -> bool:
    """Whether money, a date, years or office hours begin here."""
    return bool(_BEFORE_MONEY.search(text[max(0, start - 6) : start]) or _OTHER.match(text, start))


def _is_phone(text: str) -> bool:
    digits = _digits(text)
    if not 8 <= len(digits) <= 15:
        return False
    try:
        called = phonenumbers.parse(f"+{digits}" if digits.startswith("62") else text, "ID")
    except NumberParseException:
        return False
    return phonenumbers.is_valid_number(called)


_AREA = "|".join(sorted(_SAID["areas"], key=len, reverse=True))
_PLATE = re.compile(
    rf"(?<![\w./\-])(?P<it>(?:{_AREA})"
    r"(?:[ .\-]{0,2}[1-9][0-9]{2,3}[ .\-]{0,2}[A-Z]{1,3}|[ .\-]{1,2}[1-9][0-9]?[ .\-]{0,2}[A-Z]{2,3}))(?!\w)"
)
_NAMED_PLATE = re.compile(
    r"\b(?:nopol|plat|pelat|no\.? ?pol(?:isi)?|nomor polisi)\b(?: nomor| no)?[ .:]{0,3}"
    rf"(?P<it>(?:{_AREA})[ .\-]{{0,2}}[1-9][0-9]{{0,3}}(?:[ .\-]{{0,2}}[A-Z]{{1,3}}\b)?)(?!\w)",
    re.IGNORECASE,
)
_PLACED = re.compile(
    r"(?:blok|gang|gg|gedung|kav|kavling|kelas|type|tipe|lantai|gol|sim|seri|rute)\.? ?$", re.IGNORECASE
)


def _plates(text: str) -> Iterator[Span]:
    for pattern in (_NAMED_PLATE, _PLATE):
        for found in pattern.finditer(text):
            start, end = found.span("it")
            series = re.split("[^A-Za-z]+", found["it"])[-1].upper()
            if series in _SAID["not_in_plates"] and pattern is _NAMED_PLATE:
                yield start, start + len(found["it"][: -len(series)].rstrip(" .-"))
            elif series not in _SAID["not_in_plates"] and not _PLACED.search(text[max(0, start - 9) : start]):
                yield start, end


_ACCOUNT = re.compile(
    r"\b(?:no\.?rek|rek|rekening|bri|bca|bni|btn|bsi|mandiri|cimb|danamon|permata|briva|virtual account)\b"
    rf"[^0-9\n\[\]]{{0,30}}(?P<it>[0-9](?:{_GAP}?[0-9]){{8,18}})(?![0-9])",
    re.IGNORECASE,
)


def _accounts(text: str) -> Iterator[Span]:
    for found in _ACCOUNT.finditer(text):
        if not _is_other(text, found.start("it")):
            yield found.span("it")


_BLOCK = r"rt ?[.:]? ?[0-9]{1,3}(?:[ ,./]{0,3}rw ?[.:]? ?[0-9]{1,3})?"
_ADDRESS = re.compile(
    r"\b(?:jl|jln|jalan|gg|gang)\b[^\n\[\]]{1,60}?"
    rf"(?P<it>\b(?:no|nomor|nomer)\b ?[.:]? ?[0-9]{{1,4}}[a-z]?(?:/[0-9]{{1,3}}[a-z]?)?\b(?:[ ,.]{{1,3}}{_BLOCK})?"
    rf"|\b[0-9]{{1,4}}[a-z]?[ ,]{{1,2}}{_BLOCK})(?![0-9])",
    re.IGNORECASE,
)


def _addresses(text: str) -> Iterator[Span]:
    return (found.span("it") for found in _ADDRESS.finditer(text))


_TITLES = r"bapak|ibu|pak|bu|saudara|saudari|atas nama|a/n|nama saya|saya bernama|(?:bpk|sdr|sdri|a\.n)(?:\.|\b)"
_WORD = r"(?:(?:[A-Z]|Hj|Dr|dr|Drs|Dra|Ir|Prof|Muh|Moh|Abd)\.|[A-Z][A-Za-z'\u2019]+)(?!\w)"
_NAME = re.compile(rf"\b(?P<title>(?i:{_TITLES})):?[ ]{{1,2}}(?P<it>{_WORD}(?: {_WORD}){{0,4}})")


def _names(text: str) -> Iterator[Span]:
    for found in _NAME.finditer(text):
        words = list(re.finditer(_WORD, found["it"]))
        known = [word[0].rstrip(".").casefold() in _SAID["not_in_names"] for word in words]
        named = words[: known.index(True)] if True in known else words
        # where all is in capitals nobody can tell a name from the next word
        shouted = found["title"].isupper() and found["it"].isupper()
        if named and not shouted:
            yield found.start("it"), found.start("it") + named[-1].end()


_LOOKS: Mapping[str, Callable[[str], Iterator[Span]]] = {
    "email": _emails,
    "nik": _niks,
    "npwp": _npwps,
    "card": _cards,
    "phone": _phones,
    "plate": _plates,
    "account": _accounts,
    "address": _addresses,
    "name": _names,
}

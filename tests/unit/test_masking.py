"""Personal data in texts: what is found, what only looks alike, and that nothing is left of what was found."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lapor.privacy.masking import CERTAIN, WORDS, Finding, findings, masked

FOUND: list[tuple[str, str]] = [
    # identity numbers
    ("NIK saya 3578014505900003.", "NIK saya [NIK]."),
    ("NIK: 3578 0145 0590 0003", "NIK: [NIK]"),
    ("ktp 35.78.01.450590.0003", "ktp [NIK]"),
    ("ktp 3578-0145-0590-0003", "ktp [NIK]"),
    ("3 5 7 8 0 1 0 5 0 5 9 0 0 0 0 3", "[NIK]"),
    ("RT 5 3578010505900003", "RT 5 [NIK]"),
    # tax numbers
    ("NPWP 09.254.294.3-407.000", "NPWP [NPWP]"),
    ("nomor 09 254 294 3 407 000", "nomor [NPWP]"),
    ("npwp: 092542943407000", "npwp: [NPWP]"),
    ("NPWP perusahaan 0092542943407000", "NPWP perusahaan [NPWP]"),
    # bank cards
    ("kartu 4111 1111 1111 1111", "kartu [kartu bank]"),
    ("kartu 5500-0000-0000-0004", "kartu [kartu bank]"),
    # telephones
    ("Hubungi 0812-3456-7890.", "Hubungi [telepon]."),
    ("hp081234567890", "hp[telepon]"),
    ("WA 81234567890", "WA [telepon]"),
    ("no. hp: 812 3456 7890", "no. hp: [telepon]"),
    ("+62 812 3456 7890", "[telepon]"),
    ("(+62) 812-3456-7890", "[telepon]"),
    ("+62 (0)31 5345678", "[telepon]"),
    ("6281234567890", "[telepon]"),
    ("62-812-3456-7890", "[telepon]"),
    ("0812.3456.7890", "[telepon]"),
    ("0812 - 3456 - 7890", "[telepon]"),
    ("0 8 1 2 3 4 5 6 7 8 9 0", "[telepon]"),
    ("telp. (031) 5345678", "telp. [telepon]"),
    ("031-5345678/0274-512345", "[telepon]/[telepon]"),
    ("081234567890, 081345678901", "[telepon], [telepon]"),
    ("+65 6123 4567", "[telepon]"),
    # addresses of mail
    ("Surel warga.satu+lapor@contoh.co.id.", "Surel [surel]."),
    ("081234567890@contoh.id", "[surel]"),
    # vehicles
    ("Mobil B 1234 XYZ parkir", "Mobil [pelat nomor] parkir"),
    ("AB1234CD, DK-123-A", "[pelat nomor], [pelat nomor]"),
    ("motor L 5 AB", "motor [pelat nomor]"),
    ("plat b 1234 di jalan", "plat [pelat nomor] di jalan"),
    ("nopol n 12 x", "nopol [pelat nomor]"),
    # accounts
    ("rekening BRI 0123-01-012345-50-1", "rekening BRI [rekening]"),
    ("norek: 1234567890123", "norek: [rekening]"),
    ("BCA 1234567890 a.n. Sari Melati", "BCA [rekening] a.n. [nama]"),
    # names
    ("Pak Budi Santoso Jalan Melati", "Pak [nama] Jalan Melati"),
    ("Bapak M. Yusuf yang jaga", "Bapak [nama] yang jaga"),
    ("Bu Hj. Siti Aminah", "Bu [nama]"),
    ("Sdr. Adi dan sdri Wati", "Sdr. [nama] dan sdri [nama]"),
    ("pak BUDI", "pak [nama]"),
    ("nama saya Sari. Saya kecewa", "nama saya [nama]. Saya kecewa"),
    ("atas nama: Tono", "atas nama: [nama]"),
    ("Ibu Ratna Kepala Seksi", "Ibu [nama] Kepala Seksi"),
    # house numbers
    ("Jl. Melati No. 12 RT 01/RW 02, Kota", "Jl. Melati [alamat], Kota"),
    ("jalan melati gang 3 nomor 7b rusak", "jalan melati gang 3 [alamat] rusak"),
    ("Jln Melati 12 RT 3 RW 4", "Jln Melati [alamat]"),
]
NOT_FOUND = [
    "Rp 1.500.000",
    "Rp. 0812.345.678",
    "62.500.000 rupiah",
    "transfer BRI Rp 15.000.000",
    "BCA 12-03-2022 10.00",
    "02-12-2022 10.00",
    "tanggal 02/03/2022 0812",
    "08.00-16.00 setiap hari",
    "08.00 - 16.00 WIB",
    "1234567890123456",
    "3578013205900004",
    "3578011513900003",
    "9978010505900003",
    "kode 0812",
    "0000000000",
    "titik -6.912345, 107.612345",
    "2026-7QK4-M2ZD-5",
    "14045",
    "satu@dua",
    "A 2 km",
    "Blok B 12 RT 05",
    "BLOK D 123 AB",
    "W 1234 RW",
    "masker N95, gen H5N1",
    "X 1234 YZ",
    "rekening listrik mahal",
    "Bapak Camat",
    "Ibu Lurah Melati",
    "Pak RT 05",
    "Bapak Wali Kota",
    "Bapak/Ibu Petugas",
    "Ibu kota",
    "Ibu Kota Provinsi",
    "BAPAK TOLONG DIPERBAIKI",
    "Terima kasih Pak. Semoga lancar",
    "Jalan Melati rusak di RT 01 RW 02",
    "No. 12",
]


@pytest.mark.parametrize(("text", "right"), FOUND)
def test_what_is_found_is_masked_and_nothing_else(text: str, right: str) -> None:
    assert masked(text) == right


@pytest.mark.parametrize("text", NOT_FOUND)
def test_what_only_looks_alike_stays(text: str) -> None:
    assert (masked(text), findings(text)) == (text, [])


def test_findings_say_what_stands_where() -> None:
    text = "Pak Budi, 0812-3456-7890, b@contoh.id, B 1234 XY"
    found = findings(text)
    assert found == [
        Finding("name", 4, 8),
        Finding("phone", 10, 24),
        Finding("email", 26, 37),
        Finding("plate", 39, 48),
    ]
    assert [text[each.start : each.end] for each in found] == ["Budi", "0812-3456-7890", "b@contoh.id", "B 1234 XY"]


def test_every_certain_kind_has_a_word() -> None:
    assert set(CERTAIN) < set(WORDS)


PIECES = st.sampled_from(
    [
        *(text for text, _ in FOUND),
        *NOT_FOUND,
        *WORDS.values(),
        *(
            "Pak",
            "Jl.",
            "No.",
            "RT",
            "rekening",
            "BRI",
            "npwp",
            "hp",
            "plat",
            "+",
            "(",
            ")",
            "[",
            "]",
            "/",
            "-",
            ".",
            "@",
            "\n",
        ),
        *("0", "08", "62", "1234", "3578", "31", "X", "Budi", " "),
    ]
)
TEXTS = st.one_of(
    st.text(max_size=200),
    st.text("0123456789 .-/()+[]@aBIJPlkou", max_size=200),
    st.lists(PIECES, max_size=12).map(" ".join),
    st.lists(PIECES, max_size=12).map("".join),
)


@given(TEXTS)
def test_nothing_remains_to_be_found_in_a_masked_text(text: str) -> None:
    once = masked(text)
    assert (findings(once), masked(once)) == ([], once)


@given(TEXTS)
def test_findings_are_apart_and_in_order_and_their_lengths_add_up(text: str) -> None:
    found = findings(text)
    bounds = [bound for each in found for bound in (each.start, each.end)]
    assert bounds == sorted(bounds)
    assert all(0 <= each.start < each.end <= len(text) for each in found)
    assert len(masked(text)) == len(text) + sum(len(WORDS[each.kind]) - (each.end - each.start) for each in found)


HARD = [
    *("0 ", "1 ", "08", "62 ", "+62", "0-", "(0", "(0)", "0812345678 ", "a", "a@", "a.", "@a.", "B 1 ", "B1234"),
    *(
        "Pak ",
        "Pak A. ",
        "A. ",
        "Jl. ",
        "jalan no ",
        "rekening ",
        "BRI 1",
        "npwp ",
        "npwp 1",
        "nopol ",
        "no",
        " ",
        "[",
        "-",
    ),
]


@pytest.mark.parametrize("piece", HARD)
def test_a_long_text_takes_no_longer_than_its_length(piece: str) -> None:
    masked(piece)
    took = []
    for length in (3_000, 12_000):
        before = time.process_time()
        masked((piece * length)[:length])
        took.append(time.process_time() - before)
    # four times as long takes four times as long; a quadratic rule would take sixteen times
    assert took[0] < 1
    assert took[1] < max(10 * took[0], 0.2)

"""What is this file? Told by its first bytes, and never said of a file of records."""

import json
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow.file_kind import HEAD_BYTES, holds_several, what_it_looks_like
from dataflow.records import Event
from dataflow.sample import SAMPLE
from dataflow.synthetic import generate
from tests.kit.streams import events, line_of, lines

RECORDS = [{"user_id": f"zoë-{n}", "type": "order", "order_id": n} for n in range(20)]
TEXT = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in RECORDS)
ASCII = "".join(json.dumps(record) + "\n" for record in RECORDS)
ARRAY = "JSON array: write one record a line"
SEVERAL_LINES = "objects that go over several lines: write one record a line"
LATIN_1 = "another encoding than UTF-8, such as Latin-1: save it as UTF-8"


def kind(data: bytes) -> str | None:
    return what_it_looks_like(data[:HEAD_BYTES], whole=len(data) <= HEAD_BYTES)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (json.dumps(RECORDS), ARRAY),
        (json.dumps(RECORDS * 500), ARRAY),
        (json.dumps(RECORDS, indent=2), ARRAY),
        ("[\n" + ",\n".join(map(json.dumps, RECORDS)) + "\n]\n", ARRAY),
        ("\n [\n" + json.dumps(RECORDS[0]) + "\n]", ARRAY),
        ("\ufeff[]", ARRAY),
        ("[1, 2]\n[3, 4]\n", ARRAY),
        (ASCII.replace("\n", ",\n"), "JSON array without its brackets"),
        ("\n".join(json.dumps(record, indent=2) for record in RECORDS), SEVERAL_LINES),
        (json.dumps(RECORDS[0], indent="\t"), SEVERAL_LINES),
        (json.dumps(RECORDS[0], indent=4).replace("\n", "\r\n"), SEVERAL_LINES),
        (json.dumps({"orders": RECORDS * 500}, indent=1), SEVERAL_LINES),
        ('{"user_id": "a",\n"type": "order", "order_id": 1}', SEVERAL_LINES),
        (ASCII.replace("\n", ""), "several objects on a line: write one record a line"),
        (ASCII.replace("\n", " ") * 100, "several objects on a line"),
        (ASCII.replace("}\n{", "},{"), "several objects on a line"),
        (ASCII.replace("\n", "") + "\n" + ASCII.replace("\n", ""), "several objects on a line"),
        ("user_id,type,order_id\na,order,1\nb,order,2\n", "CSV with a header: write one JSON"),
        ("user_id,type,order_id", "CSV with a header"),
        ('\ufeff"User_ID","Type","Order_ID"\r\n"a, b","order","1"\r\n', "CSV with a header"),
        ("user_id;type;order_id\na;order;1\n", "CSV with a header"),
        ("Kunde;Art;Nummer\nzoë;order;1\n", "CSV with a header"),
        ("user_id\ttype\torder_id\na\torder\t1\n", "TSV with a header"),
        ("a,order,1\nb,payment,2\n", "CSV: write one JSON object a line"),
        ("".join(f"{record}\n" for record in RECORDS), "Python's notation with single quotes"),
        (str(RECORDS), "Python's notation with single quotes"),
        ("".join(f"{json.dumps(record).encode()!r}\n" for record in RECORDS), "single quotes"),
        ("<!DOCTYPE html>\n<html>\n<body>Sign in</body></html>", "HTML"),
        ("\n<html lang=en>", "HTML"),
        ("<!doctype html><title>Sign in</title>", "HTML"),
        ("<?xml version='1.0'?><!DOCTYPE html><html/>", "HTML"),
        ("<?xml version='1.0'?>\n<orders/>", "XML"),
        (TEXT.replace("\n", "\r"), "lines that end in a lone carriage return"),
        ("a,b\r1,2\r", "lines that end in a lone carriage return"),
    ],
    ids=range(34),
)
def test_text_that_is_no_json_lines_is_named(text: str, words: str) -> None:
    """In a sentence with the words that a person searches for, and with what to do."""
    sentence = kind(text.encode())
    assert sentence is not None
    assert sentence.startswith("it looks like ")
    assert words in sentence


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"PK\x03\x04\x14\0\6\0\x08\0", "ZIP"),
        (b"\x28\xb5\x2f\xfd\x24\0", "Zstandard"),
        (b"\x1f\x8b\x08\0\0", "a gzip file inside of another: take one layer off"),
        (b"BZh91AY&SY", "bzip2"),
        (b"\xfd7zXZ\0\0", "xz"),
        (b"7z\xbc\xaf\x27\x1c\0", "7z"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "PNG"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "JPEG"),
        (b"GIF89a\1\0", "GIF"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\n", "PDF"),
        (b"SQLite format 3\0\x10\0", "SQLite"),
        (b"PAR1\x15\4", "Parquet"),
        (b"Obj\x01\4\x16avro.schema", "Avro"),
        (b"\x7fELF\2\1\1", "ELF"),
        (b"orders.jsonl".ljust(257, b"\0") + b"ustar\x0000", "tar"),
        (bytes(200), "a binary file"),
        (b"\x93NUMPY" + b"".join(n.to_bytes(4, "little") for n in range(200)), "a binary file"),
        (Random(1).randbytes(HEAD_BYTES + 1), "a binary file"),
        (b"\0", "a binary file"),
        (TEXT.encode("utf-16-le"), "UTF-16 without a byte-order mark: save it as UTF-8"),
        (TEXT.encode("utf-16-be"), "UTF-16 without a byte-order mark: save it as UTF-8"),
        ("user_id,type\n王小明,order\n".encode("utf-16-le"), "UTF-16 without"),
        (TEXT.encode("utf-32-le"), "UTF-32 without a byte-order mark: save it as UTF-8"),
        (TEXT.encode("utf-32-be"), "UTF-32 without a byte-order mark: save it as UTF-8"),
        (("\ufeff" + TEXT).encode("utf-32-le"), "UTF-32: save it as UTF-8"),
        (("\ufeff" + TEXT).encode("utf-32-be"), "UTF-32: save it as UTF-8"),
        (TEXT.encode("latin-1"), LATIN_1),
        (TEXT.replace("ë", "ж").encode("cp1251"), LATIN_1),
        (ASCII.encode() * 3 + TEXT.encode("latin-1"), LATIN_1),
        (b"user_id,type,order_id\nzo\xeb,order,1\n", "CSV with a header"),
    ],
    ids=range(30),
)
def test_bytes_that_are_no_text_of_ours_are_named(data: bytes, words: str) -> None:
    """Binary files by their beginnings, text by its units."""
    sentence = kind(data)
    assert sentence is not None
    assert words in sentence


@given(
    st.lists(lines, max_size=6),
    st.lists(events().map(line_of), min_size=6, max_size=20),
    st.sampled_from((b"\n", b"\r\n")),
    st.booleans(),
)
def test_a_file_of_records_is_called_nothing_else(
    bad: list[bytes], good: list[bytes], end: bytes, marked: bool
) -> None:
    """Whatever stands before the records: half of its lines are some."""
    mark = b"\xef\xbb\xbf" if marked else b""
    assert kind(mark + end.join([*bad, *(line[:-1] for line in good)]) + end) is None


@pytest.mark.parametrize("bad", [0, 0.01, 0.3, 0.6, 1])
@pytest.mark.parametrize("seed", range(5))
def test_synthetic_files_are_called_nothing_whatever_their_share_of_bad_lines(
    bad: float, seed: int
) -> None:
    """What is skipped for a reason each is no kind of a file."""
    assert kind(b"".join(generate(600, 20, bad, seed))) is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xef\xbb\xbf",
        b"\n \r\n",
        SAMPLE.read_bytes(),
        b"FAIL HERE\n" * 5,
        b"FAIL HERE\nNaN\n[[1]]\n[1]\n" + line_of(Event("a", 1, False)),
        b"[" * 100_000 + b"\n" + ASCII.encode(),
        b'{"padding": "' + b"x" * 1_100_000 + b'"}\n' + ASCII.encode(),
        b"[2026-11-01 10:00] INFO started\n" * 5,
        b'{"user": "a", "kind": "order"}\n' * 5,
        b'{"user_id":\r"a", "type": "order", "order_id": 1}\n',
        ASCII.encode() * 20 + b'{"user_id": "zo\xeb", "type": "order", "order_id": 1}\n',
        TEXT.encode() + TEXT.encode("latin-1"),
        b"\x1e" + ASCII.encode().replace(b"\n", b"\n\x1e")[:-1],
    ],
    ids=range(14),
)
def test_what_may_be_json_lines_is_called_nothing(data: bytes) -> None:
    """A file without a record, or with odd ones: its skipped records say what is wrong."""
    assert kind(data) is None


@given(st.binary(max_size=400) | st.text(max_size=200).map(str.encode), st.booleans())
def test_any_bytes_end_as_a_sentence_or_none(data: bytes, whole: bool) -> None:
    """Never an exception, and one short line."""
    sentence = what_it_looks_like(data, whole=whole)
    assert sentence is None or (len(sentence) < 120 and sentence.isprintable())


@pytest.mark.parametrize(
    "piece",
    [b"[", b"{", b'{"a":', b"'", b'"\n', b",", b"\r", b"<", b"[ ", b"\xff", b"x\n", b"\0\n"],
)
def test_hostile_beginnings_cost_no_more_than_others(piece: bytes) -> None:
    """A bounded number of lines is read, and nothing in them is recursive."""
    what_it_looks_like((piece * HEAD_BYTES)[:HEAD_BYTES], whole=False)


@pytest.mark.parametrize(
    ("line", "several"),
    [
        (b"{}{}", True),
        (b' {"a": 1} , {"b": 2}', True),
        (b'{"a": 1}', False),
        (b'{"a": 1} x', False),
        (b"[{}, {}]", False),
        (b"x {}{}", False),
        (b"", False),
        (b'{"a":' * 20_000, False),
        (b"{}" + b"{}" * 50_000, True),
    ],
    ids=range(9),
)
def test_several_objects_are_told_from_one(line: bytes, several: bool) -> None:
    """What curl makes of a file whose newlines it took out."""
    assert holds_several(line) is several


def test_what_begins_as_no_text_does_is_named_whatever_its_lines_hold() -> None:
    """A ZIP keeps small files as they are, and a file system image anything."""
    lines = b'{"user_id": "a", "type": "order", "order_id": 1}\n' * 50
    for beginning, word in ((b"PK\x03\x04\x14\0\0\0", "ZIP"), (b"\x89PNG\r\n\x1a\n", "PNG")):
        named = what_it_looks_like(beginning + b"\n" + lines, whole=True)
        assert named is not None
        assert word in named
    for first in (b"BZh", b"GIF8", b"PAR1", b"%PDF-1.7"):
        assert what_it_looks_like(first + b"\n" + lines, whole=True) is None

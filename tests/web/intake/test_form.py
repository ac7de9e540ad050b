"""A form with a file in it: read as it comes, and bounded beside its file."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.intake.form import MAX_BESIDE, Form, FormError

TYPE = "multipart/form-data; boundary=b"


def part(name: str, data: bytes, filename: str | None = None, extra: str = "") -> bytes:
    named = "" if filename is None else f'; filename="{filename}"'
    head = f'--b\r\nContent-Disposition: form-data; name="{name}"{named}\r\n{extra}\r\n'
    return head.encode() + data + b"\r\n"


def read(body: bytes, step: int = 7, kind: str = TYPE) -> tuple[str | None, bytes]:
    form = Form(kind)

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(body), step):
            yield from form.feed(body[start : start + step])
        yield from form.end()

    data = b"".join(pieces())
    return form.filename, data


FILE = part("file", b"a\r\nb\n", "x.jsonl")
END = b"--b--\r\n"


@pytest.mark.parametrize(
    "body",
    [
        FILE + END,
        part("rate", b"50") + FILE + END,
        FILE + part("rate", b"50") + END,
        part("note", b"1", "n.txt") + part("rate", b"5") + FILE + part("last", b"") + END,
        part("file", b"no file") + FILE + END,
        b"\r\n" + FILE + END + b"epilogue",
        part("file", b"a\r\nb\n", "x.jsonl", "Content-Type: application/gzip\r\n") + END,
    ],
)
def test_the_field_file_comes_out_wherever_it_stands(body: bytes) -> None:
    """Among any other fields, in pieces of any size."""
    for step in (1, 2, 3, 1_000):
        assert read(body, step) == ("x.jsonl", b"a\r\nb\n")


@given(st.binary(max_size=100), st.integers(1, 40))
def test_any_bytes_pass_through_a_form(data: bytes, step: int) -> None:
    """What looks like half a boundary among them is data."""
    for each in (data, b"\r\n--" + data, data + b"\r\n--c\r\n-"):
        assert read(part("file", each, "x") + END, step)[1] == each


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "ends before its last boundary"),
        (FILE, "ends before its last boundary"),
        (FILE + END[:4], "ends before its last boundary"),
        (END, "has no file in a field named 'file'"),
        (part("other", b"a", "x") + END, "has no file in a field named 'file'"),
        (part("file", b"a") + END, "has no file in a field named 'file'"),
        (FILE + FILE + END, "has two files"),
        (b"garbage", "boundary"),
        (part("big", b"x" * MAX_BESIDE) + FILE + END, "over 64 KiB"),
        (part("other", b"x" * MAX_BESIDE, "y") + FILE + END, "over 64 KiB"),
        (part("f" * 10, b"", None, "X: y\r\n" * 7) * 2_000 + FILE + END, "over 64 KiB"),
    ],
    ids=range(11),
)
def test_a_form_without_one_file_is_refused_in_words(body: bytes, why: str) -> None:
    """Whatever it lacks or has too much of; headers are bounded like fields."""
    with pytest.raises(FormError) as refused:
        read(body, 1_000)
    assert why in str(refused.value)


def test_headers_are_bounded() -> None:
    """Here or by the parser, whichever stops first: one that never ends is not kept."""
    for header in (b"X: " + b"y" * 200_000, b"X" * 200_000):
        with pytest.raises(FormError):
            read(b"--b\r\n" + header, 1_000)


@pytest.mark.parametrize(
    "kind", ["multipart/form-data", "multipart/form-data; boundary=", f"{TYPE}{'x' * 300}"]
)
def test_a_form_needs_a_boundary(kind: str) -> None:
    """A usable one."""
    with pytest.raises(FormError):
        read(FILE + END, kind=kind)


def test_a_filename_is_a_label() -> None:
    """Any text: a path in it is just text, and what is not UTF-8 is shown as such."""
    for name in ("../../etc/passwd", "ü 😀.jsonl", " ", ""):
        assert read(part("file", b"a", name) + END)[0] == name
    assert read(part("file", b"a", "?").replace(b"?", b"\xe9") + END)[0] == "�"

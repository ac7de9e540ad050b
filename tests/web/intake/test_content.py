"""What a body holds: one layer of gzip, UTF-16 with a mark, and else what came."""

import gzip
import zlib
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.intake.content import PIECE_BYTES, BadGzipError, Content, as_utf_8, unpacked

TEXT = "".join(f'{{"user_id": "zoë 😀 {n}"}}\n' for n in range(30))
GZIP = gzip.compress(TEXT.encode(), mtime=0)
UTF_16 = ("utf-16-le", "utf-16-be")


def cut(data: bytes, at: list[int]) -> list[bytes]:
    """Cut data to pieces at these places."""
    ends = [*sorted(place % (len(data) + 1) for place in at), len(data)]
    return [data[start:end] for start, end in zip([0, *ends], ends, strict=False)]


def read(*pieces: bytes, declared: bool = False) -> bytes:
    content = Content(unpacked(declared=declared), as_utf_8())
    out = [each for piece in pieces for each in content.feed(piece)] + list(content.end())
    return b"".join(out)


def bytewise(data: bytes) -> list[bytes]:
    return [data[at : at + 1] for at in range(len(data))]


places = st.lists(st.integers(0, 10_000), max_size=8)


@given(st.binary(max_size=50), places)
def test_what_is_neither_passes_as_it_is(data: bytes, at: list[int]) -> None:
    """UTF-32 with its mark among it: it is named later, and never taken for UTF-16."""
    if data.startswith((b"\x1f\x8b", b"\xff\xfe", b"\xfe\xff")):
        data = b"x" + data
    for whole in (data, b"\xff\xfe\0\0" + data, b"\xef\xbb\xbf" + data):
        assert read(*cut(whole, at)) == whole


@given(st.lists(st.text(max_size=30), min_size=1, max_size=4), places)
def test_all_members_of_a_gzip_are_read(texts: list[str], at: list[int]) -> None:
    """Empty ones too, in pieces of any size, whether it was declared or not."""
    data = b"".join(gzip.compress(text.encode()) for text in texts)
    for declared in (True, False):
        assert read(*cut(data, at), declared=declared) == "".join(texts).encode()


def test_one_layer_is_taken_off() -> None:
    """What is in it is a gzip still, and is named as such later."""
    assert read(gzip.compress(GZIP)) == GZIP


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (GZIP[:-1], "cut short"),
        (GZIP[:10], "cut short"),
        (GZIP[:2], "cut short"),
        (GZIP + GZIP[:-1], "cut short"),
        (GZIP + b"\x1f", "cut short"),
        (GZIP + b"x", "stands behind the gzip"),
        (GZIP + b"garbage", "stands behind the gzip"),
        (GZIP + b"\0" * 512, "stands behind the gzip"),
        (GZIP + b"\x1fx", "stands behind the gzip"),
        (GZIP[:40] + bytes(4) + GZIP[44:], "damaged"),
        (GZIP[:-8] + bytes(4) + GZIP[-4:], "damaged (incorrect data check)"),
        (GZIP[:-4] + bytes(4), "damaged (incorrect length check)"),
        (b"\x1f\x8b\x09" + GZIP[3:], "damaged"),
    ],
    ids=range(13),
)
def test_a_gzip_that_is_not_whole_is_refused(data: bytes, why: str) -> None:
    """Cut, damaged or with anything behind it, in one piece or byte by byte."""
    for pieces in ([data], bytewise(data)):
        with pytest.raises(BadGzipError) as refused:
            read(*pieces)
        assert why in str(refused.value)


def test_what_is_declared_to_be_a_gzip_has_to_be_one() -> None:
    """An empty body is empty: what to say of it is known elsewhere."""
    with pytest.raises(BadGzipError, match="says gzip, and the body is none"):
        read(TEXT.encode(), declared=True)
    assert read(declared=True) == b""


@given(st.text(), st.sampled_from(UTF_16), places, st.booleans())
def test_utf_16_with_a_mark_is_its_text(text: str, codec: str, at: list[int], packed: bool) -> None:
    """In either order of bytes, in odd pieces, and inside of a gzip, too."""
    data = ("\ufeff" + text).encode(codec)
    if data.startswith(b"\xff\xfe\0\0"):
        return  # a text that begins with a NUL cannot be told from UTF-32
    assert read(*cut(gzip.compress(data) if packed else data, at)) == text.encode()


@pytest.mark.parametrize("codec", UTF_16)
@pytest.mark.parametrize(
    ("rest", "becomes"),
    [
        ("\ud83d", b"\xed\xa0\xbd"),
        ("\ude00a", b"\xed\xb8\x80a"),
        ("\ud83da\n", b"\xed\xa0\xbda\n"),
        (b"a", b"\xff"),
        (b"\0", b"\xff"),
    ],
)
def test_units_that_are_no_characters_are_no_utf_8(
    codec: str, rest: str | bytes, becomes: bytes
) -> None:
    """So the line that holds them is skipped as such; the lines before it are not touched."""
    odd = rest if isinstance(rest, bytes) else rest.encode(codec, "surrogatepass")
    data = ("\ufeff" + TEXT).encode(codec) + odd
    for pieces in ([data], bytewise(data)):
        text = read(*pieces)
        assert text == TEXT.encode() + becomes
        with pytest.raises(UnicodeDecodeError):
            text.decode()


@pytest.mark.parametrize(
    "size", [PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, PIECE_BYTES + 258, 3 * PIECE_BYTES]
)
def test_a_gzip_comes_out_in_bounded_pieces_and_whole(size: int) -> None:
    """However much a piece of it becomes: the rest waits until it is asked for."""
    content = Content(unpacked(), as_utf_8())
    pieces = list(content.feed(gzip.compress(bytes(size))))
    assert max(map(len, pieces)) <= PIECE_BYTES
    assert sum(map(len, pieces)) == size
    assert list(content.end()) == []


def test_a_bomb_is_unpacked_no_further_than_it_is_read() -> None:
    """Who stops reading has paid for the pieces that were read alone."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    first, again = (
        packer.compress(bytes(PIECE_BYTES)) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2)
    )
    bomb = first + 511 * again  # each depends on none before it
    assert len(bomb) < PIECE_BYTES
    pieces = Content(unpacked(), as_utf_8()).feed(bomb)
    assert sum(len(next(pieces)) for _ in range(3)) == 3 * PIECE_BYTES


def test_only_what_passes_as_it_is_is_plain() -> None:
    """And only once that is known: before, nobody can say how long it will be."""
    for data, plain in ((TEXT.encode(), True), (GZIP, False), (TEXT.encode("utf-16"), False)):
        content = Content(unpacked(), as_utf_8())
        assert not content.is_plain
        assert all(content.feed(data))
        assert content.is_plain is plain


def test_random_bytes_behind_the_beginning_of_a_gzip_are_refused_in_words() -> None:
    """Nothing but ``BadGzipError``, whatever the bytes."""
    random = Random(2)
    for size in range(2, 200):
        with pytest.raises(BadGzipError):
            read(b"\x1f\x8b\x08" + random.randbytes(size))

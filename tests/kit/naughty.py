"""Strings that the contract allows as ids, and that something on their way may mangle."""

from typing import Final

from hypothesis import strategies as st

NAUGHTY: Final = (
    *("a", "a\n", "a\r", "a\r\n", "\na", "\ra", "\n", "\r", "\t", "a\tb"),
    *("\0", "a\0b", "a\ufffdb", "\x1b[31m", "\x7f", "\x80", "\x85", "\u2028", "\u2029"),
    *(" ", "   ", " a", "a ", "a  b", "\xa0", "a\xa0b", "\u3000", "\u2800", "\u200b", "a\u200bb"),
    *("\ufeff", "\ufeffa", "\u202eabc", "\u2066x\u2069", "\u0301", "e\u0301", "\xe9", "\xad"),
    *("\u05d0\u05d1", "\U0001f469\u200d\U0001f4bb", "\U0001d11e", "\U0010ffff", "\uffff", "\ufdd0"),
    *(".", "..", "...", "%2e", "%2E%2e", "%", "100%", "%ff", "%00", "%2F", "%25"),
    *("/", "//", "/a", "a/", "a/b", "../x", "a/../b", "\\", "..\\x", "?", "#", "a?b#c", "&", "a=b"),
    *("+", "a+b", "~", "*", "!'()*", ";", ":", "@", "'", '"', "<b>", "</script>", "&amp;", "&#13;"),
    *(
        "7",
        "-0",
        "007",
        "1e5",
        "true",
        "null",
        '"7"',
        "{}",
        "[1]",
        "{{7*7}}",
        "${x}",
        r"\n",
        r"\u200b",
    ),
    *("__proto__", "constructor", "toString", "hasOwnProperty", "undefined", "orders", "␣", "␊"),
    *("x" * 256, "\U0001f600" * 256, "\0" * 256, " " * 256, "/" * 256),
)
USER_IDS: Final = st.text(min_size=1, max_size=256)
"""Every string that is an id: no lone surrogate among them."""

"""A frame on the wire: made once, and written to every socket that is to have it."""

from websockets.frames import Frame, Opcode


def text_message(text: bytes) -> bytes:
    """Make the whole message, header and payload: the same for all, as a server masks nothing."""
    return Frame(Opcode.TEXT, text).serialize(mask=False)

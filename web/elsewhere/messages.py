"""What an agent and its server say to each other on the control socket: JSON text messages. Pure.

    agent                               server
    Hello ──────────────────────────▶   (Refused, and the end, where it cannot be one of its agents)
    Alive … ────────────────────────▶
                              ◀──────   Waits | Prepare
    Prepared | Unable ──────────────▶
                              ◀──────   Reach
    Reached ────────────────────────▶
                              ◀──────   Start, and some time later Stop
    Ended ──────────────────────────▶   (where it ended by itself)

``turn`` numbers the starts that a server tries: an answer of an older one is no answer.
"""

from typing import Final, TypeAlias

import msgspec

from dataflow.logs import Logs

MAX_BYTES: Final = 64 * 1024
"""No message is as long."""

ALIVE_EVERY_S: Final = 5.0
"""So often an agent says a word; one that says none for three times as long is taken for gone."""

HUB_PATH: Final = "/ws/publish"
"""Where workers publish, below the root path."""

WORKER_PATH: Final = "/ws/worker"
"""Where agents come in, below the root path."""


class Hello(msgspec.Struct, frozen=True, tag="hello"):
    """An agent's first word: its version, the name of its machine, where its worker would listen.

    ``listen`` is an address without a port.
    """

    version: str
    host: str
    listen: str


class Alive(msgspec.Struct, frozen=True, tag="alive"):
    """An agent is there."""


class Prepared(msgspec.Struct, frozen=True, tag="prepared"):
    """No worker runs there, and one can listen at this ``HOST:PORT``, at which the agent does."""

    turn: int
    address: str


class Reached(msgspec.Struct, frozen=True, tag="reached"):
    """An agent has tried to call the workers before its own; ``failed`` are those it could not."""

    turn: int
    failed: tuple[str, ...] = ()


class Unable(msgspec.Struct, frozen=True, tag="unable"):
    """An agent cannot do what it was asked for; ``why`` is a part of a sentence."""

    turn: int
    why: str


class Ended(msgspec.Struct, frozen=True, tag="ended"):
    """The worker ended by itself; ``status`` is negative where that was by a signal."""

    turn: int
    status: int


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """The server will never take this agent as it is; it need not come again."""

    why: str


class Waits(msgspec.Struct, frozen=True, tag="waits"):
    """The agent takes no part as yet; ``why`` is a part of a sentence."""

    why: str


class Prepare(msgspec.Struct, frozen=True, tag="prepare"):
    """End what runs, and say where a worker could listen."""

    turn: int


class Reach(msgspec.Struct, frozen=True, tag="reach"):
    """Try to call these addresses, which are those of the workers before."""

    turn: int
    addresses: tuple[str, ...]


class Start(msgspec.Struct, frozen=True, tag="start"):
    """Start a worker of the flow: which one, of those at these addresses, and of which start."""

    turn: int
    worker: int
    addresses: tuple[str, ...]
    execution: int
    secret: str
    groups: int
    snapshot_interval: float
    log_level: str
    log_format: str

    @property
    def logs(self) -> Logs:
        """How it is to tell what goes on."""
        return Logs(self.log_level, self.log_format)


class Stop(msgspec.Struct, frozen=True, tag="stop"):
    """End the worker at once."""

    turn: int


FromAgent: TypeAlias = Hello | Alive | Prepared | Reached | Unable | Ended
FromServer: TypeAlias = Refused | Waits | Prepare | Reach | Start | Stop

_encoder: Final = msgspec.json.Encoder()
_from_agent: Final[msgspec.json.Decoder[FromAgent]] = msgspec.json.Decoder(FromAgent)
_from_server: Final[msgspec.json.Decoder[FromServer]] = msgspec.json.Decoder(FromServer)


class ControlError(Exception):
    """What came is no message of this socket."""


def encode(message: FromAgent | FromServer) -> str:
    """Give a message as it is sent."""
    return _encoder.encode(message).decode()


def decode_from_agent(text: str | bytes) -> FromAgent:
    """Read what an agent says; raises ``ControlError``."""
    try:
        return _from_agent.decode(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise ControlError(f"{text[:80]!r} is no word of an agent: {error}") from None


def decode_from_server(text: str | bytes) -> FromServer:
    """Read what a server says; raises ``ControlError``."""
    try:
        return _from_server.decode(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise ControlError(f"{text[:80]!r} is no word of a server: {error}") from None

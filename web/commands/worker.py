"""``cartwatch worker``: an agent that runs a worker of a server's flow on this machine."""

import asyncio
import signal
import socket
from pathlib import Path

import uvloop

from dataflow.logs import USUAL, begin
from web.commands import terminal
from web.commands.server_client import Server
from web.commands.server_key import ReplayError, ServerKey
from web.elsewhere.agent import Agent, AgentRefusedError, FarServer


def work(server: str, key: ServerKey, listen_at: tuple[str, int] | None) -> int:
    """Serve a server until Ctrl-C or SIGTERM, which is 0.

    What cannot be, and what the server refuses for good, is one sentence on stderr and 1.
    """
    begin("cartwatch worker", USUAL)
    try:
        target = Server(server, key)
        far = FarServer(
            target.url,
            target.sockets,
            target.headers,
            target.trust,
            None if key.ca is None else Path(key.ca).resolve(),
        )
        agent = Agent(far, _resolved(listen_at), terminal.say)
        # asyncio's own loop loses the status of a worker that is killed in the moment of its end.
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_until_a_signal(agent))
    except (ReplayError, AgentRefusedError) as error:
        terminal.say(str(error))
        return 1
    return 0


async def _until_a_signal(agent: Agent) -> None:
    running = asyncio.ensure_future(agent.run())
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, running.cancel)
    await asyncio.wait([running])
    if not running.cancelled():
        running.result()


def _resolved(listen_at: tuple[str, int] | None) -> tuple[str, int] | None:
    """Give the address that a name leads to: others may not know the name."""
    if listen_at is None:
        return None
    host, port = listen_at
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        why = terminal.why(error) if isinstance(error, OSError) else str(error)
        raise ReplayError(f"--listen {host} leads nowhere ({why})") from None
    return str(found[0][4][0]), port

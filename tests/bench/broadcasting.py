"""The limit of fan-out: a bare loop that broadcasts one text to all sockets, and does nothing else.

``python -m tests.bench.broadcasting SIZE RATE`` prints its port; who comes is sent so many bytes so
often a second, until its standard input ends.
"""

import asyncio
import sys

import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve


async def run(size: int, rate: float) -> None:
    """Serve until standard input ends."""
    head, end = '{"type":"changes","stats":{"events":0,"lag":0},"rest":"', '"}'
    text = head + "x" * max(0, size - len(head) - len(end)) + end
    sockets: set[ServerConnection] = set()

    async def one(socket: ServerConnection) -> None:
        sockets.add(socket)
        await socket.wait_closed()
        sockets.discard(socket)

    loop = asyncio.get_running_loop()
    ended = loop.create_task(asyncio.to_thread(sys.stdin.read))
    async with serve(one, "127.0.0.1", 0, compression=None) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        due = loop.time()
        while not ended.done():
            due = max(due + 1 / rate, loop.time())
            await asyncio.sleep(due - loop.time())
            broadcast(sockets, text)


if __name__ == "__main__":
    uvloop.run(run(int(sys.argv[1]), float(sys.argv[2])))

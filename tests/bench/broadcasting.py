"""The limit of fan-out: a bare loop that broadcasts one text to all sockets, and does nothing else.

``python -m tests.bench.broadcasting SIZE RATE`` prints its port; who comes is sent so many bytes so
often a second, until its standard input ends.
"""

import asyncio
import json
import sys

import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve


async def run(size: int, rate: float) -> None:
    """Serve until standard input ends."""
    head = json.dumps({"type": "changes", "stats": {"events": 0}, "rest": ""}).encode()
    text = (head[:-2] + b"x" * max(0, size - len(head)) + head[-2:]).decode()
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

"""A load generator that is the same for both sides: a fixed number of connections, each asking one
request after the other.

    python benchmarks/load.py URL BODIES --seconds 10 --connections 8
"""

import argparse
import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlsplit

FIXED = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"
WARM_UP_S = 1.0


class Asking(asyncio.Protocol):
    """One connection; reads an answer by its content-length, then asks again."""

    def __init__(self, requests, until, started) -> None:
        self._requests, self._until, self._started = requests, until, started
        self._buffer, self._at, self._number = b"", 0.0, 0
        self.times, self.errors = [], 0
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport) -> None:
        self._transport = transport
        self._ask()

    def data_received(self, data) -> None:
        self._buffer += data
        head = self._buffer.find(b"\r\n\r\n")
        if head < 0:
            return
        told = self._buffer[:head].lower().partition(b"content-length: ")[2]
        if len(self._buffer) < head + 4 + int(told.partition(b"\r\n")[0]):
            return
        now = time.perf_counter()
        if now > self._started:
            self.times.append(now - self._at)
            self.errors += b" 200 " not in self._buffer[:16]
        self._buffer = b""
        self._ask()

    def connection_lost(self, _) -> None:
        if not self.done.done():
            self.done.set_result(None)

    def _ask(self) -> None:
        self._at = time.perf_counter()
        if self._at > self._until:
            self._transport.close()
            return
        self._number += 1
        self._transport.write(self._requests[self._number % len(self._requests)])


async def load(url: str, bodies: list[bytes], seconds: float, connections: int) -> dict:
    to = urlsplit(url)
    head = f"POST {to.path} HTTP/1.1\r\nhost: {to.netloc}\r\ncontent-type: application/json\r\n"
    requests = [f"{head}content-length: {len(each)}\r\n\r\n".encode() + each for each in bodies]
    loop, started = asyncio.get_running_loop(), time.perf_counter() + WARM_UP_S
    asking = []
    for _ in range(connections):
        made = await loop.create_connection(
            lambda: Asking(requests, started + seconds, started), to.hostname, to.port
        )
        asking.append(made[1])
    await asyncio.gather(*(each.done for each in asking))
    times = [took for each in asking for took in each.times]
    cuts = quantiles(times, n=100)
    return {
        "per_second": len(times) / seconds,
        "p50_ms": cuts[49] * 1000,
        "p99_ms": cuts[98] * 1000,
        "errors": sum(each.errors for each in asking),
    }


class Fixed(asyncio.Protocol):
    """Answers the same to everything, without looking at it."""

    def connection_made(self, transport) -> None:
        self._transport = transport

    def data_received(self, _) -> None:
        self._transport.write(FIXED)


async def answer_fixed() -> None:
    server = await asyncio.get_running_loop().create_server(Fixed, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def run(url: str, bodies: Path, *, seconds: float, connections: int) -> dict:
    """Load a server from a process of its own."""
    done = subprocess.run(
        [
            sys.executable,
            __file__,
            url,
            bodies,
            "--seconds",
            str(seconds),
            "--connections",
            str(connections),
        ],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def ceiling(bodies: Path, *, seconds: float, connections: int) -> dict:
    """What the generator reaches where the server does nothing."""
    with subprocess.Popen(
        [sys.executable, __file__, "--fixed"], stdout=subprocess.PIPE, text=True
    ) as server:
        url = f"http://127.0.0.1:{server.stdout.readline().strip()}/predict"
        found = run(url, bodies, seconds=seconds, connections=connections)
        server.kill()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", nargs="?")
    parser.add_argument("bodies", type=Path, nargs="?", help="one JSON body a line")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--fixed", action="store_true", help="be the server that does nothing")
    given = parser.parse_args()
    if given.fixed:
        asyncio.run(answer_fixed())
        return
    bodies = given.bodies.read_bytes().splitlines()
    print(json.dumps(asyncio.run(load(given.url, bodies, given.seconds, given.connections))))


if __name__ == "__main__":
    main()

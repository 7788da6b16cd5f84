"""A lean HTTP server: prepared answers over raw sockets, in a process of its own.

Run as a program, it prints its port. The first part of a path says how many
clusters the list has, so that no query is needed: ``/100/v2/123456/clusters``.
"""

from __future__ import annotations

import functools
import json
import socket
import threading
from urllib.parse import parse_qs, urlsplit

PAGE = 100
_HEAD = (
    "HTTP/1.1 200 OK\r\n"
    "Content-Type: application/json\r\n"
    "Date: Mon, 02 Nov 2015 10:00:00 GMT\r\n"
    "Server: lean\r\n"
    "X-Request-Id: req-3f1c\r\n"
    "Content-Length: {}\r\n\r\n"
)


def cluster(number: int) -> dict[str, object]:
    """A cluster as lists have it; a third of them were never updated."""
    own = f"5f2e6c1a-2d86-4597-8010-{number:012d}"
    root = "https://dfw.bigdata.api.rackspacecloud.com"
    return {
        "id": own,
        "name": f"cluster-{number}",
        "created": "2015-10-16T12:53:20Z",
        "updated": "" if number % 3 == 0 else "2015-10-17T08:00:00Z",
        "status": "ACTIVE",
        "stack_id": "HDP2.3_Hadoop",
        "links": [
            {"rel": "self", "href": f"{root}/v2/123456/clusters/{own}"},
            {"rel": "bookmark", "href": f"{root}/123456/clusters/{own}"},
        ],
    }


@functools.lru_cache(maxsize=256)
def answer(target: str) -> bytes:
    """The whole answer to a request target."""
    parts = urlsplit(target)
    mode, _, count = parts.path.split("/")[1].rpartition("-")
    links = []
    first, last = 0, int(count)
    if mode == "paged":
        first = int(parse_qs(parts.query).get("marker", ["0"])[0])
        last = min(first + PAGE, last)
        if last < int(count):
            links = [{"rel": "next", "href": f"{parts.path}?limit={PAGE}&marker={last}"}]
    body = {"clusters": [cluster(number) for number in range(first, last)], "links": links}
    data = json.dumps(body).encode()
    return _HEAD.format(len(data)).encode() + data


def _serve(connection: socket.socket) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    buffered = b""
    with connection:
        while True:
            while b"\r\n\r\n" not in buffered:
                received = connection.recv(65536)
                if not received:
                    return
                buffered += received
            head, _, buffered = buffered.partition(b"\r\n\r\n")
            connection.sendall(answer(head.split(b" ", 2)[1].decode()))


def main() -> None:
    """Serve until the process is ended."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=_serve, args=(connection,), daemon=True).start()


if __name__ == "__main__":
    main()

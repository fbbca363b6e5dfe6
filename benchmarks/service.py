"""A canned service in a process of its own, which parses so little that the client is what is measured.

    python -m benchmarks.service

prints its port. The number of tokens it has is the first part of the path: `/5000/admin/tokens`.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from functools import cache
from typing import ClassVar

_ID = b"%021d"
_RECORD = (
    b'{"tokenId":"%s","owner":"owner@example.com","isAdmin":false,"roles":["reader","writer"],'
    b'"createdAt":1767225600,"lastUsedAt":1767312000,"expiresAt":4102444800}'
)
_REQUEST_LINE = re.compile(rb"(\w+) /(\d+)(/\S*)")
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_QUERY = {name: re.compile(name + rb"=(\w+)") for name in (b"limit", b"afterTokenId")}


def _answer(body: bytes, status: bytes = b"200 OK") -> bytes:
    head = b"HTTP/1.1 %s\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: %d\r\n\r\n"
    return head % (status, len(body)) + body


def _record(token_id: bytes) -> bytes:
    return _RECORD % token_id


_JWT = _answer(
    b'{"access_token":"eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmVk","token_type":"Bearer","expires_in":3600}'
)
_ISSUED = _answer(b'{"token":"%s.%s","record":%s}' % (_ID % 1, b"x" * 43, _record(_ID % 1)), b"201 Created")


@cache
def _page(total: int, after: int, limit: int) -> bytes:
    numbers = range(after + 1, min(after + limit, total) + 1)
    return _answer(b'{"records":[%s]}' % b",".join(_record(_ID % number) for number in numbers))


def _tokens(total: int, path: bytes) -> bytes:
    given = {name: found[1] for name, pattern in _QUERY.items() if (found := pattern.search(path))}
    return _page(total, int(given.get(b"afterTokenId", b"0")), int(given.get(b"limit", b"1")))


def _batch(body: bytes) -> bytes:
    ids = json.loads(body)["tokenIds"]
    return _answer(b'{"found":[%s],"notFound":[]}' % b",".join(_record(each.encode()) for each in ids))


class _Connection(asyncio.Protocol):
    counts: ClassVar[Counter[str]] = Counter()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport
        self._received = b""

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            length = _LENGTH.search(self._received, 0, end)
            end_of_body = end + 4 + (int(length[1]) if length else 0)
            if len(self._received) < end_of_body:
                return
            head, body = self._received[:end], self._received[end + 4 : end_of_body]
            self._received = self._received[end_of_body:]
            self._transport.write(self._respond(head, body))

    def _respond(self, head: bytes, body: bytes) -> bytes:
        line = _REQUEST_LINE.match(head)
        assert line is not None
        method, total, path = line.groups()
        if path == b"/counts":
            answer = _answer(json.dumps(self.counts).encode())
            self.counts.clear()
            return answer
        self.counts[f"{method.decode()} {path.partition(b'?')[0].decode()}"] += 1
        if path == b"/auth/token":
            return _JWT
        if method == b"GET":
            return _tokens(int(total), path)
        return _batch(body) if path.endswith(b"/batch") else _ISSUED


async def _serve() -> None:
    server = await asyncio.get_running_loop().create_server(_Connection, "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve())

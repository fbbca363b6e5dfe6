"""What goes over a real socket, byte by byte: httpx has its own idea of a URL until the last moment."""

from __future__ import annotations

import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest

from ..helpers.callers import caller
from ..helpers.world import JWT, PAT

IDS = [
    *(
        "%2e",
        "%2e%2e",
        "...",
        "/..",
        "//evil.example",
        "../../auth/token",
        "a/b",
        "a?b=c",
        "a#b",
        "a;b",
        "@evil",
    ),
    *(
        "\\..\\",
        "\0",
        "a\r\nHost: evil.example\r\n\r\n",
        " HTTP/1.1",
        "%",
        "%zz",
        "ä",
        "\u2024\u2024",
        "😀" * 512,
    ),
]
EXCHANGED = f'{{"access_token": "{JWT}", "token_type": "Bearer", "expires_in": 3600}}'.encode()


class Handler(socketserver.StreamRequestHandler):
    """Writes down each request as it comes, and answers it."""

    server: Recorder

    def handle(self) -> None:
        while head := self._head():
            self.server.heads.append(head)
            self.rfile.read(int((re.search(rb"(?i)content-length: (\d+)", head) or [b"", b"0"])[1]))
            self.wfile.write(self._answer(head))

    def _head(self) -> bytes:
        head = b""
        while (line := self.rfile.readline()).strip():
            head += line
        return head

    def _answer(self, head: bytes) -> bytes:
        if head.startswith(b"POST /base/auth/token "):
            return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(EXCHANGED), EXCHANGED)
        return b"HTTP/1.1 204 No Content\r\n\r\n"


class Recorder(socketserver.ThreadingTCPServer):
    """A server that keeps the bytes of every request's head."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.heads: list[bytes] = []


@contextmanager
def recorder() -> Iterator[Recorder]:
    with Recorder() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.fault(38)
def test_on_the_wire_an_id_is_one_segment_and_the_host_is_the_endpoints(variant):
    with recorder() as server:
        port = server.server_address[1]
        with caller(variant, f"http://127.0.0.1:{port}/base", PAT) as client:
            for token_id in IDS:
                client.revoke(token_id)
    _, *heads = server.heads
    assert len(heads) == len(IDS)
    for token_id, head in zip(IDS, heads, strict=True):
        request_line, *headers = head.splitlines()
        assert f"Host: 127.0.0.1:{port}".lower().encode() in [header.lower() for header in headers]
        found: Any = re.fullmatch(
            rb"PUT /base/admin/tokens/([A-Za-z0-9._~%-]+)/revoke HTTP/1\.1", request_line
        )
        assert unquote_to_bytes(found[1]) == token_id.encode()

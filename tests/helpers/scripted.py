"""A service that answers at once and as it is told, for tests that make thousands of calls."""

from __future__ import annotations

import json
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import attrs

EXCHANGE = "/auth/token"
RECORD = {"tokenId": "a" * 21, "owner": "me", "isAdmin": False, "createdAt": 1}
UNAVAILABLE = (503, {"error": "busy"})
NOTHING = (0, None)  # the connection is closed instead
# No call that goes well takes as long: what hangs becomes an error.
PATIENCE = 10.0


@contextmanager
def scripted_service() -> Iterator[ScriptedService]:
    """A service that runs in threads of its own."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        service = ScriptedService(listener)
        thread = threading.Thread(target=service.accept)
        thread.start()
        try:
            yield service
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
            service.hang_up()


@attrs.define(eq=False)
class ScriptedService:
    """A service whose answers a test decides.

    Attributes:
        exchanges: How many exchanges have been asked for.
        pages: How many records `/admin/tokens` has; a page holds one.
        before: Is told the path of each request, in a thread that answers only when it returns.
        answers: What is answered to the next requests that are no exchange, instead of the usual.
        halfway: Is done between the pieces of each body, which comes in one piece without it.
    """

    listener: socket.socket
    exchanges: int = 0
    pages: int = 1
    before: Callable[[str], Any] = attrs.field(default=lambda path: None)
    answers: deque[tuple[int, Any]] = attrs.field(factory=deque)
    halfway: Callable[[], Any] | None = None
    _keys: int = 0
    _lock: threading.Lock = attrs.field(factory=threading.Lock)
    _open: dict[socket.socket, threading.Thread] = attrs.field(factory=dict)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    @property
    def by_name(self) -> str:
        """The endpoint with a name that has to be resolved."""
        return self.endpoint.replace("127.0.0.1", "localhost")

    def rotate_key(self) -> None:
        """Refuse every JWT in circulation."""
        self._keys += 1

    def hang_up(self) -> None:
        """Close every connection, and wait until it is closed."""
        for connection, thread in self._connections():
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            thread.join()

    def is_left_alone(self) -> bool:
        """Wait until the client has closed every connection; tell whether it has."""
        for _, thread in self._connections():
            thread.join(PATIENCE)
        return not self._connections()

    def accept(self) -> None:
        """Serve until the listener is shut."""
        with suppress(OSError):
            while True:
                connection = self.listener.accept()[0]
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                thread = threading.Thread(target=self._serve, args=[connection])
                with self._lock:
                    self._open[connection] = thread
                    thread.start()

    def _connections(self) -> Sequence[tuple[socket.socket, threading.Thread]]:
        with self._lock:
            return list(self._open.items())

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            while (head := _head(connection)) and self._answer(connection, head):
                pass
        with self._lock:
            del self._open[connection]

    def _answer(self, connection: socket.socket, head: str) -> bool:
        """Answer a request, and tell whether another may follow."""
        path = head.split(" ", 2)[1]
        is_exchange = path == EXCHANGE
        with self._lock:
            self.exchanges += is_exchange
        self.before(path)
        status, body = self._exchanged() if is_exchange else self._listed(path, head)
        if status:
            self._send(connection, status, json.dumps(body).encode())
        return bool(status)

    def _exchanged(self) -> tuple[int, Any]:
        return 200, {"access_token": f"a.b.{self._keys}", "token_type": "Bearer", "expires_in": 3600}

    def _listed(self, path: str, head: str) -> tuple[int, Any]:
        if f" a.b.{self._keys}\r\n" not in head:
            return 401, {"error": "Invalid JWT"}
        with suppress(IndexError):
            return self.answers.popleft()
        return 200, {"records": self._page(path)}

    def _page(self, path: str) -> list[dict[str, Any]]:
        """The record after the cursor, whose id is its number."""
        number = int(path.partition("afterTokenId=")[2].partition("&")[0] or 0) + 1
        return [RECORD | {"tokenId": f"{number:021}"}] if number <= self.pages else []

    def _send(self, connection: socket.socket, status: int, body: bytes) -> None:
        head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        if not (halfway := self.halfway):
            connection.sendall(head.encode() + body)
            return
        for piece in (head.encode(), body[:1], body[1:2], body[2:]):
            connection.sendall(piece)
            halfway()


def _head(connection: socket.socket) -> str:
    """Read a request that has no body; nothing when there is none any more."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        if not (part := connection.recv(65536)):
            return ""
        head += part
    return head.decode()

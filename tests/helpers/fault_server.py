"""A service of raw sockets, which answers as it should until it is told to misbehave, at any phase."""

import json
import socket
import ssl
import struct
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, Self
from urllib.parse import urlsplit

from attrs import define, field, frozen

from .threads import until

EXCHANGE = "/auth/token"
TOKENS = "/admin/tokens"
RECORD = {"tokenId": "A" * 21, "owner": "x", "isAdmin": False, "createdAt": 1}
JWT = {"access_token": "jwt", "token_type": "Bearer", "expires_in": 3600}
_ANSWERS: dict[tuple[str, str], tuple[int, bytes | dict[str, Any]]] = {
    ("POST", EXCHANGE): (200, JWT),
    ("GET", TOKENS): (200, {"records": [RECORD]}),
    ("POST", TOKENS): (201, {"token": "pat_new", "record": RECORD}),
    ("POST", f"{TOKENS}/batch"): (200, {"found": [RECORD], "notFound": []}),
    ("PUT", f"{TOKENS}/{RECORD['tokenId']}"): (200, {"record": RECORD}),
}


@frozen
class Request:
    """A request as it came over the wire."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        """The path, also of a request to a proxy, which has the whole URL. CONNECT has host and port."""
        return urlsplit(self.target).path if "://" in self.target else self.target.partition("?")[0]


def response(status: int = 200, body: bytes | dict[str, Any] = b"", *lines: str) -> bytes:
    """Return an answer as it goes over the wire, with more header lines if need be."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    kind = (
        []
        if any(each.lower().startswith("content-type:") for each in lines)
        else ["Content-Type: application/json"]
    )
    head = [f"HTTP/1.1 {status} Status", *kind, *lines, f"Content-Length: {len(content)}", "", ""]
    return "\r\n".join(head).encode("latin-1") + content


def right_answer(request: Request) -> bytes:
    """Return what a healthy service answers."""
    status, body = _ANSWERS.get((request.method, request.path), (204, b""))
    return response(status, body)


@define(eq=False)
class Peer:
    """The server's end of a connection."""

    socket: socket.socket
    over: threading.Event
    request: Request = Request("", "", {}, b"")

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def trickle(self, data: bytes, pause: float = 0.02) -> None:
        """Send one byte at a time, until all is sent or the client has gone."""
        for index in range(len(data)):
            self.send(data[index : index + 1])
            if self.over.wait(pause):
                raise ConnectionAbortedError

    def answer(self) -> None:
        self.send(right_answer(self.request))

    def stall(self) -> None:
        """Say nothing, until the client or the test has had enough."""
        self.socket.setblocking(True)
        while self.socket.recv(4096):
            pass
        raise ConnectionAbortedError

    def close(self) -> None:
        """End the connection in an orderly way (FIN)."""
        self.socket.shutdown(socket.SHUT_WR)
        raise ConnectionAbortedError

    def reset(self) -> None:
        """End the connection rudely (RST)."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise ConnectionAbortedError


Play = Callable[[Peer], None]


@define(eq=False)
class FaultServer:
    """Listens on a port of loopback, while it is entered.

    `greet` tells what to do with the next connections before a byte is read; `play` and `always` what to do
    with the requests for a path. Who is told nothing gets the right answer.

    Attributes:
        tls: To speak TLS.
        before: Is done before each request is answered, whatever is played then.
        requests: What has been received, in order.
        connections: How many have been accepted.
        trouble: What else went wrong with a connection, TLS handshakes among it.
    """

    tls: ssl.SSLContext | None = None
    before: Play = lambda peer: None
    requests: list[Request] = field(factory=list)
    connections: int = 0
    trouble: list[Exception] = field(factory=list)
    _greetings: deque[Play] = field(factory=deque)
    _plays: dict[str, deque[Play]] = field(factory=lambda: defaultdict(deque))
    _always: dict[str, Play] = field(factory=dict)
    _over: threading.Event = field(factory=threading.Event)
    _open: set[socket.socket] = field(factory=set)
    _listener: socket.socket = field(init=False)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._listener.getsockname()[1]}"

    @property
    def endpoint(self) -> str:
        return f"http{'s' if self.tls else ''}://{self.address}"

    def greet(self, *plays: Play) -> None:
        """Do this with the next connections, one each."""
        self._greetings.extend(plays)

    def play(self, path: str, *plays: Play) -> None:
        """Do this with the next requests for a path, one each."""
        self._plays[path].extend(plays)

    def always(self, path: str, play: Play) -> None:
        """Do this with every request for a path, when there is nothing else to do."""
        self._always[path] = play

    def count(self, path: str) -> int:
        """Return how many requests there were for a path."""
        return sum(each.path == path for each in self.requests)

    def stop_listening(self) -> None:
        """Refuse connections from now on. Nobody else gets the port meanwhile."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)

    def hang_up(self) -> None:
        """Close all connections, in an orderly way, and return when the other ends know."""
        for each in list(self._open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
                while hasattr(socket, "TCP_INFO") and _is_leaving(each) and not self._over.is_set():
                    self._over.wait(0.001)

    def wait_until_left(self) -> None:
        """Wait until the client has closed all connections."""
        until(lambda: not self._open)

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._over.set()
        self.stop_listening()
        self._listener.close()
        self.hang_up()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                accepted, _ = self._listener.accept()
                self.connections += 1
                greeting = self._greetings.popleft() if self._greetings else None
                threading.Thread(target=self._serve, args=(accepted, greeting), daemon=True).start()

    def _serve(self, accepted: socket.socket, greeting: Play | None) -> None:
        self._open.add(accepted)
        try:
            with accepted:
                self._talk(Peer(accepted, self._over), greeting)
        except (ConnectionError, EOFError):
            pass
        except (OSError, ValueError) as error:
            self.trouble.append(error)
        finally:
            self._open.discard(accepted)

    def _talk(self, peer: Peer, greeting: Play | None) -> None:
        if greeting:
            greeting(peer)
        if not self.tls:
            return self._answer_all(peer)
        with self.tls.wrap_socket(peer.socket, server_side=True) as encrypted:
            peer.socket = encrypted
            return self._answer_all(peer)

    def _answer_all(self, peer: Peer) -> None:
        peer.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with peer.socket.makefile("rb") as stream:
            while True:
                peer.request = _received(stream)
                self.requests.append(peer.request)
                self.before(peer)
                self._next_play(peer.request.path)(peer)

    def _next_play(self, path: str) -> Play:
        plays = self._plays[path]
        return plays.popleft() if plays else self._always.get(path, Peer.answer)


@contextmanager
def silent_service() -> Iterator[tuple[str, Callable[[], socket.socket]]]:
    """A port where connections are accepted by hand, and nothing is said by itself."""
    with socket.create_server(("127.0.0.1", 0)) as server, ExitStack() as opened:
        server.settimeout(1)
        endpoint = f"http://127.0.0.1:{server.getsockname()[1]}"
        yield endpoint, lambda: opened.enter_context(server.accept()[0])


def _received(stream: Any) -> Request:
    method, target, _ = _line(stream).split(" ")
    headers: dict[str, str] = {}
    while line := _line(stream):
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    return Request(method, target, headers, stream.read(int(headers.get("content-length", 0))))


def _line(stream: Any) -> str:
    line = stream.readline()
    if not line:
        raise EOFError
    return str(line, "latin-1").rstrip("\r\n")


def _is_leaving(each: socket.socket) -> bool:
    # FIN_WAIT1, LAST_ACK and CLOSING: what was sent last has not been acknowledged.
    return each.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] in {4, 9, 11}

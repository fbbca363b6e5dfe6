"""What a server may be told to play: grants of every sort, refusals, and answers that are held back."""

import threading
from typing import Any

from attrs import define, field

from .fault_server import EXCHANGE, TOKENS, FaultServer, Peer, Play, response
from .threads import PATIENCE

BEARER = {"access_token": "jwt", "token_type": "Bearer", "expires_in": 3600}


def grant(**changed: Any) -> Play:
    """Return what answers an exchange with a grant in which something is changed."""
    return lambda peer: peer.send(response(200, BEARER | changed))


def refuse(status: int, *lines: str) -> Play:
    """Return what answers a request with an error."""
    return lambda peer: peer.send(response(status, {"error": {"message": "No"}}, *lines))


@define(eq=False)
class Held:
    """A play that goes on when it is told to.

    Attributes:
        then: What is played in the end.
    """

    then: Play = Peer.answer
    _came: threading.Event = field(factory=threading.Event)
    _go_on: threading.Event = field(factory=threading.Event)

    def __call__(self, peer: Peer) -> None:
        self._came.set()
        self._go_on.wait(PATIENCE)
        self.then(peer)

    def came(self) -> None:
        """Wait until a request has come."""
        assert self._came.wait(PATIENCE)

    def go_on(self) -> None:
        self._go_on.set()


@define(eq=False)
class Issuer:
    """Has a server number its JWTs, `jwt-1` first, and refuse those that are out of date.

    Attributes:
        issued: The number of the newest.
        refused: JWTs up to this number are answered 401.
    """

    server: FaultServer
    issued: int = 0
    refused: int = 0
    _lock: threading.Lock = field(factory=threading.Lock)

    def __attrs_post_init__(self) -> None:
        self.server.always(EXCHANGE, self.exchange)
        for path in (TOKENS, f"{TOKENS}/batch"):
            self.server.always(path, self.judge)

    def rotate(self) -> None:
        """Refuse every JWT in circulation."""
        self.refused = self.issued

    def exchange(self, peer: Peer) -> None:
        with self._lock:
            self.issued += 1
            number = self.issued
        grant(access_token=f"jwt-{number}")(peer)

    def judge(self, peer: Peer) -> None:
        if self.number(peer) <= self.refused:
            refuse(401)(peer)
        else:
            peer.answer()

    @staticmethod
    def number(peer: Peer) -> int:
        """Return the number of the JWT that a request bears."""
        return int(peer.request.headers["authorization"].removeprefix("Bearer jwt-"))

    @property
    def bearers(self) -> list[str]:
        """The bearer tokens that were sent with anything but the exchange, in order."""
        return [
            each.headers["authorization"].removeprefix("Bearer ")
            for each in self.server.requests
            if each.path != EXCHANGE
        ]


@define
class Turnstile:
    """Holds requests until it is opened, and counts how many it holds at a time."""

    is_open: threading.Event = field(factory=threading.Event)
    came: threading.Semaphore = field(factory=lambda: threading.Semaphore(0))
    inside: int = 0
    most: int = 0
    _lock: threading.Lock = field(factory=threading.Lock)

    def __call__(self, peer: Peer) -> None:
        with self._lock:
            self.inside += 1
            self.most = max(self.most, self.inside)
        self.came.release()
        self.is_open.wait(10)
        with self._lock:
            self.inside -= 1
        peer.answer()

    def wait_for(self, count: int) -> None:
        for _ in range(count):
            assert self.came.acquire(timeout=10)

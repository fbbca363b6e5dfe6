"""A proxy of raw sockets, made of a fault server."""

import socket
import threading
from contextlib import suppress
from typing import Any

from .fault_server import FaultServer, Peer, Play, Request, response

ENDPOINT = "https://api.example.com"
TARGET = "api.example.com:443"
PASSWORD = "hunter2-of-the-proxy"
ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"


def tunnel_to(address: str) -> Play:
    """Connect whoever asks for it (CONNECT) with an address, whatever the one that was asked for."""

    def play(peer: Peer) -> None:
        host, _, port = address.partition(":")
        with socket.create_connection((host, int(port))) as other:
            peer.send(ESTABLISHED)
            back = threading.Thread(target=_pump, args=(other, peer.socket), daemon=True)
            back.start()
            _pump(peer.socket, other)
            back.join(10)
        raise ConnectionAbortedError

    return play


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def refuse(status: int, reason: str = "No") -> Play:
    """Refuse with a status."""
    return lambda peer: peer.send(response(status, b"").replace(b"Status", reason.encode(), 1))


def tunnels(requests: list[Request]) -> list[str]:
    """Return where connections were asked for."""
    return [each.target for each in requests if each.method == "CONNECT"]


def secrets_in(requests: list[Request]) -> set[Any]:
    """Return what a proxy has seen of the client's secrets."""
    return {each.headers["authorization"] for each in requests if "authorization" in each.headers}


def with_password(proxy: FaultServer, password: str = PASSWORD) -> str:
    return f"http://user:{password}@{proxy.address}"

"""Answers as raw bytes, whole and in pieces."""

import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager

from ..helpers.fault_server import RECORD, Peer, Play, response

MIB = 2**20
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
EMPTY = response(200, {"records": []})
FOREIGN = response(200, {"records": [RECORD | {"owner": "somebody else's"}]})


def say(*parts: bytes) -> Play:
    return lambda peer: peer.send(b"".join(parts))


def in_pieces(*pieces: bytes) -> Play:
    """Send pieces that are not received together."""

    def play(peer: Peer) -> None:
        for piece in pieces[:-1]:
            peer.send(piece)
            peer.over.wait(0.01)
        peer.send(pieces[-1])

    return play


def and_leave(answer: bytes) -> Play:
    """Send something, and end the connection."""

    def play(peer: Peer) -> None:
        peer.send(answer)
        peer.close()

    return play


@contextmanager
def little_memory(most: int) -> Iterator[None]:
    """So many bytes are taken at most meanwhile."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < most
    finally:
        tracemalloc.stop()

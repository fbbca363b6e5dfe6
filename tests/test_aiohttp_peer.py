"""The protocol of connections over aiohttp, without a socket: what a fast reader never gets to see."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiohttp import SocketTimeoutError
from attrs import Factory, define

from access_tokens._aiohttp_peer import Peer

HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
EMPTY = HEAD + b"Content-Length: 0\r\n\r\n"
LARGE = b"x" * 2**20


@define(eq=False)
class Wire(asyncio.Transport):
    """A transport to nowhere."""

    done: list[str] = Factory(list)

    def is_closed(self) -> bool:
        return "close" in self.done

    def close(self) -> None:
        self.done.append("close")

    abort = close

    def pause_reading(self) -> None:
        self.done.append("pause")

    def resume_reading(self) -> None:
        self.done.append("resume")

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default


def asked(**options: Any) -> tuple[Peer, Wire]:
    """Return the other end of a connection from which an answer is due."""
    peer, wire = Peer(asyncio.get_running_loop()), Wire()
    peer.connection_made(wire)
    peer.set_response_params(auto_decompress=False, read_until_eof=True, **options)
    return peer, wire


async def body_of(peer: Peer) -> bytes:
    _, body = await peer.read()
    return await body.read()


LARGE_ANSWERS = {
    "length": HEAD + b"Content-Length: %d\r\n\r\n" % len(LARGE) + LARGE,
    "chunks": CHUNKED + b"%x\r\n%b\r\n0\r\n\r\n" % (len(LARGE), LARGE),
}


@pytest.mark.fault(50)
@pytest.mark.parametrize("surplus", [b"", EMPTY, EMPTY[:-9], b"x"], ids=["nothing", "all", "half", "a byte"])
@pytest.mark.parametrize("answer", LARGE_ANSWERS.values(), ids=LARGE_ANSWERS)
def test_an_answer_that_waits_to_be_read_is_read_though_more_has_come(answer: bytes, surplus: bytes) -> None:
    async def main() -> None:
        peer, wire = asked()
        peer.data_received(answer + surplus)
        assert wire.done == ["pause"]
        assert await body_of(peer) == LARGE
        assert (wire.is_closed() or peer.should_close) == bool(surplus)
        peer.data_received(EMPTY)
        assert wire.is_closed()
        assert not peer._buffer

    asyncio.run(main())


@pytest.mark.fault(50)
@pytest.mark.parametrize("surplus", [EMPTY, EMPTY[:20], HEAD + b"X: \0", b"\r\n"])
@pytest.mark.parametrize("answer", [EMPTY, CHUNKED + b"0\r\n\r\n"], ids=["length", "chunks"])
@pytest.mark.parametrize("later", [False, True])
def test_what_comes_behind_an_answer_costs_the_connection_at_once(
    answer: bytes, surplus: bytes, later: bool
) -> None:
    async def main() -> None:
        peer, wire = asked()
        for piece in (answer, surplus) if later else (answer + surplus,):
            peer.data_received(piece)
        assert wire.is_closed()
        assert await body_of(peer) == b""
        assert not peer._buffer

    asyncio.run(main())


@pytest.mark.fault(50)
def test_what_comes_before_anything_was_asked_costs_the_connection() -> None:
    async def main() -> None:
        peer, wire = Peer(asyncio.get_running_loop()), Wire()
        peer.connection_made(wire)
        peer.data_received(EMPTY)
        assert wire.is_closed()
        assert not peer._tail

    asyncio.run(main())


@pytest.mark.fault(4)
def test_a_peer_that_does_not_read_is_waited_for_no_longer_than_one_that_does_not_answer() -> None:
    async def main() -> None:
        peer, _ = asked(read_timeout=0.01)
        peer.pause_writing()
        with pytest.raises(SocketTimeoutError):
            await peer.read()

    asyncio.run(main())

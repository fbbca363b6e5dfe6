"""Connects to whichever address of a host answers first (RFC 8305), since some may be dead (case 68)."""

from __future__ import annotations

import errno
import os
import selectors
import socket
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import closing
from itertools import zip_longest
from typing import Any

from .._signals import pass_on

# An item of `socket.getaddrinfo`: family, type, protocol, canonical name, and the address for `connect`.
Address = tuple[int, int, int, str, Any]

# The time between two attempts, in seconds (RFC 8305, section 8, "Connection Attempt Delay").
_ATTEMPT_DELAY = 0.25
# The results of `connect_ex` for "connected" and "connecting"; the latter differs between systems.
_UNDER_WAY = {0, errno.EINPROGRESS, errno.EWOULDBLOCK}


def connect(
    host: str,
    port: int,
    seconds_left: Callable[[], float],
    local_address: str | None = None,
    options: Iterable[Any] | None = None,
) -> socket.socket:
    """Connect to a host. Attempts are started one after the other; the first to succeed ends the others.

    Args:
        host: The name of the host, or its address.
        port: The port.
        seconds_left: Returns how long connecting may still take, or raises to end it at once.
        local_address: The local address to connect from.
        options: For each socket option, the arguments of `setsockopt`.

    Raises:
        TimeoutError: No time is left.
        OSError: The name cannot be resolved, or all attempts have failed; the message has all reasons.
    """
    waiting = deque(_addresses(host, port))
    with closing(_Attempts(local_address, tuple(options or ()))) as attempts:
        while waiting or attempts.are_under_way:
            if waiting and not attempts.begin(waiting.popleft()):
                continue
            if (left := seconds_left()) <= 0:
                raise TimeoutError
            # Wait in short steps, even after the last attempt was started, so that seconds_left can end it.
            if connected := attempts.wait(min(left, _ATTEMPT_DELAY)):
                return connected
        raise OSError("; ".join(attempts.reasons) or f"{host} has no address")


def _addresses(host: str, port: int) -> list[Address]:
    """Return the addresses of a host, IPv6 and IPv4 in turn (RFC 8305, section 4)."""
    found = list(dict.fromkeys(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
    preferred = [each for each in found if each[0] == found[0][0]]
    others = [each for each in found if each[0] != found[0][0]]
    return [each for pair in zip_longest(preferred, others) for each in pair if each]


class _Attempts:
    """The attempts to connect to the addresses of one host.

    Attributes:
        reasons: Why attempts have failed; the keys are the messages, each once.
    """

    def __init__(self, local_address: str | None, options: tuple[Any, ...]) -> None:
        self.reasons: dict[str, None] = {}
        self._local_address = local_address
        self._options = options
        self._selector = selectors.DefaultSelector()

    @property
    def are_under_way(self) -> bool:
        return bool(self._selector.get_map())

    def begin(self, address: Address) -> bool:
        """Start an attempt, and tell whether it is under way. If not, its reason is noted."""
        family, kind, protocol, _, where = address
        try:
            made = socket.socket(family, kind, protocol)
        except OSError as error:  # for example an address family that this system does not support
            self.reasons[str(error)] = None
            return False
        self._selector.register(made, selectors.EVENT_WRITE, made)
        try:
            self._begin(made, where)
        except OSError as error:
            self._end(made, error)
            pass_on(error)
            return False
        return True

    def _begin(self, made: socket.socket, where: Any) -> None:
        made.setblocking(False)
        for option in (*self._options, (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)):
            made.setsockopt(*option)
        if self._local_address is not None:
            made.bind((self._local_address, 0))
        code = made.connect_ex(where)
        if code not in _UNDER_WAY:
            raise OSError(code, os.strerror(code))

    def _end(self, made: socket.socket, error: OSError) -> None:
        self.reasons[str(error)] = None
        self._selector.unregister(made)
        made.close()

    def wait(self, seconds: float) -> socket.socket | None:
        """Wait until an attempt succeeds, and return its socket; None after a failure or the time limit."""
        for key, _ in self._selector.select(seconds):
            made: socket.socket = key.data
            code = made.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if code == 0:
                self._selector.unregister(made)
                return made
            self._end(made, OSError(code, os.strerror(code)))
        return None

    def close(self) -> None:
        """Abort the attempts that are still under way."""
        for key in self._selector.get_map().values():
            key.data.close()
        self._selector.close()

"""Where the PAT comes from: a text, a file that may change, or a function."""

from __future__ import annotations

import errno
import inspect
import os
import re
import stat
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from ._secret import Secret, redact

ApiKey: TypeAlias = str | Path | Callable[[], str]
"""The PAT for a sync client: a text, the path of a file, or a function that returns the PAT."""
AsyncApiKey: TypeAlias = ApiKey | Callable[[], Awaitable[str]]
"""The PAT for an async client: likewise, and the function may be async."""

_LONGEST_PAT = 200
_LARGEST_FILE = 2**16
_PATH = re.compile(r"[/~]|\.{1,2}[/\\]|[A-Za-z]:\\")
# So many PATs are hidden in messages: an error may be about one that was replaced meanwhile.
_REMEMBERED = 4


class PatSource:
    """Where the PAT comes from.

    Attributes:
        ask: Returns or awaits the PAT; None if it was given as a text.
        known: The PATs of late, to be hidden in messages; the latest comes first.
    """

    def __init__(self, *held: Secret, ask: Callable[[], Any] | None = None) -> None:
        self.ask = ask
        self.known = self._held = held

    @property
    def current(self) -> Secret | None:
        """The PAT that was used last; None before a function has been asked."""
        return self._held[0] if self._held else None

    def held(self, refused: Secret | None = None) -> Secret:
        """Return the PAT that was given as a text.

        While a rotation is under way, or its outcome is unknown, there are several, and one that was refused
        gives way to the next.
        """
        first, *others = self._held
        if others and first is refused:
            self._held = (*others, first)
        return self._held[0]

    def taken(self, answer: Secret) -> Secret:
        """Check what `ask` has returned, and return it as the current PAT.

        Raises:
            ValueError, TypeError: It is no PAT.
        """
        _close_coroutine(answer)
        if problem := pat_error(answer):
            raise problem
        current = self.current
        if current and current.reveal() == answer.reveal():
            return current
        self._hold(answer)
        return answer

    def _hold(self, *held: Secret) -> None:
        self.known = (*held, *(each for each in self.known if each not in held))[:_REMEMBERED]
        self._held = held

    def offer(self, successor: Secret) -> None:
        """Try this PAT where the current one is refused: a rotation has begun."""
        if all(each.reveal() != successor.reveal() for each in self._held):
            self._hold(*self._held, successor)

    def withdraw(self, successor: Secret) -> None:
        """Forget a PAT that was offered: the rotation has failed."""
        self._hold(*(each for each in self._held if each is not successor))

    def replace(self, old: Secret, successor: Secret) -> None:
        """Go on with this PAT instead of the old one: the rotation has succeeded.

        Those of other rotations stay, since the service may have made them later.
        """
        gone = {old.reveal(), successor.reveal()}
        self._hold(successor, *(each for each in self._held if each.reveal() not in gone))


def pat_source(api_key: Secret, *, may_await: bool) -> PatSource:
    """Check the argument `api_key` of a client. A file is read now; a function is first asked when needed.

    Args:
        api_key: The argument, which may be of any type.
        may_await: Whether the client is async.

    Raises:
        ValueError, TypeError: It is no PAT, the file cannot be read, or a sync client has an async function.
    """
    given: Callable[[], Any] = api_key.reveal
    if isinstance(given(), os.PathLike):
        return _from_file(Path(given()))
    if callable(given()):
        return _from_function(given(), may_await)
    if problem := pat_error(api_key, "api_key"):
        raise problem
    return PatSource(api_key)


def _from_function(ask: Callable[[], Any], may_await: bool) -> PatSource:
    call = getattr(ask, "__call__", None)  # noqa: B004 - for an object with an async __call__ method
    if not may_await and (inspect.iscoroutinefunction(ask) or inspect.iscoroutinefunction(call)):
        raise TypeError("api_key must not be an async function, except for an AsyncAccessTokensClient")
    return PatSource(ask=ask)


def _close_coroutine(answer: Secret) -> None:
    """Close what an async function has returned to a sync client: it is never awaited, and would warn."""
    given: Callable[[], Any] = answer.reveal
    if inspect.iscoroutine(given()):
        given().close()


def _from_file(path: Path) -> PatSource:
    # Who takes a PAT for a path must not find it in a log.
    name = redact(str(path).encode(errors="replace").decode())
    try:
        path = path.absolute()
        content = Secret(content_of(path))
    except (OSError, ValueError) as error:
        raise ValueError(f"api_key must be a file that can be read: {why_unread(error)}: {name}") from None
    if problem := pat_error(content, f"the content of {name}"):
        raise problem
    source = PatSource(ask=partial(content_of, path))
    source.taken(content)
    return source


def why_unread(error: OSError | ValueError) -> str:
    """Return why a file cannot be read. A path that no file can have is a ValueError."""
    return getattr(error, "strerror", None) or "not a path"


def content_of(path: Path) -> str:
    """Return the content of a file without the white space at its end, which an editor or `echo` leaves.

    Raises:
        OSError: The file cannot be read, or is a pipe or a device, whose end might never come.
        ValueError: No file can have this path.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(errno.EINVAL, "Not a regular file", str(path))
    with path.open("rb") as file:
        return file.read(_LARGEST_FILE).decode(errors="replace").rstrip()


def pat_error(value: Secret, name: str = "the PAT") -> Exception | None:
    """Return the error for a value, of any type, that is no PAT. Its message does not contain the value."""
    # A PAT must be a valid header value (RFC 9110, section 5.5).
    if not isinstance(value.reveal(), str):
        return TypeError(f"{name} must be a string, the PAT, not {type(value.reveal()).__name__}")
    problem = pat_problem(value.reveal())
    return ValueError(f"{name} must {problem}") if problem else None


def pat_problem(value: str) -> str | None:
    """Return which requirement a value does not meet as a PAT ("must …"), or None if it is a PAT."""
    if not value:
        return "not be empty"
    if value.lower().startswith("bearer "):
        return "be the bare PAT, without 'Bearer'"
    if _PATH.match(value) and redact(value) == value:
        return "be the PAT itself; for the path of a file with it, use pathlib.Path"
    if value[0] in "\"'`":
        return "be the bare PAT, without quotes"
    if not all("!" <= character <= "~" for character in value):
        return "hold visible ASCII characters only, no space and no newline"
    return None if len(value) <= _LONGEST_PAT else f"have at most {_LONGEST_PAT} characters"

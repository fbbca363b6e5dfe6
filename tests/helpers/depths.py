"""What lies below an error: the locals of its frames, and every object that it keeps alive."""

import gc
import re
import traceback
from collections.abc import Iterable, Iterator
from itertools import dropwhile
from pathlib import Path
from types import FrameType, FunctionType, GeneratorType, ModuleType, TracebackType
from typing import Any

import httpcore
import httpx

import access_tokens
from access_tokens import AccessTokensClient, AsyncAccessTokensClient
from access_tokens._secret import Secret
from access_tokens._session.auth import AsyncAuth, SyncAuth
from access_tokens._session.base import SessionBase

from .canaries import masked
from .frames import chain, is_of_tests, shown

_LIBRARY = str(Path(access_tokens.__file__).parent)
# These hold the PAT and the JWT, as they must.
HOLDERS = (AccessTokensClient, AsyncAccessTokensClient, SessionBase, SyncAuth, AsyncAuth, Secret)
# From these on everything can be reached.
_EVERYTHING = (ModuleType, type, FunctionType, FrameType, TracebackType)
_BEARER = re.compile(r"Bearer [\w.+/=-]{8,}")
_LOOPS = {"asyncio", "_asyncio", "trio", "anyio", "threading", "_thread", "logging", "_pytest", "unittest"}


def frames_of(error: BaseException) -> Iterator[FrameType]:
    """Yield the frames of the library and below that an error and its chain have come through.

    Above are those of the caller, who has passed the PAT; and tests have some in between.
    """
    for each in chain(error):
        frames = (frame for frame, _ in traceback.walk_tb(each.__traceback__))
        below = dropwhile(lambda frame: not frame.f_code.co_filename.startswith(_LIBRARY), frames)
        yield from (frame for frame in below if not is_of_tests(frame))


def texts_of(error: BaseException) -> Iterator[str]:
    """Yield all that can be printed of an error, and of what its frames hold, three steps deep."""
    yield "".join(traceback.format_exception(error))
    for each in chain(error):
        yield f"{each} {each!r} {each.args!r} {vars(each)!r}"
    for frame in frames_of(error):
        for value in frame.f_locals.values():
            yield from texts_in(value, 3)


def texts_in(value: object, depth: int) -> Iterator[str]:
    """Yield the texts that a walker through containers and attributes finds."""
    if isinstance(value, str | bytes):
        yield value if isinstance(value, str) else value.decode("latin-1")
    elif not isinstance(value, HOLDERS + _EVERYTHING):
        yield shown(value)
        for part in parts_of(value) if depth else ():
            yield from texts_in(part, depth - 1)


def parts_of(value: object) -> Iterator[object]:
    """Yield the elements, attributes or locals of an object."""
    if isinstance(value, dict):
        yield from [*value.keys(), *value.values()]
    elif isinstance(value, list | tuple | set | frozenset):
        yield from value
    elif isinstance(value, GeneratorType):
        yield from value.gi_frame.f_locals.values() if value.gi_frame else ()
    else:
        yield from vars(value).values() if hasattr(value, "__dict__") else ()
        yield from slots_of(value)


def slots_of(value: object) -> Iterator[object]:
    for kind in type(value).__mro__:
        for name in _names(getattr(kind, "__slots__", ())):
            if name != "__weakref__" and hasattr(value, name):
                yield getattr(value, name)


def _names(slots: str | Iterable[str]) -> list[str]:
    return [slots] if isinstance(slots, str) else list(slots)


def reachable(*roots: object, through: tuple[type, ...] = ()) -> Iterator[Any]:
    """Yield every object that these keep alive, but not what the holders of secrets hold.

    Args:
        roots: Where to begin. An error brings the locals of its frames with it.
        through: Holders to look through all the same.
    """
    left = list(roots)
    for root in roots:
        for error in chain(root) if isinstance(root, BaseException) else ():
            left += [error, *(value for frame in frames_of(error) for value in frame.f_locals.values())]
    seen: dict[int, object] = {}
    stops = tuple(each for each in HOLDERS if not issubclass(each, through)) + _EVERYTHING
    while left:
        value = left.pop()
        if id(value) not in seen and not isinstance(value, stops) and not _is_of_a_loop(value):
            seen[id(value)] = value  # which also keeps the id from being used again
            yield value
            left += gc.get_referents(value)


def _is_of_a_loop(value: object) -> bool:
    return type(value).__module__.partition(".")[0] in _LOOPS


def seen_in(error: BaseException, secrets: list[str]) -> list[str]:
    """Return the texts of an error that hold one of these secrets."""
    return [masked(text)[:200] for text in texts_of(error) if any(secret in text for secret in secrets)]


def bearers_in(*roots: object, through: tuple[type, ...] = ()) -> list[str]:
    """Return what holds a bearer token."""
    return [type(each).__name__ for each in reachable(*roots, through=through) if _is_bearer(each)]


def _is_bearer(value: object) -> bool:
    if isinstance(value, httpx.Request):
        return "authorization" in value.headers
    if isinstance(value, httpcore.Request):
        return True
    text = value.decode("latin-1") if isinstance(value, bytes) else value
    return isinstance(text, str) and _BEARER.search(text) is not None

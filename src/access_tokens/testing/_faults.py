"""The faults and delays that a test has requested for the next requests."""

import threading
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Generic, TypeVar

import attrs

_T = TypeVar("_T")


@attrs.frozen
class Failing:
    """A fault: answer with an error, without carrying out the request."""

    status: int
    headers: Mapping[str, str]
    body: str | bytes | Mapping[str, object] | None


@attrs.frozen
class Dropping:
    """A fault: close the connection without an answer, before or after carrying out the request."""

    after: bool


@attrs.define
class _Rule(Generic[_T]):
    fault: _T
    left: int
    path: str | None
    method: str | None

    def applies(self, method: str, path: str) -> bool:
        fits_method = self.method is None or self.method.upper() == method
        return self.left > 0 and fits_method and (self.path is None or fnmatchcase(path, self.path))


class Faults(Generic[_T]):
    """A queue of requested faults. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[_Rule[_T]] = []

    def add(self, fault: _T, count: int, path: str | None, method: str | None) -> None:
        """Request a fault for the next `count` requests that match the path and the method."""
        with self._lock:
            self._rules.append(_Rule(fault, count, path, method))

    def take(self, method: str, path: str) -> _T | None:
        """Return the first fault that applies to a request, and count it as used; None without a fault."""
        with self._lock:
            rule = next((rule for rule in self._rules if rule.applies(method, path)), None)
            if rule is None:
                return None
            rule.left -= 1
            return rule.fault

    def clear(self) -> None:
        """Remove all faults."""
        with self._lock:
            self._rules.clear()

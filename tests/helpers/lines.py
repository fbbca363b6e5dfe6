"""Does something in the midst of a call, between any two lines, as signal handlers and finalizers may."""

import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

from attrs import define, field

from .threads import PATIENCE, Task

Place = tuple[str, int]
EVERY: Place = ("", 0)


@define(eq=False)
class Midst:
    """Does something when a line is reached for the first time.

    Attributes:
        place: Which line, or `EVERY` one; None to do nothing.
        action: What is done.
        parts: Whose lines are looked at, by a part of the path.
        seen: The lines that have been reached, in order.
        result: What the action returned or raised.
    """

    place: Place | None = None
    action: Callable[[], Any] = lambda: None
    parts: tuple[str, ...] = ()
    seen: dict[Place, None] = field(factory=dict)
    result: Any = None

    def call(self, call: Callable[[], Any], patience: float = PATIENCE) -> Any:
        """Make a call in a thread of its own, and return what it returns or raises."""
        return Task(lambda: self._traced(call)).outcome(patience)

    def _traced(self, call: Callable[[], Any]) -> Any:
        sys.settrace(self._enter)
        try:
            return call()
        finally:
            sys.settrace(None)

    def _enter(self, frame: FrameType, event: str, argument: Any) -> Any:
        file = frame.f_code.co_filename
        return self._step if any(part in file for part in self.parts) else None

    def _step(self, frame: FrameType, event: str, argument: Any) -> Any:
        place = (frame.f_code.co_filename, frame.f_lineno)
        if event == "line" and place not in self.seen:
            self.seen[place] = None
            if self.place in (place, EVERY):
                self._act()
        return self._step

    def _act(self) -> None:
        try:
            self.result = self.action()
        except Exception as error:  # noqa: BLE001 - the test looks at it
            self.result = error


def places_of(prepare: Callable[[], Callable[[], Any]], parts: tuple[str, ...]) -> Iterator[Place]:
    """Yield the lines that a call reaches, each once; not those that only the first of all calls reaches."""
    prepare()()
    midst = Midst(parts=parts)
    midst.call(prepare())
    assert midst.seen
    yield from midst.seen

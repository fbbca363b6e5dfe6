"""What an error has come through."""

import traceback
from collections.abc import Iterator
from pathlib import Path
from types import FrameType, TracebackType

_HERE = str(Path(__file__).parents[1])


def chain(error: BaseException | None) -> list[BaseException]:
    """Return an error and everything that it came of, also what is not printed with it."""
    seen: list[BaseException] = []
    left = [error]
    while left:
        each = left.pop()
        if each is not None and not any(each is other for other in seen):
            seen.append(each)
            left += [each.__cause__, each.__context__]
            left += each.exceptions if isinstance(each, BaseExceptionGroup) else ()
    return seen


def is_of_tests(frame: FrameType) -> bool:
    """Tell whether a frame is one of the tests, which hold secrets of their own."""
    return frame.f_code.co_filename.startswith(_HERE)


def locals_of(tb: TracebackType | None) -> Iterator[tuple[str, str]]:
    """Yield the places and the texts of all locals, except those of the tests themselves."""
    for frame, line in traceback.walk_tb(tb):
        if not is_of_tests(frame):
            for name, value in frame.f_locals.items():
                yield f"{name!r} at {frame.f_code.co_filename}:{line}", shown(value)


def shown(value: object) -> str:
    """Return the repr of anything, as a traceback with captured locals has it."""
    try:
        return repr(value)
    except Exception as error:  # noqa: BLE001 - anything may go wrong in there
        return f"no repr: {error!r}"

"""Makes an exception of the caller's code fit to be the cause of an error: nothing in it holds a secret."""

from __future__ import annotations

import traceback
from typing import Any

from .._secret import Secret, redact
from ..errors import excerpt, one_line


def cause_of(error: Exception, known: tuple[Secret, ...]) -> Exception:
    """Return an exception without its traceback, whose frames have locals, and without its context.

    If it has attributes, or shows a secret, it is made anew, as by pickle. If its class does not allow this,
    it becomes a RuntimeError.

    Args:
        error: The exception.
        known: Secrets to hide in its text.
    """
    try:
        reduced: Any = error.__reduce__()
        made: Any = reduced[0](*(_shown(each, known) for each in reduced[1]))
        text = str(made)
    except Exception:  # noqa: BLE001 - the caller's class may do anything
        made, text = None, ""
    if not isinstance(made, Exception) or redact(text, *known) != text:
        return RuntimeError(_shown(one_line("".join(traceback.format_exception_only(error))), known))
    if vars(error) or str(error) != text or made.args != error.args:
        return made
    error.__traceback__ = error.__context__ = error.__cause__ = None
    return error


def _shown(value: object, known: tuple[Secret, ...]) -> Any:
    is_plain = value is None or isinstance(value, (int, float))
    return value if is_plain else redact(excerpt(str(value)), *known)

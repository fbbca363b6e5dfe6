"""What the library has logged, for tests of it."""

import logging
from typing import Any

import pytest

PREFIX = "access_tokens_"


def logged(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str, dict[str, Any]]]:
    """Return the level, the message and the fields, without their prefix, of each record."""
    return [
        (each.levelname, each.getMessage(), fields_of(each))
        for each in caplog.records
        if each.name == "access_tokens"
    ]


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return the message of each warning."""
    return [message for level, message, _ in logged(caplog) if level == "WARNING"]


def fields_of(record: logging.LogRecord) -> dict[str, Any]:
    return {name[len(PREFIX) :]: value for name, value in vars(record).items() if name.startswith(PREFIX)}

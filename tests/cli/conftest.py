"""A command line for each test, with a home directory of its own."""

import json
from pathlib import Path
from typing import Any

import pytest

from access_tokens.testing import LocalService
from tests.helpers.command_line import CommandLine, Ended

from .syncing import Sync


@pytest.fixture
def command_line(tmp_path: Path) -> CommandLine:
    """The command line of a user who has said nothing yet."""
    return CommandLine.at(tmp_path / "home")


@pytest.fixture
def run(command_line: CommandLine, shared_service: LocalService) -> CommandLine:
    """The same, of an administrator of the service that all tests of a file share."""
    return command_line.use(shared_service)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "tokens.yaml"


@pytest.fixture
def sync(command_line: CommandLine, service: LocalService, file: Path) -> Sync:
    """Write a file with these tokens, and synchronise the service with it."""
    run = command_line.use(service)

    def sync(tokens: list[dict[str, Any]], *options: str, **others: Any) -> Ended:
        file.write_text(json.dumps({"tokens": tokens}))  # which is YAML too
        return run("sync", "--config", file, *options, **others)

    return sync

"""A command line for each test, with a home directory of its own."""

from pathlib import Path

import pytest

from access_tokens.testing import LocalService
from tests.helpers.command_line import CommandLine


@pytest.fixture
def command_line(tmp_path: Path) -> CommandLine:
    """The command line of a user who has said nothing yet."""
    return CommandLine.at(tmp_path / "home")


@pytest.fixture
def run(command_line: CommandLine, shared_service: LocalService) -> CommandLine:
    """The same, of an administrator of the service that all tests of a file share."""
    return command_line.use(shared_service)

"""docs/command-line.md says what the program does."""

import re

from access_tokens.cli.program import program

from ..helpers.pages import text_of

PAGE = text_of("docs/command-line.md")
COMMANDS = program.commands
OPTIONS = {option for each in COMMANDS.values() for param in each.params for option in param.opts}


def test_every_command_is_on_the_page_and_every_option_is_one_of_the_program():
    table = PAGE.partition("## Where")[0]
    assert set(re.findall(r"`([a-z]+)`", table)) >= set(COMMANDS) - {"help"}
    assert set(re.findall(r"(?<![\w|-])--[a-z][a-z-]+", PAGE)) <= OPTIONS | {"--help"}
